import { type Problem, problem } from '../errors.ts'
import type { CalendarBlackout, CalendarRule, CalendarSpec, CalendarWeekend } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { SECONDS_PER_DAY } from '../time/time-of-day.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import { FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY } from './day-set.ts'
import type {
  BlackoutRule,
  CalendarDefinition,
  Coverage,
  Rule,
  Sandwich,
  Substitute,
  WeekendPeriod,
  Written,
} from './definition.ts'
import { readHours, readSessions } from './read-hours.ts'
import { readRule } from './read-rule.ts'
import {
  checkComputable,
  EVERY_WEEKDAY,
  readPeriod,
  readRange,
  readTime,
  readYearOrDate,
  weekdayMask,
} from './read-values.ts'

/** A calendar with rules of its own; null if it has no zone, with all that is wrong in `problems`. */
export function readDefinition(
  spec: CalendarSpec,
  written: Written,
  problems: Problem[],
): CalendarDefinition | null {
  const at = (...path: readonly (string | number)[]): Written => ({
    ...written,
    path: [...written.path, ...path],
  })
  const zone = readZone(spec, written, problems)
  const coverage = readCoverage(spec, at('coverage'), problems)
  const rules = readRules(spec.rules ?? [], at('rules'), problems)
  checkDated(rules, coverage, problems)
  const sessions = readSessions(spec.sessions ?? [], at('sessions'), problems)
  for (const session of sessions) checkCovered(session.day, coverage, session.written, problems)
  const substitutes: Substitute[] = (spec.substitute ?? []).map((entry, index) => ({
    weekdays: weekdayMask(entry.days),
    gives: entry.gives,
    name: entry.name ?? null,
    period: readPeriod(entry, at('substitute', index).path, problems),
  }))
  const sandwich: Sandwich | null =
    spec.sandwich === undefined
      ? null
      : {
          name: spec.sandwich.name ?? 'Day between two holidays',
          period: readPeriod(spec.sandwich, at('sandwich').path, problems),
          written: at('sandwich'),
        }
  const definition = {
    name: written.calendar,
    weekend: readWeekend(spec.weekend ?? ['sat', 'sun'], at('weekend'), problems),
    weekendWritten: at('weekend'),
    hours: readHours(spec.hours ?? [], at('hours').path, problems),
    coverage,
    coverageWritten: at('coverage'),
    rules,
    substitutes,
    sandwich,
    sessions,
    blackouts: readBlackouts(spec.blackouts ?? [], at('blackouts'), problems),
  }
  return zone === null ? null : { ...definition, zone }
}

export function readZone(spec: CalendarSpec, written: Written, problems: Problem[]): Zone | null {
  if (spec.timezone === undefined) {
    problems.push(
      problem('missing-timezone', `calendar ${written.calendar} has rules but no timezone`, {
        expected: 'timezone: the zone of its days',
        path: written.path,
      }),
    )
    return null
  }
  const zone = zoneOf(spec.timezone)
  if (zone.ok) return zone.value
  problems.push({ ...zone.error, path: [...written.path, 'timezone'] })
  return null
}

export function readCoverage(spec: CalendarSpec, written: Written, problems: Problem[]): Coverage {
  const source = spec.coverage ?? {}
  const { path } = written
  const from = readYearOrDate(source.from, 'from', [...path, 'from'], problems)
  const to = readYearOrDate(source.to, 'to', [...path, 'to'], problems)
  if (from !== null) checkComputable(from, [...path, 'from'], problems)
  if (to !== null) checkComputable(to, [...path, 'to'], problems)
  if (from !== null && to !== null && from > to) {
    problems.push(
      problem(
        'contradiction',
        `coverage ends on ${formatDate(to)}, before it begins on ${formatDate(from)}`,
        {
          path: [...path, 'to'],
        },
      ),
    )
  }
  return { from, to, afterEnd: source.afterEnd ?? 'hold' }
}

