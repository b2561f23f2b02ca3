import { nextTurn } from '../lifecycle/turn.ts'
import type { Clock } from '../ports/clock.ts'

interface Sleeper {
  /** Virtual monotonic time at which it wakes. */
  readonly due: number
  readonly order: number
  wake(passed: boolean): void
}

/**
 * Time that moves only when told to. Sleepers wake one at a time, in the order of their times and then of their calls,
 * and whatever a wake-up sets off runs to its end before the next: the same program always takes the same course.
 */
export class VirtualClock implements Clock {
  #elapsed = 0
  #origin: number
  #order = 0
  readonly #sleepers = new Set<Sleeper>()

  /** `start` is the wall clock at the beginning, epoch milliseconds. */
  constructor(start: number) {
    this.#origin = start
  }

  now(): number {
    return this.#origin + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    return new Promise((resolve) => {
      const onAbort = () => sleeper.wake(false)
      const sleeper: Sleeper = {
        due: this.#elapsed + Math.max(0, ms),
        order: this.#order++,
        wake: (passed) => {
          this.#sleepers.delete(sleeper)
          signal.removeEventListener('abort', onAbort)
          resolve(passed)
        },
      }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Milliseconds until the next sleeper wakes; null if nobody sleeps. */
  untilNext(): number | null {
    const next = this.#next()
    return next === null ? null : Math.max(0, next.due - this.#elapsed)
  }

  /** Lets `ms` pass, waking everyone whose time comes. Resolves when all that set off has come to rest. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await nextTurn()
    for (let next = this.#next(); next !== null && next.due <= end; next = this.#next()) {
      this.#elapsed = Math.max(this.#elapsed, next.due)
      next.wake(true)
      await nextTurn()
    }
    this.#elapsed = end
    await nextTurn()
  }

  /** Lets time pass up to this wall-clock instant, epoch milliseconds. */
  advanceTo(instant: number): Promise<void> {
    return this.advance(Math.max(0, instant - this.now()))
  }

  /** Wakes the next sleeper at its time; false if nobody sleeps. */
  async step(): Promise<boolean> {
    await nextTurn()
    const wait = this.untilNext()
    if (wait === null) return false
    await this.advance(wait)
    return true
  }

  /** Changes the wall clock by `ms` either way, as an operator or NTP does; the monotonic clock does not notice. */
  jump(ms: number): void {
    this.#origin += ms
  }

  /** Lets `ms` pass without waking anyone on the way, as for a process that stood still. */
  async freeze(ms: number): Promise<void> {
    this.#elapsed += ms
    await this.advance(0)
  }

  #next(): Sleeper | null {
    let next: Sleeper | null = null
    for (const sleeper of this.#sleepers) {
      if (
        next === null ||
        sleeper.due < next.due ||
        (sleeper.due === next.due && sleeper.order < next.order)
      ) {
        next = sleeper
      }
    }
    return next
  }
}
