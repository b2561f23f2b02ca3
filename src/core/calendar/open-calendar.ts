import type { Zone } from '../time/zone.ts'
import { NO_BLACKOUTS } from './blackouts.ts'
import type { CompiledCalendar } from './compiled-calendar.ts'
import { FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY, noDays } from './day-set.ts'

/** No day is in it, and nobody writes to it, so one is enough. */
const NOTHING_CLOSED = { closed: noDays(), first: FIRST_CALENDAR_DAY, last: LAST_CALENDAR_DAY }

/**
 * The calendar of a schedule that names none: every day is open and a business day, weekends included, as in
 * QuantLib's NullCalendar. It knows all days, has no sessions and no blackouts.
 */
export function openCalendar(zone: Zone): CompiledCalendar {
  return Object.freeze<CompiledCalendar>({
    name: 'open',
    zone,
    coverage: Object.freeze({ from: null, to: null, afterEnd: 'open' }),
    depth: 1,
    definition: null,
    table: NOTHING_CLOSED,
    hasSessions: false,
    dayState: () => 'open',
    isClosed: () => false,
    isShortened: () => ({ early: false, late: false }),
    nextBusinessDay: (day) => day + 1,
    previousBusinessDay: (day) => day - 1,
    addBusinessDays: (day, count) => day + count,
    *businessDaysIn(from, to) {
      for (let day = from; day <= to; day++) yield day
    },
    nthBusinessDay(from, to, nth) {
      const day = nth > 0 ? from + nth - 1 : to + nth + 1
      return day >= from && day <= to ? day : 'none'
    },
    sessionsOn: () => [],
    why: () => [],
    days: () => [],
    ...NO_BLACKOUTS,
  })
}
