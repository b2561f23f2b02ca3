/** Which missed nominal times are caught up, and how the rest is settled. Pure; the first half of `decide`. */
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import type { Decidable, PlannedEntry } from './decision.ts'
import { lateBefore, latenessOf, type WaitingSpell } from './waited.ts'

export interface Missed {
  /** The newest missed nominal time; the entries settle everything up to it. */
  readonly last: number
  readonly entries: readonly PlannedEntry[]
  /** Set when the catch-up waits for the calendar to open: nothing is stored before then. */
  readonly waitUntil: number | null
}

interface Moment {
  readonly cursor: number
  readonly now: number
  readonly allowance: number
  /** Left out: it never had to wait. */
  readonly waited?: readonly WaitingSpell[] | undefined
}

/** Counting more than this is not worth the time; the count is then left out. */
const MAX_COUNTED = 100_000

/** null: nothing is missed. */
export function missedRange(schedule: Decidable, moment: Moment): Missed | null {
  const { compiled, misfire } = schedule
  const { cursor, now, waited } = moment
  const limit = lateBefore(now, misfire.afterMs, waited)
  const first = compiled.next(cursor)
  if (first === null || compiled.dueOf(first) >= limit) return null

  let last = first
  for (let at = compiled.previous(limit); at !== null && at > first; at = compiled.previous(at)) {
    if (compiled.dueOf(at) < limit) {
      last = at
      break
    }
  }

  return missedUpTo(schedule, { ...moment, last, regularAfter: last })
}

export interface MissedRange extends Moment {
  /** The newest missed nominal time. */
  readonly last: number
  /** A regular nominal time after this one, once due, takes the place of what waits for the calendar to open. */
  readonly regularAfter: number
}

/** Settles the firing times in (cursor, last], all of them missed; there is at least one. */
export function missedUpTo(schedule: Decidable, range: MissedRange): Missed {
  const { compiled, misfire } = schedule
  const { cursor, last, now, waited } = range
  const chosen = caughtUp(schedule, range)
  const oldest = chosen[0]
  if (oldest !== undefined && misfire.whenClosed !== 'fire') {
    const { admitted, admittedFrom } = compiled.admission(now)
    if (!admitted) {
      if (misfire.whenClosed === 'skip') return settledAs('closed-now', schedule, { cursor, last })
      const regular = compiled.next(range.regularAfter)
      const regularDue = regular === null ? null : compiled.dueOf(regular)
      // A regular time that comes first takes the place of what waits.
      if (regularDue !== null && regularDue <= now) return settledAs('misfire', schedule, { cursor, last })
      const lateness = latenessOf(compiled.dueOf(chosen.at(-1)!), now, waited)
      const expires = now + misfire.maxLatenessMs - lateness + 1
      return {
        last,
        entries: [],
        waitUntil: Math.min(admittedFrom ?? expires, regularDue ?? expires, expires),
      }
    }
  }
  if (oldest === undefined) return settledAs('misfire', schedule, { cursor, last })

  const entries: PlannedEntry[] = []
  const beforeOldest = compiled.previous(oldest)
  if (beforeOldest !== null && beforeOldest > cursor) {
    const settledCount = countFirings(compiled, cursor, beforeOldest)
    entries.push({ kind: 'marker', nominal: beforeOldest, reason: 'misfire', settledCount })
  }
  const missedCount = misfire.policy === 'fire-once' ? countFirings(compiled, cursor, last) : 1
  for (const nominal of chosen) {
    const asked = compiled.nextCandidate(nominal - 1)?.asked ?? null
    entries.push({ kind: 'fire', nominal, reason: 'misfire', asked, missedCount })
  }
  return { last, entries, waitUntil: null }
}

/** The missed times to be caught up, oldest first; empty when the policy or their age rules all of them out. */
function caughtUp({ compiled, misfire }: Decidable, range: MissedRange): readonly number[] {
  if (misfire.policy === 'skip') return []
  const most = Math.min(misfire.policy === 'fire-once' ? 1 : misfire.maxCount, range.allowance)
  const isTooLate = (at: number): boolean =>
    latenessOf(compiled.dueOf(at), range.now, range.waited) > misfire.maxLatenessMs
  const chosen: number[] = []
  for (let at: number | null = range.last; at !== null && at > range.cursor; at = compiled.previous(at)) {
    if (chosen.length >= most || isTooLate(at)) break
    chosen.push(at)
  }
  return chosen.reverse()
}

function settledAs(
  reason: 'misfire' | 'closed-now',
  { compiled }: Decidable,
  { cursor, last }: { readonly cursor: number; readonly last: number },
): Missed {
  const settledCount = countFirings(compiled, cursor, last)
  return { last, entries: [{ kind: 'marker', nominal: last, reason, settledCount }], waitUntil: null }
}

/** How many nominal times in (after, last] fire; null when that is more than is worth counting. */
export function countFirings(compiled: CompiledSchedule, after: number, last: number): number | null {
  let count = 0
  for (let at = compiled.next(after); at !== null && at <= last; at = compiled.next(at)) {
    count += 1
    if (count > MAX_COUNTED) return null
  }
  return count
}
