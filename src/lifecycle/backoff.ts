export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
  readonly factor?: number
  /** Part of each wait that is drawn at random, 0 (none) to 1 (all): spreads those that failed together. */
  readonly jitter?: number
}

export interface Backoff {
  /** The next wait in milliseconds, longer each time up to the maximum. */
  next(): number
  /** Begins again at the first wait, after a success. */
  reset(): void
}

export function createBackoff(options: BackoffOptions, random: () => number = Math.random): Backoff {
  const { initialMs, maxMs, factor = 2, jitter = 0.2 } = options
  let wait = initialMs
  return {
    next() {
      const chosen = wait * (1 - jitter * random())
      wait = Math.min(maxMs, wait * factor)
      return Math.min(maxMs, chosen)
    },
    reset() {
      wait = initialMs
    },
  }
}
