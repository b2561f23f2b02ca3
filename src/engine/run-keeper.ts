/**
 * Sees to runs while this instance leads: what their ends ask for, their next attempts, and those that nobody tells of.
 *
 * Job: one run tracker a term, and what follows from it: dead letters, attempts that the leader sends, the ends of runs
 * whose workers only acknowledge, the sweep of those whose message was lost. Invariants:
 * - What the end of a run asks for is done at least once, and is idempotent by the run's id.
 * - Nobody's run is ended here but through its chain of events: who has ended it before wins.
 * - Nothing is done without leadership that is still trusted.
 * On failure of a store: what was to be done stays owed, is tried again, and stands in the next term's snapshot.
 */
import type { FireId, ScheduleKey } from '../core/names.ts'
import type { EndedRun, OpenRun, RunPlace, ToldEvent } from '../core/run/open-run.ts'
import type { RunsGoing } from '../core/trigger/decision.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import type { AdapterConsumers } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { DeadLetters } from '../ports/dead-letters.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { RunJournal } from '../ports/run-journal.ts'
import type { Store } from '../ports/store.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { OneOffWriter } from './one-off-writer.ts'
import type { OneOffTerm } from './one-offs.ts'
import type { RunLimits } from './run-limits.ts'
import { RunNotices } from './run-notices.ts'
import { RunRetries } from './run-retries.ts'
import { readRunSnapshot, writeRunSnapshot } from './run-snapshot.ts'
import { SWEEP_MS, sweepRuns } from './run-sweep.ts'
import { RunTracker, storedFireFrom } from './run-tracker.ts'
import type { ServiceLevels } from './service-levels.ts'

export interface RunKeeperOptions {
  readonly log: FireLog
  readonly journal: RunJournal
  readonly deadLetters: DeadLetters
  readonly oneOffs: OneOffWriter
  /** Where snapshots are kept. */
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly mayWrite: () => boolean
  readonly instance: string
  readonly drawNonce: () => string
  readonly consumers: Pick<AdapterConsumers, 'list' | 'turnLanes'>
  readonly limitsOf: (place: RunPlace) => RunLimits
  /** Told of a run of which nothing was heard for too long. */
  readonly onLost: (run: OpenRun) => void
  /** Told when a schedule may have become free, or not. */
  readonly onRuns: (key: ScheduleKey) => void
  /**
   * What else the end of a run asks for. False: some of it must wait for other runs. Throws retryable; asked again until
   * it returns true.
   */
  readonly onEnded: (ended: EndedRun, term: OneOffTerm) => Promise<boolean>
  /** Tells of runs that are late. Left out: nobody does. */
  readonly serviceLevels?: ServiceLevels
  /** A term begins: what was asked for before and is not done comes again. */
  readonly onBegin?: () => void
  /** Told of every event of a run, in order, those before the last snapshot left out. */
  readonly onTold?: (told: ToldEvent) => void
  /** Runs of a schedule that are on their way into the log. */
  readonly sending?: (key: ScheduleKey) => number
}

const RETRY_MS = 1_000
const AT_ONCE = 16
/** An edit waits no longer than this for what the ends of runs ask for. */
const SETTLED_MS = 5_000
const SETTLED_STEP_MS = 10
const SNAPSHOT_MS = 30_000
/** How often lanes are looked at whose number has changed. */
const TURN_MS = 2_000
/** A snapshot of many runs is not written as often. */
const SNAPSHOT_MS_A_RUN = 3

export class RunKeeper {
  readonly #options: RunKeeperOptions
  #tracker: RunTracker | null = null
  #owed = new Map<FireId, EndedRun>()
  /** Of those that are owed the dead that lie among the dead letters already. */
  readonly #buried = new Set<FireId>()
  #notices: RunNotices | null = null
  #ready = false
  #wake = new AbortController()
  /** Runs that somebody asked to stop: asked again when a worker begins with them. */
  readonly #stopping = new Map<FireId, { readonly by: string; readonly reason: string }>()

  constructor(options: RunKeeperOptions) {
    this.#options = options
  }

  /** Runs that have not ended; null while this instance does not know, because it does not lead or has just begun to. */
  get open(): RunTracker['open'] | null {
    return this.#ready ? (this.#tracker?.open ?? null) : null
  }

  /** null: not known yet; whoever must know waits, and is told by `onRuns`. */
  going(key: ScheduleKey): RunsGoing | null {
    const known = this.open?.going(key) ?? null
    const sending = this.#options.sending?.(key) ?? 0
    return known === null || sending === 0 ? known : { ...known, open: known.open + sending }
  }

  /** The oldest message of an adapter that a worker is still to be given, or works on; null: there is none. */
  oldestOpen(tenant: string, adapter: string): number | null | 'unknown' {
    return this.open === null ? 'unknown' : this.open.oldestOf(tenant, adapter)
  }

  /** What waits is asked for again. */
  wake(): void {
    this.#wake.abort()
  }

  /** Told by whoever has stored a fire: the next decision of its schedule knows of it. */
  stored(fire: Fire, sequence: number): void {
    this.#tracker?.stored(storedFireFrom(fire, { sequence, storedAt: this.#options.clock.now() }))
  }

