import { daysInMonth, epochDayOf, weekdayOf } from '../time/civil.ts'
import type { Zone } from '../time/zone.ts'
import type { DayRange, RuleDays } from './definition.ts'
import { orthodoxEaster, westernEaster } from './easter.ts'
import { equinoxDay } from './equinox.ts'

type YearlyDays = Exclude<RuleDays, { kind: 'offset' | 'business-days' | 'dates' | 'range' }>

/** The days that a yearly kind of rule means in one year, in order. */
export function daysOfYear(days: YearlyDays, year: number, zone: Zone): readonly number[] {
  switch (days.kind) {
    case 'date':
      return days.day <= daysInMonth(year, days.month) ? [epochDayOf(year, days.month, days.day)] : []
    case 'nth-weekday':
      return days.months
        .map((month) => nthWeekday(year, month, days.weekday, days.nth))
        .filter((day) => day !== null)
    case 'weekday-near':
      return [weekdayNear(epochDayOf(year, days.month, days.day), days.weekday, days.direction)]
    case 'easter':
      return [(days.church === 'western' ? westernEaster(year) : orthodoxEaster(year)) + days.offset]
    case 'equinox':
      return [equinoxDay(year, days.equinox, zone)]
  }
}

/** The nth such weekday of a month, from its end if `nth` is negative; null if the month has no such day. */
function nthWeekday(year: number, month: number, weekday: number, nth: number): number | null {
  const first = epochDayOf(year, month, 1)
  const last = first + daysInMonth(year, month) - 1
  const day =
    nth > 0 ? weekdayNear(first, weekday, 1) + (nth - 1) * 7 : weekdayNear(last, weekday, -1) + (nth + 1) * 7
  return day >= first && day <= last ? day : null
}

/** The first such weekday on or after a day, or the last one on or before it. */
function weekdayNear(day: number, weekday: number, direction: 1 | -1): number {
  const ahead = (weekday - weekdayOf(day) + 7) % 7
  return direction === 1 || ahead === 0 ? day + ahead : day + ahead - 7
}

/** The part of a range that lies within another. */
export function clip(range: DayRange, to: DayRange): DayRange {
  return { from: Math.max(range.from, to.from), to: Math.min(range.to, to.to) }
}
