/**
 * Starts the runs that messages on the streams of users ask for.
 *
 * Job: while leading, have one durable consumer for each event trigger that is live, remove those of triggers that have
 * left, and work on what they deliver. Invariants:
 * - What belfry has on a stream is written down before it is made, so that it is found again, whoever leads.
 * - A consumer begins where its trigger went live; one of a renamed schedule where that of the former name stands.
 * - Only what two looks in a row have found unwanted, with live state known, is removed: with it goes what it has not
 *   delivered.
 * On failure: what a stream lacks is told once, shown, and tried again until it is there.
 */
import { BelfryError } from '../core/errors.ts'
import type { ScheduleKey } from '../core/names.ts'
import { type EventRecord, eventKey, GONE, isEventKey } from '../core/plan/event-record.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { EventWait } from '../core/trigger/event-waits.ts'
import { ONE_OFF_TTL_SECONDS } from '../core/trigger/one-off.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventSources, EventWatch } from '../ports/event-sources.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import type { ComingFires } from './coming-fires.ts'
import { EventFeedWork } from './event-feed.ts'
import { positionKey } from './log-positions.ts'
import type { OneOffTerm } from './one-offs.ts'

export interface EventRunsOptions {
  readonly sources: EventSources
  readonly comings: ComingFires
  readonly store: Pick<Store, 'entries' | 'put'>
  readonly clock: Clock
  readonly events: EventSink
  readonly logger: Logger
  readonly now: () => number
  readonly mayWrite: () => boolean
  /** Whether a live manifest waits on it, also one that cannot be used here. Resolves when all of live state is known. */
  readonly isMeant: (watch: EventWatch, signal: AbortSignal) => Promise<boolean>
}

interface Working {
  readonly work: EventFeedWork
  readonly stop: AbortController
  readonly done: Promise<void>
}

const LOOK_MS = 15_000
const AGAIN_MS = 1_000
/** What a token still tells apart; older messages were decided long ago. */
const OLDEST_MS = (ONE_OFF_TTL_SECONDS - 86_400) * 1_000

export class EventRuns {
  readonly #options: EventRunsOptions
  readonly #triggers = new Map<string, CompiledTrigger>()
  readonly #working = new Map<string, Working>()
  /** What is written down, once it is read in this term: nobody else writes it. */
  #known: Map<string, EventRecord> | null = null
  #unwanted = new Set<string>()
  #wake = new AbortController()

  constructor(options: EventRunsOptions) {
    this.#options = options
  }

  /** A schedule is live in this version. */
  install(trigger: CompiledTrigger): void {
    const id = positionKey(trigger.key)
    const before = this.#triggers.get(id)
    if (trigger.events === undefined && before === undefined) return
    if (trigger.events === undefined) this.#triggers.delete(id)
    else this.#triggers.set(id, trigger)
    this.#wake.abort()
  }

