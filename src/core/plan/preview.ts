import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { type Problem, problem } from '../errors.ts'
import type { CronDialect, DaylightSaving, ScheduleSpec } from '../kinds.ts'
import type { Tree } from '../manifest/tree.ts'
import { type DocumentOf, TreeIndex } from '../manifest/tree-index.ts'
import { DEFAULT_TENANT } from '../names.ts'
import { nearest } from '../nearest.ts'
import { err, ok, type Result } from '../result.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { type CatalogueEntry, catalogueOf } from '../schedule/catalogue.ts'
import { compileSchedule } from '../schedule/compile.ts'
import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import { parseInstant } from '../time/instant.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import { calendarNames, compileTrigger, effectiveSpec } from '../trigger/compile-trigger.ts'
import type { CompiledTrigger } from '../trigger/compiled-trigger.ts'

/** Something whose times can be asked for. */
export interface Timed {
  /** `tenant/name` of a schedule, or a bare expression. */
  readonly id: string
  readonly zone: Zone
  readonly compiled: CompiledSchedule
  /**
   * Nothing at or before it fires, whatever the triggers say: just before `activeFrom`, or the end of a suspension,
   * epoch milliseconds; Infinity while suspended without an end, -Infinity without either.
   */
  readonly firesAfter: number
}

/** One schedule of a tree, compiled by the code that the engine compiles with. */
export interface PreviewedSchedule extends Timed {
  /** The tenant's defaults merged. */
  readonly spec: ScheduleSpec
  readonly trigger: CompiledTrigger
  /** The first instant that this version may fire, epoch milliseconds; -Infinity: from when it is applied. */
  readonly activeFrom: number
  readonly entry: CatalogueEntry<'Schedule'>
  /** Its job is suspended, and the schedule with it. */
  readonly jobSuspended: boolean
  /** Those that it names: its own, then those of its session triggers. */
  readonly calendars: readonly CompiledCalendar[]
}

/** A tree to ask about its times, before any of it is applied. */
export interface Preview {
  readonly index: TreeIndex
  /** `tenant/name` of every schedule, in order. */
  readonly scheduleIds: readonly string[]
  /** One schedule by `name` or `tenant/name`; a problem with a suggestion if there is none, or none is meant alone. */
  schedule(name: string): Result<PreviewedSchedule, readonly Problem[]>
  /** All schedules, in the order of their ids. */
  schedules(): Result<readonly PreviewedSchedule[], readonly Problem[]>
  readonly calendars: readonly DocumentOf<'Calendar'>[]
  /** One calendar by `name` or `tenant/name`. */
  calendar(name: string): Result<CompiledCalendar, readonly Problem[]>
}

