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
import { buildEntry } from '../core/trigger/build-entry.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import { decide, decideCut } from '../core/trigger/decide.ts'
import type { Condition, Decision, Progress } from '../core/trigger/decision.ts'
import type { MarkerReason } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import { type Due, DueHeap } from './due-heap.ts'
import type { FireWriter } from './fire-writer.ts'
import { type LogPositions, positionKey } from './log-positions.ts'

const LONGEST_SLEEP_MS = 30_000
const CLOCK_RETRY_MS = 20
/** Work without a pause longer than this would hold up the lease. */
const SLICE_MS = 10
const MOST_IN_FLIGHT = 20_000
/** When a schedule is tried again that could not be decided. */
const FAILED_MS = 30_000

export interface TriggerLoopOptions {
  readonly clock: Clock
  readonly writer: FireWriter
  readonly positions: LogPositions
  /** The latest nominal time that may fire now; null while unknown. */
  readonly horizon: () => number | null
  /** Whether leadership is trusted right now; nothing is begun without it. */
  readonly mayWrite: () => boolean
  readonly tz: string
  readonly retentionSeconds: number
  readonly observer: LoopObserver
}

export interface LoopObserver {
  onDecision(trigger: CompiledTrigger, decision: Decision): void
  /** Told when a schedule enters or leaves a condition, with the decision that says so. */
  onCondition(trigger: CompiledTrigger, decision: Decision): void
  /** Told when deciding or storing threw: an error of belfry's own. */
  onFailure(trigger: CompiledTrigger, error: unknown): void
}

export interface Upcoming {
  readonly key: ScheduleKey
  readonly job: string
  readonly adapter: string
  readonly nominal: number
}

interface Slot extends Due {
  readonly key: ScheduleKey
  trigger: CompiledTrigger
  /** The cursor, as far as it was moved by decisions that need no entry in the log. */
  settledTo: number
  held: boolean
  condition: Condition | null
  work: Promise<void> | null
}

/** The moment of an edit, and what the marker there says. */
export interface Cut {
  readonly cutAt: number
  readonly reason: MarkerReason
}

interface Leading {
  readonly term: number
  readonly signal: AbortSignal
}

export class TriggerLoop {
  readonly #options: TriggerLoopOptions
  readonly #slots = new Map<string, Slot>()
  readonly #heap = new DueHeap<Slot>()
  /** Schedules that have not been decided to the end since the term began: what it still owes of the time before it. */
  readonly #owing = new Set<Slot>()
  /** Work of schedules that were removed while it was under way: one that comes again waits for it. */
  readonly #leaving = new Map<string, Promise<void>>()
  #leading: Leading | null = null
  #wake = new AbortController()
  #inFlight = 0

  constructor(options: TriggerLoopOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#slots.size
  }

  /** When the next schedule is due, epoch milliseconds. */
  get nextDue(): number | null {
    return this.#heap.peek()?.due ?? null
  }

  /** The next fires after `now`, soonest first. Asks every schedule: for people, not for the loop. */
  upcoming(now: number, limit: number): readonly Upcoming[] {
    const all: Upcoming[] = []
    for (const { key, trigger } of this.#slots.values()) {
      const nominal = trigger.suspension === null ? trigger.compiled.next(now) : null
      if (nominal !== null) all.push({ key, job: trigger.job, adapter: trigger.adapter, nominal })
    }
    return all.sort((a, b) => a.nominal - b.nominal).slice(0, limit)
  }

