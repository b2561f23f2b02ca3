import type { Roll } from '../kinds.ts'
import { dayOfMonth, firstDayOfMonth, monthIndexOf, monthStartOf } from '../time/civil.ts'
import type { CompiledCalendar } from './compiled-calendar.ts'

type DayStates = Pick<CompiledCalendar, 'dayState' | 'nextBusinessDay' | 'previousBusinessDay'>

/**
 * Where a date goes when its day is closed: an epoch day, or null where coverage ends before that can be told.
 * The meanings are those of QuantLib's BusinessDayConvention (`Calendar::adjust` in ql/time/calendar.cpp):
 *
 * - `skip` and `unadjusted` leave the date as it is; what becomes of a closed day is the caller's to decide;
 * - `following`, `preceding`: the first open day on or after, on or before;
 * - `modified-following`, `modified-preceding`: the same, but in the other direction if that leaves the month;
 * - `half-month-modified-following`: as `modified-following`, and does not pass the middle of the month either: a date
 *   up to the 15th that would go beyond the 15th goes back;
 * - `nearest`: the closer of the two, the later one if they are equally close.
 */
export function rollDate(calendar: DayStates, day: number, convention: Roll): number | null {
  switch (convention) {
    case 'skip':
    case 'unadjusted':
      return day
    case 'following':
      return openOnOrAfter(calendar, day)
    case 'preceding':
      return openOnOrBefore(calendar, day)
    case 'modified-following':
      return followingUntil(calendar, day, monthEndOf(day))
    case 'half-month-modified-following': {
      const middle = monthStartOf(day) + 14
      return followingUntil(calendar, day, dayOfMonth(day) <= 15 ? middle : monthEndOf(day))
    }
    case 'modified-preceding':
      return precedingUntil(calendar, day, monthStartOf(day))
    case 'nearest':
      return nearestOpen(calendar, day)
  }
}

function openOnOrAfter(calendar: DayStates, day: number): number | null {
  return calendar.nextBusinessDay(day - 1)
}

function openOnOrBefore(calendar: DayStates, day: number): number | null {
  return calendar.previousBusinessDay(day + 1)
}

/** Looks no further than `limit`, so that an answer within the month needs no coverage beyond it. */
function followingUntil(calendar: DayStates, day: number, limit: number): number | null {
  for (let later = day; later <= limit; later++) {
    const state = calendar.dayState(later)
    if (state !== 'closed') return state === 'open' ? later : null
  }
  return openOnOrBefore(calendar, day)
}

function precedingUntil(calendar: DayStates, day: number, limit: number): number | null {
  for (let earlier = day; earlier >= limit; earlier--) {
    const state = calendar.dayState(earlier)
    if (state !== 'closed') return state === 'open' ? earlier : null
  }
  return openOnOrAfter(calendar, day)
}

/** Where only one side is known, the other must be known as far as that is away, or it might have been nearer. */
function nearestOpen(calendar: DayStates, day: number): number | null {
  const state = calendar.dayState(day)
  if (state !== 'closed') return state === 'open' ? day : null
  const later = calendar.nextBusinessDay(day)
  const earlier = calendar.previousBusinessDay(day)
  if (later !== null && earlier !== null) return later - day <= day - earlier ? later : earlier
  if (later !== null) return calendar.dayState(day - (later - day) + 1) === 'uncovered' ? null : later
  return earlier === null || calendar.dayState(day + (day - earlier)) === 'uncovered' ? null : earlier
}

function monthEndOf(day: number): number {
  return firstDayOfMonth(monthIndexOf(day) + 1) - 1
}
