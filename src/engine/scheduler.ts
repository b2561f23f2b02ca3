/**
 * One instance of belfry: hot standby or leader.
 *
 * Job: follow live state and the log, take part in the election, and while leading run the trigger loop and the
 * reconciler. Invariants:
 * - Before the first decision of a term this instance has seen all of live state and all overrides, and of the log as much as half a second
 *   allows (what is missing there costs refused writes, which repair it).
 * - On a cold start what the old live state owes is fired before a new tree is looked at.
 * - A stop is clean: nothing new is decided, what is in flight is answered, the cursors are stored, the lease is released.
 * On failure of the store: standbys wait, a leader that is no longer trusted decides nothing; both go on by themselves.
 */
import { setMaxListeners } from 'node:events'
import { BelfryError } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { PruneLimit } from '../core/plan/guard.ts'
import { LIVE_FORMAT } from '../core/plan/live-entry.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import { type OperatorPause, stops } from '../core/trigger/override.ts'
import type { PauseMissed } from '../core/trigger/pause.ts'
import type { PauseTarget } from '../core/trigger/pause-target.ts'
import type { AdapterConsumers } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  BackfillReply,
  BackfillRequest,
  PauseReply,
  ResumeReply,
  TriggerReply,
  TriggerRequest,
} from '../ports/control.ts'
import type { DeadLetters } from '../ports/dead-letters.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { LeaseStore } from '../ports/lease.ts'
import type { RunJournal } from '../ports/run-journal.ts'
import type { TreeSource } from '../ports/source.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import { AdapterPauses } from './adapter-pauses.ts'
import { alarmBell } from './alarm-bell.ts'
import { CursorCheckpoint } from './cursor-checkpoint.ts'
import { decisionEvents } from './decision-events.ts'
import { Elector } from './elector.ts'
import { FireWriter, type Writable } from './fire-writer.ts'
import { HEARTBEAT_MS, type InstanceRecord } from './instance-record.ts'
import { LiveState } from './live-state.ts'
import { LogPositions } from './log-positions.ts'
import { LogTail } from './log-tail.ts'
import { LostTail } from './lost-tail.ts'
import { OneOffWriter } from './one-off-writer.ts'
import { OneOffs, type OneOffTerm } from './one-offs.ts'
import { Overrides } from './overrides.ts'
import { Pausing } from './pausing.ts'
import { type ReconcileOutcome, Reconciler } from './reconciler.ts'
import { RunKeeper } from './run-keeper.ts'
import { runLimits } from './run-limits.ts'
import type { Upcoming } from './schedule-slots.ts'
import { ServerTime, SKEW_LEAD_MS } from './server-time.ts'
import type { LoopObserver } from './slot-decisions.ts'
import { TriggerLoop } from './trigger-loop.ts'

export interface SchedulerOptions {
  readonly clock: Clock
  readonly live: Store
  readonly cursors: Store
  readonly instances: Store
  readonly overrides: Store
  readonly lease: LeaseStore
  readonly log: FireLog
  readonly consumers: AdapterConsumers
  readonly events: EventSink
  readonly logger: Logger
  readonly source: TreeSource | null
  readonly pruneLimit: PruneLimit
  readonly instance: string
  readonly version: string
  readonly host: string
  readonly pid: number
  readonly tz: string
  readonly retentionSeconds: number
  readonly drawNonce: () => string
  /** Left out: nobody keeps runs here, and schedules are decided as if none was going. */
  readonly runs?: RunPorts
  readonly onLeading?: (term: number) => void
  readonly onStanding?: (leader: string | null) => void
}

export interface RunPorts {
  readonly journal: RunJournal
  readonly deadLetters: DeadLetters
  /** For snapshots of the open runs. */
  readonly store: Store
}

const BARRIER_MS = 500
const BARRIER_STEP_MS = 5
const RETRY_MS = 200
const EVENT_FLUSH_MS = 2_000

