import type { FireId, ScheduleKey } from '../names.ts'
import type { RunPolicy } from '../run/run-policy.ts'

export type FireReason = 'scheduled' | 'misfire' | OneOffReason

/** Reasons of fires that no schedule's times ask for; they neither read nor move a cursor. */
export type OneOffReason = 'manual' | 'backfill' | 'chained' | 'event' | 'retry' | 'requeue'

/**
 * A stored decision not to fire that is not a function of the manifests alone. `superseded` is the cut of an edit;
 * `renamed` ends the log of the old name and begins that of the new one, with the old one's count. `paused` is said of
 * what came up beside a schedule's times while it was paused or suspended, `refused` of a message that no run can be given.
 */
export type MarkerReason =
  | 'misfire'
  | 'resumed'
  | 'superseded'
  | 'deleted'
  | 'renamed'
  | 'closed-now'
  | 'overlap'
  | 'paused'
  | 'refused'

interface EntryFacts {
  readonly key: ScheduleKey
  /** Epoch milliseconds. A fire's is a whole second; a marker's is the last nominal time that it settles. */
  readonly nominal: number
  /** Stored fires of this schedule since its creation, this entry included. Edits keep it, a re-creation resets it. */
  readonly count: number
  /** The leadership that decided; for people, it protects nothing. */
  readonly term: number
  /** Of the tree that the deciding manifest came from. */
  readonly revision: string
  readonly generation: number
  /** How long the log keeps it. Whole seconds. */
  readonly ttlSeconds: number
}

/** One message for one nominal time. */
export interface Fire extends EntryFacts {
  readonly kind: 'fire'
  readonly reason: FireReason
  readonly job: string
  readonly adapter: string
  /** `0` shared, `p<k>` a partition. */
  readonly lane: string
  readonly message: string
  readonly jobVersion: number
  /** The merged data as JSON text. */
  readonly payload: string
  /** Short digests of the calendars that were asked, in the order of use. */
  readonly calendars: readonly string[]
  /** Version of the tz database that decided. */
  readonly tz: string
  /** The local date and time that the pattern asked for, where a roll or DST moved it. */
  readonly asked?: string
  /** With reason misfire: how many nominal times this one stands for, itself included. */
  readonly missedCount?: number
  /** How it shall be run; left out, all by default. */
  readonly policy?: RunPolicy
  /** One-offs of reason retry: the run that goes on, and which of its attempts this is, from 2. */
  readonly retry?: { readonly run: FireId; readonly attempt: number; readonly notOn?: string }
  /** One-offs that follow from something: a run, a message, a dead letter. For people and for tracing. */
  readonly cause?: string
}

export interface Marker extends EntryFacts {
  readonly kind: 'marker'
  readonly reason: MarkerReason
  /** How many nominal times it settles as non-fires, where known. */
  readonly settledCount?: number
}

export type LogEntry = Fire | Marker