  /** Puts a schedule in, or its new version in the place of the old one. */
  install(trigger: CompiledTrigger): void {
    const id = positionKey(trigger.key)
    const slot = this.#slots.get(id)
    if (slot === undefined) {
      const added: Slot = {
        key: trigger.key,
        trigger,
        settledTo: 0,
        held: false,
        condition: null,
        work: null,
        due: 0,
        heapIndex: -1,
      }
      this.#slots.set(id, added)
      const before = this.#leaving.get(id)
      if (before !== undefined) added.work = before.then(() => this.#rest(added))
      this.#arm(added)
      return
    }
    // Another timing begins at its own cursor; the skips that the old one decided mean nothing to it.
    if (slot.trigger.timingDigest !== trigger.timingDigest || slot.trigger.activeFrom !== trigger.activeFrom)
      slot.settledTo = 0
    slot.trigger = trigger
    this.#arm(slot)
  }

  remove(key: ScheduleKey): void {
    const id = positionKey(key)
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    this.#heap.remove(slot)
    this.#owing.delete(slot)
    this.#slots.delete(id)
    const { work } = slot
    if (work === null) return
    const gone = work.then(() => {
      if (this.#leaving.get(id) === gone) this.#leaving.delete(id)
    })
    this.#leaving.set(id, gone)
  }

  /** Decides and fires until `signal` aborts; returns when nothing is in flight any more. */
  async lead(term: number, signal: AbortSignal): Promise<void> {
    // The term may have ended before it could begin, and another one have begun.
    if (signal.aborted) return
    const { clock } = this.#options
    const leading = { term, signal }
    this.#leading = leading
    for (const slot of this.#slots.values()) {
      this.#owing.add(slot)
      this.#arm(slot)
    }
    const wakeUp = () => this.#wake.abort()
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
      this.#heap.clear()
      this.#owing.clear()
    }
    await this.answered()
  }

  /** Resolves when everything that is in flight now has been answered. */
  async answered(): Promise<void> {
    const working: Promise<void>[] = [...this.#leaving.values()]
    for (const { work } of this.#slots.values()) if (work !== null) working.push(work)
    await Promise.all(working)
  }

  /** Resolves when everything that was due when the term began has been decided and stored, or `signal` aborts. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (this.#owing.size > 0 && !signal.aborted) await clock.sleep(CLOCK_RETRY_MS, signal)
  }

  /**
   * Settles schedules up to `cutAt` for an edit and holds them: the old version decides nothing any more. Returns up to
   * where each is settled, by `positionKey`; null if leadership was lost on the way: what was settled stays settled, and
   * another leader goes on from there.
   */
  async settle(keys: readonly ScheduleKey[], cut: Cut): Promise<ReadonlyMap<string, number> | null> {
    const leading = this.#leading
    if (leading === null) return null
    const slots: Slot[] = []
    for (const key of keys) {
      const slot = this.#slots.get(positionKey(key))
      if (slot === undefined) continue
      slot.held = true
      this.#heap.remove(slot)
      slots.push(slot)
    }
    const { clock, positions } = this.#options
    const cutting: Promise<boolean>[] = []
    let sliceFrom = clock.monotonic()
    for (const slot of slots) {
      cutting.push(this.#settleOne(slot, cut, leading))
      if (clock.monotonic() - sliceFrom <= SLICE_MS) continue
      await clock.sleep(0, leading.signal)
      sliceFrom = clock.monotonic()
    }
    if (!(await Promise.all(cutting)).every(Boolean)) return null
    return new Map(slots.map(({ key }) => [positionKey(key), positions.of(key).lastNominal]))
  }

  async #settleOne(slot: Slot, cut: Cut, leading: Leading): Promise<boolean> {
    // Without a pause where there is none to make: what is decided here counts for the caller's slice.
    while (slot.work !== null) await slot.work
    const cutting = this.#cut(slot, cut, leading)
    const rest = () => this.#rest(slot)
    slot.work = cutting.then(rest, rest)
    return cutting
  }

  /** Lets held schedules go on, with whatever version is installed now. */
  release(keys: readonly ScheduleKey[]): void {
    for (const key of keys) {
      const slot = this.#slots.get(positionKey(key))
      if (slot === undefined) continue
      slot.held = false
      this.#arm(slot)
    }
  }

  #progress(slot: Slot): Progress {
    const { lastNominal, count } = this.#options.positions.of(slot.key)
    return { cursor: Math.max(slot.settledTo, lastNominal, slot.trigger.activeFrom), count }
  }

  /** Has the slot decided as soon as possible; that decision finds its real time. */
  #arm(slot: Slot): void {
    if (this.#leading === null || slot.held || slot.work !== null) return
    this.#heap.set(slot, 0)
    this.#wake.abort()
  }

  /** Starts work on what is due and returns how long nothing is. */
  async #tick(signal: AbortSignal): Promise<number> {
    const { clock, horizon, mayWrite } = this.#options
    const latest = horizon()
    if (latest === null || !mayWrite()) return CLOCK_RETRY_MS
    const now = Math.min(clock.now(), latest)
    const ready: Slot[] = []
    for (let slot = this.#heap.popDue(now); slot !== undefined; slot = this.#heap.popDue(now))
      ready.push(slot)
    ready.sort((a, b) => b.trigger.priority - a.trigger.priority || a.due - b.due)
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
    if (ready.length > 0) return 0
    const due = this.#heap.peek()?.due ?? Number.POSITIVE_INFINITY
    return Math.max(1, Math.min(due - now, LONGEST_SLEEP_MS))
  }

  #begin(slot: Slot, now: number): void {
    const leading = this.#leading
    if (leading === null || slot.held || slot.work !== null) return
    const { trigger } = slot
    const decision = this.#guarded(slot, () => decide(trigger, this.#progress(slot), now))
    if (decision === null) return
    if (decision.entries.length === 0) {
      this.#finish(slot, decision, now)
      return
    }
    this.#inFlight += 1
    const stored = (whole: boolean): void => {
      this.#inFlight -= 1
      // Another version may have come while this one's entries were on their way: then its own decision counts.
      if (!whole || slot.trigger !== trigger) {
        this.#rest(slot)
        return
      }
      slot.work = null
      this.#finish(slot, decision, now)
    }
    const failed = (error: unknown): void => {
      this.#inFlight -= 1
      slot.work = null
      this.#fail(slot, error)
    }
    slot.work = this.#store(slot, decision, leading).then(stored, failed)
  }

  /** What was decided, told to the observer; null if that failed. */
  #guarded(slot: Slot, deciding: () => Decision): Decision | null {
    try {
      const decision = deciding()
      this.#notice(slot, decision)
      return decision
    } catch (error) {
      this.#fail(slot, error)
      return null
    }
  }

