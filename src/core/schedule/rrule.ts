import rrule from 'rrule'
import { type Problem, type ProblemDetails, problem } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'
import { epochDayOf, weekdayOf, yearOf } from '../time/civil.ts'
import { epochDayOfLocal, type LocalSeconds, localOf, parseLocal, secondOfDayOf } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'
import type { Zone } from '../time/zone.ts'
import { sortedTimes } from './dates.ts'
import { parseRruleParts, type RruleParts } from './rrule-parts.ts'

export interface RruleOptions {
  /** DTSTART: from which INTERVAL and COUNT count, and what an unrestricted rule repeats; null: none is written. */
  readonly start: LocalSeconds | null
  /** Seconds of the day; null: those of the start, else 00:00. */
  readonly time: number | null
  /** For an UNTIL in UTC. */
  readonly zone: Zone
}

const MOST_COUNTED = 10_000
/** More times a day than minutes is no longer a rule of days. */
const MOST_TIMES = 1_440
/** With BYSETPOS every time of every day is enumerated. */
const MOST_POSITIONED_TIMES = 96
/** A rule that gives nothing for this many years gives nothing any more. */
const EMPTY_YEARS = 60
/** Rules are asked of the years that schedules live in. */
const FIRST_YEAR = 1900
const LAST_YEAR = 2500
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const

/**
 * The local times of an RFC 5545 recurrence rule of days, weeks, months or years. The rule's days are evaluated by the
 * rrule library on floating dates, a year at a time, so that asking about today does not walk from DTSTART; its times
 * of day are put in afterwards. Fails with `invalid-rrule`.
 */
export function compileRrule(text: string, options: RruleOptions): Result<LocalPattern, Problem[]> {
  const parsed = parseRruleParts(text)
  if (!parsed.ok) return parsed
  const parts = new Map(parsed.value)
  const { start } = options
  const problems: Problem[] = []
  const refuse = (why: string, details: ProblemDetails): void => {
    problems.push(problem('invalid-rrule', `"${text}" ${why}`, details))
  }
  const anchored = parts.has('INTERVAL') && parts.get('INTERVAL') !== '1'
  const implied = impliedParts(parts, start)
  if (start === null) {
    const details = { cure: 'give the schedule a `startsAt`, which is the DTSTART of the rule' }
    if (anchored) refuse('counts intervals, but from no start', details)
    if (parts.has('COUNT')) refuse('counts its times, but from no start', details)
    if (parts.has('UNTIL')) refuse('has an UNTIL, but no start', details)
    if (implied === null) refuse('repeats the day of its start, but has none', details)
  }
  const counted = Number(parts.get('COUNT') ?? 0)
  if (counted > MOST_COUNTED)
    refuse(`has a COUNT over ${MOST_COUNTED}`, { expected: `at most ${MOST_COUNTED}` })
  const time = options.time ?? (start === null ? 0 : secondOfDayOf(start))
  const times = timesOfDay(parts, time)
  const positioned = parts.has('BYSETPOS') && times.length > 1
  const most = positioned ? MOST_POSITIONED_TIMES : MOST_TIMES
  if (times.length > most)
    refuse(`has ${times.length} times a day`, { expected: `at most ${most}`, cure: 'use `cron` or `every`' })
  if (problems.length > 0 || implied === null) return err(problems)

  const until = untilOf(parts.get('UNTIL'), options.zone)
  for (const key of ['UNTIL', 'COUNT', ...(positioned ? [] : TIME_PARTS)]) parts.delete(key)
  for (const [key, value] of implied) parts.set(key, value)
  const rule = [...parts].map(([key, value]) => `${key}=${value}`).join(';')
  const from = start === null ? null : epochDayOfLocal(start)
  if (isEmpty(rule, from ?? 0)) {
    refuse('never gives a time', { expected: 'at least one date that all its parts have in common' })
    return err(problems)
  }
  const years = yearsOf({ rule, anchor: anchored ? from : null, times: positioned ? null : times, time })
  const all = within(new YearlyPattern(years), { first: start, until })
  if (counted === 0 || start === null) return ok(all)
  const found: LocalSeconds[] = []
  for (let at = all.next(start - 1); at !== null && found.length < counted; at = all.next(at)) found.push(at)
  return ok(sortedTimes(found))
}

const TIME_PARTS = ['BYHOUR', 'BYMINUTE', 'BYSECOND'] as const

/** Seconds of the day, in order: what BYHOUR, BYMINUTE and BYSECOND list, with the parts of `time` for the rest. */
function timesOfDay(parts: RruleParts, time: number): readonly number[] {
  const [hours, minutes, seconds] = TIME_PARTS.map((key, index) => {
    const own = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60][index]!
    return parts.get(key)?.split(',').map(Number) ?? [own]
  }) as [number[], number[], number[]]
  const times = new Set<number>()
  for (const hour of hours) {
    for (const minute of minutes) for (const second of seconds) times.add(hour * 3600 + minute * 60 + second)
  }
  return [...times].sort((a, b) => a - b)
}

/** What RFC 5545 takes from DTSTART when the rule does not restrict it; null if it is needed and missing. */
function impliedParts(parts: RruleParts, start: LocalSeconds | null): RruleParts | null {
  const restricted = ['BYDAY', 'BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO'].some((key) => parts.has(key))
  const frequency = parts.get('FREQ')
  if (restricted || frequency === 'DAILY') return new Map()
  if (start === null) return null
  const date = new Date(start * 1000)
  if (frequency === 'WEEKLY') return new Map([['BYDAY', WEEKDAYS[weekdayOf(epochDayOfLocal(start))]!]])
  const day = new Map([['BYMONTHDAY', String(date.getUTCDate())]])
  if (frequency === 'YEARLY' && !parts.has('BYMONTH')) day.set('BYMONTH', String(date.getUTCMonth() + 1))
  return day
}