interface Leadership {
  readonly term: number
  readonly stop: AbortController
  /** This instance knows all that it must before its first decision. */
  readonly ready: Promise<void>
  /** All that the old live state owed when the term began has been fired. */
  readonly caughtUp: Promise<void>
  /** Everything of the term has come to rest. */
  readonly done: Promise<void>
}

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #tail: LogTail
  readonly #positions: LogPositions
  readonly #lostTail: LostTail
  readonly #live: LiveState
  readonly #loop: TriggerLoop
  readonly #elector: Elector
  readonly #serverTime: ServerTime
  readonly #reconciler: Reconciler
  readonly #overrides: Overrides
  readonly #adapterPauses: AdapterPauses
  readonly #pausing: Pausing
  readonly #oneOffs: OneOffs
  readonly #checkpoint: CursorCheckpoint
  readonly #oneOffWriter: OneOffWriter
  readonly #runs: RunKeeper | null
  readonly #stopping = endsMany()
  #leadership: Leadership | null = null
  #following: AbortController | null = null
  #running: Promise<unknown> = Promise.resolve()
  #startedAt = 0
  #started = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { clock, log, logger, events } = options
    this.#serverTime = new ServerTime({
      log,
      clock,
      logger,
      onSkew: (skewMs) =>
        events.emit({
          type: 'alarm',
          name: 'clock-skew',
          facts: { instance: options.instance, skewMs: Math.round(skewMs) },
        }),
    })
    this.#tail = new LogTail(clock, () => this.#serverTime.now())
    this.#positions = new LogPositions(log, this.#tail)
    const mayWrite = () => this.#mayWrite() && !this.#lostTail.isSuspicious
    const alarm = alarmBell(clock, (name, facts) => {
      logger.error('the log does not take entries: fires are late, none is lost', { alarm: name, ...facts })
      events.emit({ type: 'alarm', name, facts })
    })
    // What a crash of the server takes is stored again from the tail.
    const wrote = (entry: LogEntry, sequence: number): void => {
      this.#tail.wrote(entry, sequence)
      if (entry.kind === 'fire') this.#runs?.stored(entry, sequence)
    }
    const onStored = ({ content }: Writable, sequence: number): void => {
      if ('kind' in content) wrote(content, sequence)
    }
    const onBehind = async (signal: AbortSignal): Promise<boolean> => {
      await this.#lostTail.examine(signal)
      return true
    }
    const writer = new FireWriter({ log, clock, mayWrite, onAlarm: alarm, onStored, onBehind })
    this.#lostTail = new LostTail({
      log,
      tail: this.#tail,
      positions: this.#positions,
      clock,
      logger,
      writer: new FireWriter({
        log,
        clock,
        mayWrite: () => this.#mayWrite(),
        onAlarm: alarm,
        onStored: (entry, sequence) => this.#tail.brought(entry, sequence),
        // What was just stored again is lost again: it begins anew, from the first that is missing.
        onBehind: () => Promise.resolve(false),
      }),
      answered: () => writer.answered(),
      onLoss: (facts) => events.emit({ type: 'alarm', name: 'log-lost', facts }),
    })
    this.#oneOffWriter = new OneOffWriter({ log, clock, mayWrite, onAlarm: alarm, onStored: wrote })
    this.#runs = options.runs === undefined ? null : this.#keeperOf(options.runs, mayWrite)
    this.#overrides = new Overrides({
      store: options.overrides,
      logger,
      onChange: (target) => this.#loop.reconsider((trigger) => target === null || stops(target, trigger)),
    })
    this.#loop = new TriggerLoop({
      clock,
      writer,
      positions: this.#positions,
      horizon: () => this.#serverTime.horizon(),
      mayWrite,
      tz: options.tz,
      retentionSeconds: options.retentionSeconds,
      observer: this.#observer(),
      ...(this.#runs === null
        ? {}
        : { runsOf: ({ key }: CompiledTrigger) => this.#runs?.going(key) ?? null }),
      pausesOver: (trigger) => this.#overrides.over(trigger),
    })
    this.#live = new LiveState({
      store: options.live,
      clock,
      logger,
      onTrigger: (trigger) => this.#loop.install(trigger),
      onGone: (key) => this.#loop.remove(key),
      onChange: () => undefined,
    })
    const now = () => this.#serverTime.moment()
    const { consumers } = options
    this.#adapterPauses = new AdapterPauses({
      overrides: this.#overrides,
      live: this.#live,
      consumers,
      clock,
      now,
    })
    this.#pausing = new Pausing({
      store: options.overrides,
      overrides: this.#overrides,
      live: this.#live,
      loop: this.#loop,
      adapters: this.#adapterPauses,
      events,
      clock,
      logger,
      now,
      mayWrite,
    })
    this.#oneOffs = new OneOffs({
      live: this.#live,
      loop: this.#loop,
      overrides: this.#overrides,
      writer: this.#oneOffWriter,
      log,
      clock,
      events,
      now,
      tz: options.tz,
      retentionSeconds: options.retentionSeconds,
    })
    this.#reconciler = new Reconciler({
      source: options.source,
      store: options.live,
      live: this.#live,
      loop: this.#loop,
      consumers,
      clock,
      now,
      mayWrite,
      isPaused: (schedule) => this.#overrides.over(schedule).length > 0,
      isAdapterPaused: (tenant, name) => this.#adapterPauses.isPaused(tenant, name),
      instance: options.instance,
      pruneLimit: options.pruneLimit,
      events,
      logger,
    })
    this.#checkpoint = new CursorCheckpoint({
      cursors: options.cursors,
      positions: this.#positions,
      clock,
      logger,
      answered: () => this.#loop.answered(),
    })
    this.#elector = new Elector({
      lease: options.lease,
      clock,
      instance: options.instance,
      drawNonce: options.drawNonce,
      logger,
      mayLead: () =>
        Math.abs(this.#serverTime.skewMs ?? 0) <= SKEW_LEAD_MS && this.#live.format <= LIVE_FORMAT,
      onElected: (term) => this.#lead(term),
      onDeposed: (term, successor) => void this.#stand(term, successor),
    })
  }

  get live(): LiveState {
    return this.#live
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
    await this.#serverTime.measure()
    const found = await this.#positions.load(cursors)
    if (found === 'crashed' || found === 'restored') {
      logger.error('the log is behind what is known to be stored', { found })
      events.emit({ type: 'alarm', name: 'log-behind', facts: { found, instance } })
    }
    this.#follow()
    this.#live.start(signal)
    this.#overrides.start(signal)
    await this.#live.current(signal)
    await this.#overrides.current(signal)
    source?.watch(() => this.#reconciler.poke(), signal)
    this.#running = Promise.all([this.#elector.run(signal), this.#serverTime.run(signal), this.#beat(signal)])
  }

  /** Stops firing, or the delivery of an adapter, until it is resumed. Only the leader may; throws what stands in its way. */
  pause(target: PauseTarget, wanted: Omit<OperatorPause, 'at'>): Promise<PauseReply> {
    return this.#pausing.pause(target, wanted, this.#leadingSignal())
  }

  resume(
    target: PauseTarget,
    how: { readonly by: string; readonly missed: PauseMissed | null },
  ): Promise<ResumeReply> {
    return this.#pausing.resume(target, how, this.#leadingSignal())
  }

  /** Stores one run of a job or schedule. Only the leader may; throws what stands in its way. */
  async trigger(request: TriggerRequest): Promise<TriggerReply> {
    return this.#oneOffs.trigger(request, await this.#readyTerm())
  }

  /** Fires times of a schedule once more. Only the leader may; throws what stands in its way. */
  async backfill(request: BackfillRequest): Promise<BackfillReply> {
    return this.#oneOffs.backfill(request, await this.#readyTerm())
  }

  /** Applies a tree that another process sent. Only the leader may. */
  async applyTree(request: { source: string; tree: Tree; limit: PruneLimit }): Promise<ReconcileOutcome> {
    const leadership = this.#leadership
    if (leadership === null) return { kind: 'moved' }
    // What the old live state owes comes first, and an edit can be cut only by a loop that leads.
    await leadership.caughtUp
    return this.#reconciler.applyTree({ ...request, signal: leadership.stop.signal })
  }

  /** Resolves when this instance, having begun to lead, has fired all that was owed. */
  async settled(): Promise<void> {
    await this.#leadership?.caughtUp
  }

  /** Resolves when the watched tree has been looked at once as the leader, or `signal` aborts. */
  async applied(signal: AbortSignal): Promise<void> {
    await this.#reconciler.looked(signal)
  }

  /** The next fires of all schedules, soonest first. */
  upcoming(limit: number): readonly Upcoming[] {
    return this.#loop.upcoming(this.#options.clock.now(), limit)
  }

  /** Decides nothing any more; resolves when what is in flight is answered. Keeps the lease. */
  async drain(): Promise<void> {
    const led = this.#leadership
    led?.stop.abort()
    await led?.done
  }

  /** Stops cleanly; tolerates never started and twice. */
  async stop(): Promise<void> {
    if (!this.#started || this.#stopping.signal.aborted) return void (await this.#running)
    await this.drain()
    this.#following?.abort()
    this.#stopping.abort()
    await this.#running
    const { events, instance } = this.#options
    const { term } = this.#elector
    // A standby goes on from here; the cursors, which decide nothing, are stored after it could.
    if (await this.#elector.release()) events.emit({ type: 'leader-released', instance, term: term ?? 0 })
    if (this.#leadership !== null) await this.#storeCursors()
    await events.flush(EVENT_FLUSH_MS)
  }

  #keeperOf({ journal, deadLetters, store }: RunPorts, mayWrite: () => boolean): RunKeeper {
    const { clock, log, logger, events, instance, drawNonce, consumers } = this.#options
    return new RunKeeper({
      log,
      journal,
      deadLetters,
      oneOffs: this.#oneOffWriter,
      store,
      clock,
      logger,
      mayWrite,
      instance,
      drawNonce,
      consumers,
      limitsOf: (place) => runLimits(this.#live, place),
      onRuns: (key) => this.#loop.runsChanged(key),
      onLost: ({ run, adapter, tenant }) =>
        events.emit({ type: 'alarm', name: 'run-lost', facts: { run, adapter, tenant } }),
      onEnded: () => Promise.resolve(),
    })
  }

  #observer(): LoopObserver {
    const { events, logger } = this.#options
    const observer = decisionEvents(events, logger)
    return {
      ...observer,
      onCondition: (trigger, decision, before) => {
        observer.onCondition(trigger, decision, before)
        if (decision.condition === 'cancelling') this.#runs?.cancelAll(trigger.key, 'the next run is due')
      },
    }
  }

  #mayWrite(): boolean {
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
    const firing = ready.then(() => this.#loop.lead(term, stop.signal))
    const guarding = ready.then(() => this.#lostTail.run(stop.signal))
    const caughtUp = ready.then(() => this.#loop.caughtUp(stop.signal))
    // Firing waits for nothing that an earlier term still has under way; the rest is done by one term at a time.
    const alone = Promise.all([caughtUp, before])
    const reconciling = alone.then(() => this.#reconciler.run(stop.signal))
    this.#adapterPauses.begin()
    const pausing = ready.then(() => this.#pausing.run(stop.signal))
    const storing = alone.then(() => this.#checkpoint.run(stop.signal))
    const keeping = Promise.all([ready, before]).then(() => this.#runs?.lead(term, stop.signal))
    const done = Promise.all([firing, guarding, reconciling, storing, pausing, keeping]).then(() => undefined)
    this.#leadership = { term, stop, ready, caughtUp, done }
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

  /** What comes before the first decision of a term. */
  async #passBarrier(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (!signal.aborted) {
      try {
        await this.#barrier(signal)
        break
      } catch (error) {
        logger.warn('live state or log cannot be read now', { error: String(error) })
        await clock.sleep(RETRY_MS, signal)
      }
    }
    if (!signal.aborted) this.#following?.abort()
  }

  /**
   * Fires wait for all of live state and all overrides, however long that takes; for the log half a second, since the
   * compare-and-set makes up for the rest.
   */
  async #barrier(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    await this.#overrides.current(signal)
    await this.#live.current(signal)
    const info = await log.info()
    if (!this.#positions.recognise(info)) this.#follow()
    const until = clock.monotonic() + BARRIER_MS
    while (this.#positions.sequence < info.lastSequence && clock.monotonic() < until && !signal.aborted) {
      await clock.sleep(BARRIER_STEP_MS, signal)
    }
    // What a crash took while somebody else led, or nobody, goes in before anything newer.
    await this.#lostTail.examine(signal)
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
    this.#positions.follow(this.#following.signal, () => undefined)
  }

  async #storeCursors(): Promise<void> {
    try {
      await this.#checkpoint.write()
    } catch (error) {
      this.#options.logger.warn('the cursors cannot be stored now', { error: String(error) })
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, instances, instance, logger } = this.#options
    do {
      try {
        await instances.put(instance, JSON.stringify(this.#record()))
      } catch (error) {
        logger.debug('the heartbeat cannot be stored now', { error: String(error) })
      }
    } while (await clock.sleep(HEARTBEAT_MS, signal))
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
      skewMs: this.#serverTime.skewMs,
      schedules: this.#loop.size,
      unusable: this.#live.unusable.size,
      nextDue: this.#loop.nextDue,
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
