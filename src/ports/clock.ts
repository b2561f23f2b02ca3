/** Time as the engine sees it. The system clock lives in lifecycle/; tests use a virtual one. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump either way. */
  now(): number
  /** Milliseconds from an arbitrary origin; never goes back, and goes on while the process is stopped. */
  monotonic(): number
  /** Resolves to true when `ms` have passed, to false as soon as `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<boolean>
}
