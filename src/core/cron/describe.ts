import type { Problem } from '../errors.ts'
import { ok, type Result } from '../result.ts'
import { twoDigits } from '../time/civil.ts'
import { formatTimeOfDay } from '../time/time-of-day.ts'
import { type ParsedCron, type ParseOptions, parseCron } from './parse.ts'
import type { FieldEntry, Item } from './parse-field.ts'

/**
 * An expression in English, as in `at 20:00 on Monday` or `every 15 minutes from 09:00 to 17:59 on Monday to Friday`.
 * Fails with `invalid-cron` as `compilePattern` does.
 */
export function describeCron(expression: string, options: ParseOptions = {}): Result<string, Problem[]> {
  const parsed = parseCron(expression, options)
  if (!parsed.ok) return parsed
  const parts = [times(parsed.value), days(parsed.value), months(parsed.value), years(parsed.value)]
  return ok(parts.filter((part) => part !== '').join(' '))
}

const MOST_TIMES = 4

function times({ second, minute, hour }: ParsedCron): string {
  const hours = singles(hour)
  const minutes = singles(minute)
  const seconds = second === undefined ? [0] : singles(second)
  if (hours !== undefined && minutes !== undefined && seconds !== undefined) {
    const all = hours.flatMap((h) => minutes.flatMap((m) => seconds.map((s) => h * 3600 + m * 60 + s)))
    if (all.length <= MOST_TIMES) return `at ${listed(all.sort((a, b) => a - b).map(formatTimeOfDay))}`
  }
  const parts: string[] = []
  if (second !== undefined && second.text !== '0') parts.push(pace(second, 'second'))
  if (parts.length === 0 || minute.text !== '*') parts.push(pace(minute, 'minute'))
  if (hour.text === '*') {
    if (minutes !== undefined) parts.push('of every hour')
  } else parts.push(hourRange(hour))
  return parts.join(' ')
}

/** `every 15 minutes`, `at minute 5, 10 to 20`. */
function pace(entry: FieldEntry, unit: string): string {
  const [item] = entry.items
  if (entry.items.length === 1 && item?.kind === 'range' && item.whole) {
    return item.step === 1 ? `every ${unit}` : `every ${item.step} ${unit}s${from(item, unit)}`
  }
  return `at ${unit} ${listed(entry.items.map((one) => range(one, String)))}`
}

/** A step that `H` gave another start. */
function from(item: Item, unit: string): string {
  return item.kind === 'range' && item.from > 0 ? ` from ${unit} ${item.from}` : ''
}

function hourRange(entry: FieldEntry): string {
  const [item] = entry.items
  if (entry.items.length === 1 && item?.kind === 'range') {
    if (item.whole) return `in every ${ordinal(item.step)} hour${from(item, 'hour')}`
    if (item.step === 1) return `from ${twoDigits(item.from)}:00 to ${twoDigits(item.to)}:59`
  }
  return `in the hours ${listed(entry.items.map((one) => range(one, String)))}`
}

function days({ monthDay, weekday }: ParsedCron): string {
  const ofMonth = isEvery(monthDay) ? '' : `on ${listed(monthDay.items.map(monthDayName))}`
  const ofWeek = isEvery(weekday)
    ? ''
    : `on ${listed(weekday.items.map((item) => weekdayName(item, weekday)))}`
  if (ofMonth === '' || ofWeek === '') return ofMonth + ofWeek
  return monthDay.star || weekday.star ? `${ofMonth}, but only ${ofWeek}` : `${ofMonth} or ${ofWeek}`
}

function monthDayName(item: Item): string {
  switch (item.kind) {
    case 'range':
      return item.step > 1 && item.from !== item.to
        ? `every ${ordinal(item.step)} day from the ${ordinal(item.from)} to the ${ordinal(item.to)}`
        : `the ${range(item, ordinal)}`
    case 'weekday-near':
      return `the weekday nearest to the ${ordinal(item.day)}`
    case 'last':
      return lastDay(item.daysBefore)
    case 'weekday-near-last':
      return item.daysBefore === 0
        ? 'the last weekday of the month'
        : `the weekday nearest to ${lastDay(item.daysBefore)}`
    default:
      return ''
  }
}

function lastDay(daysBefore: number): string {
  if (daysBefore === 0) return 'the last day of the month'
  return `the day ${daysBefore} ${daysBefore === 1 ? 'day' : 'days'} before the last of the month`
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

function weekdayName(item: Item, entry: FieldEntry): string {
  const nameOf = (value: number) => WEEKDAYS[(value - entry.field.min) % 7]!
  switch (item.kind) {
    case 'range':
      return range(item, nameOf)
    case 'nth':
      return `the ${ordinal(item.nth)} ${nameOf(item.weekday)} of the month`
    case 'last-weekday':
      return `the last ${nameOf(item.weekday)} of the month`
    default:
      return ''
  }
}

function months({ month }: ParsedCron): string {
  return isEvery(month)
    ? ''
    : `in ${listed(month.items.map((item) => range(item, (value) => MONTHS[value - 1]!)))}`
}

function years({ year }: ParsedCron): string {
  return year === undefined || isEvery(year)
    ? ''
    : `in ${listed(year.items.map((item) => range(item, String)))}`
}

function isEvery(entry: FieldEntry): boolean {
  return entry.text === '*' || entry.text === '?'
}

function range(item: Item, nameOf: (value: number) => string): string {
  if (item.kind !== 'range') return ''
  if (item.from === item.to) return nameOf(item.from)
  const text = `${nameOf(item.from)} to ${nameOf(item.to)}`
  return item.step === 1 ? text : `every ${ordinal(item.step)} from ${text}`
}

/** The values of a field that is a list of single ones, else undefined. */
function singles(entry: FieldEntry): number[] | undefined {
  const values: number[] = []
  for (const item of entry.items) {
    if (item.kind !== 'range' || item.from !== item.to) return undefined
    values.push(item.from)
  }
  return [...new Set(values)]
}

function ordinal(value: number): string {
  const ending =
    value % 100 >= 11 && value % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th')
  return `${value}${ending}`
}

function listed(texts: readonly string[]): string {
  return texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}
