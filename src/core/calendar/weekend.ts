import { weekdayOf } from '../time/civil.ts'
import { addDay, type DaySet, FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY, noDays } from './day-set.ts'
import type { WeekendPeriod } from './definition.ts'

/** The days of all years that are closed every week. */
export function weekendDays(periods: readonly WeekendPeriod[]): DaySet {
  const weekend = noDays()
  for (const { weekdays, period } of periods) {
    const from = Math.max(period.from, FIRST_CALENDAR_DAY)
    const to = Math.min(period.to, LAST_CALENDAR_DAY)
    for (let weekday = 0; weekday < 7; weekday++) {
      if (((weekdays >> weekday) & 1) === 0) continue
      for (let day = from + ((weekday - weekdayOf(from) + 7) % 7); day <= to; day += 7) addDay(weekend, day)
    }
  }
  return weekend
}
