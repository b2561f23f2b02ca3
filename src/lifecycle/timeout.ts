import { BelfryError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

export interface TimeoutOptions {
  /** What is waited for, as the subject of "... timed out after 2s". */
  readonly name: string
  readonly ms: number
  readonly clock: Clock
  /** Aborts the work from outside; the work's own error is then thrown. */
  readonly signal?: AbortSignal
}

/**
 * Runs `work` with a signal that aborts when the time is up, and then throws `timeout` (retryable) at once, without
 * waiting for work that ignores its signal.
 */
export async function withTimeout<T>(
  options: TimeoutOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { name, ms, clock, signal } = options
  const ending = new AbortController()
  const relay = () => ending.abort(signal?.reason)
  if (signal?.aborted) relay()
  signal?.addEventListener('abort', relay, { once: true })

  const finished = new AbortController()
  const late = clock.sleep(ms, finished.signal).then((passed): never | Promise<never> => {
    // Work that ended first has the last word; this promise is then never looked at again.
    if (!passed) return new Promise<never>(() => undefined)
    const error = new BelfryError('timeout', `${name} timed out after ${describeMs(ms)}`, { retryable: true })
    ending.abort(error)
    throw error
  })
  try {
    return await Promise.race([work(ending.signal), late])
  } finally {
    finished.abort()
    signal?.removeEventListener('abort', relay)
  }
}

/** `250ms`, `2s`, `1.5s`, `2m`. */
export function describeMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000 || ms % 60_000 !== 0) return `${Number((ms / 1000).toFixed(1))}s`
  return `${ms / 60_000}m`
}
