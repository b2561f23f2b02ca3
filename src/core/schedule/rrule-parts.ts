import { type Problem, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { err, ok, type Result } from '../result.ts'
import { parseLocal } from '../time/local.ts'

export type RruleParts = ReadonlyMap<string, string>

const list = (item: string): RegExp => new RegExp(`^${item}(,${item})*$`)

/** Rule parts of RFC 5545, section 3.3.10, with what each may hold. Seconds stop at 59: civil time has no leap second. */
const PARTS: Readonly<
  Record<string, { readonly pattern: RegExp; readonly expected: string; readonly limit?: number }>
> = {
  FREQ: { pattern: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/, expected: 'DAILY, WEEKLY, MONTHLY or YEARLY' },
  INTERVAL: { pattern: /^[1-9]\d{0,3}$/, expected: '1 to 9999' },
  COUNT: { pattern: /^[1-9]\d{0,5}$/, expected: '1 to 10000' },
  UNTIL: { pattern: /^\d{8}(T\d{6}Z?)?$/, expected: 'YYYYMMDD, YYYYMMDDTHHMMSS or YYYYMMDDTHHMMSSZ' },
  BYSECOND: { pattern: list('\\d{1,2}'), expected: 'numbers from 0 to 59', limit: 59 },
  BYMINUTE: { pattern: list('\\d{1,2}'), expected: 'numbers from 0 to 59', limit: 59 },
  BYHOUR: { pattern: list('\\d{1,2}'), expected: 'numbers from 0 to 23', limit: 23 },
  BYDAY: {
    pattern: list('([+-]?\\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)'),
    expected: 'weekdays such as MO, 1MO or -1FR',
    limit: 53,
  },
  BYMONTHDAY: { pattern: list('[+-]?[1-9]\\d?'), expected: 'days from 1 to 31 or -31 to -1', limit: 31 },
  BYYEARDAY: {
    pattern: list('[+-]?[1-9]\\d{0,2}'),
    expected: 'days from 1 to 366 or -366 to -1',
    limit: 366,
  },
  BYWEEKNO: { pattern: list('[+-]?[1-9]\\d?'), expected: 'weeks from 1 to 53 or -53 to -1', limit: 53 },
  BYMONTH: { pattern: list('[1-9]\\d?'), expected: 'months from 1 to 12', limit: 12 },
  BYSETPOS: {
    pattern: list('[+-]?[1-9]\\d{0,2}'),
    expected: 'positions from 1 to 366 or -366 to -1',
    limit: 366,
  },
  WKST: { pattern: /^(MO|TU|WE|TH|FR|SA|SU)$/, expected: 'a weekday' },
}

/** The parts of a rule, each checked; all problems at once. Fails with `invalid-rrule`. */
export function parseRruleParts(text: string): Result<RruleParts, Problem[]> {
  const parts = new Map<string, string>()
  const problems: Problem[] = []
  const wrong = (
    message: string,
    details: { expected?: string; found?: string; suggestion?: string; cure?: string } = {},
  ): void => {
    problems.push(problem('invalid-rrule', message, details))
  }
  for (const part of text
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .split(';')) {
    const [key, value, more] = part.split('=')
    const known = key === undefined ? undefined : PARTS[key]
    if (key === undefined || value === undefined || more !== undefined) {
      wrong(`"${part}" is not a part of a recurrence rule`, {
        expected: 'KEY=VALUE, with ; between parts',
        found: part,
      })
    } else if (known === undefined) {
      const suggestion = nearest(key, Object.keys(PARTS))
      wrong(`"${key}" is not a part of a recurrence rule`, {
        expected: Object.keys(PARTS).join(', '),
        found: key,
        ...(suggestion === undefined ? {} : { suggestion }),
      })
    } else if (parts.has(key)) {
      wrong(`${key} stands twice`, { found: part })
    } else if (!known.pattern.test(value) || !withinLimit(value, known.limit) || !isDate(key, value)) {
      const subDaily = key === 'FREQ' && /^(HOURLY|MINUTELY|SECONDLY)$/.test(value)
      wrong(`${key} cannot be "${value}"`, {
        expected: known.expected,
        found: value,
        ...(subDaily ? { cure: 'use `every` or `cron` for times within a day' } : {}),
      })
    } else {
      parts.set(key, value)
    }
  }
  if (!/(^|:|;)FREQ=/i.test(text))
    wrong('the rule has no FREQ', { expected: 'FREQ=DAILY, WEEKLY, MONTHLY or YEARLY' })
  if (parts.has('COUNT') && parts.has('UNTIL'))
    wrong('COUNT and UNTIL stand in one rule', { expected: 'one of them' })
  const numbered = /\d/.test(parts.get('BYDAY') ?? '')
  if (numbered && /^(DAILY|WEEKLY)$/.test(parts.get('FREQ') ?? '')) {
    wrong('a numbered BYDAY needs FREQ=MONTHLY or YEARLY', { found: parts.get('BYDAY')! })
  }
  if (parts.has('BYSETPOS') && ![...parts.keys()].some((key) => key.startsWith('BY') && key !== 'BYSETPOS')) {
    wrong('BYSETPOS chooses among the other BY parts, and there is none')
  }
  return problems.length > 0 ? err(problems) : ok(parts)
}

function withinLimit(value: string, limit: number | undefined): boolean {
  if (limit === undefined) return true
  return value.split(',').every((item) => Math.abs(Number.parseInt(item, 10) || 0) <= limit)
}

function isDate(key: string, value: string): boolean {
  if (key !== 'UNTIL') return true
  const time =
    value.length === 8 ? '' : `T${value.slice(9, 11)}:${value.slice(11, 13)}:${value.slice(13, 15)}`
  return parseLocal(`${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6, 8)}${time}`) !== null
}
