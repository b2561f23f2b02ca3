/**
 * One schedule's decision, from its making to the log.
 *
 * Job: what the tick of the loop and the settling of an edit have in common: ask the pure core, tell the observer, have
 * the entries stored in order. Invariants:
 * - A position moves only after its entry is stored or settled.
 * - A schedule that cannot be decided (an error of belfry's own) is reported, and keeps no other one from anything.
 * On failure: what was stored stays stored; whoever decides next goes on from the position that the log has.
 */
import type { ScheduleKey } from '../core/names.ts'
import { buildEntry } from '../core/trigger/build-entry.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Condition, Decision, Progress, RunsGoing } from '../core/trigger/decision.ts'
import type { LogEntry, MarkerReason } from '../core/trigger/log-entry.ts'
import { type Pause, samePauses } from '../core/trigger/pause.ts'
import type { FireWriter, LogPosition } from './fire-writer.ts'
import type { LogPositions } from './log-positions.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Slot } from './schedule-slots.ts'

export interface LoopObserver {
  onDecision(trigger: CompiledTrigger, decision: Decision): void
  /** Told when a schedule enters or leaves a condition, with the decision that says so and the condition before. */
  onCondition(trigger: CompiledTrigger, decision: Decision, before: Condition | null): void
  /** Told when deciding or storing threw: an error of belfry's own. */
  onFailure(trigger: CompiledTrigger, error: unknown): void
}

export interface SlotDecisionsOptions {
  readonly writer: FireWriter
  readonly positions: LogPositions
  readonly tz: string
  readonly retentionSeconds: number
  readonly observer: LoopObserver
  /** The operator pauses over a schedule, those that have ended and are not settled yet included. */
  readonly pausesOver: (trigger: CompiledTrigger) => readonly Pause[]
  /** The runs of a schedule that are going; null: not known yet. Left out: nobody keeps runs, and none is going. */
  readonly runsOf?: (trigger: CompiledTrigger) => RunsGoing | null
  /** Left out: no adapter has a rate limit. */
  readonly rateLimits?: RateLimits
}

/** A marker that no decision asks for. */
export interface Mark {
  readonly key: ScheduleKey
  /** For how long it is kept, and what it says of the tree; null: the schedule is not installed here. */
  readonly trigger: CompiledTrigger | null
  readonly reason: MarkerReason
  readonly nominal: number
  readonly count: number
}

/** The term on whose behalf entries are stored. */
export interface Leading {
  readonly term: number
  readonly signal: AbortSignal
}

export class SlotDecisions {
  readonly #options: SlotDecisionsOptions

  constructor(options: SlotDecisionsOptions) {
    this.#options = options
  }

  /** Where the schedule stands; null while that takes runs, or a rate limit, into account which are not known yet. */
  progress(slot: Slot): Progress | null {
    const { positions, pausesOver, runsOf, rateLimits } = this.#options
    const { trigger } = slot
    const { count } = positions.of(slot.key)
    const waited = rateLimits?.waited(trigger) ?? (rateLimits === undefined ? [] : null)
    if (waited === null) return null
    const progress = { cursor: this.cursor(slot), count, pauses: pausesOver(trigger), waited }
    if (runsOf === undefined || trigger.overlap === undefined || trigger.overlap.policy === 'allow')
      return progress
    const runs = runsOf(trigger)
    return runs === null ? null : { ...progress, runs }
  }

  /** The last nominal time that is settled, epoch milliseconds. */
  cursor(slot: Slot): number {
    const { lastNominal } = this.#options.positions.of(slot.key)
    return Math.max(slot.settledTo, lastNominal, slot.trigger.activeFrom)
  }

  /** Up to where the log settles the schedule, epoch milliseconds. */
  settledInLog({ key }: Slot): number {
    return this.#options.positions.of(key).lastNominal
  }

  /** What was decided, told to the observer; null if that failed. */
  decided(slot: Slot, deciding: () => Decision): Decision | null {
    try {
      const decision = deciding()
      this.#tell(slot, decision)
      return decision
    } catch (error) {
      this.failed(slot, error)
      return null
    }
  }

  failed(slot: Slot, error: unknown): void {
    this.#options.observer.onFailure(slot.trigger, error)
  }

  /**
   * Stores the entries in order. False: leadership was lost, a pause has come, or the log knows more; the slot must be
   * decided anew.
   */
  async store(slot: Slot, decision: Decision, leading: Leading): Promise<boolean> {
    const { writer, positions, tz, retentionSeconds, pausesOver } = this.#options
    const { trigger } = slot
    const pauses = pausesOver(trigger)
    for (const planned of decision.entries) {
      // What was decided before a pause, but is not on its way yet, is held back by it.
      if (!samePauses(pausesOver(trigger), pauses)) return false
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

  /** Stores a marker for a schedule that nobody decides now. Returns where it stands then; null if leadership was lost. */
  async mark({ key, trigger, reason, nominal, count }: Mark, leading: Leading): Promise<LogPosition | null> {
    const { writer, positions, tz, retentionSeconds } = this.#options
    const position = positions.of(key)
    const at = Math.max(nominal, position.lastNominal)
    const { term } = leading
    const marker: LogEntry =
      trigger === null
        ? {
            kind: 'marker',
            key,
            nominal: at,
            reason,
            count,
            term,
            revision: '',
            generation: 0,
            ttlSeconds: retentionSeconds,
          }
        : {
            ...buildEntry(
              trigger,
              { kind: 'marker', nominal: at, reason, settledCount: null },
              { term, count, tz, retentionSeconds },
            ),
            key,
          }
    const outcome = await writer.write(marker, position, leading.signal)
    if (outcome.kind === 'stopped') return null
    positions.advance(key, outcome.position)
    return positions.of(key)
  }

  position(key: ScheduleKey): LogPosition {
    return this.#options.positions.of(key)
  }

  #tell(slot: Slot, decision: Decision): void {
    const { observer } = this.#options
    observer.onDecision(slot.trigger, decision)
    const before = slot.condition
    if (before === decision.condition) return
    slot.condition = decision.condition
    observer.onCondition(slot.trigger, decision, before)
  }
}
