/**
 * Builds an instance's parts and joins them. Nothing runs yet: each begins with the instance's life or a term.
 *
 * They know each other by callbacks, because each also depends on one built later: live state arms the loop, the loop
 * asks the pauses and the runs, a pause or a run lets the loop decide anew.
 */

import { isOneOff, type ScheduleKey } from '../core/names.ts'
import { serviceLevelSettings } from '../core/run/service-level.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import { stops } from '../core/trigger/override.ts'
import { AdapterPauses } from './adapter-pauses.ts'
import { Circuits } from './circuits.ts'
import { ComingFires } from './coming-fires.ts'
import { CursorCheckpoint } from './cursor-checkpoint.ts'
import { decisionEvents } from './decision-events.ts'
import { EventRuns } from './event-runs.ts'
import { FormerNames } from './former-names.ts'
import { LiveState } from './live-state.ts'
import { assembleLog, type LogParts } from './log-parts.ts'
import { OneOffs } from './one-offs.ts'
import { OverrideWriter } from './override-writer.ts'
import { Overrides } from './overrides.ts'
import { Pausing } from './pausing.ts'
import { PlannedRuns } from './planned-runs.ts'
import { RateLimits } from './rate-limits.ts'
import { Reconciler } from './reconciler.ts'
import { RunChains } from './run-chains.ts'
import { RunKeeper } from './run-keeper.ts'
import { runLimits } from './run-limits.ts'
import { RunOperations } from './run-operations.ts'
import type { RunPorts, SchedulerOptions } from './scheduler-options.ts'
import { ServiceLevels } from './service-levels.ts'
import type { LoopObserver } from './slot-decisions.ts'
import { TriggerLoop } from './trigger-loop.ts'
import type { UntoldOptions } from './untold.ts'

export interface SchedulerParts extends LogParts {
  readonly live: LiveState
  readonly loop: TriggerLoop
  readonly overrides: Overrides
  readonly adapterPauses: AdapterPauses
  readonly pausing: Pausing
  readonly oneOffs: OneOffs
  readonly reconciler: Reconciler
  readonly checkpoint: CursorCheckpoint
  readonly runs: RunKeeper | null
  readonly circuits: Circuits | null
  readonly rateLimits: RateLimits
  /** null where none can be planned. */
  readonly plannedRuns: PlannedRuns | null
  /** null where nobody keeps runs. */
  readonly runOperations: RunOperations | null
  /** null where nothing is waited on. */
  readonly eventRuns: EventRuns | null
  readonly untold: UntoldOptions
}

