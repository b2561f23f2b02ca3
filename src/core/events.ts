/** What belfry itself did, as stored on `belfry.event.>`; docs/spec/events.md lists them. */
export type BelfryEvent =
  | TreeEvent
  | LeaderEvent
  | PauseEvent
  | {
      readonly type: 'not-fired'
      readonly tenant: string
      readonly schedule: string
      readonly facts: NotFired
    }
  | { readonly type: 'missed'; readonly tenant: string; readonly schedule: string; readonly facts: Facts }
  | {
      readonly type: 'suspended' | 'resumed'
      readonly tenant: string
      readonly schedule: string
      readonly facts: Facts
    }
  | {
      readonly type: 'out-of-coverage'
      readonly tenant: string
      readonly schedule: string
      readonly facts: Facts
    }
  | {
      readonly type: 'triggered' | 'planned' | 'backfilled'
      readonly tenant: string
      /** The schedule, or the job that was asked to run by itself. */
      readonly schedule: string
      readonly facts: Facts
    }
  | {
      /** What operators did with runs. */
      readonly type: 'run-cancelled' | 'retried' | 'requeued' | 'discarded'
      readonly tenant: string
      readonly schedule: string
      readonly facts: Facts
    }
  | {
      readonly type: 'chain-stopped' | 'late-start' | 'late-finish'
      readonly tenant: string
      readonly schedule: string
      readonly facts: Facts
    }
  | {
      /** The circuit of an adapter. */
      readonly type: 'circuit-opened' | 'circuit-half-open' | 'circuit-closed'
      readonly tenant: string
      readonly adapter: string
      readonly facts: Facts
    }
  | { readonly type: 'alarm'; readonly name: string; readonly facts: Facts }

/** All of them, for whoever asks for some. */
const TYPES: Readonly<Record<BelfryEvent['type'], true>> = {
  applied: true,
  refused: true,
  invalid: true,
  behind: true,
  drifted: true,
  'not-fired': true,
  missed: true,
  suspended: true,
  resumed: true,
  'out-of-coverage': true,
  triggered: true,
  planned: true,
  backfilled: true,
  'chain-stopped': true,
  'late-start': true,
  'late-finish': true,
  'circuit-opened': true,
  'circuit-half-open': true,
  'circuit-closed': true,
  'run-cancelled': true,
  retried: true,
  requeued: true,
  discarded: true,
  paused: true,
  'leader-changed': true,
  'leader-released': true,
  alarm: true,
}

export const EVENT_TYPES = Object.keys(TYPES) as readonly BelfryEvent['type'][]

export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** Nominal times that were decided not to fire: one, or a coalesced range of `count` from `first` to `last`. */
export interface NotFired {
  readonly first: string
  readonly last: string
  readonly count: number
  /** The trace of the first, as sentences. */
  readonly because: readonly string[]
}

export interface TreeEvent {
  readonly type: 'applied' | 'refused' | 'invalid' | 'behind' | 'drifted'
  readonly source: string
  readonly revision: string
  readonly facts: Facts
}

/** The operator's will over schedules, jobs, adapters. */
export interface PauseEvent {
  readonly type: 'paused' | 'resumed'
  /** As `schedule/default/report`, `tenant/billing`, `everything`. */
  readonly target: string
  readonly facts: Facts
}

export interface LeaderEvent {
  readonly type: 'leader-changed' | 'leader-released'
  readonly instance: string
  readonly term: number
}
