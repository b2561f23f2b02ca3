import { weekdayOf } from '../time/civil.ts'
import { type DstPolicy, FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { epochDayOfLocal, localOf } from '../time/local.ts'
import type { Recurrence } from '../time/recurrence.ts'
import type { Zone } from '../time/zone.ts'

export interface Every {
  readonly stepMs: number
  readonly anchorMs: number
  /** How many there are in all; null: no end. */
  readonly count: number | null
  /** By weekday (0 = Sunday), in the zone; null: all days. */
  readonly days: readonly boolean[] | null
  readonly zone: Zone
}

/** A week has seven days: past this many there is no day that admits. */
const DAYS_LOOKED_AT = 8
const LAST_PASS: DstPolicy = { gap: 'next-valid', overlap: 'last' }

/** Elapsed time from an anchor: `anchor`, `anchor + step`, ... on the weekdays that are asked for. */
export function everyRecurrence(every: Every): Recurrence {
  const { stepMs, anchorMs, count, days, zone } = every
  const last = count === null ? Number.POSITIVE_INFINITY : anchorMs + (count - 1) * stepMs

  const stepAfter = (after: number): number | null => {
    const at = after < anchorMs ? anchorMs : anchorMs + (Math.floor((after - anchorMs) / stepMs) + 1) * stepMs
    return at <= last ? at : null
  }
  const stepBefore = (before: number): number | null => {
    if (before <= anchorMs) return null
    return Math.min(anchorMs + (Math.ceil((before - anchorMs) / stepMs) - 1) * stepMs, last)
  }
  const dayOf = (at: number): number => epochDayOfLocal(zone.localAt(at))

  return {
    next(after) {
      let at = stepAfter(after)
      for (let looked = 0; at !== null && days !== null && looked < DAYS_LOOKED_AT * 60; looked++) {
        const day = dayOf(at)
        if (days[weekdayOf(day)]) return at
        // Where clocks go back over midnight, the day before comes again before the next one, which then begins twice.
        let tomorrow = firstInstantOf(zone, localOf(day + 1, 0), FIXED_DST)
        if (tomorrow <= at) tomorrow = firstInstantOf(zone, localOf(day + 1, 0), LAST_PASS)
        at = stepAfter(Math.min(tomorrow, zone.periodAt(at / 1000).end * 1000) - 1)
      }
      return days === null ? at : null
    },
    previous(before) {
      let at = stepBefore(before)
      for (let looked = 0; at !== null && days !== null && looked < DAYS_LOOKED_AT * 60; looked++) {
        const day = dayOf(at)
        if (days[weekdayOf(day)]) return at
        let today = firstInstantOf(zone, localOf(day, 0), LAST_PASS)
        if (today > at) today = firstInstantOf(zone, localOf(day, 0), FIXED_DST)
        at = stepBefore(Math.max(today, zone.periodAt(at / 1000).start * 1000))
      }
      return days === null ? at : null
    },
  }
}

export interface EveryWithin {
  readonly stepMs: number
  /** Seconds of the day, both included; a window that ends before it begins runs past midnight. */
  readonly from: number
  readonly to: number
  readonly days: readonly boolean[] | null
  readonly zone: Zone
}

/** Elapsed time from the start of each day's window, both ends included. The weekday is that of the start. */
export function everyWithinRecurrence(every: EveryWithin): Recurrence {
  const { stepMs, from, to, days, zone } = every
  const startOf = (day: number): number => firstInstantOf(zone, localOf(day, from), FIXED_DST)
  const endOf = (day: number): number =>
    firstInstantOf(zone, localOf(to < from ? day + 1 : day, to), FIXED_DST)
  const admits = (day: number): boolean => days === null || days[weekdayOf(day)] === true

  return {
    next(after) {
      const today = epochDayOfLocal(zone.localAt(after))
      for (let day = today - 1; day <= today + DAYS_LOOKED_AT; day++) {
        if (!admits(day)) continue
        const start = startOf(day)
        const at = after < start ? start : start + (Math.floor((after - start) / stepMs) + 1) * stepMs
        if (at <= endOf(day)) return at
      }
      return null
    },
    previous(before) {
      const today = epochDayOfLocal(zone.localAt(before))
      for (let day = today; day >= today - DAYS_LOOKED_AT - 1; day--) {
        if (!admits(day)) continue
        const start = startOf(day)
        const latest = Math.min(before - 1, endOf(day))
        if (latest >= start) return start + Math.floor((latest - start) / stepMs) * stepMs
      }
      return null
    },
  }
}

/**
 * The local readings of instants, for a roll: near a change of offset two instants that read the same are one.
 */
export function localReadings(instants: Recurrence, zone: Zone) {
  return {
    next(afterLocal: number): number | null {
      let at = instants.next(firstInstantOf(zone, afterLocal, FIXED_DST) - 1)
      while (at !== null && zone.localAt(at) <= afterLocal) at = instants.next(at)
      return at === null ? null : zone.localAt(at)
    },
    previous(beforeLocal: number): number | null {
      let at = instants.previous(firstInstantOf(zone, beforeLocal, FIXED_DST) + 1)
      while (at !== null && zone.localAt(at) >= beforeLocal) at = instants.previous(at)
      return at === null ? null : zone.localAt(at)
    },
  }
}
