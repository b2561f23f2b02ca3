import type { Tree } from '../core/manifest/tree.ts'

/** What another process may ask of the leader. */
export interface ControlHandlers {
  /** Applies a validated tree as one source: plan, guard, compare-and-set, exactly as a watched folder. */
  apply(request: ApplyRequest): Promise<ApplyReply>
}

export interface ApplyRequest {
  readonly source: string
  readonly tree: Tree
  /** Lifts the prune guard for this one apply. */
  readonly allowPrune: boolean
  readonly author: string
}

export type ApplyReply =
  | { readonly outcome: 'applied' | 'unchanged'; readonly revision: string; readonly counts: ApplyCounts }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string }

export interface ApplyCounts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly deleted: number
}
