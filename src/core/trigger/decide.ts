/**
 * What is to be done about one schedule at one moment: a pure function over the half-open range (cursor, now].
 * Normal firing, start-up after an outage, take-over, a clock that jumped and the end of a pause are all this one
 * computation, and what it returns is data; the engine carries it out in order.
 *
 * Sources of the rules: docs/spec/schedule.md (misfire, suspend), docs/spec/wire.md (fires and markers).
 */
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import type { Occurrence } from '../schedule/occurrence.ts'
import type { Decidable, Decision, PlannedEntry, Progress } from './decision.ts'
import { missedRange } from './missed.ts'
import { type Pause, pauseState } from './pause.ts'
import { resumed } from './resumed.ts'

/** Bounds one decision, so that a long range is worked off in slices. */
export const MAX_ENTRIES = 256
const MAX_SKIPPED = 1_000
/** How long a skipped candidate may wait to be reported together with those that follow it. */
const SKIP_REPORT_MS = 60_000
const NOTHING_HELD = { kind: 'ended', ranges: [] } as const

export function decide(schedule: Decidable, progress: Progress, now: number): Decision {
  const entries: PlannedEntry[] = []
  let cursor = progress.cursor

  const pauses = pausesOver(schedule, progress)
  const held = pauses.length === 0 ? NOTHING_HELD : pauseState(pauses, cursor, now)
  if (held.kind === 'holding') {
    const condition = isSuspended(schedule, now) ? 'suspended' : 'paused'
    return { entries, skipped: [], settledTo: cursor, wakeAt: held.wakeAt, condition }
  }

  let allowance = schedule.maxFires === null ? Number.POSITIVE_INFINITY : schedule.maxFires - progress.count
  if (held.ranges.length > 0) {
    const { settledTo, waitUntil, isOutOfCoverage, ...back } = resumed(schedule, held.ranges, {
      cursor,
      now,
      allowance,
      waited: progress.waited,
    })
    entries.push(...back.entries)
    cursor = settledTo
    allowance -= back.entries.filter(({ kind }) => kind === 'fire').length
    const condition = waitUntil !== null ? 'held-until-open' : isOutOfCoverage ? 'out-of-coverage' : null
    if (condition !== null) return { entries, skipped: [], settledTo, wakeAt: waitUntil, condition }
  }
  if (allowance <= 0) return { entries, skipped: [], settledTo: cursor, wakeAt: null, condition: 'exhausted' }

  const missed = missedRange(schedule, { cursor, now, allowance, waited: progress.waited })
  const skipped = missed === null ? [] : skippedIn(schedule.compiled, cursor, missed.last)
  if (missed !== null) {
    if (missed.waitUntil !== null) {
      return {
        entries,
        skipped: [],
        settledTo: cursor,
        wakeAt: missed.waitUntil,
        condition: 'held-until-open',
      }
    }
    entries.push(...missed.entries)
    cursor = missed.last
    allowance -= missed.entries.filter(({ kind }) => kind === 'fire').length
  }

  for (const occurrence of schedule.compiled.occurrences(cursor + 1, now + 1)) {
    if (occurrence.outcome === 'held') {
      return { entries, skipped, settledTo: cursor, wakeAt: null, condition: 'out-of-coverage' }
    }
    if (occurrence.outcome === 'skipped') {
      skipped.push(occurrence)
    } else {
      if (allowance <= 0) return { entries, skipped, settledTo: cursor, wakeAt: null, condition: 'exhausted' }
      if (occurrence.due > now)
        return { entries, skipped, settledTo: cursor, wakeAt: occurrence.due, condition: null }
      const { nominal, asked } = occurrence
      entries.push({ kind: 'fire', nominal, reason: 'scheduled', asked, missedCount: null })
      allowance -= 1
    }
    cursor = occurrence.nominal
    if (entries.length >= MAX_ENTRIES || skipped.length >= MAX_SKIPPED) {
      return { entries, skipped, settledTo: cursor, wakeAt: now, condition: null }
    }
  }
  if (allowance <= 0) return { entries, skipped, settledTo: cursor, wakeAt: null, condition: 'exhausted' }
  return {
    entries,
    skipped,
    settledTo: cursor,
    wakeAt: wakeAfter(schedule.compiled, Math.max(cursor, now)),
    condition: null,
  }
}

/** A suspension in git is a pause like any other, of which nothing is made up for. */
function pausesOver({ suspension }: Decidable, { pauses = [] }: Progress): readonly Pause[] {
  if (suspension === null) return pauses
  return [...pauses, { from: Number.NEGATIVE_INFINITY, until: suspension.until, missed: 'discard' }]
}

function isSuspended({ suspension }: Decidable, now: number): boolean {
  return suspension !== null && (suspension.until === null || suspension.until > now)
}

/**
 * The next due fire, or a little after a candidate that will be skipped (so that its report does not wait for the next
 * fire, and a flood of them is reported together), or a candidate that will be held (an alarm).
 */
function wakeAfter(compiled: CompiledSchedule, after: number): number | null {
  const candidate = compiled.nextCandidate(after)
  if (candidate === null) return null
  if (candidate.outcome === 'fires') return candidate.due
  if (candidate.outcome === 'held') return candidate.nominal
  const report = candidate.nominal + SKIP_REPORT_MS
  const firing = compiled.next(candidate.nominal)
  return firing === null ? report : Math.min(report, compiled.dueOf(firing))
}

function skippedIn(compiled: CompiledSchedule, after: number, last: number): Occurrence[] {
  const found: Occurrence[] = []
  let seen = 0
  for (const occurrence of compiled.occurrences(after + 1, last + 1)) {
    if (occurrence.outcome === 'skipped') found.push(occurrence)
    // Beyond this the log's marker says what happened; events are for people.
    if (found.length >= MAX_SKIPPED || ++seen >= 10 * MAX_SKIPPED) break
  }
  return found
}
