/**
 * The composition root: one instance of belfry on a NATS server.
 *
 * Job: connect, make the layout, wire the ports to the engine, start and stop it. Nothing is decided here.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { BelfryError } from '../core/errors.ts'
import type { PruneLimit } from '../core/plan/guard.ts'
import { Scheduler } from '../engine/scheduler.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { createNatsAdapterConsumers } from '../nats/adapter-consumers.ts'
import { Connection } from '../nats/connection.ts'
import { serveControl } from '../nats/control-server.ts'
import { createNatsDeadLetters } from '../nats/dead-letters.ts'
import { createNatsEventSources } from '../nats/event-sources.ts'
import { createNatsEventTrail } from '../nats/event-trail.ts'
import { NatsEventSink } from '../nats/events.ts'
import { createNatsFireLog } from '../nats/fire-log.ts'
import { ensureLayout, layoutError } from '../nats/layout.ts'
import { createNatsLeaseStore, LEASE_TIMEOUT_MS } from '../nats/lease-store.ts'
import { keepMemoryStreams } from '../nats/memory-streams.ts'
import { Publisher } from '../nats/publisher.ts'
import { createNatsRunJournal } from '../nats/run-journal.ts'
import { createNatsStore } from '../nats/store.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { TreeSource } from '../ports/source.ts'
import type { Logger } from '../ports/telemetry.ts'
import { packageVersion } from '../version.ts'
import { oneOffHandlers } from './one-off-handlers.ts'
import { pauseHandlers } from './pause-handlers.ts'
import { runHandlers } from './run-handlers.ts'
import { treeHandler } from './tree-handler.ts'

export interface NatsAccess {
  readonly servers: readonly string[]
  /** The text of a credentials file. */
  readonly credentials?: string
  /** What inboxes begin with, where the user may subscribe to no others. */
  readonly inboxPrefix?: string
  readonly prefix: string
}

export interface BelfryOptions {
  readonly nats: NatsAccess
  readonly replicas?: number
  /** Room for the log; left out, an existing one keeps its own and a new one gets 10 GiB. */
  readonly logBytes?: number
  /** Unique among the instances of one installation. */
  readonly instance: string
  readonly pruneLimit: PruneLimit
  /** null: this instance watches no tree. */
  readonly source: TreeSource | null
  readonly logger: Logger
  readonly onLeading?: (term: number) => void
  /** A stop asked for during the start: a server that is not ready is waited for no longer. */
  readonly signal?: AbortSignal
}

export interface Belfry {
  readonly scheduler: Scheduler
  /** For looking: what is stored, as it is stored. */
  readonly log: FireLog
  readonly connection: Connection
  /** Fires nothing new any more, and waits for what is on its way. */
  drain(): Promise<void>
  /** Drains, stores the cursors, releases the lease. Tolerates being called twice. */
  stop(): Promise<void>
}

/** How long the log keeps a fire at least, seconds. */
const RETENTION_SECONDS = 7 * 86_400

/** How long requests of other processes are waited for at a stop, before what is not stored by then is given up. */
const REQUESTS_MS = 1_000

/** Connects and starts. Throws a BelfryError that says what is wrong with the server or the access to it. */
export async function startBelfry(options: BelfryOptions): Promise<Belfry> {
  const { nats, logger, instance } = options
  const clock = systemClock
  const connection = await Connection.open({ ...nats, clock, logger, name: `belfry ${instance}` })
  const publisher = new Publisher(connection)
  const leasePublisher = new Publisher(connection, { timeoutMs: LEASE_TIMEOUT_MS })
  const closing: (() => Promise<void> | void)[] = []
  try {
    const wanted = {
      ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
      ...(options.logBytes === undefined ? {} : { firesMaxBytes: options.logBytes }),
    }
    const layout = await ensureLayout(connection, wanted, options.signal)
    const wrong = layoutError(layout)
    if (wrong !== null) throw wrong
    if (layout.created.length > 0) logger.info('the layout is made', { created: layout.created })
    const bucket = (name: string) => createNatsStore({ connection, publisher, bucket: name })
    const { names } = connection
    const log = createNatsFireLog({ connection, publisher })
    const scheduler = new Scheduler({
      clock,
      live: bucket(names.live),
      cursors: bucket(names.cursors),
      instances: bucket(names.instances),
      overrides: bucket(names.overrides),
      lease: createNatsLeaseStore({ connection, publisher: leasePublisher }),
      log,
      consumers: createNatsAdapterConsumers({ connection }),
      events: new NatsEventSink({ connection, publisher, instance }),
      trail: createNatsEventTrail(connection),
      logger,
      source: options.source,
      pruneLimit: options.pruneLimit,
      instance,
      version: packageVersion,
      host: hostname(),
      pid: process.pid,
      tz: process.versions.tz ?? 'unknown',
      retentionSeconds: RETENTION_SECONDS,
      drawNonce: randomUUID,
      planned: bucket(names.planned),
      eventSources: createNatsEventSources(connection),
      runs: {
        journal: createNatsRunJournal({ connection, publisher }),
        deadLetters: createNatsDeadLetters({ connection, publisher }),
        store: bucket(names.tracker),
      },
      ...(options.onLeading === undefined ? {} : { onLeading: options.onLeading }),
    })
    await scheduler.start()
    const control = await serveControl({
      connection,
      trees: treeHandler(scheduler, options.pruneLimit),
      handlers: { ...pauseHandlers(scheduler), ...oneOffHandlers(scheduler), ...runHandlers(scheduler) },
      leads: () => scheduler.term !== null,
      instance,
      version: packageVersion,
    })
    closing.push(() => control.stop())
    const stopping = new AbortController()
    const keeping = keepMemoryStreams(connection, wanted, stopping.signal)
    let stopped: Promise<void> | null = null
    const stop = async (): Promise<void> => {
      // What is asked for has a moment to end; what waits for a log that refuses it is told to ask somebody else.
      const answered = Promise.all(closing.map((close) => close()))
      await Promise.race([answered, clock.sleep(REQUESTS_MS, connection.closed)])
      await scheduler.drain()
      await answered
      await scheduler.stop()
      stopping.abort()
      await keeping
      await connection.close()
    }
    return {
      scheduler,
      log,
      connection,
      drain: () => scheduler.drain(),
      stop() {
        stopped ??= stop()
        return stopped
      },
    }
  } catch (error) {
    await connection.close()
    throw error instanceof BelfryError ? error : new BelfryError('internal', String(error), { cause: error })
  }
}
