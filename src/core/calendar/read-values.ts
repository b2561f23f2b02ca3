import { type Path, type Problem, problem, under } from '../errors.ts'
import type { DateRange, Month, Weekday, YearOrDate } from '../kinds.ts'
import { daysInMonth, epochDayOf, formatDate, parseDate } from '../time/civil.ts'
import { parseTimeOfDay, type TimeOfDayOptions } from '../time/time-of-day.ts'
import { FIRST_CALENDAR_DAY, FIRST_YEAR, LAST_CALENDAR_DAY, LAST_YEAR } from './day-set.ts'
import type { DayRange } from './definition.ts'

/*
 * Each reader takes a value as the schema lets it through, adds what is still wrong with it to `problems`, and returns
 * null then, so that one pass over a manifest finds everything.
 */

const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MONTHS: readonly Month[] = [
  'jan',
  'feb',
  'mar',
  'apr',
  'may',
  'jun',
  'jul',
  'aug',
  'sep',
  'oct',
  'nov',
  'dec',
]
const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

export const EVERY_WEEKDAY = 0b111_1111

/** 0 is Sunday. */
export function weekdayNumber(weekday: Weekday): number {
  return WEEKDAYS.indexOf(weekday)
}

export function weekdayName(weekday: number): string {
  return WEEKDAY_NAMES[weekday]!
}

/** 1 is January. */
export function monthNumber(month: Month): number {
  return MONTHS.indexOf(month) + 1
}

export function monthKey(month: number): Month {
  return MONTHS[month - 1]!
}

export function weekdayKey(weekday: number): Weekday {
  return WEEKDAYS[weekday]!
}

/** One bit for each weekday, Sunday the lowest. */
export function weekdayMask(weekdays: readonly Weekday[]): number {
  return weekdays.reduce((mask, weekday) => mask | (1 << weekdayNumber(weekday)), 0)
}

export function readDate(text: string, path: Path, problems: Problem[]): number | null {
  const day = parseDate(text)
  if (day === null) {
    problems.push(
      problem('invalid-date', `"${text}" is not a date`, {
        expected: 'a date of the calendar, YYYY-MM-DD',
        found: text,
        path,
      }),
    )
  }
  return day
}

/** A year stands for its first day as a `from`, for its last as a `to`. */
export function readYearOrDate(
  value: YearOrDate | undefined,
  edge: 'from' | 'to',
  path: Path,
  problems: Problem[],
): number | null {
  if (value === undefined) return null
  if (typeof value === 'number') return epochDayOf(value, edge === 'from' ? 1 : 12, edge === 'from' ? 1 : 31)
  return readDate(value, path, problems)
}

interface Bounds {
  readonly from?: YearOrDate
  readonly to?: YearOrDate
}

/** `from` and `to` of something that holds for a period; a side left out is open. */
export function readPeriod(source: Bounds, path: Path, problems: Problem[]): DayRange {
  const from = readYearOrDate(source.from, 'from', [...path, 'from'], problems) ?? FIRST_CALENDAR_DAY
  const to = readYearOrDate(source.to, 'to', [...path, 'to'], problems) ?? LAST_CALENDAR_DAY
  if (source.from !== undefined && source.to !== undefined && from > to) {
    problems.push(endsBeforeItBegins(from, to, [...path, 'to']))
  }
  return { from, to }
}

export function readRange(source: DateRange, path: Path, problems: Problem[]): DayRange | null {
  const from = readDate(source.from, [...path, 'from'], problems)
  const to = readDate(source.to, [...path, 'to'], problems)
  if (from === null || to === null) return null
  if (from > to) {
    problems.push(endsBeforeItBegins(from, to, [...path, 'to']))
    return null
  }
  return { from, to }
}

function endsBeforeItBegins(from: number, to: number, path: Path): Problem {
  return problem(
    'contradiction',
    `"to" is ${formatDate(to)}, which lies before "from" (${formatDate(from)})`,
    {
      expected: `${formatDate(from)} or later`,
      found: formatDate(to),
      path,
    },
  )
}

export function readTime(
  text: string,
  path: Path,
  problems: Problem[],
  options?: TimeOfDayOptions,
): number | null {
  const seconds = parseTimeOfDay(text, options)
  if (seconds.ok) return seconds.value
  problems.push(under(path, seconds.error))
  return null
}

export interface MonthDay {
  readonly month: number
  readonly day: number
}

export function readMonthDay(text: string, path: Path, problems: Problem[]): MonthDay | null {
  const match = /^(\d{2})-(\d{2})$/.exec(text)
  const month = Number(match?.[1])
  const day = Number(match?.[2])
  // 2000 is a leap year: 02-29 is a date, if a rare one.
  if (match !== null && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(2000, month)) {
    return { month, day }
  }
  problems.push(
    problem('invalid-date', `"${text}" is not a day of the year`, { expected: 'MM-DD', found: text, path }),
  )
  return null
}

/** Coverage and the like must lie in the years that calendars are computed for. */
export function checkComputable(day: number, path: Path, problems: Problem[]): void {
  if (day >= FIRST_CALENDAR_DAY && day <= LAST_CALENDAR_DAY) return
  problems.push(
    problem('invalid-date', `${formatDate(day)} lies outside of the years that calendars are computed for`, {
      expected: `a date of the years ${FIRST_YEAR} to ${LAST_YEAR}`,
      found: formatDate(day),
      path,
    }),
  )
}
