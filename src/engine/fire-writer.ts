/**
 * Stores one fire or marker, whatever the log answers: the answer table of docs/spec/wire.md.
 *
 * Job: bring one entry to a known end. Invariants:
 * - The decision is never made again here: what is resent is the same entry, until the log says stored or settled.
 * - Before every send the caller's `mayWrite` (leadership that is still trusted) is asked; without it nothing is sent.
 * - A log whose last entry is older than what was known to be in it has lost something, or let it expire: that is found
 *   out, and what is lost is stored again, before anything newer of the schedule goes in.
 * - "Settled" (the log already holds this or a later nominal time of the schedule) is success, whoever stored it.
 * On failure: a full or unreachable log makes the entry late, never lost: it is held here, with an alarm, until the
 * log takes it, leadership is lost, or the process stops. The cursor does not move before that.
 */
import { idOfFire, type ScheduleKey } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { AppendOutcome, FireLog, LogRecord, StoredContent } from '../ports/fire-log.ts'
import type { Sent } from './tail-entry.ts'

/** Where a schedule stands in the log. */
export interface LogPosition {
  readonly lastSequence: number
  readonly lastNominal: number
  readonly count: number
}

export type WriteOutcome =
  | { readonly kind: 'stored'; readonly position: LogPosition }
  /** Somebody settled this nominal time already; the position is the log's. */
  | { readonly kind: 'settled'; readonly position: LogPosition }
  /** Leadership is no longer trusted or the process stops: nothing is known of the last send. */
  | { readonly kind: 'stopped' }

export interface FireWriterOptions {
  readonly log: FireLog
  readonly clock: Clock
  readonly mayWrite: () => boolean
  readonly onAlarm: (name: WriterAlarm, facts: Readonly<Record<string, string | number>>) => void
  /** The highest sequence that is known of the log. Left out: nothing is. */
  readonly reached?: () => number
  /** Told of every entry that was stored here. */
  readonly onStored?: (entry: Writable, sequence: number, sent: Sent) => void
  /**
   * The log's last entry of a schedule is older than what was known to be stored: resolves when it was found out
   * whether the log has lost something, and what can be stored again is. False: this entry must wait for others.
   */
  readonly onBehind: (signal: AbortSignal) => Promise<boolean>
}

/** What a write needs to know of an entry; an entry that the log once told has its own way of being sent. */
export interface Writable {
  readonly key: ScheduleKey
  readonly kind: 'fire' | 'marker'
  readonly nominal: number
  readonly count: number
  readonly content: LogEntry | StoredContent
}

export type WriterAlarm = 'log-refuses' | 'log-silent' | 'log-busy' | 'foreign-entry'

const BUSY_FIRST_MS = 2
const BUSY_MOST_MS = 50
/** About five seconds of it: no write of one schedule takes so long. */
const BUSY_ALARM_EVERY = 100
const UNKNOWN_FIRST_MS = 20
const UNKNOWN_MOST_MS = 1_000
const REFUSED_MS = 1_000
/** Unknown answers in a row after which the log's silence is worth an alarm. */
const SILENT_AFTER = 5

export class FireWriter {
  readonly #options: FireWriterOptions
  #sending = 0
  #turn = 0
  readonly #waiting: (() => void)[] = []

  constructor(options: FireWriterOptions) {
    this.#options = options
  }

  write(entry: LogEntry, position: LogPosition, signal: AbortSignal): Promise<WriteOutcome> {
    return this.bring(writableOf(entry), position, signal)
  }

