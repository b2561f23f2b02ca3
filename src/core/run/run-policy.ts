/**
 * What a fire tells its workers about how to run it. It travels with the message, as its manifests were when it fired: a
 * worker needs to read nothing but its message, and an edit changes no run that has begun. Left out: the defaults.
 */
export interface RunPolicy {
  readonly maxAttempts?: number
  readonly backoff?: RetryBackoff
  /** The next attempt shall be another instance's, while there is a healthy one. */
  readonly target?: 'other-instance'
  readonly timeoutMs?: number
  /** Counted from when the fire was stored. */
  readonly startWithinMs?: number
  /** Runs of one adapter with one key never overlap. */
  readonly key?: string
}

export interface RetryBackoff {
  readonly initialMs: number
  readonly factor: number
  readonly maxMs: number
}

export const DEFAULT_MAX_ATTEMPTS = 5
export const DEFAULT_BACKOFF: RetryBackoff = { initialMs: 10_000, factor: 2, maxMs: 600_000 }

/** The longest wait before the attempt after `attempt`; the wait itself is drawn from all up to it. */
export function backoffLimitMs({ initialMs, factor, maxMs }: RetryBackoff, attempt: number): number {
  return Math.min(maxMs, initialMs * factor ** (attempt - 1))
}