  /** It is not live any more. */
  remove(key: ScheduleKey): void {
    if (!this.#triggers.delete(positionKey(key))) return
    this.#options.comings.forget(key)
    this.#wake.abort()
  }

  /** Returns when the term ends and nothing of it is under way. */
  async run(term: OneOffTerm): Promise<void> {
    const { clock, logger } = this.#options
    const { signal } = term
    this.#unwanted = new Set()
    this.#known = null
    while (!signal.aborted) {
      const wake = new AbortController()
      this.#wake = wake
      let isWhole = false
      try {
        isWhole = await this.#look(term)
      } catch (error) {
        logger.warn('the streams that schedules wait on cannot be looked at now', { error: String(error) })
      }
      const either = AbortSignal.any([signal, wake.signal])
      await clock.sleep(isWhole ? LOOK_MS : AGAIN_MS, either)
    }
    await Promise.all([...this.#working.keys()].map((key) => this.#end(key)))
  }

  /** False: something is lacking, and is looked for again soon. */
  async #look(term: OneOffTerm): Promise<boolean> {
    this.#known ??= await this.#read()
    const wanted = this.#wanted()
    let isWhole = true
    for (const [key, watch] of wanted) {
      if (term.signal.aborted) return true
      if (!(await this.#keepSafely(key, watch, term))) isWhole = false
    }
    const unwanted = new Set([...this.#known.keys()].filter((key) => !wanted.has(key)))
    for (const key of unwanted) {
      await this.#end(key)
      if (!this.#unwanted.has(key)) isWhole = false
      else if (await this.#drop(key, this.#known.get(key)!, term)) unwanted.delete(key)
    }
    this.#unwanted = unwanted
    return isWhole
  }

  async #read(): Promise<Map<string, EventRecord>> {
    const entries = await this.#options.store.entries()
    const records = entries.filter(({ key, value }) => isEventKey(key) && value !== GONE)
    return new Map(records.map(({ key, value }) => [key, JSON.parse(value) as EventRecord]))
  }

  /** What one stream lacks keeps no other one waiting. */
  async #keepSafely(key: string, watch: EventWatch, term: OneOffTerm): Promise<boolean> {
    try {
      return await this.#keep(key, watch, term)
    } catch (error) {
      const { logger } = this.#options
      const { stream, tenant, schedule } = watch
      logger.warn('a stream cannot be looked at now', { stream, tenant, schedule, error: String(error) })
      const record = this.#known?.get(key)
      const because = `the stream ${stream} cannot be asked for: is the server there, and may belfry use the stream?`
      if (record !== undefined && !this.#working.has(key)) await this.#waits(key, record, because)
      return false
    }
  }

  /** False: it lacks something. */
  async #keep(key: string, watch: EventWatch, term: OneOffTerm): Promise<boolean> {
    const { sources, now } = this.#options
    const trigger = this.#triggers.get(positionKey(watch))
    if (trigger === undefined) return true
    let record = this.#known?.get(key)
    if (record === undefined) {
      record = { ...watch, ...(await this.#begins(watch, trigger)), created: null, waitsFor: null }
      await this.#write(key, record)
    }
    const oldest = now() - OLDEST_MS
    const state = await sources.ensure(watch, record.startedAt < oldest ? { after: oldest } : record.start)
    if (state.kind === 'waits') {
      await this.#end(key)
      await this.#waits(key, record, state.because)
      return false
    }
    const { created } = state
    if (record.created !== created || record.waitsFor !== null)
      await this.#write(key, { ...record, created, waitsFor: null })
    if (this.#working.get(key)?.work.created === created) return true
    await this.#end(key)
    if (!term.signal.aborted) this.#begin(key, watch, { created, term })
    return true
  }

  /** Where the consumer of a trigger begins for which nothing is written down yet. */
  async #begins(
    watch: EventWatch,
    trigger: CompiledTrigger,
  ): Promise<Pick<EventRecord, 'start' | 'startedAt'>> {
    const { sources, now } = this.#options
    for (const schedule of trigger.formerNames ?? []) {
      const former = this.#known?.get(eventKey({ ...watch, schedule }))
      if (former === undefined) continue
      const { created, start, startedAt } = former
      const floor = created === null ? null : await sources.floor({ ...watch, schedule }, created)
      if (created === null || floor === null) return { start, startedAt }
      return { start: { sequence: floor + 1, of: created }, startedAt: now() }
    }
    return { start: { after: trigger.activeFrom }, startedAt: now() }
  }

  #begin(
    key: string,
    watch: EventWatch,
    { created, term }: { readonly created: string; readonly term: OneOffTerm },
  ): void {
    const stop = new AbortController()
    const signal = AbortSignal.any([term.signal, stop.signal])
    const work = new EventFeedWork({
      ...this.#options,
      watch,
      created,
      current: () => this.#current(watch),
    })
    this.#working.set(key, { work, stop, done: work.run({ term: term.term, signal }) })
  }

  async #end(key: string): Promise<void> {
    const working = this.#working.get(key)
    if (working === undefined) return
    this.#working.delete(key)
    working.stop.abort()
    await working.done
  }

  #current(
    watch: EventWatch,
  ): { readonly trigger: CompiledTrigger; readonly waits: readonly EventWait[] } | null {
    const trigger = this.#triggers.get(positionKey(watch))
    // Several may differ in their filters.
    const waits = (trigger?.events?.waits ?? []).filter(
      ({ stream, subject }) => stream === watch.stream && subject === watch.subject,
    )
    return trigger === undefined || waits.length === 0 ? null : { trigger, waits }
  }

  #wanted(): ReadonlyMap<string, EventWatch> {
    const wanted = new Map<string, EventWatch>()
    for (const { key, events } of this.#triggers.values()) {
      for (const { stream, subject } of events?.waits ?? []) {
        const watch = { ...key, stream, subject }
        wanted.set(eventKey(watch), watch)
      }
    }
    return wanted
  }

  /** Removes what no live schedule means, also none whose version cannot be used here. Whether it is gone. */
  async #drop(key: string, record: EventRecord, { signal }: OneOffTerm): Promise<boolean> {
    const { sources, mayWrite, isMeant } = this.#options
    if ((await isMeant(record, signal)) || signal.aborted || !mayWrite()) return false
    if (record.created !== null) await sources.remove(record, record.created)
    await this.#options.store.put(key, GONE)
    this.#known?.delete(key)
    return true
  }

  async #waits(key: string, record: EventRecord, because: string): Promise<void> {
    if (record.waitsFor === because) return
    this.#tell(record, because)
    await this.#write(key, { ...this.#known?.get(key), ...record, waitsFor: because })
  }

  #tell({ tenant, schedule, stream, subject }: EventWatch, because: string): void {
    const { events, logger } = this.#options
    const facts = { tenant, schedule, stream, subject, because }
    logger.warn('a schedule waits on a stream in vain', facts)
    events.emit({ type: 'alarm', name: 'event-source', facts })
  }

  async #write(key: string, record: EventRecord): Promise<void> {
    const { store, mayWrite } = this.#options
    if (!mayWrite())
      throw new BelfryError('leader-lost', 'leadership was lost meanwhile', { retryable: true })
    await store.put(key, JSON.stringify(record))
    this.#known?.set(key, record)
  }
}
