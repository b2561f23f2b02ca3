import type { TenantManifest } from '../kinds.ts'
import { identityOf, partsOf } from '../names.ts'
import type { Refusal } from './guard.ts'
import type { LiveSnapshot } from './live-entry.ts'
import type { Plan } from './plan-tree.ts'

/**
 * A tree is validated against its tenants' limits by itself; what several sources have together is known only here. Refuses
 * a plan that adds schedules to a tenant beyond its limit. null: there is room.
 */
export function refuseBeyondTenant(plan: Plan, live: LiveSnapshot): Refusal | null {
  const change = new Map<string, { added: number; deleted: number }>()
  const written = new Map<string, TenantManifest | null>()
  for (const action of plan.actions) {
    const { kind, tenant } = partsOf(action.identity)
    if (kind === 'Tenant' && (action.action === 'create' || action.action === 'update'))
      written.set(tenant, action.document.manifest as TenantManifest)
    if (kind === 'Tenant' && action.action === 'delete') written.set(tenant, null)
    if (kind !== 'Schedule') continue
    const counts = change.get(tenant) ?? { added: 0, deleted: 0 }
    if (action.action === 'create') counts.added += 1
    if (action.action === 'delete') counts.deleted += 1
    change.set(tenant, counts)
  }
  for (const [tenant, { added, deleted }] of change) {
    if (added === 0) continue
    const standing = live.get(identityOf('Tenant', tenant, tenant))?.entry.manifest as
      | TenantManifest
      | undefined
    const manifest = written.has(tenant) ? written.get(tenant) : standing
    const limit = manifest?.spec.limits?.schedules
    if (limit === undefined) continue
    const count = schedulesOf(tenant, live) + added - deleted
    if (count <= limit) continue
    const message = `the tenant ${tenant} would have ${count} schedules over all sources; its limit is ${limit}`
    return { code: 'tenant-limit', message }
  }
  return null
}

function schedulesOf(tenant: string, live: LiveSnapshot): number {
  let count = 0
  for (const identity of live.keys()) {
    const parts = partsOf(identity)
    if (parts.kind === 'Schedule' && parts.tenant === tenant) count += 1
  }
  return count
}
