import rrule from 'rrule'
import { type Problem, problem } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'
import { epochDayOf, weekdayOf, yearOf } from '../time/civil.ts'
import { epochDayOfLocal, type LocalSeconds, localOf, parseLocal } from '../time/local.ts'
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
/** A rule that gives nothing for this many years gives nothing any more. */
const EMPTY_YEARS = 60
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const

/**
 * The local times of an RFC 5545 recurrence rule of days, weeks, months or years. The rule is evaluated on floating
 * times by the rrule library, in windows of a year, so that asking about today does not walk from DTSTART. Fails with
 * `invalid-rrule`.
 */
export function compileRrule(text: string, options: RruleOptions): Result<LocalPattern, Problem[]> {
  const parsed = parseRruleParts(text)
  if (!parsed.ok) return parsed
  const parts = new Map(parsed.value)
  const problems: Problem[] = []
  const needsStart = (why: string): void => {
    problems.push(
      problem('invalid-rrule', `"${text}" ${why}`, {
        cure: 'give the schedule a `startsAt`, which is the DTSTART of the rule',
      }),
    )
  }
  const { start } = options
  if (start === null) {
    if (parts.has('INTERVAL') && parts.get('INTERVAL') !== '1')
      needsStart('counts intervals, but from no start')
    if (parts.has('COUNT')) needsStart('counts its times, but from no start')
    if (parts.has('UNTIL')) needsStart('has an UNTIL, but no start')
  }
  const implied = impliedParts(parts, start)
  if (implied === null) needsStart('repeats the day of its start, but has none')
  if (Number(parts.get('COUNT') ?? 0) > MOST_COUNTED) {
    problems.push(
      problem('invalid-rrule', `COUNT of "${text}" is over ${MOST_COUNTED}`, {
        expected: `at most ${MOST_COUNTED}`,
      }),
    )
  }
  if (problems.length > 0 || implied === null) return err(problems)

  const time = options.time ?? (start === null ? 0 : start - localOf(epochDayOfLocal(start), 0))
  const until = untilOf(parts.get('UNTIL'), options.zone)
  parts.delete('UNTIL')
  for (const [key, value] of implied) parts.set(key, value)
  const counted = parts.has('COUNT')
  const first = localOf(start === null ? 0 : epochDayOfLocal(start), time)
  const floats = { text: [...parts].map(([key, value]) => `${key}=${value}`).join(';'), first, time }
  if (counted) return ok(upTo(sortedTimes(evaluate(floats, first, null)), { first, until }))
  const anchored = parts.has('INTERVAL') && parts.get('INTERVAL') !== '1'
  return ok(upTo(new WindowedRule({ ...floats, anchored }), { first: start === null ? null : first, until }))
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

function upTo(
  pattern: LocalPattern,
  bounds: { first: LocalSeconds | null; until: LocalSeconds | null },
): LocalPattern {
  const { first, until } = bounds
  const inside = (at: LocalSeconds | null): LocalSeconds | null =>
    at === null || (first !== null && at < first) || (until !== null && at > until) ? null : at
  return {
    next: (after) => inside(pattern.next(first === null ? after : Math.max(after, first - 1))),
    previous: (before) => inside(pattern.previous(until === null ? before : Math.min(before, until + 1))),
  }
}

interface Floats {
  readonly text: string
  readonly first: LocalSeconds
  readonly time: number
}

/** All times from `from` on (to the end of the window, excluded), or all that COUNT gives. */
function evaluate(floats: Floats, from: LocalSeconds, to: LocalSeconds | null): readonly LocalSeconds[] {
  const rule = new rrule.RRule({ ...rrule.RRule.parseString(floats.text), dtstart: new Date(from * 1000) })
  const dates = to === null ? rule.all() : rule.between(new Date(from * 1000), new Date(to * 1000 - 1), true)
  return dates.map((date) => Math.floor(date.getTime() / 1000))
}

class WindowedRule implements LocalPattern {
  readonly #floats: Floats & { readonly anchored: boolean }
  readonly #windows = new Map<number, LocalPattern>()

  constructor(floats: Floats & { readonly anchored: boolean }) {
    this.#floats = floats
  }

  next(after: LocalSeconds): LocalSeconds | null {
    const from = yearOf(epochDayOfLocal(after))
    for (let year = from; year <= Math.min(from + EMPTY_YEARS, 9998); year++) {
      const found = this.#window(year).next(after)
      if (found !== null) return found
    }
    return null
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    const from = yearOf(epochDayOfLocal(before))
    for (let year = from; year >= Math.max(from - EMPTY_YEARS, 2); year--) {
      const found = this.#window(year).previous(before)
      if (found !== null) return found
    }
    return null
  }

  #window(year: number): LocalPattern {
    let window = this.#windows.get(year)
    if (window === undefined) {
      if (this.#windows.size >= 4) this.#windows.clear()
      window = sortedTimes(this.#timesOf(year))
      this.#windows.set(year, window)
    }
    return window
  }

  #timesOf(year: number): readonly LocalSeconds[] {
    const { anchored, first, time } = this.#floats
    const begin = localOf(epochDayOf(year, 1, 1), 0)
    const end = localOf(epochDayOf(year + 1, 1, 1), 0)
    // Without an interval every year is like any other: evaluation starts a year early so that a week that spans the
    // turn of the year is seen whole.
    const from = anchored ? first : localOf(epochDayOf(year - 1, 1, 1), time)
    if (from >= end) return []
    return evaluate(this.#floats, from, end).filter((at) => at >= begin)
  }
}