  /** Resolves when nothing that was sent here awaits its answer. */
  async answered(): Promise<void> {
    while (this.#sending > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** As `write`, for what is stored again. */
  async bring(entry: Writable, position: LogPosition, signal: AbortSignal): Promise<WriteOutcome> {
    const { clock, mayWrite, onAlarm, onStored, onBehind, reached = () => 0 } = this.#options
    const reachedFirst = reached()
    let sent = entry
    let examined: number | null = null
    let expected = position.lastSequence
    let busyMs = BUSY_FIRST_MS
    let unknownMs = UNKNOWN_FIRST_MS
    let unknowns = 0
    let busies = 0
    while (mayWrite() && !signal.aborted) {
      const reachedNow = reached()
      const answer = await this.#send(sent, expected)
      switch (answer.kind) {
        case 'stored':
          onStored?.(sent, answer.sequence, { reached: reachedNow, isFirst: expected === 0 })
          return { kind: 'stored', position: positionAfter(sent, answer.sequence) }
        case 'conflict': {
          const last = await this.#last(sent, signal)
          if (last === undefined) break
          const lastSequence = last?.sequence ?? 0
          if ((last?.nominal ?? 0) < position.lastNominal && examined !== lastSequence) {
            examined = lastSequence
            if (!(await onBehind(signal))) return { kind: 'stopped' }
            break
          }
          examined = null
          if (last === null) {
            expected = 0
          } else if (last.nominal >= sent.nominal) {
            this.#inspect(sent, last)
            // Which of the sends it was, and after what, nobody knows.
            if (isThis(sent, last)) onStored?.(sent, last.sequence, { reached: reachedFirst, isFirst: true })
            return { kind: 'settled', position: positionOf(last) }
          } else {
            expected = last.sequence
            sent = recounted(sent, last)
          }
          break
        }
        case 'busy':
          busies += 1
          if (busies % BUSY_ALARM_EVERY === 0)
            onAlarm('log-busy', { tenant: sent.key.tenant, schedule: sent.key.schedule })
          await clock.sleep(busyMs, signal)
          busyMs = Math.min(2 * busyMs, BUSY_MOST_MS)
          break
        case 'unknown':
          unknowns += 1
          if (unknowns === SILENT_AFTER) onAlarm('log-silent', { cause: answer.cause })
          await clock.sleep(this.#spread(unknownMs), signal)
          unknownMs = Math.min(2 * unknownMs, UNKNOWN_MOST_MS)
          break
        case 'refused':
          onAlarm('log-refuses', { code: answer.code, message: answer.message })
          await clock.sleep(REFUSED_MS, signal)
          break
        default:
          answer satisfies never
      }
    }
    return { kind: 'stopped' }
  }

  /** Half to once `ms`: thousands that were refused together do not come again together. */
  #spread(ms: number): number {
    this.#turn = (this.#turn + 7) % 16
    return (ms * (17 + this.#turn)) / 32
  }

  async #send({ key, content }: Writable, expected: number): Promise<AppendOutcome> {
    const { log } = this.#options
    this.#sending += 1
    try {
      return await ('kind' in content ? log.append(content, expected) : log.restore(key, content, expected))
    } finally {
      this.#sending -= 1
      if (this.#sending === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** The schedule's last entry; undefined when the log does not answer now, and the same send decides again. */
  async #last(entry: Writable, signal: AbortSignal): Promise<LogRecord | null | undefined> {
    try {
      return await this.#options.log.last(entry.key)
    } catch (error) {
      this.#options.onAlarm('log-silent', { cause: String(error) })
      await this.#options.clock.sleep(UNKNOWN_FIRST_MS, signal)
      return undefined
    }
  }

  /** One nominal time of one schedule has one id; anything else in its place was not written by belfry. */
  #inspect(sent: Writable, last: LogRecord): void {
    if (last.kind !== 'fire' || last.nominal !== sent.nominal) return
    const fireId = idOfFire(sent.key, sent.nominal)
    if (last.fireId !== fireId) {
      this.#options.onAlarm('foreign-entry', {
        expected: fireId,
        found: String(last.fireId),
        sequence: last.sequence,
      })
    }
  }
}

/** Whether it is what was stored by a send whose answer was lost: the log may lose that like any other. */
function isThis({ kind, nominal, count }: Writable, last: LogRecord): boolean {
  return last.kind === kind && last.nominal === nominal && last.count === count
}

/** The same entry after another last one. A deletion begins the count anew, whatever came before it. */
function recounted(entry: Writable, last: LogRecord): Writable {
  const { content } = entry
  // What is stored again stays as it was.
  if (!('kind' in content)) return entry
  if (content.kind === 'fire') return writableOf({ ...content, count: last.count + 1 })
  return content.reason === 'deleted' || content.reason === 'renamed'
    ? entry
    : writableOf({ ...content, count: last.count })
}

function writableOf(entry: LogEntry): Writable {
  const { key, kind, nominal, count } = entry
  return { key, kind, nominal, count, content: entry }
}

export function positionAfter(entry: Writable, sequence: number): LogPosition {
  return { lastSequence: sequence, lastNominal: entry.nominal, count: entry.count }
}

export function positionOf(record: LogRecord): LogPosition {
  return { lastSequence: record.sequence, lastNominal: record.nominal, count: record.count }
}
