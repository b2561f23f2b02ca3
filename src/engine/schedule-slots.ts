/**
 * The schedules that a trigger loop knows, and when each is to be decided.
 *
 * Job: one slot for each installed schedule, in a heap by due time while a term leads. Invariants:
 * - One schedule is worked on by at most one piece of work at a time (`slot.work`), also across its removal and return.
 * - Outside a term nothing is due; a slot that is held or worked on is in the heap of nobody.
 * - A term owes every schedule a decision. What may be due comes first; the rest waits in a line of its own, so that a
 *   leader of a million schedules fires on time from its first moment. When a schedule may be due is foreseen while
 *   standing by: the next time after some cursor is never later than the one after a later cursor, so that it stays true.
 * On failure there is nothing to clean up here: a slot that is armed again is decided again.
 */
import type { ScheduleKey } from '../core/names.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Condition } from '../core/trigger/decision.ts'
import { type Due, DueHeap } from './due-heap.ts'
import { positionKey } from './log-positions.ts'

export interface Slot extends Due {
  readonly key: ScheduleKey
  trigger: CompiledTrigger
  /** The cursor, as far as it was moved by decisions that need no entry in the log. */
  settledTo: number
  /** An edit is under way, which alone decides. */
  held: boolean
  condition: Condition | null
  work: Promise<void> | null
  /** Nothing of this version is due before it, epoch milliseconds; null: not foreseen yet. */
  notBefore: number | null
}

export interface Upcoming {
  readonly key: ScheduleKey
  readonly job: string
  readonly adapter: string
  readonly nominal: number
}

export class ScheduleSlots {
  readonly #slots = new Map<string, Slot>()
  readonly #heap = new DueHeap<Slot>()
  /** Schedules that have not been decided to the end since the term began: what it still owes of the time before it. */
  readonly #owing = new Set<Slot>()
  /** Work of schedules that were removed while it was under way: one that comes again waits for it. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #onSooner: () => void
  #leads = false
  /** Those of the term's debts that cannot be due yet, the next one last. */
  #later: Slot[] = []

  /** `onSooner` is told when something is due before all that was. */
  constructor(onSooner: () => void) {
    this.#onSooner = onSooner
  }

  get size(): number {
    return this.#slots.size
  }

  /** When the next schedule is due, epoch milliseconds. */
  get nextDue(): number | null {
    return this.#heap.peek()?.due ?? null
  }

  /** Whether everything has been decided that was due when the term began. */
  get owesNothing(): boolean {
    return this.#owing.size === 0
  }

  find(key: ScheduleKey): Slot | undefined {
    return this.#slots.get(positionKey(key))
  }

  all(): Iterable<Slot> {
    return this.#slots.values()
  }

  isInstalled(slot: Slot): boolean {
    return this.find(slot.key) === slot
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
        notBefore: null,
      }
      this.#slots.set(id, added)
      const before = this.#leaving.get(id)
      if (before !== undefined) added.work = before.then(() => this.rest(added))
      this.arm(added)
      return
    }
    // Another timing begins at its own cursor; the skips that the old one decided mean nothing to it.
    if (slot.trigger.timingDigest !== trigger.timingDigest || slot.trigger.activeFrom !== trigger.activeFrom)
      slot.settledTo = 0
    slot.notBefore = null
    slot.trigger = trigger
    this.arm(slot)
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

  /** A term begins: it owes every schedule a decision. */
  beginTerm(): void {
    this.#leads = true
    this.#later = []
    for (const slot of this.#slots.values()) {
      this.#owing.add(slot)
      const { notBefore } = slot
      if (notBefore === null || slot.held || slot.work !== null) {
        this.arm(slot)
        continue
      }
      this.#later.push(slot)
      if (notBefore < Number.POSITIVE_INFINITY) this.#heap.set(slot, notBefore)
    }
  }

  /** The next schedule that the term owes a decision, although nothing of it can be due yet; undefined: there is none. */
  takeLater(): Slot | undefined {
    for (let slot = this.#later.pop(); slot !== undefined; slot = this.#later.pop()) {
      if (!this.#owing.has(slot) || slot.held || slot.work !== null) continue
      this.#heap.remove(slot)
      return slot
    }
    return undefined
  }

  endTerm(): void {
    this.#leads = false
    this.#heap.clear()
    this.#owing.clear()
    this.#later = []
  }

  /** Takes out what is due, in the order in which it is to be decided. */
  takeDue(now: number): readonly Slot[] {
    const ready: Slot[] = []
    for (let slot = this.#heap.popDue(now); slot !== undefined; slot = this.#heap.popDue(now))
      ready.push(slot)
    return ready.sort((a, b) => b.trigger.priority - a.trigger.priority || a.due - b.due)
  }

  /** Has the slot decided as soon as possible; that decision finds its real time. */
  arm(slot: Slot): void {
    if (!this.#leads || slot.held || slot.work !== null) return
    this.#heap.set(slot, 0)
    this.#onSooner()
  }

  /** Has the slot decided at `due`; null: only when something changes. */
  wake(slot: Slot, due: number | null): void {
    if (!this.#leads || slot.held || !this.isInstalled(slot)) return
    if (due === null) {
      this.#heap.remove(slot)
      return
    }
    const first = this.nextDue ?? Number.POSITIVE_INFINITY
    this.#heap.set(slot, due)
    if (due < first) this.#onSooner()
  }

  /** What was due of this schedule when the term began is no longer owed. */
  paid(slot: Slot): void {
    this.#owing.delete(slot)
  }

  /** Holds a schedule for an edit; undefined if there is none. */
  hold(key: ScheduleKey): Slot | undefined {
    const slot = this.find(key)
    if (slot === undefined) return undefined
    slot.held = true
    this.#heap.remove(slot)
    return slot
  }

  /** Lets a held schedule go on, with whatever version is installed now. */
  release(key: ScheduleKey): void {
    const slot = this.find(key)
    if (slot === undefined) return
    slot.held = false
    this.arm(slot)
  }

  /** Ends the work on a slot that must be decided anew. */
  rest(slot: Slot): void {
    slot.work = null
    if (this.isInstalled(slot)) this.arm(slot)
  }

  /** Resolves when what is in flight of one schedule has been answered, also of one that was removed. */
  async answeredOf(key: ScheduleKey): Promise<void> {
    await this.#leaving.get(positionKey(key))
    for (let slot = this.find(key); slot !== undefined && slot.work !== null; slot = this.find(key))
      await slot.work
  }

  /** Has the schedules decided again that something is different for. */
  reconsider(concerns: (trigger: CompiledTrigger) => boolean): void {
    for (const slot of this.#slots.values()) if (concerns(slot.trigger)) this.arm(slot)
  }

  /** Resolves when everything that is in flight now has been answered, of those that `concerns` says (default: all). */
  async answered(concerns: (trigger: CompiledTrigger) => boolean = () => true): Promise<void> {
    const working: Promise<void>[] = [...this.#leaving.values()]
    for (const { work, trigger } of this.#slots.values())
      if (work !== null && concerns(trigger)) working.push(work)
    await Promise.all(working)
  }
}
