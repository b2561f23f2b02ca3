import type { PruneLimit } from '../core/plan/guard.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { ApplyReply, ControlHandlers } from '../ports/control.ts'

const ANY_PRUNE: PruneLimit = { count: Number.MAX_SAFE_INTEGER, percent: 100 }

/** What this instance does for others, if it leads. */
export function controlHandlers(scheduler: Scheduler, pruneLimit: PruneLimit): ControlHandlers {
  return {
    async apply({ source, tree, allowPrune }): Promise<ApplyReply> {
      const outcome = await scheduler.applyTree({ source, tree, limit: allowPrune ? ANY_PRUNE : pruneLimit })
      switch (outcome.kind) {
        case 'applied':
        case 'unchanged':
          return { outcome: outcome.kind, revision: outcome.revision, counts: outcome.counts }
        case 'refused':
          return { outcome: 'refused', code: outcome.code, message: outcome.message }
        case 'behind':
          return { outcome: 'refused', code: 'behind', message: outcome.message }
        case 'invalid':
          return {
            outcome: 'refused',
            code: 'invalid',
            message: outcome.problems[0]?.message ?? 'the tree is not valid',
          }
        case 'moved':
          return {
            outcome: 'refused',
            code: 'leader-lost',
            message: 'leadership moved meanwhile; apply again',
          }
      }
    },
  }
}
