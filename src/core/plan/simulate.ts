/**
 * A period of a tree as the engine would live it, with times at which nobody leads.
 *
 * What an instance does with a schedule is `decide` at its wake-up times, its entries stored in order; what happens
 * around it (elections, leases, the store's answers) changes when an entry is stored, never which. So the period is
 * played by asking `decide` itself, schedule by schedule, and an outage is a stretch in which it is not asked: at its
 * end it is asked once with all that has come up. The engine on a virtual clock gives the same entries (tests hold the
 * two together) but renews its lease four times a second, which makes a year of it a day of computing.
 */
import type { Occurrence } from '../schedule/occurrence.ts'
import { epochDayOfLocal } from '../time/local.ts'
import { decide } from '../trigger/decide.ts'
import type { Condition, Decision, PlannedEntry } from '../trigger/decision.ts'
import { countFirings } from '../trigger/missed.ts'
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

/** What happens, at an instant in epoch milliseconds. */
export type SimulatedEvent =
  | { readonly kind: 'down' | 'up'; readonly at: number; readonly schedule: null }
  | SimulatedEntry
  | SimulatedGap
  | SimulatedCondition
  | SimulatedRest

/** A fire or a marker, when it is stored. */
export interface SimulatedEntry {
  readonly kind: 'entry'
  readonly at: number
  readonly schedule: PreviewedSchedule
  readonly entry: PlannedEntry
  /** Of a marker: how many times that would have fired it settles as non-fires; null: more than are counted. */
  readonly settles: number | null
  /** Of a fire: how long after its time was due. */
  readonly lateMs: number
}

/** Times of one day that do not fire for one reason. They need no entry. */
export interface SimulatedGap {
  readonly kind: 'not-fired'
  /** Of the first: its nominal time, or the end of the outage that it lies in. */
  readonly at: number
  readonly schedule: PreviewedSchedule
  readonly first: Occurrence
  readonly last: Occurrence
  readonly count: number
}

/** A schedule enters a condition, or leaves it: null. */
export interface SimulatedCondition {
  readonly kind: 'condition'
  readonly at: number
  readonly schedule: PreviewedSchedule
  readonly condition: Condition | null
  /** When it is looked at again; null: not before an edit. */
  readonly until: number | null
  /** With `out-of-coverage`: the time that nothing can be decided about. */
  readonly held: Occurrence | null
}

/** Times of the period that would fire and are not decided when it ends; `count` null: more than are counted. */
export interface SimulatedRest {
  readonly kind: 'undecided'
  readonly at: number
  readonly schedule: PreviewedSchedule
  readonly count: number | null
}

type OfSchedule = Exclude<SimulatedEvent, { readonly schedule: null }>

/** Everything that happens, in the order in which it does, made as it is asked for. */
export function simulate(
  schedules: readonly PreviewedSchedule[],
  options: SimulateOptions,
): Generator<SimulatedEvent, void, undefined> {
  const byPriority = [...schedules].sort((a, b) => b.trigger.priority - a.trigger.priority)
  const sequences: Iterable<SimulatedEvent>[] = [
    outageEvents(options),
    ...byPriority.map((schedule) => withJoinedGaps(simulateOne(schedule, options))),
  ]
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
): Generator<OfSchedule, void, undefined> {
  const { trigger } = schedule
  // `activeFrom` is the first instant that may fire, a cursor the last that may not.
  let progress = { cursor: Math.max(from, schedule.activeFrom) - 1, count: 0 }
  let condition: Condition | null = null
  let outages = 0
  for (let at = from; ; ) {
    while (down[outages] !== undefined && down[outages]!.to <= at) outages += 1
    const outage = down[outages]
    const isDown = outage !== undefined && at >= outage.from
    if (isDown) at = outage.to
    if (at >= to) {
      // Times that do not fire are told of a little later, together; those of the last minute are still to be told.
      if (!isDown && condition === null) yield* lastGapsOf(schedule, progress.cursor, to)
      break
    }
    const decision = decide(trigger, progress, at)
    yield* gapsOf(schedule, decision, { at, downFrom: isDown ? outage.from : null })
    yield* entriesOf(schedule, decision, { at, cursor: progress.cursor })
    if (decision.condition !== condition) {
      condition = decision.condition
      yield conditionOf(schedule, decision, at)
    }
    const fires = decision.entries.filter(({ kind }) => kind === 'fire').length
    const moved = decision.entries.length > 0 || decision.settledTo > progress.cursor
    progress = { cursor: Math.max(progress.cursor, decision.settledTo), count: progress.count + fires }
    if (decision.wakeAt === null) break
    // A range too long for one decision goes on at once; otherwise time goes on.
    at = moved ? Math.max(at, decision.wakeAt) : Math.max(at + 1, decision.wakeAt)
  }
  const rest = countFirings(trigger.compiled, progress.cursor, to - 1)
  const left = (trigger.maxFires ?? Number.POSITIVE_INFINITY) - progress.count
  // Where there are more than are counted, a smaller number that maxFires leaves is still known.
  const count = rest === null && left === Number.POSITIVE_INFINITY ? null : Math.min(rest ?? left, left)
  if (count !== 0) yield { kind: 'undecided', at: to, schedule, count }
}

