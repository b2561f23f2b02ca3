import type { CalendarRule } from '../kinds.ts'
import { civilOf, daysInMonth, epochDayOf, formatDate, parseDate, twoDigits } from '../time/civil.ts'
import { FIRST_CALENDAR_DAY } from './day-set.ts'
import { monthKey, weekdayKey } from './read-values.ts'

/** The keys of a rule that say which days it means, and the years for which it holds. */
export type RecurringDays = Pick<
  CalendarRule,
  'date' | 'month' | 'weekday' | 'nth' | 'onOrAfter' | 'from' | 'to'
>

const PARTS = ['FREQ', 'INTERVAL', 'UNTIL', 'COUNT', 'BYMONTH', 'BYMONTHDAY', 'BYDAY', 'WKST']
const WEEKDAY_CODES = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

/**
 * The rule that means the same days as an RRULE from a first day on, or in a sentence why there is none. A rule can
 * express what happens once a year, or on an nth weekday of every month; anything else cannot be carried over.
 */
export function recurringDays(recurrence: string, first: number): RecurringDays | string {
  const parts = new Map<string, string>()
  for (const part of recurrence.split(';')) {
    const [key = '', value = ''] = part.split('=')
    if (!PARTS.includes(key.toUpperCase())) return `no calendar rule can express ${part}`
    parts.set(key.toUpperCase(), value.toUpperCase())
  }
  if ((parts.get('INTERVAL') ?? '1') !== '1') return 'no calendar rule skips years or months'
  const frequency = parts.get('FREQ')
  const days =
    frequency === 'YEARLY'
      ? yearlyDays(parts, first)
      : frequency === 'MONTHLY'
        ? monthlyDays(parts)
        : `no calendar rule can express FREQ=${frequency}`
  if (typeof days === 'string') return days
  const to = lastDay(parts, first, frequency === 'YEARLY')
  const lastDayHeld = to === null ? null : parseDate(to)
  if (to !== null && lastDayHeld === null) return to
  if (lastDayHeld !== null && lastDayHeld < first) return 'its UNTIL lies before its first day'
  // Some writers begin what has no beginning centuries ago.
  const from = first < FIRST_CALENDAR_DAY ? {} : { from: formatDate(first) }
  return { ...days, ...from, ...(to === null ? {} : { to }) }
}

function yearlyDays(parts: ReadonlyMap<string, string>, first: number): RecurringDays | string {
  const start = civilOf(first)
  const month = Number(parts.get('BYMONTH') ?? start.month)
  if (!(month >= 1 && month <= 12)) return `no calendar rule can express BYMONTH=${parts.get('BYMONTH')}`
  const byDay = parts.get('BYDAY')
  const monthDays = (parts.get('BYMONTHDAY') ?? String(start.day)).split(',').map(Number)
  if (byDay === undefined) {
    const [day] = monthDays
    if (monthDays.length > 1 || !(day! >= 1 && day! <= daysInMonth(2000, month))) {
      return `no calendar rule can express BYMONTHDAY=${parts.get('BYMONTHDAY')}`
    }
    return { date: `${twoDigits(month)}-${twoDigits(day!)}` }
  }
  if (!parts.has('BYMONTH')) return `no calendar rule can express BYDAY=${byDay} without BYMONTH`
  if (parts.has('BYMONTHDAY')) return weekdayOnOrAfter(byDay, month, monthDays)
  const nth = nthWeekday(byDay)
  return typeof nth === 'string' ? nth : { month: monthKey(month), ...nth }
}

function monthlyDays(parts: ReadonlyMap<string, string>): RecurringDays | string {
  const byDay = parts.get('BYDAY')
  if (byDay === undefined || parts.has('BYMONTHDAY') || parts.has('BYMONTH')) {
    return 'no calendar rule can express this rule for every month'
  }
  const nth = nthWeekday(byDay)
  if (typeof nth === 'string') return nth
  return { month: Array.from({ length: 12 }, (_, index) => monthKey(index + 1)), ...nth }
}

function nthWeekday(byDay: string): Required<Pick<CalendarRule, 'weekday' | 'nth'>> | string {
  const match = /^([+-]?[1-5])(SU|MO|TU|WE|TH|FR|SA)$/.exec(byDay)
  if (match === null) return `no calendar rule can express BYDAY=${byDay}`
  return { weekday: weekdayKey(WEEKDAY_CODES.indexOf(match[2]!)), nth: Number(match[1]) as 1 }
}

/** Seven days in a row hold each weekday once, so the weekday among them is the first on or after the first of them. */
function weekdayOnOrAfter(byDay: string, month: number, days: readonly number[]): RecurringDays | string {
  const sorted = [...days].sort((a, b) => a - b)
  const first = sorted[0]!
  const weekday = WEEKDAY_CODES.indexOf(byDay)
  const inMonth = first >= 1 && sorted.at(-1)! <= daysInMonth(2001, month)
  const inARow = sorted.length === 7 && inMonth && sorted.every((day, index) => day === first + index)
  if (weekday < 0 || !inARow)
    return `no calendar rule can express BYDAY=${byDay} with BYMONTHDAY=${days.join(',')}`
  return { weekday: weekdayKey(weekday), onOrAfter: `${twoDigits(month)}-${twoDigits(first)}` }
}

/** The last day on which it holds: `YYYY-MM-DD`, null for none, or a sentence. */
function lastDay(parts: ReadonlyMap<string, string>, first: number, yearly: boolean): string | null {
  const until = /^(\d{4})(\d{2})(\d{2})/.exec(parts.get('UNTIL') ?? '')
  if (until !== null) {
    const date = `${until[1]}-${until[2]}-${until[3]}`
    return parseDate(date) === null ? `its UNTIL ${parts.get('UNTIL')} is no date` : date
  }
  const count = parts.get('COUNT')
  if (count === undefined) return null
  const start = civilOf(first)
  const isLeapDay = start.month === 2 && start.day === 29
  const isPlain = !['BYDAY', 'BYMONTH', 'BYMONTHDAY'].some((part) => parts.has(part))
  // Of other recurrences not every year need have one, so the count alone does not tell the last.
  if (!yearly || !isPlain || isLeapDay || !/^[1-9]\d{0,2}$/.test(count)) {
    return `no calendar rule counts its days: COUNT=${count}`
  }
  return formatDate(epochDayOf(start.year + Number(count) - 1, 12, 31))
}