/** The last local second that UNTIL admits: a date means all of that day. */
function untilOf(text: string | undefined, zone: Zone): LocalSeconds | null {
  if (text === undefined) return null
  const date = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`
  if (text.length === 8) return parseLocal(date)! + 86_399
  const local = parseLocal(`${date}T${text.slice(9, 11)}:${text.slice(11, 13)}:${text.slice(13, 15)}`)!
  return text.endsWith('Z') ? zone.localAt(local * 1000) : local
}

function within(
  pattern: LocalPattern,
  { first, until }: { readonly first: LocalSeconds | null; readonly until: LocalSeconds | null },
): LocalPattern {
  const inside = (at: LocalSeconds | null): LocalSeconds | null =>
    at === null || (first !== null && at < first) || (until !== null && at > until) ? null : at
  return {
    next: (after) => inside(pattern.next(first === null ? after : Math.max(after, first - 1))),
    previous: (before) => inside(pattern.previous(until === null ? before : Math.min(before, until + 1))),
  }
}

/** The times of one year, of which there may be none. */
type Years = (year: number) => LocalPattern

interface YearsOptions {
  readonly rule: string
  /** The day from which intervals count; null: every year is like any other. */
  readonly anchor: number | null
  /** null: the rule has them in it. */
  readonly times: readonly number[] | null
  readonly time: number
}

/** Whether a rule gives nothing until the year 9999, which would be found out again and again. */
function isEmpty(rule: string, from: number): boolean {
  const dtstart = new Date(localOf(from, 0) * 1000)
  return new rrule.RRule({ ...rrule.RRule.parseString(rule), dtstart }).after(dtstart, true) === null
}

function yearsOf({ rule, anchor, times, time }: YearsOptions): Years {
  const parsed = rrule.RRule.parseString(rule)
  return (year) => {
    const begin = epochDayOf(year, 1, 1)
    const end = epochDayOf(year + 1, 1, 1)
    // Without an interval evaluation starts a year early, so that a week over the turn of the year is seen whole.
    const from = anchor ?? epochDayOf(year - 1, 1, 1)
    if (from >= end) return NO_TIMES
    const dtstart = new Date(localOf(from, times === null ? time : 0) * 1000)
    const [first, last] = [localOf(begin, 0), localOf(end, 0) - 1]
    const found = new rrule.RRule({ ...parsed, dtstart })
      .between(new Date(first * 1000), new Date(last * 1000), true)
      .map((date) => Math.floor(date.getTime() / 1000))
    return times === null ? sortedTimes(found) : new DaysAndTimes(found.map(epochDayOfLocal), times)
  }
}

const NO_TIMES: LocalPattern = { next: () => null, previous: () => null }

/** Each of some days at each of some times of day. */
class DaysAndTimes implements LocalPattern {
  readonly #days: Int32Array
  readonly #times: readonly number[]

  constructor(days: readonly number[], times: readonly number[]) {
    this.#days = Int32Array.from(days)
    this.#times = times
  }

  next(after: LocalSeconds): LocalSeconds | null {
    const day = epochDayOfLocal(after)
    const index = indexFrom(this.#days, day)
    const time =
      this.#days[index] === day ? this.#times[indexFrom(this.#times, secondOfDayOf(after) + 1)] : undefined
    if (time !== undefined) return localOf(day, time)
    const later = this.#days[this.#days[index] === day ? index + 1 : index]
    return later === undefined ? null : localOf(later, this.#times[0]!)
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    const day = epochDayOfLocal(before)
    const index = indexFrom(this.#days, day)
    const time =
      this.#days[index] === day ? this.#times[indexFrom(this.#times, secondOfDayOf(before)) - 1] : undefined
    if (time !== undefined) return localOf(day, time)
    const earlier = this.#days[index - 1]
    return earlier === undefined ? null : localOf(earlier, this.#times.at(-1)!)
  }
}

/** The index of the first that is at least `limit`. */
function indexFrom(sorted: ArrayLike<number>, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < limit) low = middle + 1
    else high = middle
  }
  return low
}

/** A pattern that is known year by year; the year asked about last, and the one before it, are kept. */
class YearlyPattern implements LocalPattern {
  readonly #years: Years
  readonly #known = new Map<number, LocalPattern>()

  constructor(years: Years) {
    this.#years = years
  }

  next(after: LocalSeconds): LocalSeconds | null {
    const from = Math.max(yearOf(epochDayOfLocal(after)), FIRST_YEAR)
    for (let year = from; year <= Math.min(from + EMPTY_YEARS, LAST_YEAR); year++) {
      const found = this.#of(year).next(after)
      if (found !== null) return found
    }
    return null
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    const from = Math.min(yearOf(epochDayOfLocal(before)), LAST_YEAR)
    for (let year = from; year >= Math.max(from - EMPTY_YEARS, FIRST_YEAR); year--) {
      const found = this.#of(year).previous(before)
      if (found !== null) return found
    }
    return null
  }

  #of(year: number): LocalPattern {
    let known = this.#known.get(year)
    if (known === undefined) {
      known = this.#years(year)
      for (const other of this.#known.keys())
        if (Math.abs(other - year) > 1 || this.#known.size > 1) this.#known.delete(other)
      this.#known.set(year, known)
    }
    return known
  }
}
