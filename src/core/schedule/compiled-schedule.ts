import type { Occurrence } from './occurrence.ts'

/** Whether a time of the present admits firing something that was missed, and if not, when the next one does. */
export interface Admission {
  readonly admitted: boolean
  /** Epoch milliseconds of the first instant that admits; null when none is known. */
  readonly admittedFrom: number | null
}

/**
 * A schedule with its calendars, compiled once, then asked. All times are epoch milliseconds. Frozen and free of any
 * clock: equal inputs give equal answers on every machine with the same tz database.
 */
export interface CompiledSchedule {
  /** The first nominal time strictly after `after` that fires; null = never again, or not before coverage is extended. */
  next(after: number): number | null
  /** The last nominal time strictly before `before` that fires. */
  previous(before: number): number | null
  /** The first candidate strictly after `after`, fire or not. */
  nextCandidate(after: number): Occurrence | null
  /** Every candidate with `from` <= nominal < `to`, in order, fires and non-fires; ends after the first that is held. */
  occurrences(from: number, to: number): Iterable<Occurrence>
  /** When a nominal time's timer goes off: nominal plus its jitter. */
  dueOf(nominal: number): number
  /** Whether the calendar and the blackouts admit this instant, whatever the triggers say. */
  admission(instant: number): Admission
}
