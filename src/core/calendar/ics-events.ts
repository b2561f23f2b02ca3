import { formatDate, parseDate } from '../time/civil.ts'
import { type IcsComponent, type IcsLine, unescapeText } from './ics-lines.ts'

/** An all-day event: the days `first` to `last`, both included, once or by a recurrence rule. */
export interface AllDayEvent {
  readonly uid: string | null
  readonly summary: string
  readonly line: number
  readonly first: number
  readonly last: number
  /** The value of RRULE. */
  readonly recurrence: string | null
  readonly excluded: readonly number[]
  readonly added: readonly number[]
  /** The day of the recurrence that this event stands in for. */
  readonly replaces: number | null
  readonly cancelled: boolean
}

/** The event, or in a sentence why it closes no whole days. */
export function allDayEvent(component: IcsComponent): AllDayEvent | string {
  const property = (name: string): IcsLine | undefined =>
    component.properties.find((line) => line.name === name)
  const start = property('DTSTART')
  if (start === undefined) return 'it has no DTSTART'
  const first = readMoment(start)
  if (first === null) return `its DTSTART ${start.value} is no date`
  if (!first.wholeDay) return 'it has a time of day: only all-day events close days'
  const last = readLast(first.day, property('DTEND'), property('DURATION'))
  if (typeof last === 'string') return last
  const replaced = property('RECURRENCE-ID')
  const excluded = readDays(component, 'EXDATE')
  const added = readDays(component, 'RDATE')
  if (excluded === null || added === null) return 'its EXDATE or RDATE are no dates'
  return {
    uid: property('UID')?.value ?? null,
    summary: unescapeText(property('SUMMARY')?.value ?? '').trim() || 'Closed',
    line: component.line,
    first: first.day,
    last,
    recurrence: property('RRULE')?.value ?? null,
    excluded,
    added,
    replaces: replaced === undefined ? null : (readMoment(replaced)?.day ?? null),
    cancelled: property('STATUS')?.value.trim().toUpperCase() === 'CANCELLED',
  }
}

interface Moment {
  readonly day: number
  /** A date, or midnight, which some writers use for the bounds of all-day events. */
  readonly wholeDay: boolean
}

function readMoment({ value }: IcsLine): Moment | null {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{6})Z?)?$/.exec(value.trim())
  const day = match === null ? null : parseDate(`${match[1]}-${match[2]}-${match[3]}`)
  return day === null ? null : { day, wholeDay: (match?.[4] ?? '000000') === '000000' }
}

/** DTEND is not included (RFC 5545, 3.6.1); without it and DURATION the event is one day long. */
function readLast(first: number, end: IcsLine | undefined, duration: IcsLine | undefined): number | string {
  if (end !== undefined) {
    const moment = readMoment(end)
    if (moment === null) return `its DTEND ${end.value} is no date`
    if (!moment.wholeDay) return 'it ends at a time of day: only all-day events close days'
    if (moment.day < first) return `it ends on ${formatDate(moment.day)}, before it begins`
    // Some writers end a one-day event on the day itself.
    return Math.max(first, moment.day - 1)
  }
  if (duration === undefined) return first
  const match = /^\+?P(?:(\d{1,5})W)?(?:(\d{1,6})D)?$/.exec(duration.value.trim())
  const days = Number(match?.[1] ?? 0) * 7 + Number(match?.[2] ?? 0)
  return match === null || days === 0
    ? `its DURATION ${duration.value} is not in whole days`
    : first + days - 1
}

function readDays(component: IcsComponent, name: string): number[] | null {
  const days: number[] = []
  for (const line of component.properties) {
    if (line.name !== name) continue
    for (const value of line.value.split(',')) {
      const moment = readMoment({ ...line, value: value.split('/')[0]! })
      if (moment === null) return null
      days.push(moment.day)
    }
  }
  return days
}
