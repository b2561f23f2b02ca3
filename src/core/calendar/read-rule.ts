import { type Path, type Problem, problem } from '../errors.ts'
import type { CalendarObserved, CalendarRule } from '../kinds.ts'
import type { Observed, Rule, RuleDays, Written } from './definition.ts'
import {
  EVERY_WEEKDAY,
  monthNumber,
  readDate,
  readMonthDay,
  readPeriod,
  readRange,
  readTime,
  weekdayMask,
  weekdayNumber,
} from './read-values.ts'

/** Each kind of rule by the key that only it has. */
const KIND_KEYS = [
  'date',
  'nth',
  'onOrAfter',
  'onOrBefore',
  'easter',
  'orthodoxEaster',
  'equinox',
  'of',
  'dates',
  'range',
] as const satisfies readonly (keyof CalendarRule)[]
type KindKey = (typeof KIND_KEYS)[number]

/** What a kind needs besides its own key. `of` is looked at apart: it takes one of two. */
const COMPANIONS: Partial<Record<KindKey, readonly (keyof CalendarRule)[]>> = {
  nth: ['month', 'weekday'],
  onOrAfter: ['weekday'],
  onOrBefore: ['weekday'],
}

/** Keys that mean something only beside one of these. */
const NEEDED_BY: readonly (readonly [key: keyof CalendarRule, kinds: readonly KindKey[]])[] = [
  ['month', ['nth']],
  ['weekday', ['nth', 'onOrAfter', 'onOrBefore']],
  ['offset', ['of']],
  ['businessDays', ['of']],
]

/** Reads one rule; null if its days cannot be told, with the reasons in `problems`. */
export function readRule(source: CalendarRule, written: Written, problems: Problem[]): Rule | null {
  const { path } = written
  const days = readDays(source, path, problems)
  const except = new Map<number, Path>()
  for (const [index, text] of (source.except ?? []).entries()) {
    const day = readDate(text, [...path, 'except', index], problems)
    if (day !== null) except.set(day, [...path, 'except', index])
  }
  const moves = new Map<number, { to: number; path: Path }>()
  for (const [planned, actual] of Object.entries(source.move ?? {})) {
    const movePath = [...path, 'move', planned]
    const from = readDate(planned, movePath, problems)
    const to = readDate(actual, movePath, problems)
    if (from !== null && to !== null) moves.set(from, { to, path: movePath })
  }
  const period = readPeriod(source, path, problems)
  const close =
    source.close === undefined
      ? null
      : readTime(source.close, [...path, 'close'], problems, { endOfDay: true })
  const open = source.open === undefined ? null : readTime(source.open, [...path, 'open'], problems)
  if (close !== null && open !== null && close <= open) {
    problems.push(
      problem(
        'invalid-hours',
        `rule ${source.id} closes at ${source.close}, not after it opens at ${source.open}`,
        {
          path: [...path, 'close'],
        },
      ),
    )
  }
  if (days === null) return null
  return {
    id: source.id,
    name: source.name ?? source.id,
    written,
    days,
    period,
    only: source.only === undefined ? EVERY_WEEKDAY : weekdayMask(source.only),
    except,
    moves,
    observed: source.observed === undefined ? null : readObserved(source.observed),
    public: source.public ?? true,
    close,
    open,
    disabled: false,
  }
}

function readDays(source: CalendarRule, path: Path, problems: Problem[]): RuleDays | null {
  const kinds = KIND_KEYS.filter((key) => source[key] !== undefined)
  const [kind] = kinds
  if (kind === undefined) {
    problems.push(
      problem('missing-key', `rule ${source.id} does not say which days it means`, {
        expected: `one of ${KIND_KEYS.join(', ')}`,
        path,
      }),
    )
    return null
  }
  const second = kinds[1]
  if (second !== undefined) {
    problems.push(
      problem('conflicting-keys', `rule ${source.id} says in ${kinds.length} ways which days it means`, {
        expected: `one of ${KIND_KEYS.join(', ')}`,
        found: kinds.join(', '),
        cure: 'Write a rule for each.',
        path: [...path, second],
      }),
    )
    return null
  }
  const before = problems.length
  for (const key of COMPANIONS[kind] ?? []) {
    if (source[key] === undefined) problems.push(missing(source, `${kind} needs ${key}`, path))
  }
  for (const [key, owners] of NEEDED_BY) {
    if (source[key] === undefined || owners.includes(kind)) continue
    problems.push(
      problem('conflicting-keys', `rule ${source.id} has ${key}, which does not go with ${kind}`, {
        expected: `${key} beside ${owners.join(' or ')}`,
        found: `${key} beside ${kind}`,
        path: [...path, key],
      }),
    )
  }
  return problems.length > before ? null : daysOfKind(kind, source, path, problems)
}

