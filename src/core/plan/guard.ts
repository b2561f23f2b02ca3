import type { LiveSnapshot } from './live-entry.ts'
import type { Action, Plan } from './plan-tree.ts'

/** A plan that deletes more than both of these is refused. */
export interface PruneLimit {
  readonly count: number
  /** Of what the source has live, 0 to 100. */
  readonly percent: number
}

export const DEFAULT_PRUNE_LIMIT: PruneLimit = { count: 10, percent: 20 }

/** Why a plan is not applied. Nothing of it is then applied. */
export interface Refusal {
  readonly code: 'prune-guard' | 'owned-by-other-source' | 'tenant-limit'
  readonly message: string
}

/** null: the plan may be applied. */
export function guardPlan(plan: Plan, live: LiveSnapshot, limit: PruneLimit): Refusal | null {
  const foreign = plan.actions.filter((action) => action.action === 'unmanaged' && action.wanted)
  if (foreign.length > 0) {
    const owners = foreign.map((action) => `${action.identity} (source "${ownerOf(action)}")`)
    const message = `these belong to another source: ${owners.slice(0, 5).join(', ')}${more(owners.length, 5)}`
    return { code: 'owned-by-other-source', message }
  }
  const deletes = plan.actions.filter((action) => action.action === 'delete')
  const owned = [...live.values()].filter(({ entry }) => entry.source === plan.source).length
  const percent = owned === 0 ? 0 : (100 * deletes.length) / owned
  if (deletes.length > limit.count && percent > limit.percent) {
    const names = deletes.map(({ identity }) => identity)
    const share = `${deletes.length} of ${owned} objects (${Math.round(percent)} %)`
    const message =
      `would delete ${share}, more than ${limit.count} and more than ${limit.percent} %: ` +
      `${names.slice(0, 5).join(', ')}${more(names.length, 5)}; to allow it: --max-prune ${deletes.length},${Math.ceil(percent)}%`
    return { code: 'prune-guard', message }
  }
  return null
}

function ownerOf(action: Action): string {
  return action.action === 'unmanaged' ? action.live.entry.source : ''
}

function more(count: number, shown: number): string {
  return count > shown ? ` and ${count - shown} more` : ''
}
