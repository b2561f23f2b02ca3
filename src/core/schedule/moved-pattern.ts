import { epochDayOfLocal, type LocalSeconds, localOf, secondOfDayOf } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'

/**
 * Where each day goes: by a roll convention, then by an offset of business days. Days keep their order (all conventions
 * move a day no further than to the ends of its closed stretch), which is what lets a search stop.
 */
export interface DayMap {
  /** null: beyond what the calendar knows. */
  apply(day: number): number | null
  /** Where a day that cannot be moved waits: outside of what the calendar knows, in order among the others. */
  waitingPlace(day: number): number
}

/** A closed stretch longer than ten years is not searched through: nothing rolls over it. */
const FARTHEST_DAYS = 3_700
/** So many ways to one time are told; a stretch of closed days that all roll to one day may have more. */
const MOST_SOURCES = 31

/** The local times of a pattern with their dates moved and their times of day kept. Times that meet are one. */
export class MovedPattern implements LocalPattern {
  readonly #base: LocalPattern
  readonly #map: DayMap

  constructor(base: LocalPattern, map: DayMap) {
    this.#base = base
    this.#map = map
  }

  next(after: LocalSeconds): LocalSeconds | null {
    const target = epochDayOfLocal(after)
    // Whatever is asked for before this day lands before the target day.
    const from = this.#firstLandingAt(target)
    if (from === null) return null
    const time = secondOfDayOf(after)
    let best: LocalSeconds | null = null
    let local = this.#base.next(localOf(from, 0) - 1)
    while (local !== null) {
      const day = epochDayOfLocal(local)
      const landed = this.land(day)
      if (best !== null && landed > epochDayOfLocal(best)) return best
      if (landed === target && day > target + FARTHEST_DAYS) return best
      // Of a day that lands on the target day itself only the times of day after `after` count.
      if (landed === target && secondOfDayOf(local) <= time) local = this.#base.next(localOf(day, time))
      if (local !== null && epochDayOfLocal(local) === day) {
        const moved = localOf(landed, secondOfDayOf(local))
        if (best === null || moved < best) best = moved
      }
      local = this.#base.next(localOf(day + 1, 0) - 1)
    }
    return best
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    const target = epochDayOfLocal(before)
    const beyond = this.#firstLandingAt(target + 1) ?? target + FARTHEST_DAYS
    const time = secondOfDayOf(before)
    let best: LocalSeconds | null = null
    let local = this.#base.previous(localOf(beyond, 0))
    while (local !== null) {
      const day = epochDayOfLocal(local)
      const landed = this.land(day)
      if (best !== null && landed < epochDayOfLocal(best)) return best
      if (landed === target && day < target - FARTHEST_DAYS) return best
      if (landed === target && secondOfDayOf(local) >= time) local = this.#base.previous(localOf(day, time))
      if (local !== null && epochDayOfLocal(local) === day) {
        const moved = localOf(landed, secondOfDayOf(local))
        if (best === null || moved > best) best = moved
      }
      local = this.#base.previous(localOf(day, 0))
    }
    return best
  }

  /** The times of the base pattern that end up at `moved`, in order; only the first of very many. */
  sourcesOf(moved: LocalSeconds): readonly LocalSeconds[] {
    const day = epochDayOfLocal(moved)
    const sources: LocalSeconds[] = []
    const first = this.#firstLandingAt(day)
    if (first === null) return sources
    for (let from = first; this.land(from) === day && from < first + FARTHEST_DAYS; from++) {
      const asked = localOf(from, secondOfDayOf(moved))
      if (this.#base.next(asked - 1) === asked) sources.push(asked)
      if (sources.length === MOST_SOURCES) break
    }
    return sources
  }

  land(day: number): number {
    return this.#map.apply(day) ?? this.#map.waitingPlace(day)
  }

  /** The first day that lands on the target day or later; null if none does within ten years. */
  #firstLandingAt(target: number): number | null {
    let day = target
    if (this.land(day) >= target) {
      for (let steps = 0; steps < FARTHEST_DAYS && this.land(day - 1) >= target; steps++) day -= 1
      return day
    }
    for (let steps = 0; steps < FARTHEST_DAYS; steps++) {
      day += 1
      if (this.land(day) >= target) return day
    }
    return null
  }
}
