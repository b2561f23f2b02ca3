/**
 * One instance of belfry: hot standby or leader.
 *
 * Job: follow live state and the log, take part in the election, and while leading run the trigger loop and the
 * reconciler. Invariants:
 * - Before the first decision of a term this instance has seen all of live state and all overrides, and of the log as much as half a second
 *   allows (what is missing there costs refused writes, which repair it).
 * - On a cold start what the old live state owes is fired before a new tree is looked at.
 * - A stop is clean: nothing new is decided, what is in flight is answered, the lease is released, the cursors are stored.
 * On failure of the store: standbys wait, a leader that is no longer trusted decides nothing; both go on by themselves.
 */
import { setMaxListeners } from 'node:events'
import { BelfryError } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { PruneLimit } from '../core/plan/guard.ts'
import { LIVE_FORMAT } from '../core/plan/live-entry.ts'
import type { OperatorPause } from '../core/trigger/override.ts'
import type { PauseMissed } from '../core/trigger/pause.ts'
import type { PauseTarget } from '../core/trigger/pause-target.ts'
import type {
  BackfillReply,
  BackfillRequest,
  PauseReply,
  ResumeReply,
  TriggerReply,
  TriggerRequest,
} from '../ports/control.ts'
import { passBarrier } from './barrier.ts'
import { Elector } from './elector.ts'
import { beat } from './heartbeat.ts'
import type { InstanceRecord } from './instance-record.ts'
import type { LiveState } from './live-state.ts'
import type { OneOffTerm } from './one-offs.ts'
import type { ReconcileOutcome } from './reconciler.ts'
import type { RunOperations } from './run-operations.ts'
import type { Upcoming } from './schedule-slots.ts'
import type { SchedulerOptions } from './scheduler-options.ts'
import { assemble, type SchedulerParts } from './scheduler-parts.ts'
import { SKEW_LEAD_MS } from './server-time.ts'
import { tellUntold } from './untold.ts'

const EVENT_FLUSH_MS = 2_000

