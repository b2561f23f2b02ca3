import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { followStream } from '../../src/nats/feed.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import type { Publisher } from '../../src/nats/publisher.ts'
import { createNatsStore } from '../../src/nats/store.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import type { Frame } from '../support/nats-protocol.ts'
import type { Told } from '../support/verdict.ts'
import type { Version } from './cast.ts'

export interface WitnessOptions {
  readonly connection: Connection
  readonly publisher: Publisher
  /** Schedules of which every version counts; of the others only the first. */
  readonly edited: readonly string[]
}

/**
 * Sees everything that the server ever held, by a connection of its own that no fault touches: the log, live state and
 * the audit trail. What an operator destroys later was seen before.
 */
export class Witness {
  readonly #options: WitnessOptions
  readonly seen: LogRecord[] = []
  readonly told: Told[] = []
  /** Fires, `schedule@epoch ms`, of which the server was heard to say that it has stored them. */
  readonly confirmed = new Set<string>()
  readonly #newest = new Map<string, number>()
  readonly #versions = new Map<string, Version>()
  #fires = 0

  constructor(options: WitnessOptions) {
    this.#options = options
  }

  /** Fires that were seen, doubles included. */
  get fires(): number {
    return this.#fires
  }

  get versions(): readonly Version[] {
    return [...this.#versions.values()]
  }

  /** Up to where a schedule is settled in the log, epoch milliseconds. */
  newest(schedule: string): number {
    return this.#newest.get(schedule) ?? 0
  }

  follow(signal: AbortSignal): void {
    const { connection, publisher } = this.#options
    createNatsFireLog({ connection, publisher }).follow(
      1,
      { onRecord: (record) => this.#record(record), onReset: () => undefined },
      signal,
    )
    createNatsStore({ connection, publisher, bucket: connection.names.live }).watch(
      {
        onChange: ({ key, value }) => {
          const schedule = /^Schedule\.default\.(.+)$/.exec(key)?.[1]
          if (schedule !== undefined && value !== null) this.#live(schedule, JSON.parse(value) as LiveEntry)
        },
        onCaughtUp: () => undefined,
        onReset: () => undefined,
      },
      signal,
    )
    const { events, prefix } = connection.names
    followStream(
      {
        connection,
        stream: events,
        filter: `${prefix}.event.schedule.*.*.not-fired`,
        from: 1,
        headersOnly: false,
        onMessage: ({ message }) => this.#event(message.json()),
      },
      signal,
    )
  }

  /** An answer that has passed a wire, delivered or not. */
  confirm(request: Frame, answer: Frame): void {
    const [, , , schedule, ...rest] = request.subject.split('.')
    const text = answer.bytes.toString('latin1')
    if (rest.length !== 3 || !text.includes('"seq":') || text.includes('"error"')) return
    const nominal = /belfry-nominal: ?(\d+)/.exec(request.bytes.toString('latin1'))?.[1]
    if (nominal !== undefined) this.confirmed.add(`${schedule}@${nominal}`)
  }

  #record(record: LogRecord): void {
    this.seen.push(record)
    const { schedule } = record.key
    if (record.kind === 'fire') this.#fires += 1
    this.#newest.set(schedule, Math.max(record.nominal, this.newest(schedule)))
  }

  #live(schedule: string, { activeFrom, manifest }: LiveEntry): void {
    const step = /"every":"(\d+)s"/.exec(JSON.stringify(manifest))?.[1] ?? '0'
    const id = this.#options.edited.includes(schedule) ? `${schedule} ${activeFrom}` : schedule
    if (!this.#versions.has(id))
      this.#versions.set(id, { schedule, activeFrom, stepMs: 1_000 * Number(step) })
  }

  #event({ schedule, facts }: { schedule: string; facts: StoredFacts }): void {
    const { first, last, count, because } = facts
    this.told.push({ schedule, first: Date.parse(first), last: Date.parse(last), count, because })
  }
}

interface StoredFacts {
  readonly first: string
  readonly last: string
  readonly count: number
  readonly because: readonly string[]
}
