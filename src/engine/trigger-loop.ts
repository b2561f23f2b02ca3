/**
 * Fires what is due.
 *
 * Job: while this instance leads, decide every schedule at its time, have the decisions stored in order, and sleep
 * until the next one. Invariants:
 * - One schedule is worked on by at most one piece of work at a time (`slot.work`), so an identity has at most one
 *   entry in flight; different schedules are in flight together.
 * - A cursor moves only after the entries of its decision are stored or settled.
 * - A held slot (an edit is under way) is decided by the edit alone.
 * - Nothing is decided beyond the server's clock.
 * - A schedule that cannot be decided (an error of belfry's own) keeps no other one from firing, nor its own edit.
 * On failure: work that stops without an answer leaves the slot as it was; whoever leads next decides it again, and the
 * log's compare-and-set keeps that from doubling.
 */
import type { ScheduleKey } from '../core/names.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Decision } from '../core/trigger/decision.ts'
import type { MarkerReason } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import { type Cut, settleForEdit } from './edit-cut.ts'
import { foresee } from './foresight.ts'
import { decidePaced } from './paced-slots.ts'
import { ScheduleSlots, type Slot, type Upcoming } from './schedule-slots.ts'
import { type Leading, SlotDecisions, type SlotDecisionsOptions } from './slot-decisions.ts'

/** Without a reason of its own, each call would make an error and its stack, also when it is woken already. */
const WOKEN = 'woken'
const LONGEST_SLEEP_MS = 30_000
const CLOCK_RETRY_MS = 20
/** Work without a pause longer than this would hold up the lease. */
const SLICE_MS = 10
const LATER_SLICE_MS = 5
const MOST_IN_FLIGHT = 20_000
/** When a schedule is looked at again whose runs are not known yet, because the term has just begun. */
const RUNS_RETRY_MS = 50
/** When a schedule is tried again that could not be decided. */
const FAILED_MS = 30_000

export interface TriggerLoopOptions extends SlotDecisionsOptions {
  readonly clock: Clock
  /** The latest nominal time that may fire now; null while unknown. */
  readonly horizon: () => number | null
  /** Whether leadership is trusted right now; nothing is begun without it. */
  readonly mayWrite: () => boolean
}

export class TriggerLoop {
  readonly #options: TriggerLoopOptions
  readonly #decisions: SlotDecisions
  readonly #slots = new ScheduleSlots(() => this.#wake.abort(WOKEN))
  #leading: Leading | null = null
  #wake = new AbortController()
  #inFlight = 0

  constructor(options: TriggerLoopOptions) {
    this.#options = options
    this.#decisions = new SlotDecisions(options)
  }

  get size(): number {
    return this.#slots.size
  }

  /** When the next schedule is due, epoch milliseconds. */
  get nextDue(): number | null {
    return this.#slots.nextDue
  }

  /** The next fires after `now`, soonest first. Asks every schedule: for people, not for the loop. */
  upcoming(now: number, limit: number): readonly Upcoming[] {
    return this.#slots.upcoming(now, limit)
  }

  /** Puts a schedule in, or its new version in the place of the old one. */
  install(trigger: CompiledTrigger): void {
    this.#slots.install(trigger)
  }

  remove(key: ScheduleKey): void {
    this.#slots.remove(key)
  }

