import type { Data } from '../core/kinds.ts'
import type { PauseMissed } from '../core/trigger/pause.ts'
import type { BackfillOutcome } from '../ports/control.ts'
import type { Logger } from '../ports/telemetry.ts'

export interface ClientOptions {
  readonly nats?: {
    /** One or several, `nats://127.0.0.1:4222` if left out. */
    readonly servers?: string | readonly string[]
    /** The text of a credentials file. */
    readonly credentials?: string
    /** Of the installation; `belfry` if left out. */
    readonly prefix?: string
    readonly inboxPrefix?: string
    readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string }
  }
  /** Who asks, for the audit trail; the user and process if left out. */
  readonly author?: string
  /**
   * How long one request is tried over a leader that is lost, or is not there yet, milliseconds; 30 s if left out. Trying
   * again does nothing twice.
   */
  readonly deadlineMs?: number
  /** Silent if left out: what goes wrong is thrown. */
  readonly logger?: Logger
}

/** An instant: epoch milliseconds or a Date. */
export type InstantLike = number | Date

export interface TriggerOptions {
  /** Where the target names none; `default` if left out. */
  readonly tenant?: string
  /** Merged over the data of the schedule and the job; checked against the job's `dataSchema`. */
  readonly data?: Data
  /**
   * Of one job or schedule, one key gives one run, for 30 days. Left out, a new one is drawn, so that two calls are two
   * runs.
   */
  readonly key?: string
  /** Also where it is suspended or paused. */
  readonly force?: boolean
  /**
   * When it shall run, in whole seconds; now if left out. It is kept until then, and can be cancelled. No calendar is asked; a
   * pause or suspension that holds by then holds it back until it is over.
   */
  readonly at?: InstantLike
  readonly signal?: AbortSignal
}

export interface TriggeredRun {
  /** The id of the run, which is that of its fire. It is stored. */
  readonly run: string
  readonly at: Date
  /** The key was used before: this is the run of the first time, with its data. */
  readonly already: boolean
  /** Why it may have to wait for a worker, as sentences. */
  readonly notes: readonly string[]
}

export interface BackfillOptions {
  readonly tenant?: string
  /** The first instant of the range. */
  readonly from: InstantLike
  /** The instant at which it ends, itself excluded. */
  readonly to: InstantLike
  /**
   * Fires also what was fired before. A text names the repetition: the same again fires nothing twice; `true` is a new one
   * each time.
   */
  readonly again?: boolean | string
  /** Times of which the log cannot tell any more whether they were fired; `skip` if left out. */
  readonly beyondLog?: 'skip' | 'fire'
  /** Stores nothing, and counts what would be fired. */
  readonly dryRun?: boolean
  /** Also where it is suspended or paused. */
  readonly force?: boolean
  /** Told after each stretch of the range. */
  readonly onProgress?: (progress: BackfillProgress) => void
  /** Asked after each stretch: whether that was enough. */
  readonly until?: (counts: BackfillCounts) => boolean
  readonly signal?: AbortSignal
}

export interface BackfillProgress {
  /** The times of this stretch, in order. */
  readonly times: readonly { readonly at: Date; readonly outcome: BackfillOutcome }[]
  /** So far. */
  readonly counts: BackfillCounts
  readonly isLast: boolean
}

export type BackfillCounts = Readonly<Record<BackfillOutcome, number>>

export interface BackfillSummary {
  readonly counts: BackfillCounts
  /** The log holds every fire since this moment; of earlier ones it may know nothing. */
  readonly logReaches: Date
}

export interface PauseOptions {
  readonly reason: string
  /** null: until it is resumed. */
  readonly until?: InstantLike | null
  /** What becomes of the times that it holds back; `discard` if left out. */
  readonly missed?: PauseMissed
  readonly signal?: AbortSignal
}

export interface CancelRunOptions {
  readonly reason: string
  readonly signal?: AbortSignal
}

export interface RetryRunOptions {
  /** Of one run, one key gives one run more; left out, asking again finds the run of the first time. */
  readonly key?: string
  /** Also where it is suspended or paused, and of a run that is lost. */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

export interface RequeueOptions {
  /** Also where its schedule or job is suspended or paused. */
  readonly force?: boolean
  readonly signal?: AbortSignal
}

export interface ApplyManifestsOptions {
  /** The id of the source: it owns what it applies, and prunes only its own. */
  readonly source: string
  /** Manifests as objects, as they would stand in YAML: all that the source has. */
  readonly manifests: readonly unknown[]
  /** Lifts the guard against deleting much. */
  readonly allowPrune?: boolean
  readonly signal?: AbortSignal
}
