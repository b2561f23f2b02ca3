import { guardPlan, type PruneLimit, type Refusal } from './guard.ts'
import type { LiveSnapshot } from './live-entry.ts'
import type { Plan } from './plan-tree.ts'
import { refuseBeyondPace } from './tenant-pace.ts'
import { refuseBeyondTenant } from './tenant-room.ts'

export interface RefusalOptions {
  readonly limit: PruneLimit
  /** The present moment, epoch milliseconds: a tenant's fires are counted from its day on. */
  readonly at: number
}

/** Whether a plan may be applied, in steps; null: it may. */
export function* refusalInSteps(
  plan: Plan,
  live: LiveSnapshot,
  { limit, at }: RefusalOptions,
): Generator<void, Refusal | null> {
  const refusal = guardPlan(plan, live, limit) ?? refuseBeyondTenant(plan, live)
  return refusal ?? (yield* refuseBeyondPace(plan, live, at))
}

/** The same at once. */
export function refusalOf(plan: Plan, live: LiveSnapshot, options: RefusalOptions): Refusal | null {
  const deciding = refusalInSteps(plan, live, options)
  for (;;) {
    const step = deciding.next()
    if (step.done === true) return step.value
  }
}
