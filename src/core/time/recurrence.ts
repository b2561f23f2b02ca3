import type { DstPolicy } from './dst.ts'
import type { LocalSeconds } from './local.ts'
import { FIRST_LOCAL, LAST_LOCAL } from './local.ts'
import type { Period } from './period.ts'
import type { Zone } from './zone.ts'

/** A set of local times, asked in order. It knows no zone. Strictly after and strictly before. */
export interface LocalPattern {
  next(afterLocal: LocalSeconds): LocalSeconds | null
  previous(beforeLocal: LocalSeconds): LocalSeconds | null
}

/** A set of instants, in milliseconds since the epoch, all whole seconds. */
export interface Recurrence {
  /** The first instant strictly after `afterMs`, or null: never again (before the year 10000). */
  next(afterMs: number): number | null
  /** The last instant strictly before `beforeMs`, or null: never before (since the year 1). */
  previous(beforeMs: number): number | null
}

/** The instants at which the local times of a pattern happen in a zone, in the order of the instants. */
export function recurrenceOf(pattern: LocalPattern, zone: Zone, policy: DstPolicy): Recurrence {
  return new ZonedRecurrence(pattern, zone, policy)
}

const DAY = 86_400
/** Every local time with a year from 1 to 9999 lies between these instants, in seconds. */
const FIRST_SECOND = FIRST_LOCAL - DAY
const LAST_SECOND = LAST_LOCAL + DAY

/**
 * Away from changes of offset, one question to the pattern is the answer. Near one, the stretches of one offset are
 * walked in the order of instants; each holds the local times that its own clock shows, less the pass of an overlap
 * that the policy leaves out, plus what the policy makes of the gap at its start. So the order is that of the instants
 * even where `shift` or `both` reorder local times, and candidates that meet are one. A stretch is longer than three
 * days and a change of offset at most one day, so what a change does ends within the stretch that it starts.
 *
 * A class, so that all recurrences share one shape and code: this is the hottest path of the product. The last stretch
 * is kept because the next question is mostly about the same one; a stretch never becomes wrong.
 */
class ZonedRecurrence implements Recurrence {
  readonly #pattern: LocalPattern
  readonly #zone: Zone
  readonly #policy: DstPolicy
  #period: Period | null = null

  constructor(pattern: LocalPattern, zone: Zone, policy: DstPolicy) {
    this.#pattern = pattern
    this.#zone = zone
    this.#policy = policy
  }

  next(afterMs: number): number | null {
    const after = Math.floor(afterMs / 1000)
    const period = this.#period
    if (period !== null && after >= period.quietFrom && after < period.quietTo) {
      const local = this.#pattern.next(after + period.offset)
      if (local === null) return null
      const second = local - period.offset
      if (second < period.quietTo) return second * 1000
      // Nothing comes before `local` does, so if its own surroundings are quiet it is next.
      const later = this.#zone.periodAt(second)
      const there = local - later.offset
      if (there >= later.quietFrom && there < later.quietTo) {
        this.#period = later
        return there * 1000
      }
      return this.#walkForward(Math.max(after, second - 2 * DAY))
    }
    return this.#walkForward(after)
  }

  previous(beforeMs: number): number | null {
    const before = Math.ceil(beforeMs / 1000)
    const period = this.#period
    if (period !== null && before > period.quietFrom && before <= period.quietTo) {
      const local = this.#pattern.previous(before + period.offset)
      if (local === null) return null
      const second = local - period.offset
      if (second >= period.quietFrom) return second * 1000
      const earlier = this.#zone.periodAt(second)
      const there = local - earlier.offset
      if (there >= earlier.quietFrom && there < earlier.quietTo) {
        this.#period = earlier
        return there * 1000
      }
      return this.#walkBack(Math.min(before, second + 2 * DAY))
    }
    return this.#walkBack(before)
  }

  #walkForward(after: number): number | null {
    const pattern = this.#pattern
    const policy = this.#policy
    // `from` is the first second not yet looked at.
    let from = Math.max(after + 1, FIRST_SECOND)
    let period = this.#zone.periodAt(from)
    while (from <= LAST_SECOND) {
      this.#period = period
      const { start, end, offset, before } = period
      let found = Infinity
      if (before < offset && policy.gap !== 'skip') {
        const gapEnd = start + offset
        if (policy.gap === 'next-valid') {
          if (from <= start && isBefore(pattern.next(start + before - 1), gapEnd)) found = start
        } else if (from < start + offset - before) {
          const skipped = pattern.next(Math.max(from, start) + before - 1)
          if (isBefore(skipped, gapEnd)) found = skipped - before
        }
      }
      const lowest = before > offset && policy.overlap === 'first' ? start + before - offset : start
      const highest = offset > period.after && policy.overlap === 'last' ? end - offset + period.after : end
      const examined = Math.max(from, lowest)
      const local = pattern.next(examined + offset - 1)
      if (local !== null && local - offset < highest) found = Math.min(found, local - offset)
      if (found < Infinity) return found * 1000
      if (local === null && end >= LAST_SECOND) return null
      from = Math.max(from, end)
      // What the clock shows again after `end` has all been looked at, so nothing can come before `local` does.
      const nothingRepeats = examined + offset <= end + period.after
      if (nothingRepeats) {
        if (local === null) return null
        from = Math.max(from, local - offset - 2 * DAY)
      }
      period = this.#zone.periodAt(from)
      // In the middle of a stretch the gap at its start is behind, as it must be: `local` is later.
    }
    return null
  }

  #walkBack(beforeSecond: number): number | null {
    const pattern = this.#pattern
    const policy = this.#policy
    // `to` is the first second already looked at.
    let to = Math.min(beforeSecond, LAST_SECOND + 1)
    while (to > FIRST_SECOND) {
      const period = this.#zone.periodAt(to - 1)
      this.#period = period
      const { start, end, offset, before } = period
      let found = -Infinity
      const lowest = before > offset && policy.overlap === 'first' ? start + before - offset : start
      const highest = offset > period.after && policy.overlap === 'last' ? end - offset + period.after : end
      const examined = Math.min(to, highest)
      const local = pattern.previous(examined + offset)
      if (local !== null && local - offset >= lowest) found = local - offset
      if (before < offset && policy.gap !== 'skip') {
        const gapStart = start + before
        const gapEnd = start + offset
        if (policy.gap === 'next-valid') {
          if (found < start && isAtLeast(pattern.previous(gapEnd), gapStart)) found = start
        } else {
          const skipped = pattern.previous(Math.min(to + before, gapEnd))
          if (isAtLeast(skipped, gapStart)) found = Math.max(found, skipped - before)
        }
      }
      if (found > -Infinity) return found * 1000
      if (start <= FIRST_SECOND) return null
      to = Math.min(to, start)
      const nothingRepeats = examined + offset >= start + before
      if (nothingRepeats) {
        if (local === null) return null
        to = Math.min(to, local - offset + 2 * DAY)
      }
    }
    return null
  }
}

function isBefore(local: LocalSeconds | null, limit: LocalSeconds): local is LocalSeconds {
  return local !== null && local < limit
}

function isAtLeast(local: LocalSeconds | null, limit: LocalSeconds): local is LocalSeconds {
  return local !== null && local >= limit
}
