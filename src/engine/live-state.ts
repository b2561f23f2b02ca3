/**
 * Live state as this instance knows it: the applied manifests, compiled.
 *
 * Job: follow the store that holds the applied manifests, keep every schedule compiled with its job and calendars, and
 * tell the trigger loop what appears, changes and goes. Invariants:
 * - A schedule is told only as compiled from one state of all that it uses; what cannot be compiled keeps its last good
 *   version and is reported.
 * - Compiling goes in slices, so that the lease never waits for a tree.
 * - `reached` covers exactly what has been told: whoever wrote revision r and waits for it knows that the loop has it.
 * - What another hand writes there is never told: the last good version goes on (`live-records.ts`).
 * On failure: the watch goes on over reconnects; when the store was recreated, what was applied goes on and is put back.
 */
import type { Problem } from '../core/errors.ts'
import type { Kind } from '../core/kinds.ts'
import { type Identity, identityOf, partsOf, type ScheduleKey } from '../core/names.ts'
import type { AppliedRecord, LiveSnapshot } from '../core/plan/live-entry.ts'
import { CalendarShelf } from '../core/schedule/calendar-shelf.ts'
import type { Catalogue, CatalogueEntry, ManifestByKind } from '../core/schedule/catalogue.ts'
import { compileTrigger } from '../core/trigger/compile-trigger.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store, StoreChange } from '../ports/store.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { Attempted } from './applied-records.ts'
import { LiveRecords } from './live-records.ts'
import { RevisionGate } from './revision-gate.ts'
import { ScheduleUsers } from './schedule-users.ts'

const SLICE_MS = 15

export interface LiveStateOptions {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly onTrigger: (trigger: CompiledTrigger) => void
  readonly onGone: (key: ScheduleKey) => void
  /** The store holds something else than what was applied. */
  readonly onStrange: () => void
}

export class LiveState implements Catalogue {
  readonly #options: LiveStateOptions
  readonly #records = new LiveRecords()
  readonly #entries = new Map<Identity, CatalogueEntry<Kind>>()
  readonly #users = new ScheduleUsers()
  readonly #dirty = new Set<Identity>()
  readonly #unusable = new Map<Identity, readonly Problem[]>()
  #shelf = new CalendarShelf(this)
  #seen = 0
  #told = 0
  #caughtUp = false
  #compiling = false
  readonly #gate: RevisionGate

