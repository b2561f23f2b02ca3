import { epochDayOfLocal, type LocalSeconds, localOf, secondOfDayOf } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'

/**
 * Where each day goes: by a roll convention, then by an offset of business days. `apply` never decreases from one day
 * to the next (all conventions move a day no further than to the ends of its closed stretch), which is what lets a
 * search stop. null: beyond what the calendar knows.
 */
export interface DayMap {
  apply(day: number): number | null
}

/** A closed stretch longer than this is not searched through. */
const FARTHEST_DAYS = 800

/**
 * The local times of a pattern with their dates moved and their times of day kept. Times that meet are one. Days that
 * cannot be moved stay where they are: whoever asks learns from the map that they are undecided.
 */
export class MovedPattern implements LocalPattern {
  readonly #base: LocalPattern
  readonly #map: DayMap

  constructor(base: LocalPattern, map: DayMap) {
    this.#base = base
    this.#map = map
  }

  next(after: LocalSeconds): LocalSeconds | null {
    const target = epochDayOfLocal(after)
    // The first day that lands on the target day or later; whatever is before it lands before.
    const from = this.#firstLandingAt(target)
    let best: number | null = null
    const nothingEarlier = from === target && this.#land(target) === target
    let local = this.#base.next(nothingEarlier ? after : localOf(from, 0) - 1)
    for (; local !== null; local = this.#base.next(local)) {
      const day = this.#land(epochDayOfLocal(local))
      if (best !== null && day > epochDayOfLocal(best)) return best
      const moved = localOf(day, secondOfDayOf(local))
      if (moved > after && (best === null || moved < best)) best = moved
    }
    return best
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    const target = epochDayOfLocal(before)
    const beyond = this.#firstLandingAt(target + 1)
    let best: number | null = null
    const nothingLater = beyond === target + 1 && this.#land(target) === target
    let local = this.#base.previous(nothingLater ? before : localOf(beyond, 0))
    for (; local !== null; local = this.#base.previous(local)) {
      const day = this.#land(epochDayOfLocal(local))
      if (best !== null && day < epochDayOfLocal(best)) return best
      const moved = localOf(day, secondOfDayOf(local))
      if (moved < before && (best === null || moved > best)) best = moved
    }
    return best
  }

  /** The times of the base pattern that end up at `moved`, in order. */
  sourcesOf(moved: LocalSeconds): readonly LocalSeconds[] {
    const day = epochDayOfLocal(moved)
    const sources: LocalSeconds[] = []
    for (let from = this.#firstLandingAt(day); this.#land(from) === day; from++) {
      const asked = localOf(from, secondOfDayOf(moved))
      if (this.#base.next(asked - 1) === asked) sources.push(asked)
    }
    return sources
  }

  #land(day: number): number {
    return this.#map.apply(day) ?? day
  }

  #firstLandingAt(target: number): number {
    let day = target
    if (this.#land(day) >= target) {
      for (let steps = 0; steps < FARTHEST_DAYS && this.#land(day - 1) >= target; steps++) day -= 1
    } else {
      for (let steps = 0; steps < FARTHEST_DAYS && this.#land(day) < target; steps++) day += 1
    }
    return day
  }
}
