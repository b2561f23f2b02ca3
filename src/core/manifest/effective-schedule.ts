import type { ScheduleSpec, TenantSpec } from '../kinds.ts'

/**
 * A schedule's spec with the defaults of its tenant under it: a field that the schedule has wins, `misfire` is merged
 * field by field. Belfry's own defaults are not filled in.
 */
export function effectiveSchedule(spec: ScheduleSpec, tenant: TenantSpec | undefined): ScheduleSpec {
  const defaults = tenant?.defaults
  if (defaults === undefined) return spec
  const misfire = { ...defaults.misfire, ...spec.misfire }
  return { ...defaults, ...spec, ...(Object.keys(misfire).length === 0 ? {} : { misfire }) }
}
