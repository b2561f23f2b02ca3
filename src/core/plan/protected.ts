import type { CalendarManifest, JobManifest, ScheduleManifest } from '../kinds.ts'
import { DEFAULT_TENANT, type Identity, identityOf, partsOf } from '../names.ts'
import { membersOf } from '../schedule/calendar-shelf.ts'
import { calendarNames } from '../trigger/compile-trigger.ts'
import type { LiveRecord } from './live-entry.ts'

/**
 * Of the records that a tree no longer has, those that must stay live: schedules with `protect: true`, and what they
 * refer to, without which they could not go on.
 */
export function protectedIdentities(orphans: readonly LiveRecord[]): ReadonlySet<Identity> {
  const byIdentity = new Map(orphans.map((record) => [record.identity, record]))
  const kept = new Set<Identity>()
  const keep = (identity: Identity): void => {
    const record = byIdentity.get(identity)
    if (record === undefined || kept.has(identity)) return
    kept.add(identity)
    const { tenant } = partsOf(identity)
    const { manifest } = record.entry
    const calendar = (name: string): void => {
      keep(identityOf('Calendar', tenant, name))
      keep(identityOf('Calendar', DEFAULT_TENANT, name))
    }
    if (manifest.kind === 'Schedule') {
      const { spec } = manifest as ScheduleManifest
      keep(identityOf('Job', tenant, spec.job))
      keep(identityOf('Tenant', tenant, tenant))
      calendarNames(spec).forEach(calendar)
      for (const trigger of spec.triggers) {
        if (!('after' in trigger)) continue
        if ('job' in trigger.after) keep(identityOf('Job', tenant, trigger.after.job))
        else keep(identityOf('Schedule', tenant, trigger.after.schedule))
      }
    } else if (manifest.kind === 'Job') {
      keep(identityOf('Adapter', tenant, (manifest as JobManifest).spec.adapter))
    } else if (manifest.kind === 'Calendar') {
      membersOf((manifest as CalendarManifest).spec).forEach(calendar)
    }
  }
  for (const { identity, entry } of orphans) {
    if (entry.manifest.kind === 'Schedule' && (entry.manifest as ScheduleManifest).spec.protect === true)
      keep(identity)
  }
  return kept
}
