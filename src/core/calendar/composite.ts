import { type Path, type Problem, problem } from '../errors.ts'
import type { CalendarSpec } from '../kinds.ts'
import type { Result } from '../result.ts'
import { formatDate } from '../time/civil.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import { anyBlackout, blackoutAnswers } from './blackouts.ts'
import { dayAnswers } from './business-days.ts'
import type { Combination } from './combination.ts'
import type { CalendarDay, CompiledCalendar, DayReason } from './compiled-calendar.ts'
import { type DayTable, FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY, setDays } from './day-set.ts'
import { type Coverage, positionOf, type Written } from './definition.ts'
import { readBlackouts, readCoverage } from './read-spec.ts'

/** Finds another calendar by the name that a manifest gives it. Its problems are about the reference alone. */
export type ResolveCalendar = (name: string) => Result<CompiledCalendar, readonly Problem[]>

/** Combined calendars of combined calendars end somewhere: nobody reads deeper, and cycles end here at the latest. */
export const MAX_DEPTH = 16

/** A calendar that combines others; null with the reasons in `problems`. */
export function combineCalendars(
  spec: CalendarSpec,
  combination: Combination,
  options: { readonly written: Written; readonly resolve: ResolveCalendar },
  problems: Problem[],
): CompiledCalendar | null {
  const { written } = options
  const members: CompiledCalendar[] = []
  for (const { name, path } of combination.members) {
    const member = resolveMember(name, [...written.path, ...path], options.resolve, problems)
    if (member !== null) members.push(member)
  }
  const zone = spec.timezone === undefined ? members[0]?.zone : readZoneOf(spec.timezone, written, problems)
  const blackoutsWritten = { ...written, path: [...written.path, 'blackouts'] }
  const blackouts = readBlackouts(spec.blackouts ?? [], blackoutsWritten, problems)
  const coverageWritten = { ...written, path: [...written.path, 'coverage'] }
  const own = spec.coverage === undefined ? null : readCoverage(spec, coverageWritten, problems)
  if (members.length < combination.members.length || zone === undefined) return null
  const depth = 1 + Math.max(...members.map((member) => member.depth))
  if (depth > MAX_DEPTH) problems.push(tooDeep(written, combination.members[0]!.path))
  const coverage = commonCoverage(members, own)
  const table = combinedTable(members, combination, { own, coverage })
  const answers = dayAnswers(table)
  const decided = (day: number) => day >= table.first && day <= table.last && !isAfterEnd(own, coverage, day)
  const isOpen = (day: number) => decided(day) && answers.dayState(day) === 'open'
  const name = written.calendar
  const common = combination.blackouts(members)
  const blacked = blackouts.length === 0 ? common : anyBlackout([blackoutAnswers(blackouts, zone), common])

  const why = (day: number): readonly DayReason[] =>
    decided(day)
      ? combination.reasons(members, day, name)
      : coverageReason(members, { day, coverage, written: coverageWritten })

  return Object.freeze<CompiledCalendar>({
    name,
    zone,
    coverage,
    depth,
    definition: null,
    hasSessions: members.some((member) => member.hasSessions),
    ...answers,
    blackoutAt: blacked.blackoutAt,
    blackoutEnd: blacked.blackoutEnd,
    table,
    isShortened: (day) => (isOpen(day) ? combination.shortened(members, day) : { early: false, late: false }),
    sessionsOn: (day) => (isOpen(day) ? combination.sessions(members, day) : []),
    why,
    *days(from, to) {
      for (let day = Math.max(from, table.first); day <= Math.min(to, table.last); day++) {
        if (decided(day)) yield* daysOf(day, why(day), answers.isClosed(day))
      }
    },
  })
}

function* daysOf(day: number, reasons: readonly DayReason[], closed: boolean): Iterable<CalendarDay> {
  const date = formatDate(day)
  if (closed && !reasons.some(({ kind }) => kind === 'weekend')) {
    const [reason] = reasons
    const { name, rule, calendar } = reason ?? { name: 'closed', rule: null, calendar: '' }
    yield { date, kind: 'closed', name, rule, calendar }
  }
  for (const { kind, name, rule, calendar, time } of reasons) {
    if (kind === 'session') yield { date, kind, name, rule, calendar }
    else if (closed || time === undefined) continue
    else if (kind === 'early-close') yield { date, kind: 'early', name, rule, calendar, close: time }
    else if (kind === 'late-open') yield { date, kind: 'late', name, rule, calendar, open: time }
  }
}

