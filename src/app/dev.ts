/**
 * Everything on this machine, for trying out: a nats-server of its own, an instance that leads, and a worker that
 * acknowledges. The composition behind `belfry dev`.
 */
import type { PruneLimit } from '../core/plan/guard.ts'
import { FolderSource } from '../files/folder-source.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { startEmbeddedServer } from '../nats/embedded-server.ts'
import { runSampleWorker, type SampleRun } from '../nats/sample-worker.ts'
import type { LogRecord } from '../ports/fire-log.ts'
import type { Logger } from '../ports/telemetry.ts'
import { type Belfry, startBelfry } from './belfry.ts'

export interface DevOptions {
  /** Holds the server's store. */
  readonly folder: string
  readonly roots: readonly string[]
  readonly cwd: string
  readonly pruneLimit: PruneLimit
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Progress, as sentences. */
  readonly onStep: (text: string) => void
  readonly onStored: (record: LogRecord) => void
  readonly onAcknowledged: (run: SampleRun) => void
}

export interface Dev {
  readonly belfry: Belfry
  readonly url: string
  /** Stops firing, waits for what is on its way to the worker, then stops everything. */
  stop(): Promise<void>
}

const DRAIN_MS = 2_000
/** A server reserves what a log may grow to; a laptop has not got ten gibibytes to spare. */
const DEV_LOG_BYTES = 1024 ** 3
const DRAIN_STEP_MS = 20

export async function startDev(options: DevOptions): Promise<Dev> {
  const { folder, roots, cwd, logger, signal, onStep } = options
  onStep('starting a nats-server of its own')
  const server = await startEmbeddedServer({ folder, clock: systemClock, signal })
  try {
    onStep(`nats-server listens on ${server.url}, its store is ${folder}`)
    const source = new FolderSource({ id: 'main', roots, cwd, clock: systemClock, logger })
    let nowLeading: () => void = () => undefined
    const leading = new Promise<void>((resolve) => {
      nowLeading = resolve
    })
    const belfry = await startBelfry({
      nats: { servers: [server.url], prefix: 'belfry' },
      instance: 'dev',
      logBytes: DEV_LOG_BYTES,
      pruneLimit: options.pruneLimit,
      source,
      logger,
      onLeading: () => nowLeading(),
    })
    const working = new AbortController()
    let pending = 0
    const { lastSequence } = await belfry.log.info()
    belfry.log.follow(
      lastSequence + 1,
      {
        onRecord: (record) => {
          if (record.kind === 'fire') pending += 1
          options.onStored(record)
        },
        onReset: () => logger.warn('the log was made anew'),
      },
      working.signal,
    )
    const { connection } = belfry
    const worker = runSampleWorker(
      {
        connection,
        onAcknowledged: (run) => {
          if (run.sequence > lastSequence) pending -= 1
          options.onAcknowledged(run)
        },
      },
      working.signal,
    )
    await leading
    let stopped: Promise<void> | null = null
    const stop = async (): Promise<void> => {
      await belfry.drain()
      // What is stored is on its way to the worker: it is given a moment to be acknowledged.
      const forever = new AbortController().signal
      for (let left = DRAIN_MS; left > 0 && pending > 0; left -= DRAIN_STEP_MS) {
        await systemClock.sleep(DRAIN_STEP_MS, forever)
      }
      working.abort()
      await worker
      await belfry.stop()
      await source.closed()
      await server.stop()
    }
    return {
      belfry,
      url: server.url,
      stop() {
        stopped ??= stop()
        return stopped
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}
