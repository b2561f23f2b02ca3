import { type CatalogSource, calendarCatalog } from '../../../src/core/calendar/catalog.ts'
import { compileCalendar } from '../../../src/core/calendar/compile.ts'
import type { CompiledCalendar } from '../../../src/core/calendar/compiled-calendar.ts'
import type { CalendarOrigin } from '../../../src/core/calendar/definition.ts'
import { type Problem, problem } from '../../../src/core/errors.ts'
import type { CalendarManifest, CalendarRule, CalendarSpec } from '../../../src/core/kinds.ts'
import { err } from '../../../src/core/result.ts'
import { formatDate, parseDate } from '../../../src/core/time/civil.ts'

export function manifestOf(name: string, spec: CalendarSpec): CalendarManifest {
  return { apiVersion: 'belfry/v1', kind: 'Calendar', metadata: { name }, spec }
}

/** The calendar of a spec that needs no other; throws with its problems if it has any. */
export function calendarOf(spec: CalendarSpec, origin?: CalendarOrigin): CompiledCalendar {
  const compiled = compileCalendar(manifestOf('test', spec), () => err([]), origin)
  if (!compiled.ok) throw new Error(compiled.error.map(({ message }) => message).join('\n'))
  return compiled.value
}

/** A calendar with these rules and no weekend, so that every closed day is a rule's. */
export function rulesOnly(
  rules: readonly CalendarRule[],
  more: Partial<CalendarSpec> = {},
): CompiledCalendar {
  return calendarOf({ timezone: 'UTC', weekend: [], rules, ...more })
}

export function problemsOf(spec: CalendarSpec): readonly Problem[] {
  const compiled = compileCalendar(manifestOf('test', spec), (name) =>
    err([problem('unknown-reference', `there is no calendar ${name}`)]),
  )
  return compiled.ok ? [] : compiled.error
}

export function sourceOf(specs: Readonly<Record<string, CalendarSpec>>): CatalogSource {
  return {
    find: (name) => (specs[name] === undefined ? undefined : { manifest: manifestOf(name, specs[name]) }),
    names: () => Object.keys(specs),
  }
}

/** One of several calendars that refer to each other. */
export function memberOf(specs: Readonly<Record<string, CalendarSpec>>, name: string): CompiledCalendar {
  const compiled = calendarCatalog(sourceOf(specs)).compile(name)
  if (!compiled.ok) throw new Error(compiled.error.map(({ message }) => message).join('\n'))
  return compiled.value
}

export function day(date: string): number {
  const parsed = parseDate(date)
  if (parsed === null) throw new Error(`${date} is no date`)
  return parsed
}

/** The closed days of a year or of a range of dates, as dates. */
export function closedIn(calendar: CompiledCalendar, from: number | string, to?: string): string[] {
  const first = typeof from === 'number' ? day(`${from}-01-01`) : day(from)
  const last = to === undefined ? day(`${from}-12-31`) : day(to)
  const closed: string[] = []
  for (let each = first; each <= last; each++) if (calendar.isClosed(each)) closed.push(formatDate(each))
  return closed
}

export function iso(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z')
}
