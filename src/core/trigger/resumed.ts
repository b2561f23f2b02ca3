/** What becomes of the times that pauses held back, once none holds any more. Pure; a step of `decide`. */
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import type { Decidable, PlannedEntry } from './decision.ts'
import { countFirings, missedUpTo } from './missed.ts'
import type { HeldRange } from './pause.ts'
import type { WaitingSpell } from './waited.ts'

export interface Resumed {
  readonly entries: readonly PlannedEntry[]
  readonly settledTo: number
  /** Set when a catch-up waits for the calendar to open: nothing beyond `settledTo` is decided before then. */
  readonly waitUntil: number | null
  /** Nothing further may be decided: what comes next lies beyond the calendar's coverage. */
  readonly isOutOfCoverage: boolean
}

interface Moment {
  readonly cursor: number
  readonly now: number
  readonly allowance: number
  readonly waited?: readonly WaitingSpell[] | undefined
}

/** Looking for the end of coverage in a range in which nothing fires is given up after so many candidates. */
const MOST_LOOKED_AT = 100_000

export function resumed(schedule: Decidable, ranges: readonly HeldRange[], moment: Moment): Resumed {
  const { compiled } = schedule
  const entries: PlannedEntry[] = []
  const end = ranges.at(-1)?.to ?? moment.cursor
  let { cursor, allowance } = moment
  for (const { to, missed } of ranges) {
    const last = lastFiring(compiled, cursor, to)
    const covered = Math.min(to, coverageEnd(compiled, last ?? cursor, to))
    if (last !== null && allowance > 0) {
      if (missed === 'discard') {
        const settledCount = countFirings(compiled, cursor, last)
        entries.push({ kind: 'marker', nominal: covered, reason: 'resumed', settledCount })
      } else {
        const policy = missed === 'latest' ? 'fire-once' : 'fire-all'
        const regularAfter = Math.max(end, last)
        const range = { cursor, last, now: moment.now, allowance, regularAfter, waited: moment.waited }
        const caughtUp = missedUpTo({ ...schedule, misfire: { ...schedule.misfire, policy } }, range)
        if (caughtUp.waitUntil !== null) {
          return { entries, settledTo: cursor, waitUntil: caughtUp.waitUntil, isOutOfCoverage: false }
        }
        entries.push(...caughtUp.entries)
        allowance -= caughtUp.entries.filter(({ kind }) => kind === 'fire').length
      }
    }
    cursor = Math.max(cursor, covered)
    if (covered < to) return { entries, settledTo: cursor, waitUntil: null, isOutOfCoverage: true }
  }
  return { entries, settledTo: cursor, waitUntil: null, isOutOfCoverage: false }
}

function lastFiring(compiled: CompiledSchedule, after: number, to: number): number | null {
  const last = compiled.previous(to + 1)
  return last !== null && last > after ? last : null
}

/** The last instant after `last` (the last firing of a range, or its start) that the calendar says something about. */
function coverageEnd(compiled: CompiledSchedule, last: number, to: number): number {
  // A later fire is known only where coverage reaches that far.
  if (compiled.next(last) !== null) return to
  let looked = 0
  for (const { outcome, nominal } of compiled.occurrences(last + 1, to + 1)) {
    if (outcome === 'held') return nominal - 1
    if (++looked >= MOST_LOOKED_AT) break
  }
  return to
}
