/**
 * Runs that somebody asked for at an instant to come.
 *
 * Job: keep each until its instant, then have it stored as the one-off that its key names. Invariants:
 * - What is kept is removed only after its fire is stored, and the fire is a one-off: a crash between the two stores nothing
 *   twice, and a leader that comes late fires late.
 * - It is cancelled or fired: whoever fires one lets nobody cancel it meanwhile.
 * - No calendar is asked: a person asked for that instant. A pause or suspension holds it until it is over.
 * On failure of a store: it stays, and is tried again. What cannot run any more (its job is gone, its data fits no longer) is
 * removed with an alarm that says why.
 */
import { BelfryError } from '../core/errors.ts'
import type { FireId } from '../core/names.ts'
import { scheduleOfRun } from '../core/names.ts'
import { PLANNED_FORMAT, type PlannedRun, parsePlannedRun, plannedKey } from '../core/trigger/planned-run.ts'
import type { Clock } from '../ports/clock.ts'
import type { TriggerReply, TriggerRequest } from '../ports/control.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import type { OneOffs, OneOffTerm } from './one-offs.ts'

export interface PlannedRunsOptions {
  readonly store: Store
  readonly oneOffs: OneOffs
  readonly clock: Clock
  readonly events: EventSink
  readonly logger: Logger
  /** The moment, never far from the server's clock. null: that is not known just now. */
  readonly now: () => number | null
  readonly mayWrite: () => boolean
}

interface Kept {
  readonly planned: PlannedRun
  readonly revision: number
}

const LONGEST_REST_MS = 30_000
const RETRY_MS = 1_000
/** How often one that is held back is looked at again. */
const HELD_MS = 5_000
/** What will not become right by itself. */
const HOPELESS = new Set(['unknown-object', 'ambiguous-target', 'data-refused'])

export class PlannedRuns {
  readonly #options: PlannedRunsOptions
  readonly #kept = new Map<string, Kept>()
  readonly #firing = new Set<FireId>()
  readonly #heldUntil = new Map<FireId, number>()
  #wake = new AbortController()

  constructor(options: PlannedRunsOptions) {
    this.#options = options
  }

  /** Keeps it until its instant, unless the same key was kept or fired before. */
  async plan(request: TriggerRequest & { readonly at: number }): Promise<TriggerReply> {
    const { store, oneOffs, events } = this.#options
    const { kind, run, before, notes } = await oneOffs.examine(request)
    if (before !== null) return { run, at: before.nominal, already: true, notes }
    const { tenant, name, key, data, force, author } = request
    const at = Math.floor(request.at / 1000) * 1000
    const planned: PlannedRun = {
      format: PLANNED_FORMAT,
      run,
      at,
      kind,
      tenant,
      name,
      key,
      data,
      force,
      author,
    }
    const known = await this.#known(run)
    if (known !== null) return { run, at: known.at, already: true, notes }
    if (at <= (this.#options.now() ?? at)) {
      const message = `${new Date(at).toISOString()} is past: nothing was stored; leave the instant out to run it now`
      throw new BelfryError('invalid-request', message)
    }
    const created = await store.create(plannedKey(run), JSON.stringify(planned))
    if (!created.ok) return { run, at: (await this.#known(run))?.at ?? at, already: true, notes }
    const facts = { run, at: new Date(at).toISOString(), kind, by: author, forced: force }
    events.emit({ type: 'planned', tenant, schedule: name, facts })
    return { run, at, already: false, notes }
  }

  async #known(run: FireId): Promise<PlannedRun | null> {
    const found = await this.#options.store.get(plannedKey(run))
    return found === null ? null : parsePlannedRun(found.value)
  }

  /** False: it is not planned, or on its way. */
  async cancel(run: FireId): Promise<boolean> {
    const { store, mayWrite } = this.#options
    if (this.#firing.has(run) || !run.includes('~m')) return false
    const found = await store.get(plannedKey(run))
    // It may have begun to fire while the store was asked.
    if (found === null || this.#firing.has(run) || !mayWrite()) return false
    this.#firing.add(run)
    try {
      if (!(await store.remove(found.key, found.revision)).ok) return false
      this.#kept.delete(found.key)
      return true
    } finally {
      this.#firing.delete(run)
    }
  }

  /** Fires what is due until `signal` aborts. */
  async run(term: OneOffTerm): Promise<void> {
    const { store, clock } = this.#options
    const { signal } = term
    this.#kept.clear()
    this.#heldUntil.clear()
    store.watch(
      {
        onChange: ({ key, value, revision }) => {
          const planned = value === null ? null : parsePlannedRun(value)
          if (planned === null) this.#kept.delete(key)
          else this.#kept.set(key, { planned, revision })
          this.#wake.abort()
        },
        onCaughtUp: () => undefined,
        onReset: () => this.#kept.clear(),
      },
      signal,
    )
    while (!signal.aborted) {
      const wake = new AbortController()
      this.#wake = wake
      const onAbort = () => wake.abort()
      signal.addEventListener('abort', onAbort, { once: true })
      const restMs = await this.#fireDue(term)
      await clock.sleep(restMs, wake.signal)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Returns for how long nothing more will be due, milliseconds. */
  async #fireDue(term: OneOffTerm): Promise<number> {
    const now = this.#options.now()
    if (now === null) return RETRY_MS
    let restMs = LONGEST_REST_MS
    const inOrder = [...this.#kept].sort(([, a], [, b]) => a.planned.at - b.planned.at)
    for (const [key, kept] of inOrder) {
      const { run, at } = kept.planned
      const dueAt = Math.max(at, this.#heldUntil.get(run) ?? 0)
      if (term.signal.aborted) break
      if (dueAt > now) {
        restMs = Math.min(restMs, dueAt - now)
        continue
      }
      if (this.#firing.has(run)) continue
      this.#firing.add(run)
      try {
        restMs = Math.min(restMs, await this.#fire(key, kept, term))
      } finally {
        this.#firing.delete(run)
      }
    }
    return Math.max(1, restMs)
  }

  async #fire(key: string, { planned, revision }: Kept, term: OneOffTerm): Promise<number> {
    const { store, oneOffs, events, logger } = this.#options
    const { run, at } = planned
    try {
      // What the watch has told last may be cancelled already.
      if ((await store.get(key))?.revision !== revision) {
        this.#kept.delete(key)
        return LONGEST_REST_MS
      }
      await oneOffs.trigger({ ...planned, at: null }, term, at)
    } catch (error) {
      if (error instanceof BelfryError && error.code === 'held-back') {
        this.#heldUntil.set(run, (this.#options.now() ?? 0) + HELD_MS)
        return HELD_MS
      }
      if (!(error instanceof BelfryError) || !HOPELESS.has(error.code)) {
        logger.warn('a planned run cannot be stored now', { run, error: String(error) })
        return RETRY_MS
      }
      logger.error('a planned run cannot run any more', { run, error: error.message })
      const facts = { run, tenant: planned.tenant, schedule: scheduleOfRun(run), error: error.message }
      events.emit({ type: 'alarm', name: 'planned-run-failed', facts })
    }
    try {
      await store.remove(key, revision)
      this.#kept.delete(key)
    } catch (error) {
      logger.debug('a planned run that has fired is not removed yet', { run, error: String(error) })
      return RETRY_MS
    }
    return LONGEST_REST_MS
  }
}
