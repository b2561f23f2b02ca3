import { type Problem, problem } from '../errors.ts'
import { formatDate } from '../time/civil.ts'
import { formatTimeOfDay } from '../time/time-of-day.ts'
import { blackoutAnswers } from './blackouts.ts'
import { dayAnswers } from './business-days.ts'
import type { CompiledCalendar } from './compiled-calendar.ts'
import {
  combineDays,
  type DayTable,
  FIRST_CALENDAR_DAY,
  LAST_CALENDAR_DAY,
  removeDay,
  setDays,
} from './day-set.ts'
import { type CalendarDefinition, shortens } from './definition.ts'
import { type Evaluation, evaluateRules } from './evaluate.ts'
import { decidedRange, RuleDays } from './rule-days.ts'
import { listDays, reasonsFor } from './rule-reasons.ts'
import { hoursOn, shorten } from './sessions.ts'

/** A calendar from rules; null with the reasons in `problems`. */
export function ruleCalendar(definition: CalendarDefinition, problems: Problem[]): CompiledCalendar | null {
  const evaluation = evaluateRules(definition, decidedRange(definition), problems)
  if (evaluation === null) return null
  checkShortenedHours(definition, evaluation, problems)
  const days = new RuleDays(definition, evaluation)
  const table = dayTable(definition, evaluation)
  return Object.freeze<CompiledCalendar>({
    name: definition.name,
    zone: definition.zone,
    coverage: Object.freeze({ ...definition.coverage }),
    depth: 1,
    definition,
    table,
    hasSessions: definition.hours.length > 0 || definition.sessions.some(({ hours }) => hours !== null),
    ...dayAnswers(table),
    ...blackoutAnswers(definition.blackouts, definition.zone),
    isShortened: (day) => days.isShortened(day),
    sessionsOn: (day) => days.sessionsOn(day),
    why: (day) => reasonsFor(days, day),
    days: (from, to) => listDays(days, from, to),
  })
}

function dayTable(definition: CalendarDefinition, { weekend, closed }: Evaluation): DayTable {
  const { coverage, sessions } = definition
  const table = combineDays([weekend, closed], (a, b) => a | b)
  for (const session of sessions) if (session.opensDay) removeDay(table, session.day)
  const first = coverage.from ?? FIRST_CALENDAR_DAY
  if (coverage.to === null || coverage.afterEnd === 'rules-only') {
    return { closed: table, first, last: LAST_CALENDAR_DAY }
  }
  if (coverage.afterEnd === 'hold') return { closed: table, first, last: coverage.to }
  setDays(table, { from: coverage.to + 1, to: LAST_CALENDAR_DAY }, coverage.afterEnd === 'closed')
  return { closed: table, first, last: LAST_CALENDAR_DAY }
}

/** A shortened day whose times leave nothing of its hours would silently have no session. */
function checkShortenedHours(
  definition: CalendarDefinition,
  evaluation: Evaluation,
  problems: Problem[],
): void {
  if (definition.hours.length === 0) return
  const reported = new Set<number>()
  for (const fact of evaluation.facts) {
    const rule = evaluation.rules[fact.rule]!
    if (!shortens(rule) || reported.has(fact.rule)) continue
    const hours = hoursOn(definition.hours, fact.day, { anyWeekday: false })
    if (hours === null || shorten(hours, rule) !== null) continue
    reported.add(fact.rule)
    const time =
      rule.close === null
        ? `opens at ${formatTimeOfDay(rule.open!)}`
        : `closes at ${formatTimeOfDay(rule.close)}`
    problems.push(
      problem(
        'invalid-hours',
        `rule ${rule.id} ${time}, which leaves nothing of the hours of ${formatDate(fact.day)}`,
        {
          expected: `a time between ${formatTimeOfDay(hours.open)} and ${formatTimeOfDay(hours.close)}`,
          path: [...rule.written.path, rule.close === null ? 'open' : 'close'],
        },
      ),
    )
  }
}
