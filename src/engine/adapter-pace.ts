/**
 * The places of one adapter under its rate limit, and who waits for one.
 *
 * Job: give out no more places than the limit has, in the order of nominal times. Invariants:
 * - A place is taken before its fire is sent, and free again one span after the answer: by the clock of the server, too,
 *   no span then holds more fires than there are places, however long an answer took.
 * - What needs no place (a manual run, a later attempt) counts as well, so that there may be less than none.
 * - Whoever waits longer by its nominal time goes first; who waits no more keeps nobody from a place.
 * On failure there is nothing to clean up here: a term begins with what the log says.
 */
import type { RateLimitSettings } from '../core/trigger/rate-limit.ts'
import type { WaitingSpell } from '../core/trigger/waited.ts'

export interface Waiter {
  readonly id: string
  readonly nominal: number
  /** Lets it ask again. False: it does not wait any more. */
  readonly wake: (at: number) => boolean
}

interface Waiting {
  waiter: Waiter
  wokenAt: number
}

/** Who was woken and has not asked again is not woken at once. */
const AGAIN_MS = 50
/** Without a look for so long nothing was waiting for a place: the process itself stood still. */
const STOOD_STILL_MS = 60_000

export class AdapterPace {
  settings: RateLimitSettings
  /** When fires were stored at the latest, by the monotonic clock, in order. */
  #stored: number[] = []
  #inFlight = 0
  readonly #queue: Waiting[] = []
  /** Those in the queue. */
  readonly #waiters = new Map<string, Waiter>()
  #former: readonly WaitingSpell[] = []
  #current: { readonly since: number; seenAt: number } | null = null

  constructor(settings: RateLimitSettings) {
    this.settings = settings
  }

  get waiting(): number {
    return this.#queue.length
  }

  get spells(): readonly WaitingSpell[] {
    if (this.#current === null) return this.#former
    return [...this.#former, { since: this.#current.since, until: this.#current.seenAt }]
  }

  /** A term begins: who waits comes up again. */
  begin(): void {
    this.#queue.length = 0
    this.#waiters.clear()
    this.#former = []
    this.#current = null
  }

  /** What the log and the last leader know; `stored` by the monotonic clock, and whole up to `until`. */
  know(stored: readonly number[], until: number, spells: readonly WaitingSpell[]): void {
    const since = this.#stored.filter((at) => at >= until)
    this.#stored = [...stored, ...since].sort((a, b) => a - b)
    this.#former = spells
  }

  /** Places that are free at `at`; less than none where more was sent than needs one. */
  free(at: number): number {
    let passed = 0
    while (passed < this.#stored.length && this.#freeAt(passed) <= at) passed += 1
    if (passed > 0) this.#stored.splice(0, passed)
    return this.settings.runs - this.#inFlight - this.#stored.length
  }

  /** Takes a place if there is one for this waiter, whose turn it is; else it waits. */
  ask(waiter: Waiter, at: number, now: number): boolean {
    this.leave(waiter.id)
    const rank = this.#rankOf(waiter)
    if (rank < this.free(at)) {
      this.take()
      return true
    }
    this.#waiters.set(waiter.id, waiter)
    this.#queue.splice(rank, 0, { waiter, wokenAt: Number.NEGATIVE_INFINITY })
    this.#current ??= { since: now, seenAt: now }
    return false
  }

  leave(id: string): void {
    const waiter = this.#waiters.get(id)
    if (waiter === undefined) return
    this.#waiters.delete(id)
    this.#queue.splice(this.#rankOf(waiter), 1)
  }

  take(): void {
    this.#inFlight += 1
  }

  /** The answer for a place has come. `isCounted`: what was sent has been counted already. */
  answered(at: number, isCounted: boolean): void {
    this.#inFlight -= 1
    if (!isCounted) this.count(at)
  }

  count(at: number): void {
    this.#stored.push(at)
  }

  /** Wakes those for whom there is a place. */
  admit(at: number): void {
    const free = this.free(at)
    for (let index = 0; index < Math.min(free, this.#queue.length); ) {
      const waiting = this.#queue[index]!
      if (at - waiting.wokenAt >= AGAIN_MS) {
        if (!waiting.waiter.wake(at)) {
          this.leave(waiting.waiter.id)
          continue
        }
        waiting.wokenAt = at
      }
      index += 1
    }
  }

  /** How long there is no place for the first that waits; infinity: until something else happens. */
  restMs(at: number): number {
    if (this.#queue.length === 0) return Number.POSITIVE_INFINITY
    const free = this.free(at)
    if (free > 0) return AGAIN_MS
    const next = -free
    return next < this.#stored.length ? this.#freeAt(next) - at : Number.POSITIVE_INFINITY
  }

  /** The time goes on; true if a spell of waiting has come to its end. `isOwing`: some have not been decided yet. */
  look(at: number, { now, isOwing }: { readonly now: number; readonly isOwing: boolean }): boolean {
    const current = this.#current
    if (current !== null && now - current.seenAt > STOOD_STILL_MS) {
      this.#former = this.spells
      this.#current = { since: now, seenAt: now }
    } else if (current !== null) {
      current.seenAt = Math.max(current.seenAt, now)
    }
    const isIdle = this.#queue.length === 0 && this.#inFlight === 0 && this.free(at) > 0
    if (isOwing || !isIdle || (current === null && this.#former.length === 0)) return false
    this.#former = []
    this.#current = null
    return true
  }

  #freeAt(index: number): number {
    const { perMs } = this.settings
    // The server's clock may be set a little faster than this one, and tells whole milliseconds.
    return this.#stored[index]! + perMs + 1 + perMs / 1_000
  }

  #rankOf({ nominal, id }: Waiter): number {
    let from = 0
    let to = this.#queue.length
    while (from < to) {
      const middle = (from + to) >> 1
      const { waiter } = this.#queue[middle]!
      if (waiter.nominal < nominal || (waiter.nominal === nominal && waiter.id < id)) from = middle + 1
      else to = middle
    }
    return from
  }
}
