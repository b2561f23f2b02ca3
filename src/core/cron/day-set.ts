import { firstDayOfMonth, weekdayOf } from '../time/civil.ts'
import { lowestBit, WORD } from './bits.ts'
import type { FieldEntry, Item } from './parse-field.ts'
import { wordOf } from './values.ts'

/** The two day fields. Day d of a month is bit d - 1, Sunday is bit 0 of a week. */
export interface DaySet {
  readonly monthDays: number
  readonly weekdays: number
  /** Vixie's rule: if both fields restrict, a day of either will do; else it must be in both. */
  readonly either: boolean
  /** What depends on the month's shape; null for most expressions. */
  readonly special: SpecialDays | null
}

interface SpecialDays {
  /** Bit n: the nth day before the last. */
  readonly last: number
  /** Bit d - 1: the weekday nearest to day d. */
  readonly weekdayNear: number
  /** Bit n: the weekday nearest to the nth day before the last. */
  readonly weekdayNearLast: number
  /** Per week of the month (first to fifth occurrence) the weekdays. */
  readonly nth: readonly number[]
  readonly lastWeekdays: number
}

export function daySetOf(monthField: FieldEntry, weekField: FieldEntry): DaySet {
  return {
    monthDays: wordOf(monthField, 0),
    weekdays: wordOf(weekField, 0),
    either: !monthField.star && !weekField.star,
    special: specialOf(monthField, weekField),
  }
}

function specialOf(monthField: FieldEntry, weekField: FieldEntry): SpecialDays | null {
  if (monthField.items.every(isRange) && weekField.items.every(isRange)) return null
  const nth = [0, 0, 0, 0, 0]
  const special = { last: 0, weekdayNear: 0, weekdayNearLast: 0, nth, lastWeekdays: 0 }
  const sunday = weekField.field.min
  for (const item of [...monthField.items, ...weekField.items]) {
    if (item.kind === 'last') special.last |= 1 << item.daysBefore
    if (item.kind === 'weekday-near') special.weekdayNear |= 1 << (item.day - 1)
    if (item.kind === 'weekday-near-last') special.weekdayNearLast |= 1 << item.daysBefore
    if (item.kind === 'nth') nth[item.nth - 1]! |= 1 << ((item.weekday - sunday) % 7)
    if (item.kind === 'last-weekday') special.lastWeekdays |= 1 << ((item.weekday - sunday) % 7)
  }
  return special
}

function isRange(item: Item): boolean {
  return item.kind === 'range'
}

/** The days of a month that are in the set, as bits; `first` is the epoch day of the month's first. */
export function daysOfMonth(set: DaySet, monthIndex: number, first: number): number {
  const length = firstDayOfMonth(monthIndex + 1) - first
  const weekday = weekdayOf(first)
  let ofMonth = set.monthDays
  let ofWeek = spread(set.weekdays, weekday)
  if (set.special !== null) {
    ofMonth |= specialMonthDays(set.special, weekday, length)
    ofWeek |= specialWeekdays(set.special, weekday, length)
  }
  const days = set.either ? ofMonth | ofWeek : ofMonth & ofWeek
  return days & (0x7fffffff >>> (WORD - length))
}

/** All days of a month that fall on some weekdays, if its first falls on `weekday`. May go beyond its end. */
function spread(weekdays: number, weekday: number): number {
  const week = ((weekdays >>> weekday) | (weekdays << (7 - weekday))) & 127
  return week | (week << 7) | (week << 14) | (week << 21) | ((week & 7) << 28)
}

const WEEKENDS = 0b1000001

function specialMonthDays(special: SpecialDays, weekday: number, length: number): number {
  let days = 0
  const last = length - 1
  for (let rest = special.last; rest !== 0; rest &= rest - 1) {
    const daysBefore = lowestBit(rest)
    if (daysBefore <= last) days |= 1 << (last - daysBefore)
  }
  for (let rest = special.weekdayNearLast; rest !== 0; rest &= rest - 1) {
    const daysBefore = lowestBit(rest)
    if (daysBefore <= last) days |= 1 << nearestWeekday(last - daysBefore, weekday, length)
  }
  for (let rest = special.weekdayNear; rest !== 0; rest &= rest - 1) {
    const day = lowestBit(rest)
    if (day <= last) days |= 1 << nearestWeekday(day, weekday, length)
  }
  return days
}

/** Monday to Friday nearest to a day (counted from 0), without leaving its month. */
function nearestWeekday(day: number, firstWeekday: number, length: number): number {
  const weekday = (firstWeekday + day) % 7
  if (((WEEKENDS >>> weekday) & 1) === 0) return day
  if (weekday === 6) return day === 0 ? 2 : day - 1
  return day === length - 1 ? day - 2 : day + 1
}

function specialWeekdays(special: SpecialDays, weekday: number, length: number): number {
  let days = spread(special.lastWeekdays, weekday) & ~(0x7fffffff >>> (WORD - length + 7))
  for (let week = 0; week < 5; week++) {
    const weekdays = special.nth[week]!
    if (weekdays !== 0) days |= spread(weekdays, weekday) & (127 << (7 * week))
  }
  return days
}
