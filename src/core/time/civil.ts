/**
 * Civil dates as epoch days: whole days since 1970-01-01 in the proleptic Gregorian calendar, so that dates compare,
 * add and index like the integers they are. Years run from 1 to 9999, which is what four digits can write.
 */

/** 0001-01-01. */
export const FIRST_DAY = -719_162
/** 9999-12-31. */
export const LAST_DAY = 2_932_896

export interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** `month` is 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_LENGTHS[month - 1]!
}

/** The epoch day of a date. A day beyond its month counts on into the next: 31 April is 1 May. */
export function epochDayOf(year: number, month: number, day: number): number {
  return firstDayOfMonth(year * 12 + month - 1) + day - 1
}

/*
 * Months are counted by an index, `year * 12 + month - 1`. The first days of the months that schedules live in stand
 * in a table: it makes both directions two or three integer steps. Outside of it the same is computed.
 */
const TABLE_FROM = 1900 * 12
const TABLE_MONTHS = 300 * 12
const TABLE = Int32Array.from({ length: TABLE_MONTHS + 1 }, (_, index) =>
  computedFirstDay(TABLE_FROM + index),
)
const TABLE_FIRST_DAY = TABLE[0]!
const TABLE_LAST_DAY = TABLE[TABLE_MONTHS]! - 1
const MEAN_MONTH_DAYS = 146_097 / 4800

function computedFirstDay(monthIndex: number): number {
  const year = Math.floor(monthIndex / 12)
  const month = monthIndex - year * 12
  const before = year - 1
  let days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  for (let index = 0; index < month; index++) days += MONTH_LENGTHS[index]!
  if (month > 1 && isLeapYear(year)) days += 1
  return days + FIRST_DAY
}

/** The epoch day of the first of a month, by month index (`year * 12 + month - 1`). */
export function firstDayOfMonth(monthIndex: number): number {
  const index = monthIndex - TABLE_FROM
  return index >= 0 && index <= TABLE_MONTHS ? TABLE[index]! : computedFirstDay(monthIndex)
}

/** The month index (`year * 12 + month - 1`) of the month that an epoch day lies in. */
export function monthIndexOf(epochDay: number): number {
  if (epochDay >= TABLE_FIRST_DAY && epochDay <= TABLE_LAST_DAY) {
    // Months differ from their mean by less than one month in sum, so the guess is off by one at most.
    let index = ((epochDay - TABLE_FIRST_DAY) / MEAN_MONTH_DAYS) | 0
    if (epochDay < TABLE[index]!) index -= 1
    else if (epochDay >= TABLE[index + 1]!) index += 1
    return TABLE_FROM + index
  }
  let monthIndex = 12 + Math.floor((epochDay - FIRST_DAY) / MEAN_MONTH_DAYS)
  while (epochDay < computedFirstDay(monthIndex)) monthIndex -= 1
  while (epochDay >= computedFirstDay(monthIndex + 1)) monthIndex += 1
  return monthIndex
}

export function civilOf(epochDay: number): CivilDate {
  const monthIndex = monthIndexOf(epochDay)
  const year = Math.floor(monthIndex / 12)
  return { year, month: monthIndex - year * 12 + 1, day: epochDay - firstDayOfMonth(monthIndex) + 1 }
}

export function yearOf(epochDay: number): number {
  return Math.floor(monthIndexOf(epochDay) / 12)
}

/** 1 to 12. */
export function monthOf(epochDay: number): number {
  return (monthIndexOf(epochDay) % 12) + 1
}

/** 1 to 31. */
export function dayOfMonth(epochDay: number): number {
  return epochDay - firstDayOfMonth(monthIndexOf(epochDay)) + 1
}

/** 0 is Sunday, 6 is Saturday. */
export function weekdayOf(epochDay: number): number {
  return (((epochDay + 4) % 7) + 7) % 7
}

export interface IsoWeek {
  /** The year that the week belongs to, which near New Year is not always the year of the date. */
  readonly year: number
  /** 1 to 53. */
  readonly week: number
}

/** The week by ISO 8601: Monday to Sunday, week 1 is the one with the year's first Thursday. */
export function isoWeekOf(epochDay: number): IsoWeek {
  const thursday = mondayOf(epochDay) + 3
  const year = yearOf(thursday)
  return { year, week: Math.floor((thursday - epochDayOf(year, 1, 1)) / 7) + 1 }
}

/** The Monday of the ISO week that a day lies in. */
export function mondayOf(epochDay: number): number {
  return epochDay - ((weekdayOf(epochDay) + 6) % 7)
}

/** The first day of the month that a day lies in. */
export function monthStartOf(epochDay: number): number {
  return firstDayOfMonth(monthIndexOf(epochDay))
}

/** The first day of the quarter (January, April, July, October) that a day lies in. */
export function quarterStartOf(epochDay: number): number {
  const monthIndex = monthIndexOf(epochDay)
  return firstDayOfMonth(monthIndex - (monthIndex % 3))
}

export function yearStartOf(epochDay: number): number {
  return epochDayOf(yearOf(epochDay), 1, 1)
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/** The epoch day of `YYYY-MM-DD`, or null if the text is not that or names no date. */
export function parseDate(text: string): number | null {
  const match = DATE.exec(text)
  if (match === null) return null
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  return epochDayOf(year, month, day)
}

/** `YYYY-MM-DD`. */
export function formatDate(epochDay: number): string {
  const { year, month, day } = civilOf(epochDay)
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
}

export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
