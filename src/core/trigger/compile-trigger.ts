import { type Path, type Problem, problem, under } from '../errors.ts'
import type { ScheduleSpec, Upstream } from '../kinds.ts'
import { mergeData } from '../manifest/data.ts'
import { effectiveSchedule } from '../manifest/effective-schedule.ts'
import { replacedNames } from '../manifest/replaced-names.ts'
import { err, ok, type Result } from '../result.ts'
import { laneOf } from '../run/lane.ts'
import { policyOf } from '../run/run-policy.ts'
import type { CalendarShelf } from '../schedule/calendar-shelf.ts'
import type { Catalogue, CatalogueEntry } from '../schedule/catalogue.ts'
import { compileSchedule } from '../schedule/compile.ts'
import { parseInstant } from '../time/instant.ts'
import { zoneOf } from '../time/zone.ts'
import type { CompiledTrigger } from './compiled-trigger.ts'
import type { Decidable } from './decision.ts'
import { eventWaitOf } from './event-triggers.ts'
import { misfireSettings, overlapSettings } from './policy.ts'
import { rateLimitSettings } from './rate-limit.ts'
import { timingDigest } from './timing-digest.ts'

export interface TriggerFacts {
  readonly generation: number
  readonly revision: string
  /** Nothing at or before it fires, epoch milliseconds. */
  readonly activeFrom: number
}

/** The calendars that a schedule asks, in the order of use, each once. */
export function calendarNames(spec: ScheduleSpec): readonly string[] {
  const names = spec.calendar === undefined ? [] : [spec.calendar]
  for (const trigger of spec.triggers) {
    if ('session' in trigger && trigger.session.calendar !== undefined) names.push(trigger.session.calendar)
  }
  return [...new Set(names)]
}

/** Everything that decides the times of a schedule, without compiling it: cheap enough to ask of a whole tree. */
export function timingDigestOf(
  schedule: CatalogueEntry<'Schedule'>,
  catalogue: Catalogue,
  shelf: CalendarShelf,
): string {
  const spec = effectiveSpec(schedule, catalogue)
  const job = catalogue.find('Job', schedule.tenant, spec.job)
  return timingDigest({
    spec,
    jobSuspended: job?.manifest.spec.suspend === true,
    calendars: calendarNames(spec).map((name) => shelf.digest(schedule.tenant, name)),
  })
}

export function effectiveSpec(schedule: CatalogueEntry<'Schedule'>, catalogue: Catalogue): ScheduleSpec {
  const tenant = catalogue.find('Tenant', schedule.tenant, schedule.tenant)
  return effectiveSchedule(schedule.manifest.spec, tenant?.manifest.spec)
}

/** Joins a schedule with all that it refers to. Fails with every problem at once; paths begin at its document's root. */
export function compileTrigger(
  schedule: CatalogueEntry<'Schedule'>,
  {
    catalogue,
    shelf,
    facts,
  }: { readonly catalogue: Catalogue; readonly shelf: CalendarShelf; readonly facts: TriggerFacts },
): Result<CompiledTrigger, Problem[]> {
  const { tenant, name } = schedule
  const spec = effectiveSpec(schedule, catalogue)
  const job = catalogue.find('Job', tenant, spec.job)
  const compiled = compileSchedule(spec, {
    identity: `${tenant}/${name}`,
    calendar: (calendar) => {
      const found = shelf.compiled(tenant, calendar)
      return found.ok ? found : err(found.error.map((inner) => atCalendar(inner, calendar)))
    },
    locate: (path: Path) => schedule.locate(path),
  })
  const problems: Problem[] = compiled.ok ? [] : [...compiled.error]
  if (job === undefined) {
    problems.push(
      problem('unknown-reference', `there is no Job "${spec.job}"`, {
        path: ['spec', 'job'],
        found: spec.job,
      }),
    )
  }
  const suspension = suspensionOf(spec, job?.manifest.spec.suspend === true)
  if (!suspension.ok) problems.push(suspension.error)
  if (!compiled.ok || job === undefined || !suspension.ok) return err(problems)
  const { adapter, message, version, priority, data } = job.manifest.spec
  const merged = mergeData(data, spec.data)
  const adapterSpec = catalogue.find('Adapter', tenant, adapter)?.manifest.spec
  const policy = policyOf({
    job: job.manifest.spec,
    adapter: adapterSpec,
    data: merged,
  })
  const rateLimit = rateLimitSettings(adapterSpec?.rateLimit)
  const after = upstreamsOf(spec, tenant, catalogue)
  const waits = spec.triggers.flatMap((trigger) =>
    'event' in trigger
      ? [eventWaitOf(trigger, { job: job.manifest.spec, adapter: adapterSpec, data: merged })]
      : [],
  )
  const formerNames = replacedNames(spec)
  return ok({
    key: { tenant, schedule: name },
    compiled: compiled.value,
    misfire: misfireSettings(spec.misfire),
    overlap: overlapSettings(spec),
    maxFires: spec.maxFires ?? null,
    suspension: suspension.value,
    timingDigest: timingDigestOf(schedule, catalogue, shelf),
    job: spec.job,
    adapter,
    lane: laneOf(policy?.key, adapterSpec?.partitions),
    message,
    jobVersion: version ?? 1,
    payload: JSON.stringify(merged),
    ...(policy === undefined ? {} : { policy }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(after.length === 0 ? {} : { after }),
    ...(waits.length === 0 ? {} : { events: { since: activeFromOf(spec), waits } }),
    ...(formerNames.length === 0 ? {} : { formerNames }),
    priority: spec.priority ?? priority ?? 0,
    calendars: calendarNames(spec).map(
      (calendar) => `${calendar}:${shelf.digest(tenant, calendar).slice(0, 12)}`,
    ),
    ...facts,
  })
}

/** What it follows on. The runs that a schedule had under a former name are its runs. */
function upstreamsOf({ triggers }: ScheduleSpec, tenant: string, catalogue: Catalogue): readonly Upstream[] {
  return triggers.flatMap((trigger): readonly Upstream[] => {
    if (!('after' in trigger)) return []
    const { after } = trigger
    if ('job' in after) return [after]
    const upstream = catalogue.find('Schedule', tenant, after.schedule)?.manifest.spec
    const former = upstream === undefined ? [] : replacedNames(upstream)
    return [after, ...former.map((schedule) => ({ ...after, schedule }))]
  })
}

function activeFromOf({ activeFrom, timezone }: ScheduleSpec): number | null {
  const zone = activeFrom === undefined ? null : zoneOf(timezone ?? 'UTC')
  const parsed = activeFrom === undefined || !zone?.ok ? null : parseInstant(activeFrom, zone.value)
  return parsed?.ok ? parsed.value - 1 : null
}

/** A calendar's own problems are told where they are: here only that it cannot be used. */
function atCalendar(inner: Problem, name: string): Problem {
  const { path: _, ...rest } = inner
  return { ...rest, path: ['spec', 'calendar'], message: `Calendar "${name}": ${inner.message}` }
}

function suspensionOf(spec: ScheduleSpec, jobSuspended: boolean): Result<Decidable['suspension'], Problem> {
  const { suspend } = spec
  if (jobSuspended || suspend === true) return ok({ until: null })
  if (suspend === undefined || suspend === false) return ok(null)
  if (suspend.until === undefined) return ok({ until: null })
  const zone = zoneOf(spec.timezone ?? 'UTC')
  const until = zone.ok ? parseInstant(suspend.until, zone.value) : zone
  return until.ok ? ok({ until: until.value }) : err(under(['spec', 'suspend', 'until'], until.error))
}
