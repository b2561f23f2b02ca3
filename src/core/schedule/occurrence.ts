import type { Position } from '../errors.ts'

/** Why a nominal time does not fire. */
export type SkipCause = 'closed' | 'not-selected' | 'blackout' | 'no-such-business-day'

/** One reason in the life of a candidate, in the order in which it was applied. */
export interface TraceStep {
  readonly step:
    | 'pattern'
    | 'roll'
    | 'offset'
    | 'dst'
    | 'calendar'
    | 'blackout'
    | 'coverage'
    | 'bounds'
    | 'jitter'
    | 'selection'
    | 'suspension'
  /** A sentence for people, without the place. */
  readonly text: string
  /** Of the holiday, session or blackout that decided. */
  readonly name?: string
  /** The rule or trigger that decided, where one stands in a file. */
  readonly position?: Position
}

/**
 * One nominal time of a schedule and what becomes of it. `held`: outside a calendar's coverage, so nothing is decided
 * about this time or any later one until the calendar says more.
 */
export interface Occurrence {
  /** Epoch milliseconds, a whole second: the instant that the schedule asked for, after rolls and DST. */
  readonly nominal: number
  /** Epoch milliseconds: nominal plus jitter. Moves the timer only. */
  readonly due: number
  readonly outcome: 'fires' | 'skipped' | 'held'
  /** Set when skipped. */
  readonly cause: SkipCause | null
  /** The first local date and time that a pattern asked for, as `YYYY-MM-DDTHH:MM:SS`, where it was moved. */
  readonly asked: string | null
  readonly trace: readonly TraceStep[]
}
