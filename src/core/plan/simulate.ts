/**
 * A period of a tree as the engine would live it, with times at which nobody leads.
 *
 * What an instance does with a schedule is `decide` at its wake-up times, its entries stored in order; what happens
 * around it (elections, leases, the store's answers) changes when an entry is stored, never which. So the period is
 * played by asking `decide` itself, and an outage is a stretch in which it is not asked. The engine on a virtual clock
 * would give the same entries (a test holds the two together) but renews its lease four times a second, which makes a
 * year of it a day of computing.
 */
import type { Occurrence } from '../schedule/occurrence.ts'
import { decide } from '../trigger/decide.ts'
import type { Condition, PlannedEntry } from '../trigger/decision.ts'
import { inOrder } from './in-order.ts'
import type { PreviewedSchedule } from './preview.ts'

/** Half-open: from <= t < to, epoch milliseconds. */
export interface Outage {
  readonly from: number
  readonly to: number
}

export interface SimulateOptions {
  /** The schedules are created then; epoch milliseconds, included. */
  readonly from: number
  /** Excluded. */
  readonly to: number
  /** In order, none overlapping another: `joinedOutages` makes them so. */
  readonly down: readonly Outage[]
}

export type SimulatedEvent =
  | SimulatedEntry
  | {
      readonly kind: 'not-fired'
      readonly at: number
      readonly schedule: PreviewedSchedule
      readonly occurrences: readonly Occurrence[]
    }
  | {
      readonly kind: 'condition'
      readonly at: number
      readonly schedule: PreviewedSchedule
      /** null: it fires normally again. */
      readonly condition: Condition | null
    }
  | { readonly kind: 'down' | 'up'; readonly at: number; readonly schedule: null }

/** A fire or a marker, and when it is stored. */
export interface SimulatedEntry {
  readonly kind: 'entry'
  readonly at: number
  readonly schedule: PreviewedSchedule
  readonly entry: PlannedEntry
}

/** Everything that happens, in the order in which it does, made as it is asked for. */
export function simulate(
  schedules: readonly PreviewedSchedule[],
  options: SimulateOptions,
): Generator<SimulatedEvent, void, undefined> {
  const byPriority = [...schedules].sort((a, b) => b.trigger.priority - a.trigger.priority)
  const sequences = [outageEvents(options), ...byPriority.map((schedule) => simulateOne(schedule, options))]
  return inOrder(sequences, (a, b) => a.at - b.at)
}

function* outageEvents({ from, to, down }: SimulateOptions): Generator<SimulatedEvent> {
  for (const outage of down) {
    if (outage.to <= from || outage.from >= to) continue
    yield { kind: 'down', at: Math.max(from, outage.from), schedule: null }
    if (outage.to < to) yield { kind: 'up', at: outage.to, schedule: null }
  }
}

function* simulateOne(
  schedule: PreviewedSchedule,
  { from, to, down }: SimulateOptions,
): Generator<SimulatedEvent> {
  const { trigger } = schedule
  let progress = { cursor: Math.max(from - 1, schedule.activeFrom), count: 0 }
  let condition: Condition | null = null
  let at = from
  for (;;) {
    const outage = down.find((each) => at >= each.from && at < each.to)
    if (outage !== undefined) at = outage.to
    if (at >= to) return
    const decision = decide(trigger, progress, at)
    if (decision.skipped.length > 0) {
      yield { kind: 'not-fired', at, schedule, occurrences: decision.skipped }
    }
    for (const entry of decision.entries) yield { kind: 'entry', at, schedule, entry }
    if (decision.condition !== condition) {
      condition = decision.condition
      yield { kind: 'condition', at, schedule, condition }
    }
    const fires = decision.entries.filter(({ kind }) => kind === 'fire').length
    const moved = decision.entries.length > 0 || decision.settledTo > progress.cursor
    progress = { cursor: Math.max(progress.cursor, decision.settledTo), count: progress.count + fires }
    if (decision.wakeAt === null) return
    // A range too long for one decision goes on at once; otherwise time goes on.
    at = moved ? Math.max(at, decision.wakeAt) : Math.max(at + 1, decision.wakeAt)
  }
}

/** Outages in order, those that overlap or touch as one; empty ones left out. */
export function joinedOutages(outages: readonly Outage[]): readonly Outage[] {
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of [...outages].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (to <= from) continue
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return joined
}
