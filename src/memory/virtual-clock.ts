import { nextTurn } from '../lifecycle/turn.ts'
import type { Clock } from '../ports/clock.ts'

interface Sleeper {
  /** Virtual monotonic time at which it wakes. */
  readonly due: number
  readonly order: number
  /** Its signal aborted; it is forgotten when its time comes. */
  isAwake: boolean
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
  /** A binary heap, the next to wake first. */
  readonly #sleepers: Sleeper[] = []

  readonly #settled: () => Promise<void>

  /** `start` is the wall clock at the beginning, epoch milliseconds; `settled` waits for what a wake-up sets off. */
  constructor(start: number, settled: () => Promise<void> = nextTurn) {
    this.#origin = start
    this.#settled = settled
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
        isAwake: false,
        wake: (passed) => {
          sleeper.isAwake = true
          signal.removeEventListener('abort', onAbort)
          resolve(passed)
        },
      }
      this.#push(sleeper)
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
      await this.#settled()
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
    const sleepers = this.#sleepers
    while (sleepers.length > 0 && sleepers[0]!.isAwake) this.#pop()
    return sleepers[0] ?? null
  }

  #push(sleeper: Sleeper): void {
    const sleepers = this.#sleepers
    let index = sleepers.push(sleeper) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(sleepers[parent]!, sleeper)) break
      sleepers[index] = sleepers[parent]!
      index = parent
    }
    sleepers[index] = sleeper
  }

  #pop(): void {
    const sleepers = this.#sleepers
    const last = sleepers.pop()!
    if (sleepers.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= sleepers.length) break
      if (child + 1 < sleepers.length && isBefore(sleepers[child + 1]!, sleepers[child]!)) child += 1
      if (isBefore(last, sleepers[child]!)) break
      sleepers[index] = sleepers[child]!
      index = child
    }
    sleepers[index] = last
  }
}

function isBefore(a: Sleeper, b: Sleeper): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}
