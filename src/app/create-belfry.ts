/**
 * An instance of belfry inside another process: a host that has a life of its own.
 *
 * Job: settings in, start and stop out. Invariants: nothing global is touched (no signal handler, no exit, no output but
 * the logger's), so that several can live in one process; a stop ends within its grace period, whatever the server does.
 * On failure of the start nothing is left running, and the host is told why.
 */
import { hostname } from 'node:os'
import { type Config, loadConfig } from '../config.ts'
import { FolderSource } from '../files/folder-source.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { createService } from '../lifecycle/service.ts'
import type { Logger } from '../ports/telemetry.ts'
import { createLogger } from '../telemetry/logger.ts'
import { type Belfry, startBelfry } from './belfry.ts'

export interface EmbeddedOptions {
  readonly nats?: {
    /** One or several, `nats://127.0.0.1:4222` if left out. */
    readonly servers?: string | readonly string[]
    /** The text of a credentials file. */
    readonly credentials?: string
    /** `belfry` if left out. */
    readonly prefix?: string
    readonly inboxPrefix?: string
  }
  /** Folders and files to watch; left out or null: none, and trees come from those who apply them. */
  readonly tree?: readonly string[] | null
  /** What `tree` is relative to; the process's folder if left out. */
  readonly cwd?: string
  /** The id of the watched tree; `main` if left out. */
  readonly source?: string
  /** Unique among the instances of the installation; host name and process id if left out. */
  readonly instance?: string
  /** Copies that the server keeps, where nothing is there yet. */
  readonly replicas?: 1 | 3 | 5
  /** Room for the log of fires, such as `10GiB`, where nothing is there yet. */
  readonly logSize?: string
  /** `COUNT,PERCENT%`: an edit that deletes more is refused. */
  readonly maxPrune?: string
  /** How long a stop may take, milliseconds; 10 s if left out. What is stored by then is stored; the rest fires elsewhere. */
  readonly graceMs?: number
  /** JSON lines on standard error if left out. */
  readonly logger?: Logger
}

export interface EmbeddedBelfry {
  /** Whether this instance leads now. */
  readonly leads: boolean
  /** Resolves when it is warm and takes part. Works once. An aborting `signal` gives a start up that is under way. */
  start(signal?: AbortSignal): Promise<void>
  /** Ends what is in flight and releases the lease. Tolerates being called twice and without a start. */
  stop(): Promise<void>
}

const GRACE_MS = 10_000
const NEVER = new AbortController().signal

/** Throws `usage` if a setting is wrong. Nothing begins before `start`. */
export function createBelfry(options: EmbeddedOptions = {}): EmbeddedBelfry {
  const config = configOf(options)
  const { graceMs = GRACE_MS, cwd = process.cwd() } = options
  const { instance } = config
  const logger = (options.logger ?? createLogger({ level: 'info', format: 'json' })).child({ instance })
  let belfry: Belfry | null = null
  let source: FolderSource | null = null

  const service = createService({
    name: `belfry ${instance}`,
    async run(signal) {
      if (signal.aborted) return
      const { servers, prefix, inboxPrefix, replicas, logBytes, maxPrune } = config
      const credentials = options.nats?.credentials
      if (options.tree !== undefined && options.tree !== null) {
        source = new FolderSource({ id: config.source, roots: options.tree, cwd, clock: systemClock, logger })
      }
      belfry = await startBelfry({
        nats: {
          servers,
          prefix,
          ...(inboxPrefix === null ? {} : { inboxPrefix }),
          ...(credentials === undefined ? {} : { credentials }),
        },
        instance,
        pruneLimit: maxPrune,
        source,
        logger,
        signal,
        ...(replicas === null ? {} : { replicas }),
        ...(logBytes === null ? {} : { logBytes }),
      })
      logger.info('ready', { server: belfry.connection.server })
    },
    async end() {
      const started = belfry
      const ended = new AbortController()
      const stopping = Promise.resolve(started?.stop()).finally(() => ended.abort())
      if (await systemClock.sleep(graceMs, ended.signal)) {
        logger.warn('the grace period is over: the connection is closed with work under way', { graceMs })
        await started?.connection.close()
      }
      await stopping
      await source?.closed()
    },
  })

  return {
    get leads() {
      return belfry !== null && belfry.scheduler.term !== null
    },
    start: (signal = NEVER) => service.start(signal),
    stop: () => service.stop(),
  }
}

function configOf({ nats, source, instance, replicas, logSize, maxPrune }: EmbeddedOptions): Config {
  const { config } = loadConfig({
    flags: {
      servers: nats?.servers,
      prefix: nats?.prefix,
      inboxPrefix: nats?.inboxPrefix,
      replicas: replicas === undefined ? undefined : String(replicas),
      logBytes: logSize,
      instance,
      maxPrune,
      source,
    },
    environment: {},
    file: null,
    hostname: hostname(),
    pid: process.pid,
  })
  return config
}