  #fail(slot: Slot, error: unknown): void {
    this.#options.observer.onFailure(slot.trigger, error)
    this.#owing.delete(slot)
    if (this.#leading !== null && !slot.held && this.#isInstalled(slot))
      this.#heap.set(slot, this.#options.clock.now() + FAILED_MS)
  }

  /** Ends the work on a slot that must be decided anew. */
  #rest(slot: Slot): void {
    slot.work = null
    if (this.#isInstalled(slot)) this.#arm(slot)
  }

  #finish(slot: Slot, decision: Decision, now: number): void {
    slot.settledTo = Math.max(slot.settledTo, decision.settledTo)
    if (decision.wakeAt === null || decision.wakeAt > now) this.#owing.delete(slot)
    if (this.#leading === null || slot.held || !this.#isInstalled(slot)) return
    if (decision.wakeAt === null) this.#heap.remove(slot)
    else {
      const first = this.#heap.peek()?.due ?? Number.POSITIVE_INFINITY
      this.#heap.set(slot, decision.wakeAt)
      if (decision.wakeAt < first) this.#wake.abort()
    }
  }

  #isInstalled(slot: Slot): boolean {
    return this.#slots.get(positionKey(slot.key)) === slot
  }

  #notice(slot: Slot, decision: Decision): void {
    const { observer } = this.#options
    observer.onDecision(slot.trigger, decision)
    if (slot.condition !== decision.condition) {
      slot.condition = decision.condition
      observer.onCondition(slot.trigger, decision)
    }
  }

  /** Stores the entries in order. False: leadership was lost, or the log knows more and the slot must be decided anew. */
  async #store(slot: Slot, decision: Decision, leading: Leading): Promise<boolean> {
    const { writer, positions, tz, retentionSeconds } = this.#options
    const { trigger } = slot
    for (const planned of decision.entries) {
      const position = positions.of(slot.key)
      const entry = buildEntry(trigger, planned, {
        term: leading.term,
        count: position.count,
        tz,
        retentionSeconds,
      })
      const outcome = await writer.write(entry, position, leading.signal)
      if (outcome.kind === 'stopped') return false
      positions.advance(slot.key, outcome.position)
      if (outcome.kind === 'settled' && outcome.position.lastNominal > planned.nominal) return false
    }
    return true
  }

  async #cut(slot: Slot, cut: Cut, leading: Leading): Promise<boolean> {
    const { clock, mayWrite } = this.#options
    while (!leading.signal.aborted) {
      if (!mayWrite()) {
        // Trust may come back; until then nothing is decided, and nobody else must be kept waiting.
        await clock.sleep(CLOCK_RETRY_MS, leading.signal)
        continue
      }
      const progress = this.#progress(slot)
      // An old version that cannot be decided is cut all the same: an edit is its cure.
      const decision =
        this.#guarded(slot, () => decideCut(slot.trigger, progress, cut)) ?? bareCut(progress, cut)
      const stored = await this.#store(slot, decision, leading)
      if (!stored && !this.#settledBeyond(slot, cut.cutAt)) continue
      slot.settledTo = Math.max(slot.settledTo, decision.settledTo)
      if (decision.wakeAt === null) return true
      // A long range goes in slices, with room for others between them.
      await clock.sleep(0, leading.signal)
    }
    return false
  }

  #settledBeyond(slot: Slot, cutAt: number): boolean {
    return this.#options.positions.of(slot.key).lastNominal >= cutAt
  }
}

function bareCut({ cursor }: Progress, { cutAt, reason }: Cut): Decision {
  const nominal = Math.max(cursor, cutAt)
  const entries = [{ kind: 'marker', nominal, reason, settledCount: null } as const]
  return { entries, skipped: [], settledTo: nominal, wakeAt: null, condition: null }
}
