import type { Data } from '../core/kinds.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { FireId } from '../core/names.ts'
import type { OneOffTarget } from '../core/trigger/one-off-target.ts'
import type { PauseMissed } from '../core/trigger/pause.ts'
import type { DeadLetter } from './dead-letters.ts'

/**
 * Everything that another process may ask of the leader, by the name that it has on the wire. A row here, and a handler
 * that reads and answers it, is all that a new request takes.
 */
export interface ControlRequests {
  readonly pause: Exchange<PauseRequest, PauseReply>
  readonly resume: Exchange<ResumeRequest, ResumeReply>
  readonly trigger: Exchange<TriggerRequest, TriggerReply>
  readonly backfill: Exchange<BackfillRequest, BackfillReply>
  readonly cancel: Exchange<CancelRequest, CancelReply>
  readonly retry: Exchange<RetryRequest, RetryReply>
  readonly requeue: Exchange<RequeueRequest, RequeueReply>
  readonly discard: Exchange<DiscardRequest, DiscardReply>
}

interface Exchange<Request, Reply> {
  readonly request: Request
  readonly reply: Reply
}

export type ControlName = keyof ControlRequests
export type RequestOf<N extends ControlName> = ControlRequests[N]['request']
export type ReplyOf<N extends ControlName> = ControlRequests[N]['reply']

/** Answers one kind of request. What it cannot do it throws as a BelfryError, whose code and message reach the caller. */
export interface ControlHandler<N extends ControlName> {
  /** Reads what somebody sent: anything at all. Throws `invalid-request`. */
  read(body: unknown): RequestOf<N>
  answer(request: RequestOf<N>): Promise<ReplyOf<N>>
}

/** What the leader can do; a name without a handler is refused. */
export type ControlHandlers = { readonly [N in ControlName]?: ControlHandler<N> }

/** Trees are too large for one message, and have an exchange of their own. */
export interface TreeHandler {
  /** Applies a validated tree as one source: plan, guard, compare-and-set, exactly as a watched folder. */
  apply(request: ApplyRequest): Promise<ApplyReply>
}

export interface PauseRequest {
  /** As `formatPauseTarget` writes it. */
  readonly target: string
  readonly author: string
  readonly reason: string
  /** Epoch milliseconds of the first moment that is not paused any more; null: until it is resumed. */
  readonly until: number | null
  readonly missed: PauseMissed
}

export interface PauseReply {
  /** Changed: it was paused already, and by, reason, until and missed are now these. */
  readonly outcome: 'paused' | 'changed' | 'unchanged'
  /** Epoch milliseconds since when it is paused. */
  readonly at: number
}

export interface ResumeRequest {
  readonly target: string
  readonly author: string
  /** What becomes of the times that the pause held back; null: what was said when it was paused. */
  readonly missed: PauseMissed | null
}

export interface ResumeReply {
  readonly outcome: 'resumed' | 'not-paused'
  /** Pauses that still hold some of it, as targets. */
  readonly stillPausedBy: readonly string[]
}

export interface TriggerRequest extends OneOffTarget {
  /** What makes a request the same as another: of a job or schedule, one key gives one run. */
  readonly key: string
  /** Merged over the data of the schedule and the job. */
  readonly data: Data | null
  /** Also where it is suspended or paused. */
  readonly force: boolean
  readonly author: string
  /** When it shall run, epoch milliseconds, whole seconds; null: now. */
  readonly at: number | null
}

export interface TriggerReply {
  readonly run: string
  /** The run's nominal time, epoch milliseconds. */
  readonly at: number
  /** It was asked for before: nothing was stored now, and the data is that of the first time. */
  readonly already: boolean
  /** Why it may have to wait, as sentences. */
  readonly notes: readonly string[]
}

/** One stretch of a backfill; who wants more asks again from `next`. */
export interface BackfillRequest {
  readonly tenant: string
  readonly schedule: string
  /** Nominal times from here, epoch milliseconds. */
  readonly from: number
  /** And before here. */
  readonly to: number
  /** Times that were fired before are fired again; equal keys are one repetition, and fire each once. */
  readonly again: string | null
  /** Times of which the log cannot tell any more whether they were fired. */
  readonly beyondLog: 'skip' | 'fire'
  /** Stores nothing, and tells what would be. */
  readonly dryRun: boolean
  readonly force: boolean
  readonly author: string
}

/**
 * What becomes of one nominal time. `fired`: it is stored now, or would be. `already`: this backfill has fired it before.
 * `in-log`: its own fire is in the log. `beyond-log`: nobody can tell whether it was fired. `pending`: the schedule has
 * not decided it yet, and will.
 */
export type BackfillOutcome = 'fired' | 'already' | 'in-log' | 'beyond-log' | 'pending'

export interface BackfillReply {
  /** Nominal times, epoch milliseconds, in order. */
  readonly times: readonly { readonly at: number; readonly outcome: BackfillOutcome }[]
  /** From where to go on; null: this was all. */
  readonly next: number | null
  /** The log holds every fire since this moment, epoch milliseconds. */
  readonly logReaches: number
}

export interface CancelRequest {
  readonly run: FireId
  readonly author: string
  readonly reason: string
}

export interface CancelReply {
  /** Asked: whoever has it, or gets it, stops it. Ended: it had ended before, as `state` says. */
  readonly outcome: 'cancelled' | 'asked' | 'ended'
  readonly state: string | null
}

export interface RetryRequest {
  readonly run: FireId
  /** Of one run, one key gives one run more. */
  readonly key: string
  /** Also where it is suspended or paused, and of a run that is lost. */
  readonly force: boolean
  readonly author: string
}

export interface RetryReply {
  /** The run that goes on in its place. */
  readonly run: FireId
  /** It was asked for before: nothing was stored now. */
  readonly already: boolean
}

export interface RequeueRequest {
  readonly run: FireId
  /** Also where it is suspended or paused. */
  readonly force: boolean
  readonly author: string
}

export type RequeueReply = RetryReply

export interface DiscardRequest {
  readonly run: FireId
  readonly author: string
}

export interface DiscardReply {
  readonly removed: DeadLetter
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