  constructor(options: LiveStateOptions) {
    this.#options = options
    this.#gate = new RevisionGate(options.store, () =>
      this.#caughtUp && this.#dirty.size === 0 ? this.#told : -1,
    )
  }

  /** Everything up to this revision of the store has been told to the loop. */
  get revision(): number {
    return this.#caughtUp && this.#dirty.size === 0 ? this.#told : 0
  }

  get snapshot(): LiveSnapshot {
    return this.#records.all
  }

  /** What the store has, and has not, against what was applied. */
  get records(): LiveRecords {
    return this.#records
  }

  /** Schedules that are live but cannot be compiled here, with the reasons. */
  get unusable(): ReadonlyMap<Identity, readonly Problem[]> {
    return this.#unusable
  }

  applied(source: string): AppliedRecord | null {
    return this.#records.bySource.applied.get(source) ?? null
  }

  attempted(source: string): Attempted | null {
    return this.#records.bySource.attempted(source)
  }

  /** The highest format of any applied tree: an instance that knows only a lower one must not lead. */
  get format(): number {
    return Math.max(0, ...[...this.#records.bySource.applied.values()].map(({ format }) => format))
  }

  find<K extends Kind>(kind: K, tenant: string, name: string): CatalogueEntry<K> | undefined {
    return this.#entries.get(identityOf(kind, tenant, name)) as CatalogueEntry<K> | undefined
  }

  /** Begins to follow; see `reached` for when it is current. */
  start(signal: AbortSignal): void {
    this.#options.store.watch(
      {
        onChange: (change) => this.#take(change, signal),
        onCaughtUp: () => {
          this.#caughtUp = true
          this.#records.caughtUp()
          this.#tellStrange()
          void this.#compile(signal)
        },
        onReset: () => this.#reset(),
      },
      signal,
    )
  }

  /** Resolves when all that the store holds now has been told to the loop, or `signal` aborts; throws what the store throws. */
  current(signal: AbortSignal): Promise<void> {
    return this.#gate.current(signal)
  }

  /** Resolves when everything up to `revision` has been told to the loop, or `signal` aborts. */
  reached(revision: number, signal: AbortSignal): Promise<void> {
    return this.#gate.reached(revision, signal)
  }

  #take(change: StoreChange, signal: AbortSignal): void {
    this.#seen = Math.max(this.#seen, change.revision)
    for (const identity of this.#records.take(change)) this.#renew(identity)
    if (!this.#caughtUp) return
    this.#tellStrange()
    void this.#compile(signal)
  }

  /** Another version of an object is the good one now: who uses it is to be compiled again. */
  #renew(identity: Identity): void {
    const { kind, tenant, name } = partsOf(identity)
    const record = this.#records.all.get(identity)
    if (record === undefined) this.#entries.delete(identity)
    else {
      const { manifest, digest, file, line } = record.entry
      this.#entries.set(identity, {
        tenant,
        name,
        manifest: manifest as ManifestByKind[Kind],
        digest,
        locate: () => ({ file, line, column: 1 }),
      })
    }
    for (const user of this.#users.of(identity)) this.#dirty.add(user)
    if (kind === 'Schedule') this.#dirty.add(identity)
    else {
      // What could not be compiled may have waited for just this.
      for (const waiting of this.#unusable.keys()) this.#dirty.add(waiting)
    }
    if (kind === 'Calendar') {
      this.#shelf = new CalendarShelf(this, this.#shelf)
      // Calendars may be made of each other: whoever uses any may be meant.
      for (const user of this.#users.ofAnyCalendar()) this.#dirty.add(user)
    }
  }

  #tellStrange(): void {
    if (!this.#records.isRight) this.#options.onStrange()
  }

  /** What was applied stays good, and keeps firing: a store that was made anew is to be filled again. */
  #reset(): void {
    this.#caughtUp = false
    this.#seen = 0
    this.#told = 0
    this.#records.reset()
    this.#gate.reset()
  }

  async #compile(signal: AbortSignal): Promise<void> {
    if (this.#compiling) return
    this.#compiling = true
    const { clock } = this.#options
    // A burst of changes is compiled as one state: what it brings is seen whole before the first schedule is told.
    await clock.sleep(0, signal)
    let sliceFrom = clock.monotonic()
    while (this.#dirty.size > 0 && this.#caughtUp && !signal.aborted) {
      for (const identity of this.#dirty) {
        this.#dirty.delete(identity)
        this.#compileSafely(identity)
        if (clock.monotonic() - sliceFrom > SLICE_MS) break
      }
      if (clock.monotonic() - sliceFrom > SLICE_MS) {
        await clock.sleep(0, signal)
        sliceFrom = clock.monotonic()
      }
    }
    this.#compiling = false
    if (this.#dirty.size > 0 || !this.#caughtUp) return
    this.#told = this.#seen
    this.#gate.advanced()
  }

  /** An error of belfry's own makes one schedule unusable, not all of them. */
  #compileSafely(identity: Identity): void {
    try {
      this.#compileOne(identity)
    } catch (error) {
      this.#unusable.set(identity, [])
      this.#options.logger.error('a live schedule cannot be compiled: its last good version stays', {
        identity,
        problem: String(error),
      })
    }
  }

  #compileOne(identity: Identity): void {
    const { tenant, name } = partsOf(identity)
    const record = this.#records.all.get(identity)
    const schedule = this.find('Schedule', tenant, name)
    this.#users.forget(identity)
    if (record === undefined || schedule === undefined) {
      this.#unusable.delete(identity)
      this.#options.onGone({ tenant, schedule: name })
      return
    }
    const { generation, revision, activeFrom } = record.entry
    const tracked = this.#tracking(identity)
    const facts = { generation, revision, activeFrom }
    const trigger = compileTrigger(schedule, { catalogue: tracked, shelf: this.#shelf, facts })
    for (const calendar of this.#calendarsOf(trigger.ok ? trigger.value.calendars : [], tenant))
      this.#users.add(calendar, identity)
    if (trigger.ok) {
      this.#unusable.delete(identity)
      this.#options.onTrigger(trigger.value)
      return
    }
    this.#unusable.set(identity, trigger.error)
    const first = trigger.error[0]
    this.#options.logger.error('a live schedule cannot be compiled: its last good version stays', {
      identity,
      problem: first?.message,
      problems: trigger.error.length,
    })
  }

  /** This catalogue, remembering who asked for what. */
  #tracking(user: Identity): Catalogue {
    return {
      find: (kind, tenant, name) => {
        this.#users.add(identityOf(kind, tenant, name), user)
        return this.find(kind, tenant, name)
      },
    }
  }

  *#calendarsOf(names: readonly string[], tenant: string): Iterable<Identity> {
    for (const named of names) {
      const entry = this.#shelf.entry(tenant, named.split(':')[0]!)
      if (entry !== undefined) yield identityOf('Calendar', entry.tenant, entry.name)
    }
  }
}