function missing(source: CalendarRule, what: string, path: Path): Problem {
  return problem('missing-key', `rule ${source.id}: ${what}`, { path })
}

function daysOfKind(kind: KindKey, source: CalendarRule, path: Path, problems: Problem[]): RuleDays | null {
  switch (kind) {
    case 'date': {
      const date = readMonthDay(source.date!, [...path, 'date'], problems)
      return date === null ? null : { kind: 'date', ...date }
    }
    case 'nth': {
      const months = typeof source.month === 'string' ? [source.month] : source.month!
      return {
        kind: 'nth-weekday',
        months: months.map(monthNumber),
        weekday: weekdayNumber(source.weekday!),
        nth: source.nth!,
      }
    }
    case 'onOrAfter':
    case 'onOrBefore': {
      const date = readMonthDay(source[kind]!, [...path, kind], problems)
      if (date === null) return null
      const direction = kind === 'onOrAfter' ? 1 : -1
      return { kind: 'weekday-near', weekday: weekdayNumber(source.weekday!), ...date, direction }
    }
    case 'easter':
      return { kind: 'easter', church: 'western', offset: source.easter! }
    case 'orthodoxEaster':
      return { kind: 'easter', church: 'orthodox', offset: source.orthodoxEaster! }
    case 'equinox':
      return { kind: 'equinox', equinox: source.equinox! }
    case 'of':
      return relativeDays(source, path, problems)
    case 'dates':
      return listedDays(source, path, problems)
    case 'range': {
      const range = readRange(source.range!, [...path, 'range'], problems)
      return range === null ? null : { kind: 'range', range }
    }
  }
}

function relativeDays(source: CalendarRule, path: Path, problems: Problem[]): RuleDays | null {
  const base = source.of!
  if (source.offset !== undefined && source.businessDays !== undefined) {
    problems.push(
      problem('conflicting-keys', `rule ${source.id} has both offset and businessDays`, {
        expected: 'one of offset, businessDays',
        found: 'offset, businessDays',
        path: [...path, 'businessDays'],
      }),
    )
    return null
  }
  if (source.offset !== undefined) return { kind: 'offset', base, offset: source.offset }
  if (source.businessDays !== undefined) return { kind: 'business-days', base, count: source.businessDays }
  problems.push(missing(source, 'of needs offset or businessDays', path))
  return null
}

function listedDays(source: CalendarRule, path: Path, problems: Problem[]): RuleDays {
  const names = new Map<number, string | null>()
  if (Array.isArray(source.dates)) {
    for (const [index, text] of (source.dates as readonly string[]).entries()) {
      const day = readDate(text, [...path, 'dates', index], problems)
      if (day !== null) names.set(day, null)
    }
  } else {
    for (const [text, name] of Object.entries(source.dates as Readonly<Record<string, string>>)) {
      const day = readDate(text, [...path, 'dates', text], problems)
      if (day !== null) names.set(day, name)
    }
  }
  return { kind: 'dates', names }
}

function readObserved(observed: CalendarObserved): Observed {
  if (typeof observed === 'string') {
    return { kind: 'business-day', direction: observed === 'next-business-day' ? 1 : -1 }
  }
  const byWeekday = [0, 0, 0, 0, 0, 0, 0]
  for (const [weekday, target] of Object.entries(observed)) {
    const from = weekdayNumber(weekday as Parameters<typeof weekdayNumber>[0])
    if (typeof target === 'number') byWeekday[from] = target
    else {
      // The nearest such weekday lies at most three days away, and there is only one.
      const ahead = (weekdayNumber(target) - from + 7) % 7
      byWeekday[from] = ahead > 3 ? ahead - 7 : ahead
    }
  }
  return { kind: 'shift', byWeekday }
}