interface Asked {
  /** When `decide` was asked. */
  readonly at: number
}

function* gapsOf(
  schedule: PreviewedSchedule,
  { skipped }: Decision,
  { at, downFrom }: Asked & { readonly downFrom: number | null },
): Generator<SimulatedGap> {
  for (const occurrence of skipped) {
    const { nominal } = occurrence
    const isLate = downFrom !== null && nominal >= downFrom
    yield gapOf(schedule, occurrence, isLate ? at : nominal)
  }
}

function* lastGapsOf(schedule: PreviewedSchedule, cursor: number, to: number): Generator<SimulatedGap> {
  for (const occurrence of schedule.compiled.occurrences(cursor + 1, to)) {
    if (occurrence.outcome !== 'skipped') return
    yield gapOf(schedule, occurrence, occurrence.nominal)
  }
}

function gapOf(schedule: PreviewedSchedule, occurrence: Occurrence, at: number): SimulatedGap {
  return { kind: 'not-fired', at, schedule, first: occurrence, last: occurrence, count: 1 }
}

function* entriesOf(
  schedule: PreviewedSchedule,
  { entries }: Decision,
  { at, cursor }: Asked & { readonly cursor: number },
): Generator<SimulatedEntry> {
  const { compiled } = schedule
  for (const entry of entries) {
    const { kind, nominal } = entry
    if (kind === 'fire') {
      yield { kind: 'entry', at, schedule, entry, settles: 0, lateMs: at - compiled.dueOf(nominal) }
    } else {
      // The end of a suspension is stored without a count: in the log it would cost, here it is asked for.
      const settles =
        entry.reason === 'resumed' ? countFirings(compiled, cursor, nominal) : entry.settledCount
      yield { kind: 'entry', at, schedule, entry, settles, lateMs: 0 }
    }
  }
}

function conditionOf(schedule: PreviewedSchedule, decision: Decision, at: number): SimulatedCondition {
  const { condition, wakeAt, settledTo } = decision
  const isHeld = condition === 'out-of-coverage'
  const held = isHeld ? schedule.compiled.nextCandidate(settledTo) : null
  return { kind: 'condition', at, schedule, condition, until: condition === null ? null : wakeAt, held }
}

/** The same with neighbours that do not fire as one, however many there are: a closed day of a busy schedule. */
function* withJoinedGaps(events: Iterable<OfSchedule>): Generator<OfSchedule, void, undefined> {
  let gap: SimulatedGap | null = null
  let at = Number.NEGATIVE_INFINITY
  for (const event of events) {
    if (event.kind === 'not-fired' && gap !== null && isAlike(gap, event)) {
      gap = extended(gap, event)
      continue
    }
    if (gap !== null) yield gap
    gap = null
    // A time that does not fire may lie before one whose jitter held it back.
    at = Math.max(at, event.at)
    if (event.kind === 'not-fired') gap = { ...event, at }
    else yield event
  }
  if (gap !== null) yield gap
}

function extended(gap: SimulatedGap, { last, count }: SimulatedGap): SimulatedGap {
  return { ...gap, last, count: gap.count + count }
}

function isAlike(a: SimulatedGap, b: SimulatedGap): boolean {
  const dayOf = ({ last, schedule }: SimulatedGap): number =>
    epochDayOfLocal(schedule.zone.localAt(last.nominal))
  const isLate = ({ at, first }: SimulatedGap): boolean => at > first.nominal
  return dayOf(a) === dayOf(b) && isLate(a) === isLate(b) && reasonOf(a.last) === reasonOf(b.last)
}

function reasonOf({ cause, trace }: Occurrence): string {
  const deciding = trace.findLast(({ step }) => step !== 'pattern' && step !== 'jitter')
  return `${cause} ${deciding?.name ?? deciding?.text}`
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
