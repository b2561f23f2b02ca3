import { TreeIndex } from '../manifest/tree-index.ts'
import { type Identity, identityOf, partsOf } from '../names.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { type Catalogue, type CatalogueEntry, catalogueOf } from '../schedule/catalogue.ts'
import { compileSchedule } from '../schedule/compile.ts'
import { zoneOf } from '../time/zone.ts'
import { effectiveSpec } from '../trigger/compile-trigger.ts'
import { type NamedSchedule, tooClose, tooMany } from './check-limits.ts'
import type { CheckedSchedule } from './compile-checked.ts'
import type { Refusal } from './guard.ts'
import type { LiveSnapshot } from './live-entry.ts'
import type { Plan } from './plan-tree.ts'
import { mostFiresPerDay, type Survey, surveyFires } from './survey-fires.ts'
import { liveCatalogue } from './tree-as-live.ts'

const DAY_MS = 86_400_000

/**
 * A tree is validated against its tenants' limits by itself; what several sources have together is known only here. Refuses
 * a plan after which a tenant has more fires on a day, or fires closer to each other, than its limits allow in the days to
 * come. In steps, since counting the fires of many schedules takes its time. null: within the limits.
 */
export function* refuseBeyondPace(
  plan: Plan,
  live: LiveSnapshot,
  at: number,
): Generator<void, Refusal | null> {
  const touched = tenantsShared(plan, live)
  if (touched.size === 0) return null
  const { catalogue, identities } = applied(plan, live)
  const shelf = new CalendarShelf(catalogue)
  const today = Math.floor(at / DAY_MS) * DAY_MS
  for (const [tenant, changed] of touched) {
    const manifest = catalogue.find('Tenant', tenant, tenant)?.manifest
    const limits = manifest?.spec.limits
    const zone = zoneOf(manifest?.spec.defaults?.timezone ?? 'UTC')
    if (limits === undefined || !zone.ok) continue
    if (limits.minInterval === undefined && limits.firesPerDay === undefined) continue
    const surveys = new Map<CheckedSchedule, Survey>()
    const survey = (schedule: CheckedSchedule): Survey => {
      const known = surveys.get(schedule) ?? surveyFires(schedule, today, zone.value)
      surveys.set(schedule, known)
      return known
    }
    const schedules: NamedSchedule[] = []
    let most = 0
    for (const identity of identities(tenant)) {
      const { name } = partsOf(identity)
      const schedule = checkedIn(catalogue, shelf, { tenant, name })
      // What does not compile fires nothing, and is told of elsewhere.
      if (schedule === null) continue
      schedules.push({ name, schedule })
      most += mostFiresPerDay(schedule.spec.triggers)
      const problem = changed.has(identity) ? tooClose(schedule, limits, survey) : undefined
      if (problem !== undefined) return refusal(`${name}: ${problem.message}; ${problem.expected ?? ''}`)
      yield
    }
    if (limits.firesPerDay === undefined || most <= limits.firesPerDay) continue
    for (const { schedule } of schedules) {
      survey(schedule)
      yield
    }
    const problem = tooMany(schedules, limits, { survey, tenant, zone: zone.value })
    if (problem !== undefined)
      return refusal(
        `${problem.message}, over all sources; ${problem.expected ?? ''}: ${problem.found ?? ''}`,
      )
  }
  return null
}

function refusal(message: string): Refusal {
  return { code: 'tenant-limit', message }
}

/** Tenants that other sources have a part in, each with the schedules of it that the plan changes. */
function tenantsShared(plan: Plan, live: LiveSnapshot): ReadonlyMap<string, ReadonlySet<Identity>> {
  const changed = new Map<string, Set<Identity>>()
  for (const action of plan.actions) {
    if (action.action !== 'create' && action.action !== 'update' && action.action !== 'rename') continue
    const { kind, tenant } = partsOf(action.identity)
    const schedules = changed.get(tenant) ?? new Set()
    if (kind === 'Schedule') schedules.add(action.identity)
    changed.set(tenant, schedules)
  }
  const shared = new Set<string>()
  for (const { identity, entry } of live.values()) {
    const { kind, tenant } = partsOf(identity)
    if (entry.source !== plan.source && (kind === 'Tenant' || kind === 'Schedule')) shared.add(tenant)
  }
  return new Map([...changed].filter(([tenant]) => shared.has(tenant)))
}

/** Live state as it would be after the plan. */
function applied(plan: Plan, live: LiveSnapshot) {
  const written = plan.actions.flatMap((action) =>
    action.action === 'create' || action.action === 'update' || action.action === 'rename'
      ? [action.document]
      : [],
  )
  const gone = new Set(
    plan.actions.flatMap((action) =>
      action.action === 'delete'
        ? [action.identity]
        : action.action === 'rename'
          ? [action.from.identity]
          : [],
    ),
  )
  const before = liveCatalogue(live)
  const after = catalogueOf(new TreeIndex(written))
  const catalogue: Catalogue = {
    find: (kind, tenant, name) =>
      after.find(kind, tenant, name) ??
      (gone.has(identityOf(kind, tenant, name)) ? undefined : before.find(kind, tenant, name)),
  }
  const all = new Set([...live.keys(), ...written.map(({ identity }) => identity)])
  const identities = (tenant: string): readonly Identity[] =>
    [...all].filter((identity) => {
      const parts = partsOf(identity)
      return parts.kind === 'Schedule' && parts.tenant === tenant && !gone.has(identity)
    })
  return { catalogue, identities }
}

function checkedIn(
  catalogue: Catalogue,
  shelf: CalendarShelf,
  { tenant, name }: { readonly tenant: string; readonly name: string },
): CheckedSchedule | null {
  const schedule: CatalogueEntry<'Schedule'> | undefined = catalogue.find('Schedule', tenant, name)
  if (schedule === undefined) return null
  const spec = effectiveSpec(schedule, catalogue)
  const zone = zoneOf(spec.timezone ?? '')
  const compiled = compileSchedule(spec, {
    identity: `${tenant}/${name}`,
    calendar: (calendar) => shelf.compiled(tenant, calendar),
  })
  return compiled.ok && zone.ok ? { spec, zone: zone.value, compiled: compiled.value } : null
}
