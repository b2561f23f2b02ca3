/**
 * What a run holds while it runs: its concurrency key and its idempotency key.
 *
 * Job: wait for both, renew them, let them go. Invariants: a run that has its keys is the only one that has them, as long
 * as it renews; the idempotency key of a run that succeeded stays, so that the same work is not done twice. On failure: what
 * was taken is let go; what cannot be renewed is lost, and then the run must end.
 */
import type { FireId } from '../core/names.ts'
import type { KeyLock, KeyLocks } from '../nats/key-locks.ts'
import { doneKey, lockKey } from '../nats/run-subjects.ts'

export interface KeyHolder {
  readonly run: FireId
  readonly instance: string
}

export type KeysOutcome =
  | { readonly kind: 'held'; readonly keys: HeldKeys }
  | { readonly kind: 'duplicate'; readonly of: FireId }
  /** Somebody else has them, and the time to wait is over. */
  | { readonly kind: 'taken' }

export interface HeldKeys {
  readonly fence: number
  /** False: another has one of them now. */
  renew(): Promise<boolean>
  release(): Promise<void>
  /** The work is done: what was locked is free, and the idempotency key remembers it. */
  finish(): Promise<void>
}

export interface KeysOptions {
  readonly locks: KeyLocks
  readonly tenant: string
  readonly adapter: string
  readonly holder: KeyHolder
  readonly concurrencyKey: string | null
  readonly idempotencyKey: string | null
  readonly ttlSeconds: number
  /** How long a finished idempotency key is remembered. */
  readonly rememberSeconds: number
  readonly waitMs: number
  readonly now: () => number
}

interface Remembered {
  readonly state: 'running' | 'succeeded'
  readonly run: FireId
}

const LOOK_EVERY_MS = 1_000

export const NO_KEYS: HeldKeys = {
  fence: 0,
  renew: async () => true,
  release: async () => undefined,
  finish: async () => undefined,
}

/** Throws retryable if the server does not answer, holding nothing. */
export async function takeKeys(options: KeysOptions, signal: AbortSignal): Promise<KeysOutcome> {
  const { tenant, adapter, concurrencyKey, idempotencyKey, now, waitMs } = options
  if (concurrencyKey === null && idempotencyKey === null) return { kind: 'held', keys: NO_KEYS }
  const until = now() + waitMs
  const done = idempotencyKey === null ? null : doneKey(tenant, adapter, idempotencyKey)
  const first = done === null ? null : await waitFor(done, options, { until, signal })
  if (first !== null && first.kind !== 'taken-by-us') return first
  try {
    const lock = concurrencyKey === null ? null : lockKey(tenant, adapter, concurrencyKey)
    const second = lock === null ? null : await waitFor(lock, options, { until, signal })
    if (second !== null && second.kind !== 'taken-by-us') {
      await first?.lock.release()
      return second
    }
    return { kind: 'held', keys: heldKeys(first?.lock ?? null, second?.lock ?? null, options) }
  } catch (error) {
    await first?.lock.release()
    throw error
  }
}

type Waited =
  | { readonly kind: 'taken-by-us'; readonly lock: KeyLock }
  | { readonly kind: 'duplicate'; readonly of: FireId }
  | { readonly kind: 'taken' }

async function waitFor(
  key: string,
  { locks, holder, ttlSeconds, now }: KeysOptions,
  { until, signal }: { readonly until: number; readonly signal: AbortSignal },
): Promise<Waited> {
  const value = JSON.stringify({ state: 'running', ...holder })
  for (;;) {
    const outcome = await locks.take(key, value, ttlSeconds)
    if (outcome.kind === 'taken') return { kind: 'taken-by-us', lock: outcome.lock }
    const remembered = JSON.parse(outcome.value) as Remembered
    if (remembered.state === 'succeeded') return { kind: 'duplicate', of: remembered.run }
    const left = until - now()
    if (left <= 0 || !(await locks.freed(key, Math.min(left, LOOK_EVERY_MS), signal)))
      return { kind: 'taken' }
  }
}

function heldKeys(done: KeyLock | null, lock: KeyLock | null, options: KeysOptions): HeldKeys {
  const { holder, rememberSeconds } = options
  return {
    fence: lock?.fence ?? 0,
    async renew() {
      const kept = await Promise.all([done?.renew() ?? true, lock?.renew() ?? true])
      return kept.every((each) => each)
    },
    async release() {
      await Promise.all([done?.release(), lock?.release()])
    },
    async finish() {
      const value = JSON.stringify({ state: 'succeeded', run: holder.run } satisfies Remembered)
      // First the memory: freed, the next run with this key looks for it.
      await done?.leave(value, rememberSeconds)
      await lock?.release()
    },
  }
}
