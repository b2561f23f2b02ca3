import { calendarCatalog } from '../calendar/catalog.ts'
import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { openCalendar } from '../calendar/open-calendar.ts'
import { BelfryError, type Problem } from '../errors.ts'
import type { ScheduleSpec } from '../kinds.ts'
import { effectiveSchedule } from '../manifest/effective-schedule.ts'
import { locate } from '../manifest/tree.ts'
import type { DocumentOf, TreeIndex } from '../manifest/tree-index.ts'
import { err, ok, type Result } from '../result.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { catalogueOf } from '../schedule/catalogue.ts'
import { compileSchedule } from '../schedule/compile.ts'
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import { calendarNames } from '../trigger/compile-trigger.ts'

/** A schedule that compiles, with what later checks ask of it. */
export interface CheckedSchedule {
  readonly spec: ScheduleSpec
  readonly zone: Zone
  readonly compiled: CompiledSchedule
}

/** The calendars of a tree: compiled ones shared, problems said once, at the calendar that has them. */
export function compileCalendars(index: TreeIndex, before: CalendarShelf | null) {
  const shelf = new CalendarShelf(catalogueOf(index), before)
  const failed = index.all('Calendar').filter(({ tenant, name }) => !shelf.compiled(tenant, name).ok)
  const broken = failed.map((document) => {
    const catalog = calendarCatalog({
      find: (name) => {
        const found = index.calendar(document.tenant, name)
        return found && { manifest: found.manifest, origin: { locate: (path) => locate(found, path) } }
      },
      names: () => [],
    })
    const compiled = catalog.compile(document.name)
    // A calendar that is combined of a broken one is mended by mending that one.
    const own = compiled.ok ? [] : compiled.error.filter(({ code }) => code !== 'broken-calendar')
    return { document, problems: own }
  })
  return { shelf, broken }
}

/**
 * Compiles a schedule as far as it can be. A zone or calendar that is missing or broken is a problem said elsewhere:
 * UTC or a calendar without closed days stands in, so that the rest is looked at all the same, but the schedule is then
 * not one to ask about its times.
 */
export function compileChecked(
  document: DocumentOf<'Schedule'>,
  index: TreeIndex,
  shelf: CalendarShelf,
): Result<CheckedSchedule, readonly Problem[]> {
  const { tenant, name } = document
  const written = effectiveSchedule(document.manifest.spec, index.tenant(tenant)?.manifest.spec)
  const known = zoneOf(written.timezone ?? '')
  const zone = known.ok ? known.value : utc()
  const spec = known.ok ? written : { ...written, timezone: zone.name }
  let standsIn = !known.ok
  const calendar = (asked: string): Result<CompiledCalendar, Problem[]> => {
    const compiled = shelf.compiled(tenant, asked)
    if (compiled.ok) return compiled
    standsIn = true
    // With sessions, so that nobody is told to give hours to a calendar that is not there.
    return ok({ ...openCalendar(zone), hasSessions: true })
  }
  const compiled = compileSchedule(spec, { identity: `${tenant}/${name}`, calendar })
  if (!compiled.ok) return compiled
  return standsIn ? err([]) : ok({ spec, zone, compiled: compiled.value })
}

function utc(): Zone {
  const zone = zoneOf('UTC')
  if (!zone.ok) throw new BelfryError('internal', 'there is no zone UTC')
  return zone.value
}

/** Everything besides the document that `compileChecked` reads: equal lists give equal results. */
export function compileInputs(
  document: DocumentOf<'Schedule'>,
  index: TreeIndex,
  shelf: CalendarShelf,
): readonly unknown[] {
  const tenant = index.tenant(document.tenant)
  const names = calendarNames(effectiveSchedule(document.manifest.spec, tenant?.manifest.spec))
  return [tenant, ...names.map((name) => shelf.digest(document.tenant, name))]
}
