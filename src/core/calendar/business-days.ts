import type { CompiledCalendar, DayState } from './compiled-calendar.ts'
import { type DayTable, FIRST_CALENDAR_DAY, nextDayOutside, previousDayOutside } from './day-set.ts'

type DayAnswers = Pick<
  CompiledCalendar,
  | 'dayState'
  | 'isClosed'
  | 'nextBusinessDay'
  | 'previousBusinessDay'
  | 'addBusinessDays'
  | 'businessDaysIn'
  | 'nthBusinessDay'
>

/** All questions that need nothing but which days are closed. A business day is an open day. */
export function dayAnswers(table: DayTable): DayAnswers {
  const { closed, first, last } = table

  // Asked for every candidate of every schedule: the bounds are checked once, the bit is read in place.
  function dayState(day: number): DayState {
    if (day < first || day > last) return 'uncovered'
    const index = day - FIRST_CALENDAR_DAY
    return ((closed[index >> 5]! >>> (index & 31)) & 1) === 0 ? 'open' : 'closed'
  }

  function nextBusinessDay(day: number): number | null {
    // A day before coverage is not known to be closed, so it must not be passed over.
    return day + 1 < first ? null : nextDayOutside(closed, day + 1, last)
  }

  function previousBusinessDay(day: number): number | null {
    return day - 1 > last ? null : previousDayOutside(closed, day - 1, first)
  }

  function addBusinessDays(day: number, count: number): number | null {
    let found: number | null = day
    for (let left = Math.abs(count); left > 0 && found !== null; left--) {
      found = count > 0 ? nextBusinessDay(found) : previousBusinessDay(found)
    }
    return found
  }

  function* businessDaysIn(from: number, to: number): Iterable<number> {
    const until = Math.min(to, last)
    let day = nextDayOutside(closed, Math.max(from, first), until)
    while (day !== null) {
      yield day
      day = nextDayOutside(closed, day + 1, until)
    }
  }

  function nthBusinessDay(from: number, to: number, nth: number): number | 'none' | 'uncovered' {
    const day = nth > 0 ? addBusinessDays(from - 1, nth) : addBusinessDays(to + 1, nth)
    if (day !== null && day >= from && day <= to) return day
    return from >= first && to <= last ? 'none' : 'uncovered'
  }

  return {
    dayState,
    isClosed: (day) => dayState(day) === 'closed',
    nextBusinessDay,
    previousBusinessDay,
    addBusinessDays,
    businessDaysIn,
    nthBusinessDay,
  }
}
