import type pc from 'picocolors'
import type { CalendarDay, CompiledCalendar, DayReason, Session } from '../core/calendar/compiled-calendar.ts'
import type { DayDifference, DaySide } from '../core/plan/calendar-days.ts'
import type { Runway } from '../core/plan/runway.ts'
import { formatDate, parseDate } from '../core/time/civil.ts'
import { formatLocal } from '../core/time/instant.ts'
import { inColumns } from './columns.ts'
import { clockText, weekdayText } from './local-text.ts'
import { plain } from './problem-text.ts'
import { placeText } from './trace-text.ts'

type Colors = ReturnType<typeof pc.createColors>

export function dayText(day: number): string {
  return `${weekdayText(day)} ${formatDate(day)}`
}

function reasonText({ name, position, time, kind }: DayReason): string {
  const at = time === undefined ? '' : kind === 'late-open' ? `, opens ${time}` : `, closes ${time}`
  return plain(`${name}${at}${position === undefined ? '' : ` (${placeText(position)})`}`)
}

/** The list of days that are not as usual. */
export function daysLines(calendar: CompiledCalendar, days: readonly CalendarDay[]): readonly string[] {
  return inColumns(
    days.map(({ date, kind, name, rule, open, close }) => {
      const day = parseDate(date)!
      const hours = open === undefined && close === undefined ? '' : `${open ?? ''}-${close ?? ''}`
      const place = calendar.why(day).find((reason) => reason.name === name && reason.rule === rule)?.position
      return [dayText(day), kind, hours, plain(name), place === undefined ? '' : placeText(place)]
    }),
  )
}

/** One entry of `calendar days --format json`; `calendar` only where a combined calendar has it from another one. */
export function dayJson(
  { date, kind, name, rule, calendar, open, close }: CalendarDay,
  asked: string,
): Readonly<Record<string, unknown>> {
  return {
    date,
    kind,
    name,
    rule,
    ...(open === undefined ? {} : { open }),
    ...(close === undefined ? {} : { close }),
    ...(calendar === asked ? {} : { calendar }),
  }
}

export function whyLines(calendar: CompiledCalendar, day: number, colors: Colors): readonly string[] {
  const state = calendar.dayState(day)
  const paint = state === 'open' ? colors.green : state === 'closed' ? colors.red : colors.yellow
  const text = state === 'uncovered' ? 'not covered' : state
  const sessions = calendar.sessionsOn(day).map((session) => `  ${sessionText(session, calendar)}`)
  const reasons = calendar.why(day)
  const why = reasons.map((reason, index) => `  ${index + 1}. ${reason.kind}: ${reasonText(reason)}`)
  const usual = reasons.length === 0 ? ['  a usual day: no rule has a say'] : why
  return [`${colors.bold(`${calendar.name} on ${dayText(day)}`)}  ${paint(text)}`, ...usual, ...sessions]
}

function sessionText({ kind, name, open, close }: Session, { zone }: CompiledCalendar): string {
  const label = name === undefined ? '' : ` (${plain(name)})`
  return `${kind} session${label}: ${clockText(open, zone)} to ${clockText(close, zone)} ${zone.name}`
}

export function whyJson(calendar: CompiledCalendar, day: number): Readonly<Record<string, unknown>> {
  const { zone } = calendar
  return {
    calendar: calendar.name,
    date: formatDate(day),
    state: calendar.dayState(day),
    sessions: calendar.sessionsOn(day).map(({ kind, name, open, close }) => ({
      kind,
      name: name ?? null,
      open: formatLocal(open, zone),
      close: formatLocal(close, zone),
    })),
    reasons: calendar.why(day),
  }
}

export function differenceLines(
  [first, second]: readonly [CompiledCalendar, CompiledCalendar],
  differences: readonly DayDifference[],
): readonly string[] {
  const rows = differences.map((each) => [dayText(each.day), sideText(each.first), sideText(each.second)])
  return inColumns([['', first.name, second.name], ...rows])
}

function sideText({ state, special, reason }: DaySide): string {
  const what = state === 'uncovered' ? 'not covered' : [state, ...special].join(', ')
  return reason === null ? what : `${what}: ${plain(reason.name)}`
}

export function differenceJson({ day, first, second }: DayDifference): Readonly<Record<string, unknown>> {
  const side = ({ state, special, reason }: DaySide) => ({
    state,
    special,
    name: reason?.name ?? null,
    rule: reason?.rule ?? null,
  })
  return { date: formatDate(day), a: side(first), b: side(second) }
}

/** Two years ahead, a month a cell. */
const BAR_CELLS = 24
const DAYS_A_CELL = 30.4

export interface CoverageRow {
  readonly name: string
  readonly calendar: CompiledCalendar
  readonly runway: Runway
}

export function coverageLines(rows: readonly CoverageRow[], colors: Colors): readonly string[] {
  const texts = inColumns([
    ['calendar', 'next 24 months', 'days left', 'from', 'to', 'after the end'],
    ...rows.map(({ name, calendar, runway }) => [
      name,
      bar(runway),
      runway.daysLeft === null ? '-' : String(runway.daysLeft),
      runway.from === null ? '-' : formatDate(runway.from),
      runway.to === null ? '-' : formatDate(runway.to),
      runway.to === null ? 'has no end' : `${calendar.coverage.afterEnd}${warningOf(runway)}`,
    ]),
  ])
  return texts.map((text, index) => {
    const state = rows[index - 1]?.runway.state
    if (index === 0) return colors.bold(text)
    return state === 'ended' ? colors.red(text) : state === 'ending' ? colors.yellow(text) : text
  })
}

function bar({ daysLeft }: Runway): string {
  const full = daysLeft === null ? BAR_CELLS : Math.min(BAR_CELLS, Math.max(0, daysLeft / DAYS_A_CELL))
  const cells = Math.round(full)
  return '█'.repeat(cells) + '░'.repeat(BAR_CELLS - cells)
}

function warningOf({ state }: Runway): string {
  if (state === 'ended') return '  (has ended)'
  return state === 'ending' ? '  (ends soon)' : ''
}

export function coverageJson({ name, calendar, runway }: CoverageRow): Readonly<Record<string, unknown>> {
  const { from, to, daysLeft, state } = runway
  return {
    calendar: name,
    from: from === null ? null : formatDate(from),
    to: to === null ? null : formatDate(to),
    afterEnd: calendar.coverage.afterEnd,
    daysLeft,
    state,
  }
}