/** `activeFrom` is the moment at which the tree counts as applied, epoch milliseconds: nothing at or before it fires. */
export function previewOf(tree: Tree, activeFrom: number): Preview {
  const index = new TreeIndex(tree.documents)
  const catalogue = catalogueOf(index)
  const shelf = new CalendarShelf(catalogue)
  const facts = { generation: 1, revision: tree.digest, activeFrom }
  const compiled = new Map<string, Result<PreviewedSchedule, readonly Problem[]>>()
  const schedules = index.all('Schedule')
  const calendars = index.all('Calendar')

  function compile({ tenant, name }: DocumentOf<'Schedule'>): Result<PreviewedSchedule, readonly Problem[]> {
    const id = `${tenant}/${name}`
    let known = compiled.get(id)
    if (known === undefined) {
      const entry = catalogue.find('Schedule', tenant, name)!
      const spec = effectiveSpec(entry, catalogue)
      const zone = zoneOf(spec.timezone ?? 'UTC')
      const trigger = compileTrigger(entry, { catalogue, shelf, facts })
      const jobSuspended = catalogue.find('Job', tenant, spec.job)?.manifest.spec.suspend === true
      if (!trigger.ok || !zone.ok) known = err(trigger.ok ? [] : trigger.error)
      else {
        const starts = activeFromOf(spec, zone.value)
        const { suspension } = trigger.value
        const suspended = suspension === null ? starts - 1 : (suspension.until ?? Number.POSITIVE_INFINITY)
        const firesAfter = Math.max(starts - 1, suspended)
        const { compiled: times } = trigger.value
        const calendars = calendarNames(spec).flatMap((calendar) => {
          const found = shelf.compiled(tenant, calendar)
          return found.ok ? [found.value] : []
        })
        const facts = { spec, trigger: trigger.value, activeFrom: starts, entry, jobSuspended, calendars }
        known = ok({ id, zone: zone.value, compiled: times, firesAfter, ...facts })
      }
      compiled.set(id, known)
    }
    return known
  }

  return {
    index,
    scheduleIds: schedules.map(({ tenant, name }) => `${tenant}/${name}`),
    calendars,
    schedule(name) {
      const found = findNamed(schedules, name, 'schedule')
      return found.ok ? compile(found.value) : err([found.error])
    },
    schedules() {
      const all = schedules.map(compile)
      const problems = all.flatMap((each) => (each.ok ? [] : each.error))
      return problems.length > 0 ? err(problems) : ok(all.flatMap((each) => (each.ok ? [each.value] : [])))
    },
    calendar(name) {
      const found = findNamed(calendars, name, 'calendar')
      return found.ok ? shelf.compiled(found.value.tenant, found.value.name) : err([found.error])
    },
  }
}

export interface CronPreviewOptions {
  readonly timezone: string
  readonly dialect?: CronDialect
  readonly dst?: DaylightSaving
}

/** A bare cron expression as a schedule of its own, without job or calendar. */
export function previewOfCron(
  expression: string,
  { timezone, dialect, dst }: CronPreviewOptions,
): Result<Timed, readonly Problem[]> {
  const cron = dialect === undefined ? { cron: expression } : { cron: expression, dialect }
  const spec = { job: 'none', timezone, triggers: [cron], ...(dst === undefined ? {} : { dst }) }
  const zone = zoneOf(timezone)
  const compiled = compileSchedule(spec, { identity: expression, calendar: () => err([]) })
  if (!zone.ok || !compiled.ok) return err(compiled.ok ? [] : compiled.error)
  const firesAfter = Number.NEGATIVE_INFINITY
  return ok({ id: expression, zone: zone.value, compiled: compiled.value, firesAfter })
}

function activeFromOf({ activeFrom }: ScheduleSpec, zone: Zone): number {
  const instant = activeFrom === undefined ? null : parseInstant(activeFrom, zone)
  return instant?.ok === true ? instant.value : Number.NEGATIVE_INFINITY
}

interface Named {
  readonly tenant: string
  readonly name: string
}

/** `name` alone means that of the tenant `default`, else the only one of that name. */
export function findNamed<T extends Named>(
  all: readonly T[],
  text: string,
  what: string,
): Result<T, Problem> {
  const idOf = ({ tenant, name }: Named): string => `${tenant}/${name}`
  const exact = all.find((each) => idOf(each) === text || idOf(each) === `${DEFAULT_TENANT}/${text}`)
  if (exact !== undefined) return ok(exact)
  const same = all.filter(({ name }) => name === text)
  if (same.length === 1) return ok(same[0]!)
  if (same.length > 1) {
    const found = same.map(idOf).join(', ')
    const message = `several tenants have a ${what} "${text}"`
    return err(problem('unknown-reference', message, { expected: 'TENANT/NAME', found }))
  }
  const names = all.flatMap((each) =>
    each.tenant === DEFAULT_TENANT ? [each.name, idOf(each)] : [idOf(each), each.name],
  )
  const suggestion = nearest(text, names)
  const details = suggestion === undefined ? { found: text } : { found: text, suggestion }
  return err(problem('unknown-reference', `there is no ${what} "${text}"`, details))
}
