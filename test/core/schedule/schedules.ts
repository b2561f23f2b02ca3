import { calendarCatalog } from '../../../src/core/calendar/catalog.ts'
import type { CompiledCalendar } from '../../../src/core/calendar/compiled-calendar.ts'
import type { Path, Problem } from '../../../src/core/errors.ts'
import type { CalendarSpec, ScheduleSpec, Trigger } from '../../../src/core/kinds.ts'
import { err, type Result } from '../../../src/core/result.ts'
import { compileSchedule } from '../../../src/core/schedule/compile.ts'
import type { CompiledSchedule } from '../../../src/core/schedule/compiled-schedule.ts'
import type { Occurrence } from '../../../src/core/schedule/occurrence.ts'
import { parseDate } from '../../../src/core/time/civil.ts'
import { formatLocal, parseInstant } from '../../../src/core/time/instant.ts'
import { type Zone, zoneOf } from '../../../src/core/time/zone.ts'
import { sourceOf } from '../calendar/calendars.ts'

export type Calendars = Readonly<Record<string, CalendarSpec>>

/** Monday to Friday, some holidays of 2026, and a blackout on Tuesdays from 10:00 to 11:00. */
export const MARKET: CalendarSpec = {
  timezone: 'UTC',
  weekend: ['sat', 'sun'],
  hours: [{ open: '09:00', close: '17:00' }],
  coverage: { from: '2020-01-01', to: '2026-12-31' },
  rules: [
    { id: 'new-year', name: 'New Year', date: '01-01' },
    { id: 'founders', name: 'Founders Day', dates: { '2026-01-26': 'Founders Day' } },
    { id: 'christmas-eve', name: 'Christmas Eve', date: '12-24', close: '13:00' },
    { id: 'christmas', name: 'Christmas', date: '12-25' },
  ],
  sessions: [{ date: '2026-02-01', name: 'Budget Sunday' }],
  blackouts: [{ days: ['tue'], from: '10:00', to: '11:00', name: 'maintenance' }],
}

export interface ScheduleOptions extends Omit<ScheduleSpec, 'job' | 'triggers'> {
  readonly calendars?: Calendars
  readonly identity?: string
  readonly locate?: (path: Path) => { file: string; line: number; column: number }
}

function compile(triggers: readonly Trigger[], options: ScheduleOptions) {
  const { calendars = { market: MARKET }, identity = 'default/test', locate, ...spec } = options
  const catalog = calendarCatalog(sourceOf(calendars))
  return compileSchedule(
    { job: 'job', timezone: 'UTC', triggers, ...spec },
    {
      identity,
      calendar: (name) => copied(catalog.compile(name)),
      ...(locate === undefined ? {} : { locate }),
    },
  )
}

const copied = <T>(result: Result<T, readonly Problem[]>): Result<T, Problem[]> =>
  result.ok ? result : err([...result.error])

export function scheduled(
  trigger: Trigger | readonly Trigger[],
  options: ScheduleOptions = {},
): CompiledSchedule {
  const compiled = compile(Array.isArray(trigger) ? trigger : [trigger as Trigger], options)
  if (!compiled.ok) throw new Error(compiled.error.map(({ message }) => message).join('\n'))
  return compiled.value
}

export function refused(
  trigger: Trigger | readonly Trigger[],
  options: ScheduleOptions = {},
): readonly Problem[] {
  const compiled = compile(Array.isArray(trigger) ? trigger : [trigger as Trigger], options)
  return compiled.ok ? [] : compiled.error
}

export function calendarNamed(calendars: Calendars, name: string): CompiledCalendar {
  const compiled = calendarCatalog(sourceOf(calendars)).compile(name)
  if (!compiled.ok) throw new Error(compiled.error.map(({ message }) => message).join('\n'))
  return compiled.value
}

export function zone(name: string): Zone {
  const found = zoneOf(name)
  if (!found.ok) throw new Error(found.error.message)
  return found.value
}

export function instant(text: string, zoneName = 'UTC'): number {
  const found = parseInstant(text, zone(zoneName))
  if (!found.ok) throw new Error(found.error.message)
  return found.value
}

export function day(date: string): number {
  return parseDate(date)!
}

/** Local times as `2026-01-05T20:00`, with seconds only where there are some. */
export function local(at: number, zoneName = 'UTC'): string {
  return formatLocal(at, zone(zoneName)).slice(0, 19).replace(/:00$/, '')
}

export interface Window {
  readonly from: string
  readonly to: string
  readonly zone?: string
}

export function occurrences(schedule: CompiledSchedule, window: Window): readonly Occurrence[] {
  const { from, to, zone: name = 'UTC' } = window
  return [...schedule.occurrences(instant(from, name), instant(to, name))]
}

/** The local times of the fires from one local time to another, end excluded. */
export function fires(schedule: CompiledSchedule, window: Window): readonly string[] {
  return occurrences(schedule, window)
    .filter(({ outcome }) => outcome === 'fires')
    .map(({ nominal }) => local(nominal, window.zone))
}

/** Every candidate as `2026-01-05T20:00 fires`, `... skipped closed`, `... held`. */
export function verdicts(schedule: CompiledSchedule, window: Window): readonly string[] {
  return occurrences(schedule, window).map(
    ({ nominal, outcome, cause }) =>
      `${local(nominal, window.zone)} ${outcome}${cause === null ? '' : ` ${cause}`}`,
  )
}

export function traceOf(schedule: CompiledSchedule, at: string, zoneName = 'UTC'): readonly string[] {
  const found = schedule.nextCandidate(instant(at, zoneName) - 1)
  if (found === null || local(found.nominal, zoneName) !== at)
    throw new Error(`nothing is asked for at ${at}`)
  return found.trace.map(({ step, text }) => `${step}: ${text}`)
}
