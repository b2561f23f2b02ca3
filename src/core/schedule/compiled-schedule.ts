import type { Occurrence, SkipCause, TraceStep } from './occurrence.ts'

/** Whether a time of the present admits firing something that was missed, and if not, when the next one does. */
export interface Admission {
  readonly admitted: boolean
  /** Epoch milliseconds of the first instant that admits; null when none is known. */
  readonly admittedFrom: number | null
}

export interface Unasked {
  readonly admitted: boolean
  /** Why not. */
  readonly trace: readonly TraceStep[]
}

/** A time that was asked for on a day or that ended up on it, and what becomes of it: for people. */
export interface Explained {
  /** The first local date and time that a pattern asked for. */
  readonly asked: string
  /** Epoch milliseconds; null where clocks skip the time and it is left out. */
  readonly nominal: number | null
  /** Epoch milliseconds; null where it is not the schedule's to fire. */
  readonly due: number | null
  readonly outcome: Occurrence['outcome'] | 'out-of-bounds' | 'no-such-time'
  readonly cause: SkipCause | null
  readonly trace: readonly TraceStep[]
}

/**
 * A schedule with its calendars, compiled once, then asked. All times are epoch milliseconds. Frozen and free of any
 * clock: equal inputs give equal answers on every machine with the same tz database.
 */
export interface CompiledSchedule {
  /**
   * The first nominal time strictly after `after` that fires; null: never again, not before coverage is extended, or
   * not within ten years in which its calendar turns everything down.
   */
  next(after: number): number | null
  /** The last nominal time strictly before `before` that fires. */
  previous(before: number): number | null
  /** The first candidate strictly after `after`, fire or not. */
  nextCandidate(after: number): Occurrence | null
  /** Every candidate with `from` <= nominal < `to`, in order, fires and non-fires; ends after the first that is held. */
  occurrences(from: number, to: number): Iterable<Occurrence>
  /**
   * Everything that is asked for on a day of the schedule's zone (an epoch day), wherever it ends up, and everything
   * that ends up on it, in order; also what `startsAt` and `endsAt` cut off.
   */
  on(day: number): Iterable<Explained>
  /** When a nominal time's timer goes off: nominal plus its jitter. */
  dueOf(nominal: number): number
  /** Whether the calendar and the blackouts admit this instant, whatever the triggers say. */
  admission(instant: number): Admission
  /**
   * What becomes of a fire that comes up at this instant without any trigger's having asked for the time: the schedule's
   * bounds, its calendar and the blackouts have their say, in this order; no roll and no offset moves it.
   */
  unasked(instant: number): Unasked
}
