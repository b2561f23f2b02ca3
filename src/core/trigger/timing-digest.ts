import { digestOf } from '../digest.ts'
import type { ScheduleSpec } from '../kinds.ts'

/** Fields of a schedule that decide its nominal times, when their timers go off, and whether they count at all. */
const TIMING_FIELDS = [
  'triggers',
  'timezone',
  'roll',
  'offset',
  'runOn',
  'calendarDate',
  'dst',
  'startsAt',
  'endsAt',
  'maxFires',
  'jitter',
  'suspend',
  'activeFrom',
] as const

export interface TimingFacts {
  /** Tenant defaults merged. */
  readonly spec: ScheduleSpec
  readonly jobSuspended: boolean
  /** Digests of the calendars that the schedule and its session triggers use, in the order of use. */
  readonly calendars: readonly string[]
}

/**
 * Equal for two versions of a schedule that decide alike. Only an edit that changes it cuts the log with a marker. The
 * version of the tz database is not part of it: it differs between machines.
 */
export function timingDigest({ spec, jobSuspended, calendars }: TimingFacts): string {
  const timing = {
    ...Object.fromEntries(TIMING_FIELDS.map((field) => [field, spec[field]])),
    // The log keeps an entry as long as a missed time may be caught up. A version that may look back further must not
    // look at times whose entries were stored to be kept for less: it begins at its own cut.
    maxLateness: spec.misfire?.maxLateness,
  }
  return digestOf([timing, jobSuspended, calendars])
}
