import type { PruneLimit } from '../core/plan/guard.ts'
import type { Scheduler } from '../engine/scheduler.ts'
import type { ApplyReply, TreeHandler } from '../ports/control.ts'

const ANY_PRUNE: PruneLimit = { count: Number.MAX_SAFE_INTEGER, percent: 100 }

/** Applies trees that other processes send, if this instance leads. */
export function treeHandler(scheduler: Scheduler, pruneLimit: PruneLimit): TreeHandler {
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
