import type { Connection } from '../nats/connection.ts'
import type { KeyLocks } from '../nats/key-locks.ts'
import type { RunHistory } from '../nats/run-history.ts'
import type { Peers } from './peers.ts'
import type { Registry } from './registry.ts'
import type { Run } from './run.ts'
import type { Secrets } from './secrets.ts'

/** What the adapter's consumer says, as it was last read. */
export interface ConsumerSettings {
  readonly ackWaitMs: number
  /** Runs in flight over all instances. */
  readonly concurrency: number
  /** All that have a consumer; the first is the shared one. */
  readonly lanes: readonly string[]
  /** Whether the leader turns failures into fires of their own. */
  readonly leaderRetries: boolean
}

export interface CancelRequest {
  readonly by: string
  readonly reason: string
}

/** What every run on this instance needs of it. */
export interface WorkerContext {
  readonly connection: Connection
  readonly tenant: string
  readonly adapter: string
  readonly instance: string
  readonly registry: Registry
  readonly history: RunHistory
  readonly locks: KeyLocks
  readonly peers: Peers
  readonly secrets: Secrets
  readonly idempotencyKey: ((run: Run) => string | null | undefined) | null
  readonly rememberSeconds: number
  /** From so long on a run's start is told. */
  readonly lastingMs: number
  /** How long a handler that was told to end is waited for. */
  readonly abortGraceMs: number
  /** Aborts when nothing is waited for any more. */
  readonly giveUp: AbortSignal
  settings(): ConsumerSettings
  cancelled(run: string): CancelRequest | null
  count(what: 'handled' | 'failed'): void
}