  /** Asks for every open run of a schedule to be stopped. */
  cancelAll(key: ScheduleKey, reason: string): void {
    const { instance, logger } = this.#options
    for (const run of this.open?.all() ?? []) {
      if (run.tenant !== key.tenant || run.schedule !== key.schedule || run.state === 'lost') continue
      this.cancel(run.run, { by: `belfry ${instance}`, reason }).catch((error: unknown) => {
        logger.warn('a run cannot be asked to stop now', { run: run.run, error: String(error) })
      })
    }
  }

  /** Asks for a run to be stopped. `not-open`: it has ended, or never was. */
  async cancel(
    run: FireId,
    request: { readonly by: string; readonly reason: string },
  ): Promise<'cancelled' | 'asked' | 'not-open'> {
    const { journal, clock, instance } = this.#options
    const known = this.open?.get(run)
    if (known === undefined) return 'not-open'
    if (known.state === 'failed' && known.retry?.by === 'leader') {
      const at = new Date(clock.now()).toISOString()
      const { attempt, sequence, eventSequence } = known
      const event = {
        type: 'cancelled',
        run,
        attempt,
        at,
        instance,
        sequence,
        delivery: 0,
        startedAt: null,
        ...request,
      } as const
      if ((await journal.append(known, event, eventSequence)) !== 'conflict') return 'cancelled'
    }
    this.#stopping.set(run, request)
    journal.askToStop(known, run, request)
    return 'asked'
  }

