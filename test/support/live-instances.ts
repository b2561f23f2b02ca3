import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Belfry, startBelfry } from '../../src/app/belfry.ts'
import { DEFAULT_PRUNE_LIMIT } from '../../src/core/plan/guard.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { FireLog, LogRecord } from '../../src/ports/fire-log.ts'
import type { TreeSource } from '../../src/ports/source.ts'
import { connectTo, freshPrefix, silentLogger, type TestServer } from './nats-server.ts'
import { Recorder } from './recorder.ts'

export const LOG_BYTES = 16 * 1024 ** 2

/** Whole instances of belfry in this process, on a real server, and everything that their log stores. */
export class LiveInstances {
  readonly prefix: string
  readonly log: FireLog
  readonly connection: Connection
  /** As they were stored, those that the server lost again among them. */
  readonly records = new Recorder<LogRecord>()
  /** Names of the alarms, as they are told. */
  readonly alarms = new Recorder<string>()
  readonly #server: TestServer
  readonly #ending = new AbortController()
  readonly #started: Belfry[] = []

  private constructor(server: TestServer, connection: Connection, prefix: string) {
    this.#server = server
    this.connection = connection
    this.prefix = prefix
    this.log = createNatsFireLog({ connection, publisher: new Publisher(connection) })
    this.log.follow(1, { onRecord: this.records.push, onReset: () => undefined }, this.#ending.signal)
    connection.nc.subscribe(`${prefix}.event.alarm.*`, {
      callback: (error, message) => {
        if (error === null) this.alarms.push(message.subject.slice(message.subject.lastIndexOf('.') + 1))
      },
    })
  }

  static async on(server: TestServer): Promise<LiveInstances> {
    const prefix = freshPrefix()
    const connection = await connectTo(server, { prefix })
    await ensureLayout(connection, { firesMaxBytes: LOG_BYTES })
    return new LiveInstances(server, connection, prefix)
  }

  async start(
    instance: string,
    source: TreeSource | null,
    options: { readonly url?: string; readonly logBytes?: number } = {},
  ): Promise<Belfry> {
    const belfry = await startBelfry({
      nats: { servers: [options.url ?? this.#server.url], prefix: this.prefix },
      logBytes: options.logBytes ?? LOG_BYTES,
      instance,
      pruneLimit: DEFAULT_PRUNE_LIMIT,
      source,
      logger: silentLogger,
    })
    this.#started.push(belfry)
    return belfry
  }

  /** Resolves when a fire of the schedule with this nominal time, or a later one, is stored. */
  async untilFired(schedule: string, nominal: number): Promise<void> {
    await this.records.until((items) =>
      items.some(
        ({ key, kind, nominal: at }) => key.schedule === schedule && kind === 'fire' && at >= nominal,
      ),
    )
  }

  /** Resolves when the server's clock has passed `instant`. */
  async passed(instant: number): Promise<void> {
    const reached = async (): Promise<boolean> => (await this.log.info()).serverTime >= instant
    while (!(await reached())) await this.connection.clock.sleep(100, this.#ending.signal)
  }

  /** All that the log holds now. */
  async stored(): Promise<readonly LogRecord[]> {
    const { lastSequence } = await this.log.info()
    const found = new Recorder<LogRecord>()
    const ending = new AbortController()
    this.log.follow(1, { onRecord: found.push, onReset: () => undefined }, ending.signal)
    await found.until((items) => lastSequence === 0 || items.some(({ sequence }) => sequence >= lastSequence))
    ending.abort()
    return found.items.filter(({ sequence }) => sequence <= lastSequence)
  }

  async end(): Promise<void> {
    await Promise.all(this.#started.map((each) => each.stop()))
    this.#ending.abort()
    await this.connection.close()
  }
}

/** Keeps a copy of what a server has stored; `putBack` replaces its store by it. Both need the server to be down. */
export function copyStore(server: TestServer): { putBack(only?: (path: string) => boolean): void } {
  const store = join(server.folder, 'jetstream')
  const copy = join(server.folder, 'copy')
  rmSync(copy, { recursive: true, force: true })
  cpSync(store, copy, { recursive: true })
  return {
    putBack(only = () => true) {
      const streams = join('$G', 'streams')
      for (const { name } of readdirSync(join(copy, streams), { withFileTypes: true })) {
        if (!only(name)) continue
        rmSync(join(store, streams, name), { recursive: true, force: true })
        cpSync(join(copy, streams, name), join(store, streams, name), { recursive: true })
      }
    },
  }
}
