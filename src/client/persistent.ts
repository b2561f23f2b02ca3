import { BelfryError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

export interface PersistentOptions {
  readonly clock: Clock
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

const AGAIN_MS = 250

/** Does what may be done again until it succeeds, fails for good, or the deadline has passed: then throws the last error. */
export async function persistently<T>(
  work: () => Promise<T>,
  { clock, deadlineMs, signal }: PersistentOptions,
): Promise<T> {
  const end = clock.monotonic() + deadlineMs
  for (;;) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      const again = error instanceof BelfryError && error.retryable
      if (!again || clock.monotonic() >= end || !(await clock.sleep(AGAIN_MS, signal))) throw error
    }
  }
}