  /**
   * Resolves when all is done that the ends of runs ask for which are stored by now, but for what waits for other runs; or
   * when that takes too long, or `signal` aborts. Throws retryable.
   */
  async settled(signal: AbortSignal): Promise<void> {
    const { clock, journal } = this.#options
    const until = clock.monotonic() + SETTLED_MS
    const { events } = await journal.positions()
    const isSettled = () =>
      this.#ready &&
      (this.#tracker?.positions.events ?? 0) >= events &&
      [...this.#owed.keys()].every((run) => this.#buried.has(run))
    while (!isSettled() && clock.monotonic() < until && !signal.aborted)
      await clock.sleep(SETTLED_STEP_MS, signal)
  }

  /** Keeps runs until `signal` aborts; then leaves a snapshot behind, as far as the store takes it. */
  async lead(term: number, signal: AbortSignal): Promise<void> {
    const { clock, logger, store } = this.#options
    while (!signal.aborted) {
      const attempt = new AbortController()
      const end = () => attempt.abort()
      signal.addEventListener('abort', end, { once: true })
      try {
        await this.#begin(await readRunSnapshot(store), attempt.signal)
        if (!signal.aborted) await this.#keep(term, attempt.signal)
      } catch (error) {
        logger.warn('runs cannot be followed now', { error: String(error) })
        await clock.sleep(RETRY_MS, signal)
      } finally {
        signal.removeEventListener('abort', end)
        attempt.abort()
      }
    }
    this.#ready = false
  }

  async #begin(snapshot: Awaited<ReturnType<typeof readRunSnapshot>>, signal: AbortSignal): Promise<void> {
    const { log, journal, clock, logger, instance, mayWrite, limitsOf } = this.#options
    this.#owed = new Map()
    this.#buried.clear()
    this.#options.serviceLevels?.begin()
    this.#options.onBegin?.()
    this.#notices = new RunNotices({
      journal,
      clock,
      logger,
      instance,
      mayWrite,
      maxAttemptsOf: (run) => limitsOf(run).maxAttempts,
    })
    this.#tracker = new RunTracker({
      log,
      journal,
      clock,
      snapshot,
      onEnded: (ended) => this.#ended(ended),
      onChange: (run) => this.#changed(run),
      onEnding: (run, end) => this.#options.serviceLevels?.ended(run, end),
      onTold: (told) => this.#options.onTold?.(told),
      onNotice: (run, told) => {
        this.#notices?.add(run, told)
        this.#wake.abort()
      },
    })
    await this.#tracker.start(signal)
    this.#ready = !signal.aborted
    if (this.#ready) for (const run of this.#tracker.open.all()) this.#tell(run)
  }

  async #keep(term: number, signal: AbortSignal): Promise<void> {
    const { clock, log, oneOffs, journal, logger, instance } = this.#options
    const retries = new RunRetries({ log, oneOffs, journal, clock, logger, instance, term })
    const tracker = this.#tracker!
    let sweepAt = clock.monotonic() + SWEEP_MS
    let snapshotAt = clock.monotonic() + SNAPSHOT_MS
    let turnAt = clock.monotonic()
    while (!signal.aborted) {
      const wake = new AbortController()
      this.#wake = wake
      const onAbort = () => wake.abort()
      signal.addEventListener('abort', onAbort, { once: true })
      const done = await this.#settle({ term, signal })
      const noticed = await this.#notices!.work(signal)
      const nextRetry = await retries.work(tracker.open, signal)
      const levels = this.#options.serviceLevels?.work(tracker.open)
      // What was told is to be known to the next leader.
      if (levels?.hasTold === true) snapshotAt = Math.min(snapshotAt, clock.monotonic())
      if (clock.monotonic() >= sweepAt) {
        await this.#sweep()
        sweepAt = clock.monotonic() + SWEEP_MS
      }
      if (clock.monotonic() >= turnAt) {
        await this.#turnLanes()
        turnAt = clock.monotonic() + TURN_MS
      }
      if (clock.monotonic() >= snapshotAt) {
        await this.#snapshot()
        snapshotAt = clock.monotonic() + SNAPSHOT_MS + SNAPSHOT_MS_A_RUN * tracker.open.size
      }
      const nextLate = levels?.restMs ?? Number.POSITIVE_INFINITY
      const next = Math.min(Math.min(sweepAt, snapshotAt, turnAt) - clock.monotonic(), nextLate)
      const restMs = done && noticed ? Math.min(nextRetry, next) : RETRY_MS
      await clock.sleep(Math.max(1, restMs), wake.signal)
      signal.removeEventListener('abort', onAbort)
    }
    await this.#snapshot()
  }

  #ended(ended: EndedRun): void {
    this.#stopping.delete(ended.run)
    this.#owed.set(ended.run, ended)
    this.#options.onRuns({ tenant: ended.tenant, schedule: ended.schedule })
    this.#wake.abort()
  }

  #changed(run: OpenRun): void {
    const request = this.#stopping.get(run.run)
    if (request !== undefined && run.state === 'running')
      this.#options.journal.askToStop(run, run.run, request)
    const isWatched = this.#options.serviceLevels?.changed(run) === true
    if (isWatched || run.state === 'failed' || run.state === 'lost') this.#wake.abort()
    if (run.state === 'lost') this.#tell(run)
  }

  #tell({ tenant, schedule }: OpenRun): void {
    this.#options.onRuns({ tenant, schedule })
  }

  /** Does what ended runs ask for. False: some of it is still owed. */
  async #settle(term: OneOffTerm): Promise<boolean> {
    const owed = [...this.#owed.values()]
    let whole = true
    for (let from = 0; from < owed.length && !term.signal.aborted; from += AT_ONCE) {
      const some = owed.slice(from, from + AT_ONCE)
      const results = await Promise.all(some.map((ended) => this.#settleOne(ended, term)))
      if (results.includes('failed')) return false
      // What waits for other runs keeps nobody else from what their ends ask for.
      if (results.includes('waits')) whole = false
    }
    return whole
  }

  async #settleOne(ended: EndedRun, term: OneOffTerm): Promise<'done' | 'waits' | 'failed'> {
    const { onEnded, logger, mayWrite } = this.#options
    const { run } = ended
    if (!mayWrite()) return 'failed'
    try {
      if (!this.#buried.has(run)) await this.#bury(ended)
      if (!(await onEnded(ended, term))) {
        this.#buried.add(run)
        return 'waits'
      }
    } catch (error) {
      logger.warn('what the end of a run asks for cannot be done now', { run, error: String(error) })
      return 'failed'
    }
    this.#buried.delete(run)
    if (this.#owed.get(run) === ended) this.#owed.delete(run)
    return 'done'
  }

  async #bury({ event, tenant, adapter, job, run, endedAt }: EndedRun): Promise<void> {
    if (event.type !== 'dead') return
    const { deadLetters, logger } = this.#options
    const { sequence: fireSequence, attempt: attempts, reason, error } = event
    const outcome = await deadLetters.bury({
      tenant,
      adapter,
      fireSequence,
      run,
      job,
      reason,
      attempts,
      error: error.message,
      diedAt: endedAt,
    })
    if (outcome === 'buried') logger.warn('a run is dead', { run, reason, attempts, error: error.message })
    if (outcome === 'fire-is-gone')
      logger.error('a run is dead, and the log has lost its fire', { run, reason })
  }

  async #sweep(): Promise<void> {
    const { logger } = this.#options
    try {
      await sweepRuns(this.#tracker!.open, this.#notices!, this.#options)
    } catch (error) {
      logger.warn('open runs cannot be compared with their consumers now', { error: String(error) })
    }
  }

  async #turnLanes(): Promise<void> {
    const { consumers, logger, mayWrite } = this.#options
    try {
      if (mayWrite()) await consumers.turnLanes()
    } catch (error) {
      logger.warn('lanes of changed partitions cannot be looked at now', { error: String(error) })
    }
  }

  async #snapshot(): Promise<void> {
    const { store, logger, drawNonce } = this.#options
    const tracker = this.#tracker!
    const unseen = this.#notices!.oldest
    const positions =
      unseen === null
        ? tracker.positions
        : { ...tracker.positions, notices: Math.min(tracker.positions.notices, unseen - 1) }
    try {
      const snapshot = { positions, open: [...tracker.open.all()], owed: [...this.#owed.values()] }
      await writeRunSnapshot(store, snapshot, drawNonce())
    } catch (error) {
      logger.warn('the snapshot of runs cannot be stored now', { error: String(error) })
    }
  }
}
