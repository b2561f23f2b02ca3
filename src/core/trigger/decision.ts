import type { CompiledSchedule } from '../schedule/compiled-schedule.ts'
import type { Occurrence } from '../schedule/occurrence.ts'
import type { FireReason, MarkerReason } from './log-entry.ts'
import type { Pause } from './pause.ts'
import type { MisfirePolicySettings, OverlapSettings } from './policy.ts'
import type { WaitingSpell } from './waited.ts'

export interface Decidable {
  readonly compiled: CompiledSchedule
  readonly misfire: MisfirePolicySettings
  /** Stored fires after which nothing fires any more; null: no limit. */
  readonly maxFires: number | null
  /** null: not suspended. `until` null: until an edit ends it. Epoch milliseconds. */
  readonly suspension: { readonly until: number | null } | null
  /** Left out: runs may overlap. */
  readonly overlap?: OverlapSettings
}

/** What is known of the runs of one schedule. */
export interface RunsGoing {
  /** Runs that have not ended. */
  readonly open: number
  /** When the last run ended, epoch milliseconds; 0: none that is known. */
  readonly freeSince: number
}

export interface Progress {
  /** The last nominal time that is settled, epoch milliseconds. Nothing at or before it is ever decided again. */
  readonly cursor: number
  /** Stored fires since creation. */
  readonly count: number
  /** The operator pauses over the schedule that hold, or that have ended and are not settled yet. Left out: none. */
  readonly pauses?: readonly Pause[]
  /** Left out: none is going. */
  readonly runs?: RunsGoing
  /** When it had to wait for a place under a rate limit. Left out: never. */
  readonly waited?: readonly WaitingSpell[]
}

export type PlannedEntry = PlannedFire | PlannedMarker

export interface PlannedFire {
  readonly kind: 'fire'
  readonly nominal: number
  readonly reason: FireReason
  readonly asked: string | null
  /** Misfires only: how many missed times this one stands for, itself included. */
  readonly missedCount: number | null
}

export interface PlannedMarker {
  readonly kind: 'marker'
  readonly nominal: number
  readonly reason: MarkerReason
  readonly settledCount: number | null
}

export type Condition =
  | 'suspended'
  | 'paused'
  | 'exhausted'
  | 'out-of-coverage'
  | 'held-until-open'
  | 'waiting-for-run'
  | 'rate-limited'
  | 'cancelling'

export interface Decision {
  /** To be stored in this order, each only after the one before it. */
  readonly entries: readonly PlannedEntry[]
  /** Candidates that the manifests alone rule out; they need no entry in the log. */
  readonly skipped: readonly Occurrence[]
  /** The cursor once all entries are stored. */
  readonly settledTo: number
  /** When to decide again, epoch milliseconds; null: only after an edit. */
  readonly wakeAt: number | null
  readonly condition: Condition | null
}
