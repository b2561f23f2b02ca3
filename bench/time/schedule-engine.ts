import { compileCalendar } from '../../src/core/calendar/compile.ts'
import type { CompiledCalendar } from '../../src/core/calendar/compiled-calendar.ts'
import type { CalendarSpec, ScheduleSpec } from '../../src/core/kinds.ts'
import { err, ok } from '../../src/core/result.ts'
import { compileSchedule } from '../../src/core/schedule/compile.ts'
import type { CompiledSchedule } from '../../src/core/schedule/compiled-schedule.ts'
import { epochDayOfLocal } from '../../src/core/time/local.ts'
import { zoneOf } from '../../src/core/time/zone.ts'
import { START } from './cases.ts'
import type { Engine } from './engines.ts'

/** The holidays of a large exchange, by rule, so that they go on for ever. */
const EXCHANGE: Omit<CalendarSpec, 'timezone'> = {
  weekend: ['sat', 'sun'],
  hours: [{ open: '09:30', close: '16:00' }],
  rules: [
    { id: 'new-year', name: 'New Year', date: '01-01', observed: { sat: 'sat', sun: 'mon' } },
    { id: 'king', name: 'King', month: 'jan', weekday: 'mon', nth: 3 },
    { id: 'washington', name: 'Washington', month: 'feb', weekday: 'mon', nth: 3 },
    { id: 'good-friday', name: 'Good Friday', easter: -2 },
    { id: 'memorial', name: 'Memorial Day', month: 'may', weekday: 'mon', nth: -1 },
    { id: 'juneteenth', name: 'Juneteenth', date: '06-19', observed: { sat: 'fri', sun: 'mon' } },
    { id: 'independence', name: 'Independence Day', date: '07-04', observed: { sat: 'fri', sun: 'mon' } },
    { id: 'labor', name: 'Labor Day', month: 'sep', weekday: 'mon', nth: 1 },
    { id: 'thanksgiving', name: 'Thanksgiving', month: 'nov', weekday: 'thu', nth: 4 },
    { id: 'christmas', name: 'Christmas', date: '12-25', observed: { sat: 'fri', sun: 'mon' } },
  ],
}

const calendars = new Map<string, CompiledCalendar>()

/** One calendar a zone, shared by all schedules as the catalogue of a tree shares it. */
export function exchangeIn(timezone: string): CompiledCalendar {
  let calendar = calendars.get(timezone)
  if (calendar === undefined) {
    const manifest = {
      apiVersion: 'belfry/v1',
      kind: 'Calendar',
      metadata: { name: 'exchange' },
      spec: { timezone, ...EXCHANGE },
    } as const
    const compiled = compileCalendar(manifest, () => err([]))
    if (!compiled.ok) throw new Error(compiled.error.map((found) => found.message).join('; '))
    calendar = compiled.value
    calendars.set(timezone, calendar)
  }
  return calendar
}

export function scheduleWith(
  cron: string,
  timezone: string,
  more: Partial<ScheduleSpec> & { readonly identity?: string } = {},
): CompiledSchedule {
  const { identity = 'default/bench', ...spec } = more
  const compiled = compileSchedule(
    { job: 'job', timezone, calendar: 'exchange', triggers: [{ cron }], ...spec },
    { identity, calendar: () => ok(exchangeIn(timezone)) },
  )
  if (!compiled.ok) throw new Error(compiled.error.map((found) => found.message).join('; '))
  return compiled.value
}

/** A schedule with its zone and an exchange's calendar, as the engine of belfry asks it. */
export const belfrySchedule: Engine = {
  name: 'belfry + calendar',
  walk(expression, timezone) {
    const schedule = scheduleWith(expression, timezone)
    let at: number | null = START
    return {
      next() {
        at = at === null ? null : schedule.next(at)
        return at
      },
      back() {
        at = START
      },
    }
  },
  admits(at, timezone) {
    const zone = zoneOf(timezone)
    return zone.ok && !exchangeIn(timezone).isClosed(epochDayOfLocal(zone.value.localAt(at)))
  },
}