/** All rules of a list, also where other rules of the calendar are added to them later. */
export function readRules(source: readonly CalendarRule[], written: Written, problems: Problem[]): Rule[] {
  const read: Rule[] = []
  const seen = new Set<string>()
  for (const [index, rule] of source.entries()) {
    const path = [...written.path, index]
    if (seen.has(rule.id)) {
      problems.push(
        problem('duplicate-rule', `two rules have the id ${rule.id}`, {
          found: rule.id,
          path: [...path, 'id'],
        }),
      )
      continue
    }
    seen.add(rule.id)
    const result = readRule(rule, { ...written, path }, problems)
    if (result !== null) read.push(result)
  }
  return read
}

/** Dates are a list that somebody keeps: without an end to it, the day after its last entry would count as checked. */
export function checkDated(rules: readonly Rule[], coverage: Coverage, problems: Problem[]): void {
  const dated = rules.find((rule) => rule.days.kind === 'dates')
  if (dated !== undefined && coverage.to === null) {
    problems.push(
      problem(
        'missing-coverage',
        `rule ${dated.id} lists dates, but the calendar does not say how far it is complete`,
        {
          expected: 'coverage: {to: the last day for which the dates are complete}',
          path: [...dated.written.path, 'dates'],
        },
      ),
    )
  }
  for (const rule of rules) {
    if (rule.days.kind !== 'dates') continue
    let index = 0
    for (const [day, name] of rule.days.names) {
      if (!isCovered(day, coverage)) {
        const path = [...rule.written.path, 'dates', name === null ? index : formatDate(day)]
        checkCovered(day, coverage, { ...rule.written, path }, problems)
      }
      index += 1
    }
  }
}

function isCovered(day: number, { from, to }: Coverage): boolean {
  return day >= (from ?? FIRST_CALENDAR_DAY) && day <= (to ?? LAST_CALENDAR_DAY)
}

export function checkCovered(day: number, coverage: Coverage, written: Written, problems: Problem[]): void {
  if (isCovered(day, coverage)) return
  const from = coverage.from ?? FIRST_CALENDAR_DAY
  const to = coverage.to ?? LAST_CALENDAR_DAY
  problems.push(
    problem(
      'outside-coverage',
      `${formatDate(day)} lies ${day < from ? 'before the calendar is covered' : 'after coverage ends'}`,
      {
        expected: `a date from ${formatDate(from)} to ${formatDate(to)}`,
        found: formatDate(day),
        cure: day < from ? 'Remove it, or begin coverage earlier.' : 'Extend coverage.to, or remove it.',
        path: written.path,
      },
    ),
  )
}

function readWeekend(source: CalendarWeekend, written: Written, problems: Problem[]): WeekendPeriod[] {
  const weekdays: Parameters<typeof weekdayMask>[0][number][] = []
  const periods: WeekendPeriod[] = []
  for (const [index, entry] of source.entries()) {
    if (typeof entry === 'string') weekdays.push(entry)
    else {
      const period = readPeriod(entry, [...written.path, index], problems)
      periods.push({ weekdays: weekdayMask(entry.days), period })
    }
  }
  if (weekdays.length === 0) return periods
  return [{ weekdays: weekdayMask(weekdays), period: { from: FIRST_CALENDAR_DAY, to: LAST_CALENDAR_DAY } }]
}

export function readBlackouts(
  source: readonly CalendarBlackout[],
  written: Written,
  problems: Problem[],
): BlackoutRule[] {
  const read: BlackoutRule[] = []
  for (const [index, entry] of source.entries()) {
    const path = [...written.path, index]
    const from = readTime(entry.from ?? '00:00', [...path, 'from'], problems)
    const to = readTime(entry.to ?? '24:00', [...path, 'to'], problems, { endOfDay: true })
    const period =
      entry.dates === undefined
        ? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
        : readRange(entry.dates, [...path, 'dates'], problems)
    if (from === null || to === null || period === null) continue
    read.push({
      name: entry.name ?? 'blackout',
      weekdays: entry.days === undefined ? EVERY_WEEKDAY : weekdayMask(entry.days),
      from,
      to: to <= from ? to + SECONDS_PER_DAY : to,
      period,
      written: { ...written, path },
    })
  }
  return read
}