interface Leadership {
  readonly term: number
  readonly stop: AbortController
  /** This instance knows all that it must before its first decision. */
  readonly ready: Promise<void>
  /** All that the old live state owed when the term began has been fired. */
  readonly caughtUp: Promise<void>
  /** Nothing of the term decides or changes anything any more: a clean stop then gives the lease up. */
  readonly still: Promise<void>
  /** Everything of the term has come to rest, also what it leaves to the next one. */
  readonly done: Promise<void>
}

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #parts: SchedulerParts
  readonly #elector: Elector
  readonly #stopping = endsMany()
  #leadership: Leadership | null = null
  #following: AbortController | null = null
  #electing: Promise<void> = Promise.resolve()
  #running: Promise<unknown> = Promise.resolve()
  #startedAt = 0
  #started = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { clock, logger } = options
    const parts = assemble(options, () => this.#mayLead())
    this.#parts = parts
    this.#elector = new Elector({
      lease: options.lease,
      clock,
      instance: options.instance,
      drawNonce: options.drawNonce,
      logger,
      mayLead: () =>
        Math.abs(parts.serverTime.skewMs ?? 0) <= SKEW_LEAD_MS && parts.live.format <= LIVE_FORMAT,
      onElected: (term) => this.#lead(term),
      onDeposed: (term, successor) => void this.#stand(term, successor),
    })
  }

  get live(): LiveState {
    return this.#parts.live
  }

  get term(): number | null {
    return this.#leadership?.term ?? null
  }

  /** Resolves when this instance is warm: all of live state is compiled, and it takes part in the election. */
  async start(): Promise<void> {
    const { clock, cursors, source, logger, events, instance } = this.#options
    const { signal } = this.#stopping
    this.#started = true
    this.#startedAt = clock.now()
    await this.#parts.serverTime.measure()
    const found = await this.#parts.positions.load(cursors)
    if (found === 'crashed' || found === 'restored') {
      logger.error('the log is behind what is known to be stored', { found })
      events.emit({ type: 'alarm', name: 'log-behind', facts: { found, instance } })
    }
    this.#follow()
    this.#parts.live.start(signal)
    this.#parts.overrides.start(signal)
    await this.#parts.live.current(signal)
    await this.#parts.overrides.current(signal)
    source?.watch(() => this.#parts.reconciler.poke(), signal)
    this.#electing = this.#elector.run(signal)
    this.#running = Promise.all([
      this.#electing,
      this.#parts.serverTime.run(signal),
      beat({ ...this.#options, record: () => this.#record() }, signal),
    ])
  }

  /** Stops firing, or the delivery of an adapter, until it is resumed. Only the leader may; throws what stands in its way. */
  pause(target: PauseTarget, wanted: Omit<OperatorPause, 'at'>): Promise<PauseReply> {
    return this.#parts.pausing.pause(target, wanted, this.#leadingSignal())
  }

  resume(
    target: PauseTarget,
    how: { readonly by: string; readonly missed: PauseMissed | null },
  ): Promise<ResumeReply> {
    return this.#parts.pausing.resume(target, how, this.#leadingSignal())
  }

  /** Stores one run of a job or schedule. Only the leader may; throws what stands in its way. */
  async trigger(request: TriggerRequest): Promise<TriggerReply> {
    const term = await this.#readyTerm()
    const { oneOffs, plannedRuns } = this.#parts
    const { at } = request
    if (at === null) return oneOffs.trigger(request, term)
    if (plannedRuns !== null) return plannedRuns.plan({ ...request, at })
    throw new BelfryError('internal', 'this instance plans no runs')
  }

  /** Fires times of a schedule once more. Only the leader may; throws what stands in its way. */
  async backfill(request: BackfillRequest): Promise<BackfillReply> {
    return this.#parts.oneOffs.backfill(request, await this.#readyTerm())
  }

  /** Does with runs what somebody asks for. Only the leader may; throws what stands in its way. */
  async onRuns<T>(work: (runs: RunOperations, term: OneOffTerm) => Promise<T>): Promise<T> {
    const term = await this.#readyTerm()
    const { runOperations } = this.#parts
    if (runOperations !== null) return work(runOperations, term)
    throw new BelfryError('internal', 'this instance keeps no runs')
  }

  /** Applies a tree that another process sent. Only the leader may. */
  async applyTree(request: { source: string; tree: Tree; limit: PruneLimit }): Promise<ReconcileOutcome> {
    const leadership = this.#leadership
    if (leadership === null) return { kind: 'moved' }
    // What the old live state owes comes first, and an edit can be cut only by a loop that leads.
    await leadership.caughtUp
    return this.#parts.reconciler.applyTree({ ...request, signal: leadership.stop.signal })
  }

  /** Resolves when this instance, having begun to lead, has fired all that was owed. */
  async settled(): Promise<void> {
    await this.#leadership?.caughtUp
  }

  /** Resolves when the watched tree has been looked at once as the leader, or `signal` aborts. */
  async applied(signal: AbortSignal): Promise<void> {
    await this.#parts.reconciler.looked(signal)
  }

  /** The next fires of all schedules, soonest first. */
  upcoming(limit: number): readonly Upcoming[] {
    return this.#parts.loop.upcoming(this.#options.clock.now(), limit)
  }

  /** Decides nothing any more; resolves when what is in flight is answered. Keeps the lease. */
  async drain(): Promise<void> {
    const led = this.#leadership
    led?.stop.abort()
    await led?.still
  }

  /** Stops cleanly; tolerates never started and twice. */
  async stop(): Promise<void> {
    if (!this.#started || this.#stopping.signal.aborted) return void (await this.#running)
    await this.drain()
    this.#following?.abort()
    this.#stopping.abort()
    await this.#electing
    const { events, instance } = this.#options
    const { term } = this.#elector
    // A standby goes on from here. What decides nothing is stored after it could: the cursors, and where runs stand.
    if (await this.#elector.release()) events.emit({ type: 'leader-released', instance, term: term ?? 0 })
    await Promise.all([this.#running, this.#leadership?.done])
    if (this.#leadership !== null) await this.#storeCursors()
    await events.flush(EVENT_FLUSH_MS)
  }

  #mayLead(): boolean {
    const leadership = this.#leadership
    return leadership !== null && !leadership.stop.signal.aborted && this.#elector.trusted()
  }

  #lead(term: number): void {
    // Won while it stops: there is nothing to do but to release it.
    if (this.#stopping.signal.aborted) return
    const before = this.#leadership?.done
    const stop = endsMany()
    const { instance, logger, events, onLeading } = this.#options
    logger.info('this instance leads', { term })
    events.emit({ type: 'leader-changed', instance, term })
    const ready = this.#passBarrier(stop.signal)
    const { rateLimits } = this.#parts
    rateLimits.begin(stop.signal)
    const firing = ready.then(() => this.#parts.loop.lead(term, stop.signal))
    const guarding = ready.then(() => this.#parts.lostTail.run(stop.signal))
    const caughtUp = ready.then(() => this.#parts.loop.caughtUp(stop.signal))
    // Firing waits for nothing that an earlier term still has under way; the rest is done by one term at a time.
    const circuits = this.#parts.circuits?.begin(stop.signal)
    const alone = Promise.all([caughtUp, before, circuits])
    const reconciling = alone.then(() => this.#parts.reconciler.run(stop.signal))
    this.#parts.adapterPauses.begin()
    const pausing = ready.then(() => this.#parts.pausing.run(stop.signal))
    const storing = alone.then(() => this.#parts.checkpoint.run(stop.signal))
    const kept = Promise.all([ready, before, circuits])
    const keeping = kept.then(() => this.#parts.runs?.lead(term, stop.signal))
    const breaking = kept.then(() => this.#parts.circuits?.run(stop.signal))
    const pacing = ready.then(() => rateLimits.run(stop.signal))
    const planning = Promise.all([ready, before]).then(() =>
      this.#parts.plannedRuns?.run({ term, signal: stop.signal }),
    )
    // The runs that are going are known from the term's start on only to whoever keeps them, so that it asks again until then.
    const waiting = Promise.all([ready, before]).then(() =>
      this.#parts.eventRuns?.run({ term, signal: stop.signal }),
    )
    const telling = alone.then(() => tellUntold(this.#parts.untold, stop.signal))
    const deciding = [firing, guarding, reconciling, pausing, breaking, pacing, planning, waiting]
    const still = Promise.all(deciding).then(() => undefined)
    const done = Promise.all([still, storing, keeping, telling]).then(() => undefined)
    this.#leadership = { term, stop, ready, caughtUp, still, done }
    onLeading?.(term)
  }

  async #stand(term: number, successor: string | null): Promise<void> {
    const led = this.#leadership
    if (led === null || led.term !== term) return
    this.#options.logger.warn('leadership is lost', { term, successor })
    led.stop.abort()
    if (!this.#stopping.signal.aborted) this.#follow()
    await led.done
    // It may lead again already.
    if (this.#leadership !== led) return
    this.#leadership = null
    this.#options.onStanding?.(successor)
  }

  async #passBarrier(signal: AbortSignal): Promise<void> {
    const { clock, logger, log } = this.#options
    await passBarrier({ ...this.#parts, clock, logger, log, followAnew: () => this.#follow() }, signal)
    if (!signal.aborted) this.#following?.abort()
  }

  /** The term, once live state and overrides are known. Throws where none has begun, or it has ended. */
  async #readyTerm(): Promise<OneOffTerm> {
    const leadership = this.#leadership
    const signal = this.#leadingSignal()
    await leadership?.ready
    if (leadership !== null && !signal.aborted) return { term: leadership.term, signal }
    throw notLeading()
  }

  /** Aborts when the term ends. Throws where none has begun. */
  #leadingSignal(): AbortSignal {
    if (this.#leadership !== null) return this.#leadership.stop.signal
    throw notLeading()
  }

  #follow(): void {
    this.#following?.abort()
    this.#following = new AbortController()
    this.#parts.positions.follow(this.#following.signal, () => undefined)
    void this.#parts.loop.foresee(this.#following.signal)
  }

  async #storeCursors(): Promise<void> {
    try {
      await this.#parts.checkpoint.write()
    } catch (error) {
      this.#options.logger.warn('the cursors cannot be stored now', { error: String(error) })
    }
  }

  #record(): InstanceRecord {
    const { clock, instance, version, host, pid, tz, source } = this.#options
    return {
      instance,
      role: this.#leadership === null ? 'standby' : 'leader',
      term: this.term,
      version,
      host,
      pid,
      startedAt: this.#startedAt,
      seenAt: clock.now(),
      tz,
      skewMs: this.#parts.serverTime.skewMs,
      schedules: this.#parts.loop.size,
      unusable: this.#parts.live.unusable.size,
      nextDue: this.#parts.loop.nextDue,
      source: source?.describe() ?? null,
    }
  }
}

function notLeading(): BelfryError {
  const message = 'this instance leads no more; nothing was changed: try again in a moment'
  return new BelfryError('no-leader', message, { retryable: true })
}

/** For signals that thousands may sleep on at once: Node takes more than ten listeners for a leak, and says so. */
function endsMany(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}
