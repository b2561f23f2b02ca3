import type { Occurrence } from '../schedule/occurrence.ts'
import { inOrder } from './in-order.ts'
import type { Timed } from './preview.ts'

/** What comes up: a fire, or a stretch of candidates that do not fire, as far as they were looked at. */
export type Upcoming = UpcomingFire | UpcomingGap

export interface UpcomingFire {
  readonly kind: 'fire'
  readonly schedule: Timed
  readonly at: number
  readonly occurrence: Occurrence
}

export interface UpcomingGap {
  readonly kind: 'gap'
  readonly schedule: Timed
  /** Nominal time of the first. */
  readonly at: number
  /** Candidates in a row that do not fire; the last may be `held`. */
  readonly occurrences: readonly Occurrence[]
  /** There are more of them than are listed. */
  readonly more: boolean
}

export interface UpcomingOptions {
  /** Strictly after, epoch milliseconds. */
  readonly after: number
  /** Excluded, epoch milliseconds. */
  readonly before: number
  /** How many candidates that do not fire are listed between two fires. */
  readonly mostInGap: number
}

/** The fires of one schedule and what lies between them, in order, made as they are asked for. */
export function* upcomingOf(
  schedule: Timed,
  { after, before, mostInGap }: UpcomingOptions,
): Generator<Upcoming, void, undefined> {
  const { compiled } = schedule
  let at = Math.max(after, schedule.firesAfter)
  while (at < before) {
    // Where nothing fires for years this ends at once, however many candidates there are.
    const fire = compiled.next(at)
    const until = fire === null || fire >= before ? before : fire
    const gap: Occurrence[] = []
    let more = false
    for (const occurrence of mostInGap === 0 ? [] : compiled.occurrences(at + 1, until)) {
      if (gap.length >= mostInGap) {
        more = true
        break
      }
      gap.push(occurrence)
    }
    if (gap.length > 0) yield { kind: 'gap', schedule, at: gap[0]!.nominal, occurrences: gap, more }
    if (fire === null || fire >= before) return
    yield { kind: 'fire', schedule, at: fire, occurrence: compiled.nextCandidate(fire - 1)! }
    at = fire
  }
}

/** The same of several schedules, in one order. */
export function upcomingOfAll(schedules: readonly Timed[], options: UpcomingOptions): Iterable<Upcoming> {
  return inOrder(
    schedules.map((schedule) => upcomingOf(schedule, options)),
    (a, b) => a.at - b.at,
  )
}