  /** A schedule as it is decided now, and up to where it is; null: there is none, or none that can be decided. */
  standing(key: ScheduleKey): { readonly trigger: CompiledTrigger; readonly cursor: number } | null {
    const slot = this.#slots.find(key)
    if (slot === undefined) return null
    return { trigger: slot.trigger, cursor: this.#decisions.cursor(slot) }
  }

  /** Every schedule that can be decided, and up to where the log settles it. */
  *settled(): Iterable<{ readonly trigger: CompiledTrigger; readonly settledTo: number }> {
    for (const slot of this.#slots.all())
      yield { trigger: slot.trigger, settledTo: this.#decisions.settledInLog(slot) }
  }

  /** Foresees what is due when, for a term to come, until `signal` aborts. */
  foresee(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    return foresee({ clock, slots: this.#slots, cursorOf: (slot) => this.#decisions.cursor(slot) }, signal)
  }

  /** Decides and fires until `signal` aborts; returns when nothing is in flight any more. */
  async lead(term: number, signal: AbortSignal): Promise<void> {
    // The term may have ended before it could begin, and another one have begun.
    if (signal.aborted) return
    const { clock } = this.#options
    const leading = { term, signal }
    this.#leading = leading
    this.#slots.beginTerm()
    const wakeUp = () => this.#wake.abort(WOKEN)
    signal.addEventListener('abort', wakeUp, { once: true })
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const restMs = await this.#tick(signal)
      // After work not a pause but a breath, which no wake-up cuts short: the process has other things to do as well.
      await clock.sleep(restMs, restMs === 0 ? signal : this.#wake.signal)
    }
    signal.removeEventListener('abort', wakeUp)
    // The next term of this instance may have begun: the heap is then its own.
    if (this.#leading === leading) {
      this.#leading = null
      this.#slots.endTerm()
    }
    await this.answered()
  }

  /** Resolves when everything that is in flight now has been answered, of those that `concerns` says (default: all). */
  answered(concerns?: (trigger: CompiledTrigger) => boolean): Promise<void> {
    return this.#slots.answered(concerns)
  }

  /** Has the schedules decided again that something is different for: a pause has come over them, or gone. */
  reconsider(concerns: (trigger: CompiledTrigger) => boolean): void {
    this.#slots.reconsider(concerns)
  }

  /** Whether entries of the schedule are on their way into the log. */
  isDeciding(key: ScheduleKey): boolean {
    return (this.#slots.find(key)?.work ?? null) !== null
  }

  /** A place under a rate limit may be free, or somebody waits for one. */
  placesChanged(): void {
    this.#wake.abort(WOKEN)
  }

  /** A run of the schedule has ended, or counts no more: what waits for it is decided again. */
  runsChanged(key: ScheduleKey): void {
    const slot = this.#slots.find(key)
    if (slot === undefined || (slot.trigger.overlap?.policy ?? 'allow') === 'allow') return
    this.#slots.arm(slot)
  }

  /** Up to where all of those schedules are settled, epoch milliseconds; infinity if there is none. */
  settledTo(concerns: (trigger: CompiledTrigger) => boolean): number {
    let least = Number.POSITIVE_INFINITY
    for (const slot of this.#slots.all()) {
      if (concerns(slot.trigger)) least = Math.min(least, this.#decisions.cursor(slot))
    }
    return least
  }

  /** Resolves when everything that was due when the term began has been decided and stored, or `signal` aborts. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!this.#slots.owesNothing && !signal.aborted) await clock.sleep(CLOCK_RETRY_MS, signal)
  }

  /**
   * Settles schedules up to `cutAt` for an edit and holds them: the old version decides nothing any more. Returns up to
   * where each is settled, by `positionKey`; null if leadership was lost on the way: what was settled stays settled, and
   * another leader goes on from there.
   */
  async settle(keys: readonly ScheduleKey[], cut: Cut): Promise<ReadonlyMap<string, number> | null> {
    const leading = this.#leading
    if (leading === null) return null
    const { clock, mayWrite, rateLimits } = this.#options
    const options = { clock, mayWrite, rateLimits, slots: this.#slots, decisions: this.#decisions }
    return settleForEdit(keys, cut, { options, leading })
  }

  /** Stores a marker of an edit for a schedule that is held, or not installed; false if leadership was lost. */
  async mark(
    key: ScheduleKey,
    {
      reason,
      cutAt,
      count,
    }: { readonly reason: MarkerReason; readonly cutAt: number; readonly count: number },
  ): Promise<boolean> {
    const leading = this.#leading
    if (leading === null) return false
    const slot = this.#slots.hold(key)
    await this.#slots.answeredOf(key)
    const mark = { key, trigger: slot?.trigger ?? null, reason, nominal: cutAt, count }
    return (await this.#decisions.mark(mark, leading)) !== null
  }

  /** Begins the log of a new name where that of the old one, which is settled, stands. Returns where; null as `settle`. */
  async carryOver(from: ScheduleKey, to: ScheduleKey): Promise<number | null> {
    const leading = this.#leading
    if (leading === null) return null
    await this.#slots.answeredOf(to)
    const { lastNominal: nominal, count } = this.#decisions.position(from)
    const trigger = this.#slots.find(from)?.trigger ?? null
    const mark = { key: to, trigger, reason: 'renamed', nominal, count } as const
    return (await this.#decisions.mark(mark, leading))?.lastNominal ?? null
  }

  /** Stored fires that the log has counted for a schedule. */
  countOf(key: ScheduleKey): number {
    return this.#decisions.position(key).count
  }

  /** Lets held schedules go on, with whatever version is installed now. */
  release(keys: readonly ScheduleKey[]): void {
    for (const key of keys) this.#slots.release(key)
  }

  /** Starts work on what is due and returns how long nothing is. */
  async #tick(signal: AbortSignal): Promise<number> {
    const { clock, horizon, mayWrite, rateLimits } = this.#options
    const latest = horizon()
    if (latest === null || !mayWrite()) return CLOCK_RETRY_MS
    const now = Math.min(clock.now(), latest)
    rateLimits?.admit(!this.#slots.owesNothing)
    const ready = this.#slots.takeDue(now)
    let sliceFrom = clock.monotonic()
    for (const slot of ready) {
      if (signal.aborted) break
      this.#begin(slot, now)
      if (clock.monotonic() - sliceFrom > SLICE_MS || this.#inFlight >= MOST_IN_FLIGHT) {
        await clock.sleep(0, signal)
        while (this.#inFlight >= MOST_IN_FLIGHT && !signal.aborted) await clock.sleep(1, signal)
        sliceFrom = clock.monotonic()
      }
    }
    if (ready.length > 0 || this.#beginLater(now)) return 0
    const due = this.#slots.nextDue ?? Number.POSITIVE_INFINITY
    return Math.max(1, Math.min(due - now, LONGEST_SLEEP_MS, rateLimits?.restMs() ?? LONGEST_SLEEP_MS))
  }

  /** Decides what the term owes besides, a slice at a time: what comes due meanwhile does not wait for it. */
  #beginLater(now: number): boolean {
    const { clock } = this.#options
    const from = clock.monotonic()
    for (let slot = this.#slots.takeLater(); slot !== undefined; slot = this.#slots.takeLater()) {
      this.#begin(slot, now)
      if (clock.monotonic() - from > LATER_SLICE_MS || this.#inFlight >= MOST_IN_FLIGHT) return true
    }
    return false
  }

  #begin(slot: Slot, now: number): void {
    const leading = this.#leading
    if (leading === null || slot.held || slot.work !== null) return
    const { trigger } = slot
    const progress = this.#decisions.progress(slot)
    if (progress === null) {
      this.#slots.wake(slot, now + RUNS_RETRY_MS)
      return
    }
    const { rateLimits } = this.#options
    const paced = { decisions: this.#decisions, slots: this.#slots, rateLimits }
    const { decision, place } = decidePaced(slot, { progress, now }, paced)
    if (decision === null) {
      this.#tryLater(slot)
      return
    }
    if (decision.entries.length === 0) {
      this.#finish(slot, decision, now)
      return
    }
    this.#inFlight += 1
    const stored = (whole: boolean): void => {
      this.#inFlight -= 1
      place?.end()
      // Another version may have come while this one's entries were on their way: then its own decision counts.
      if (!whole || slot.trigger !== trigger) {
        this.#slots.rest(slot)
        return
      }
      slot.work = null
      this.#finish(slot, decision, now)
    }
    const failed = (error: unknown): void => {
      this.#inFlight -= 1
      place?.end()
      slot.work = null
      this.#decisions.failed(slot, error)
      this.#tryLater(slot)
    }
    slot.work = this.#decisions.store(slot, decision, leading).then(stored, failed)
  }

  #tryLater(slot: Slot): void {
    this.#slots.paid(slot)
    this.#slots.wake(slot, this.#options.clock.now() + FAILED_MS)
  }

  #finish(slot: Slot, decision: Decision, now: number): void {
    slot.settledTo = Math.max(slot.settledTo, decision.settledTo)
    if (decision.wakeAt === null || decision.wakeAt > now) this.#slots.paid(slot)
    this.#slots.wake(slot, decision.wakeAt)
  }
}