/** `mayLead` says whether this instance leads and trusts itself right now. */
export function assemble(options: SchedulerOptions, mayLead: () => boolean): SchedulerParts {
  const { clock, logger, events, log, consumers } = options
  const logParts = assembleLog({
    options,
    mayLead,
    onFire: (fire, sequence) => {
      runs?.stored(fire, sequence)
      // What a schedule's times ask for had to ask for its place.
      if (isOneOff(fire.key)) rateLimits.counted(fire.key.tenant, fire.adapter)
    },
  })
  const { serverTime, positions, writer, oneOffWriter, mayWrite } = logParts
  const now = (): number | null => serverTime.moment()
  const formerNames = new FormerNames()
  const cancelAll = (key: ScheduleKey, reason: string): void => {
    for (const name of formerNames.all(key)) runs?.cancelAll(name, reason)
  }
  const rateLimits = new RateLimits({
    log,
    ...(options.runs === undefined ? {} : { store: options.runs.store }),
    clock,
    logger,
    mayWrite,
    serverNow: () => serverTime.now(),
    now: () => now() ?? clock.now(),
    onChange: () => loop.placesChanged(),
  })
  const runs: RunKeeper | null = options.runs === undefined ? null : keeperOf(options.runs)
  const comings: ComingFires | null = runs === null ? null : comingsOf(runs)
  const chains: RunChains | null =
    options.runs === undefined || comings === null
      ? null
      : new RunChains({ comings, store: options.runs.store, events })
  const eventRuns =
    options.runs === undefined || options.eventSources === undefined || comings === null
      ? null
      : new EventRuns({
          sources: options.eventSources,
          comings,
          store: options.runs.store,
          clock,
          events,
          logger,
          now: () => now() ?? clock.now(),
          mayWrite,
          isMeant: async ({ tenant, schedule, stream, subject }, signal) => {
            await live.current(signal)
            const triggers = live.find('Schedule', tenant, schedule)?.manifest.spec.triggers ?? []
            return triggers.some(
              (each) => 'event' in each && each.event.stream === stream && each.event.subject === subject,
            )
          },
        })
  const overrides = new Overrides({
    store: options.overrides,
    logger,
    onChange: (target) => loop.reconsider((trigger) => target === null || stops(target, trigger)),
  })
  const loop = new TriggerLoop({
    clock,
    writer,
    positions,
    horizon: () => serverTime.horizon(),
    mayWrite,
    tz: options.tz,
    retentionSeconds: options.retentionSeconds,
    observer: observerOf(options, cancelAll),
    rateLimits,
    ...(runs === null
      ? {}
      : { runsOf: ({ key }: CompiledTrigger) => formerNames.going(key, (name) => runs.going(name)) }),
    pausesOver: (trigger) => overrides.over(trigger),
  })
  const live = new LiveState({
    store: options.live,
    clock,
    logger,
    onTrigger: (trigger) => {
      formerNames.install(trigger)
      loop.install(trigger)
      chains?.install(trigger)
      eventRuns?.install(trigger)
    },
    onGone: (key) => {
      formerNames.remove(key)
      loop.remove(key)
      chains?.remove(key)
      eventRuns?.remove(key)
    },
    onStrange: () => reconciler.poke(),
  })
  const adapterPauses = new AdapterPauses({
    overrides,
    live,
    consumers,
    clock,
    now,
    circuits: () => circuits,
  })
  const circuits: Circuits | null = options.runs === undefined ? null : circuitsOf(options.runs)
  const overrideWriter = new OverrideWriter({ store: options.overrides, overrides, clock, mayWrite })
  const pausing = new Pausing({
    writer: overrideWriter,
    overrides,
    live,
    loop,
    adapters: adapterPauses,
    events,
    clock,
    logger,
    now,
    mayWrite,
  })
  const oneOffs = new OneOffs({
    live,
    loop,
    overrides,
    writer: oneOffWriter,
    log,
    clock,
    events,
    now,
    tz: options.tz,
    retentionSeconds: options.retentionSeconds,
  })
  const reconciler = new Reconciler({
    source: options.source,
    store: options.live,
    live,
    loop,
    consumers,
    overrides: overrideWriter,
    clock,
    now,
    mayWrite,
    isPaused: (schedule) => overrides.over(schedule).length > 0,
    ...(runs === null ? {} : { runsSettled: (signal: AbortSignal) => runs.settled(signal) }),
    isAdapterPaused: (tenant, name, spec) => adapterPauses.isPaused(tenant, name, spec),
    concurrencyOf: (tenant, name, spec) => adapterPauses.concurrencyOf(tenant, name, spec),
    oldestOpen: (tenant, name) => (runs === null ? null : runs.oldestOpen(tenant, name)),
    instance: options.instance,
    pruneLimit: options.pruneLimit,
    events,
    logger,
  })
  const checkpoint = new CursorCheckpoint({
    cursors: options.cursors,
    positions,
    clock,
    logger,
    answered: () => loop.answered(),
  })
  const plannedRuns =
    options.planned === undefined
      ? null
      : new PlannedRuns({ store: options.planned, oneOffs, clock, events, logger, now, mayWrite })
  const runOperations =
    options.runs === undefined || runs === null
      ? null
      : new RunOperations({
          live,
          loop,
          overrides,
          keeper: runs,
          plannedRuns,
          journal: options.runs.journal,
          deadLetters: options.runs.deadLetters,
          writer: oneOffWriter,
          log,
          events,
          now,
        })
  const untold = { trail: options.trail, events, clock, logger, settled: () => loop.settled() }
  return {
    ...logParts,
    live,
    loop,
    overrides,
    adapterPauses,
    pausing,
    oneOffs,
    reconciler,
    checkpoint,
    runs,
    circuits,
    rateLimits,
    runOperations,
    plannedRuns,
    eventRuns,
    untold,
  }

  function keeperOf({ journal, deadLetters, store }: RunPorts): RunKeeper {
    const { instance, drawNonce } = options
    return new RunKeeper({
      log,
      journal,
      deadLetters,
      oneOffs: oneOffWriter,
      store,
      clock,
      logger,
      mayWrite,
      instance,
      drawNonce,
      consumers,
      limitsOf: (place) => runLimits(live, place),
      onRuns: (key) => loop.runsChanged(formerNames.now(key)),
      onLost: ({ run, adapter, tenant }) =>
        events.emit({ type: 'alarm', name: 'run-lost', facts: { run, adapter, tenant } }),
      onEnded: (ended, term) => chains?.ended(ended, term) ?? Promise.resolve(true),
      serviceLevels: new ServiceLevels({
        levelOf: ({ tenant, schedule }) =>
          serviceLevelSettings(live.find('Schedule', tenant, schedule)?.manifest.spec.sla),
        now: () => now() ?? clock.now(),
        onLate: ({ tenant, schedule, run }, what, by) => {
          const facts = { run, by: new Date(by).toISOString() }
          events.emit({ type: what === 'start' ? 'late-start' : 'late-finish', tenant, schedule, facts })
        },
      }),
      onBegin: () => chains?.begin(),
      onTold: (told) => circuits?.told(told),
      sending: (key) => comings?.sending(key) ?? 0,
    })
  }

  function circuitsOf({ store }: RunPorts): Circuits {
    return new Circuits({
      store,
      adapter: (tenant, name) => live.find('Adapter', tenant, name)?.manifest.spec,
      clock,
      events,
      logger,
      mayWrite,
      now: () => now() ?? clock.now(),
      keepConsumers: (signal) => adapterPauses.keep(signal),
    })
  }

  function comingsOf(keeper: RunKeeper): ComingFires {
    return new ComingFires({
      log,
      writer: oneOffWriter,
      loop: {
        isDeciding: (key) => loop.isDeciding(key),
        answered: (concerns) => loop.answered(concerns),
        runsChanged: (key) => loop.runsChanged(key),
      },
      runsOf: (key) => formerNames.going(key, (name) => keeper.going(name)),
      pausesOver: (trigger) => overrides.over(trigger),
      cancelAll,
      now: () => now() ?? clock.now(),
      tz: options.tz,
      rateLimits,
      wake: () => keeper.wake(),
    })
  }
}

function observerOf(
  { events, logger }: SchedulerOptions,
  cancelAll: (key: ScheduleKey, reason: string) => void,
): LoopObserver {
  const observer = decisionEvents(events, logger)
  return {
    ...observer,
    onCondition: (trigger, decision, before) => {
      observer.onCondition(trigger, decision, before)
      if (decision.condition === 'cancelling') cancelAll(trigger.key, 'the next run is due')
    },
  }
}
