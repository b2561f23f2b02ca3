import type { Logger } from '../ports/telemetry.ts'
import type { Handlers, Run } from './run.ts'
import type { Secrets } from './secrets.ts'

export interface WorkerOptions {
  /** Name of the Adapter in the tree. */
  readonly adapter: string
  /** `default` if left out. */
  readonly tenant?: string
  readonly nats?: WorkerNats
  /** A handler for each message type; several registries are joined. */
  readonly handlers: Handlers | readonly Handlers[]
  /** Unique among the adapter's workers; host name and process id if left out. */
  readonly instance?: string
  /** Runs that this instance takes at once; all that the adapter's `concurrency` allows if left out. */
  readonly concurrency?: number
  /**
   * A name for the work itself: runs with an equal one do it once. null: this run has none. Finished ones are remembered
   * for `rememberFor` seconds, a week if left out.
   */
  readonly idempotencyKey?: (run: Run) => string | null | undefined
  readonly rememberFor?: number
  /** How secrets are found; in the variables `BELFRY_SECRET_<NAME>` if left out. */
  readonly secrets?: Secrets
  /** How long `stop` waits for what runs before it is handed back, milliseconds; 25 s if left out. */
  readonly drainMs?: number
  /** How long a handler that was told to end is waited for, milliseconds; 5 s if left out. */
  readonly abortGraceMs?: number
  /** Warnings and errors go to standard error as JSON lines if left out. */
  readonly logger?: Logger
}

export interface WorkerNats {
  /** One or several, `nats://127.0.0.1:4222` if left out. */
  readonly servers?: string | readonly string[]
  /** The text of a credentials file. */
  readonly credentials?: string
  /** Of the installation; `belfry` if left out. */
  readonly prefix?: string
  readonly inboxPrefix?: string
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string }
}