/** Resolves a name that a manifest mentions at `path`, where the problems of the reference then stand. */
export function resolveMember(
  name: string,
  path: Path,
  resolve: ResolveCalendar,
  problems: Problem[],
): CompiledCalendar | null {
  const member = resolve(name)
  if (member.ok) return member.value
  for (const found of member.error) problems.push({ ...found, path })
  return null
}

function readZoneOf(name: string, written: Written, problems: Problem[]): Zone | undefined {
  const zone = zoneOf(name)
  if (zone.ok) return zone.value
  problems.push({ ...zone.error, path: [...written.path, 'timezone'] })
  return undefined
}

function tooDeep(written: Written, path: Path): Problem {
  return problem('limit-exceeded', `calendar ${written.calendar} combines calendars too many levels deep`, {
    expected: `at most ${MAX_DEPTH} levels`,
    path: [...written.path, path[0]!],
  })
}

/** What all members cover, narrowed by the calendar's own coverage. */
function commonCoverage(members: readonly CompiledCalendar[], own: Coverage | null): Coverage {
  const froms = [...members.map(({ coverage }) => coverage.from), own?.from ?? null].filter(
    (day) => day !== null,
  )
  const tos = [...members.map(({ coverage }) => coverage.to), own?.to ?? null].filter((day) => day !== null)
  const ends = members.filter(({ coverage }) => coverage.to !== null).map(({ coverage }) => coverage.afterEnd)
  // The most careful of the members' ways, unless they agree.
  const common = ends.every((end) => end === ends[0])
    ? (ends[0] ?? 'hold')
    : ends.includes('hold')
      ? 'hold'
      : 'rules-only'
  return {
    from: froms.length === 0 ? null : Math.max(...froms),
    to: tos.length === 0 ? null : Math.min(...tos),
    afterEnd: own?.afterEnd ?? common,
  }
}

function isAfterEnd(own: Coverage | null, coverage: Coverage, day: number): boolean {
  return own !== null && own.afterEnd !== 'rules-only' && coverage.to !== null && day > coverage.to
}

interface CombinedCoverage {
  readonly own: Coverage | null
  readonly coverage: Coverage
}

/** Without coverage of its own, the calendar goes on after its end as its members do, as far as none of them holds. */
function combinedTable(
  members: readonly CompiledCalendar[],
  combination: Combination,
  { own, coverage }: CombinedCoverage,
): DayTable {
  const tables = members.map(({ table }) => table)
  const first = Math.max(coverage.from ?? FIRST_CALENDAR_DAY, ...tables.map((table) => table.first))
  const closed = combination.closed(tables.map((table) => table.closed))
  let last = Math.min(...tables.map((table) => table.last))
  if (own !== null && coverage.to !== null && own.afterEnd !== 'rules-only') {
    if (own.afterEnd === 'hold') last = Math.min(last, coverage.to)
    else {
      setDays(closed, { from: coverage.to + 1, to: LAST_CALENDAR_DAY }, own.afterEnd === 'closed')
      last = LAST_CALENDAR_DAY
    }
  }
  return { closed, first, last }
}

interface UncoveredDay {
  readonly day: number
  readonly coverage: Coverage
  readonly written: Written
}

function coverageReason(
  members: readonly CompiledCalendar[],
  { day, coverage, written }: UncoveredDay,
): readonly DayReason[] {
  const uncovered = members.find((member) => member.dayState(day) === 'uncovered')
  if (uncovered !== undefined) return uncovered.why(day)
  const { from, to, afterEnd } = coverage
  const name =
    from !== null && day < from
      ? `before ${formatDate(from)}, where coverage begins`
      : `after ${formatDate(to ?? LAST_CALENDAR_DAY)}, where coverage ends (${afterEnd})`
  const position = positionOf(written)
  return [
    {
      kind: 'coverage',
      name,
      rule: null,
      calendar: written.calendar,
      ...(position === undefined ? {} : { position }),
    },
  ]
}
