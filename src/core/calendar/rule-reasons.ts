import { formatDate, weekdayOf } from '../time/civil.ts'
import { formatTimeOfDay } from '../time/time-of-day.ts'
import type { CalendarDay, DayReason } from './compiled-calendar.ts'
import type { DayFact } from './day-facts.ts'
import { FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY } from './day-set.ts'
import { positionOf, type Rule, type Written } from './definition.ts'
import { weekdayName } from './read-values.ts'
import type { RuleDays } from './rule-days.ts'

/** Everything that has a say on a day, in the order of precedence that decides it. */
export function reasonsFor(days: RuleDays, day: number): readonly DayReason[] {
  const coverage = coverageReason(days, day)
  if (coverage !== null) return [coverage]
  const { weekendWritten } = days.definition
  const closures = days.closures(day).map((fact) => factReason(days, fact))
  if (days.isWeekend(day)) {
    closures.push(
      reasonAt(weekendWritten, { kind: 'weekend', name: weekdayName(weekdayOf(day)), rule: null }),
    )
  }
  const sessions = days
    .datedSessions(day)
    .map(({ name, written }) =>
      reasonAt(written, { kind: 'session', name: name ?? UNNAMED_SESSION, rule: null }),
    )
  const { early, late, close, open } = days.shortening(day)
  const shortened: DayReason[] = []
  if (early !== null) {
    shortened.push({ ...factReason(days, early), kind: 'early-close', time: formatTimeOfDay(close!) })
  }
  if (late !== null) {
    shortened.push({ ...factReason(days, late), kind: 'late-open', time: formatTimeOfDay(open!) })
  }
  return days.isClosed(day) ? [...closures, ...sessions] : [...sessions, ...shortened, ...closures]
}

/** The days that are closed by more than a weekend, shortened, or have a dated session, in order. */
export function* listDays(days: RuleDays, from: number, to: number): Iterable<CalendarDay> {
  const first = Math.max(from, days.decided.from)
  const last = Math.min(to, days.decided.to)
  for (const day of merged(days.facts.daysIn(first, last), days.sessionDays)) {
    if (day < first || day > last) continue
    const date = formatDate(day)
    const [closure] = days.closures(day)
    if (closure !== undefined && !days.isWeekend(day)) {
      yield { date, kind: 'closed', ...labelOf(days, closure) }
    }
    for (const session of days.datedSessions(day)) {
      const label = { name: session.name ?? UNNAMED_SESSION, rule: null, calendar: session.written.calendar }
      yield { date, kind: 'session', ...label, ...clock(days.datedHours(session) ?? {}) }
    }
    const { early, late, close, open } = days.shortening(day)
    const fact = early ?? late
    if (fact === null) continue
    const regular = days.regularHours(day)
    const times = clock({ open: open ?? regular?.open, close: close ?? regular?.close })
    yield { date, kind: early === null ? 'late' : 'early', ...labelOf(days, fact), ...times }
  }
}

const UNNAMED_SESSION = 'dated session'

function reasonAt(written: Written, reason: Pick<DayReason, 'kind' | 'name' | 'rule'>): DayReason {
  const position = positionOf(written)
  return { ...reason, calendar: written.calendar, ...(position === undefined ? {} : { position }) }
}

function factReason(days: RuleDays, fact: DayFact): DayReason {
  const rule = days.ruleOf(fact)
  const kind = fact.kind === 'dated' ? 'date' : 'rule'
  return reasonAt(writtenOf(days, fact, rule), { kind, name: days.nameOf(fact), rule: rule.id })
}

/** The line that decides: of a listed or moved date its own, not the head of its rule. */
function writtenOf(days: RuleDays, { kind, planned }: DayFact, rule: Rule): Written {
  const { written } = rule
  if (kind === 'sandwich') return days.definition.sandwich?.written ?? written
  const move = rule.moves.get(planned)
  if (move !== undefined) return { ...written, path: move.path }
  if (kind !== 'dated' || rule.days.kind !== 'dates') return written
  const { names } = rule.days
  const key = names.get(planned) === null ? [...names.keys()].indexOf(planned) : formatDate(planned)
  return { ...written, path: [...written.path, 'dates', key] }
}

function labelOf(days: RuleDays, fact: DayFact): Pick<CalendarDay, 'name' | 'rule' | 'calendar'> {
  const rule = days.ruleOf(fact)
  return { name: days.nameOf(fact), rule: rule.id, calendar: rule.written.calendar }
}

function coverageReason({ definition }: RuleDays, day: number): DayReason | null {
  const { from, to, afterEnd } = definition.coverage
  const reason = (name: string) =>
    reasonAt(definition.coverageWritten, { kind: 'coverage', name, rule: null })
  if (from !== null && day < from) return reason(`before ${formatDate(from)}, where coverage begins`)
  if (day < FIRST_CALENDAR_DAY) return reason('before 1900, where calendars begin')
  if (day > LAST_CALENDAR_DAY) return reason('after 2200, where calendars end')
  if (to === null || day <= to || afterEnd === 'rules-only') return null
  return reason(`after ${formatDate(to)}, where coverage ends (${afterEnd})`)
}

function clock(hours: { readonly open?: number | undefined; readonly close?: number | undefined }): {
  open?: string
  close?: string
} {
  return {
    ...(hours.open === undefined ? {} : { open: formatTimeOfDay(hours.open) }),
    ...(hours.close === undefined ? {} : { close: formatTimeOfDay(hours.close) }),
  }
}

function* merged(sorted: Iterable<number>, others: readonly number[]): Iterable<number> {
  let index = 0
  for (const day of sorted) {
    while (index < others.length && others[index]! < day) yield others[index++]!
    if (others[index] === day) index += 1
    yield day
  }
  while (index < others.length) yield others[index++]!
}
