import { weekdayOf } from '../time/civil.ts'
import { epochDayOfLocal, type LocalSeconds, localOf } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { Blackout, CompiledCalendar } from './compiled-calendar.ts'
import { type BlackoutRule, positionOf } from './definition.ts'

export type BlackoutAnswers = Pick<CompiledCalendar, 'blackoutAt' | 'blackoutEnd'>

const DAY_MS = 86_400_000
/** Whoever blacks out more than a year has switched the schedule off. */
const MAX_SEARCH_MS = 400 * DAY_MS

export const NO_BLACKOUTS: BlackoutAnswers = Object.freeze({
  blackoutAt: () => null,
  blackoutEnd: (instantMs: number) => instantMs,
})

/**
 * Blackouts are read on the wall clock: an instant is blacked out when the clock shows a time inside. So an hour that
 * happens twice is blacked out twice, and one that does not happen is nothing to wait for.
 */
export function blackoutAnswers(rules: readonly BlackoutRule[], zone: Zone): BlackoutAnswers {
  if (rules.length === 0) return NO_BLACKOUTS
  const named = rules.map((rule) => {
    const position = positionOf(rule.written)
    return {
      rule,
      blackout: Object.freeze<Blackout>({
        name: rule.name,
        calendar: rule.written.calendar,
        ...(position === undefined ? {} : { position }),
      }),
    }
  })
  return {
    blackoutAt(instantMs) {
      const local = zone.localAt(instantMs)
      return named.find(({ rule }) => endOf(rule, local) !== null)?.blackout ?? null
    },
    blackoutEnd(instantMs) {
      let instant = instantMs
      while (instant - instantMs <= MAX_SEARCH_MS) {
        const local = zone.localAt(instant)
        const ends = rules.map((rule) => endOf(rule, local)).filter((end) => end !== null)
        if (ends.length === 0) return instant
        // Readings run on evenly up to the next change of clocks, which may lead out of the blackout or further in.
        const wholeSecond = Math.floor(instant / 1000)
        const end = (wholeSecond + Math.max(...ends) - local) * 1000
        const change = zone.periodAt(wholeSecond).end * 1000
        instant = Math.min(end, change)
      }
      return null
    },
  }
}

/** Where the stretch of a blackout that a reading lies in ends, as a reading; null if it lies in none. */
function endOf(rule: BlackoutRule, local: LocalSeconds): LocalSeconds | null {
  const today = epochDayOfLocal(local)
  // A stretch of more than 24 hours cannot be written, so it began today or yesterday.
  for (const day of [today, today - 1]) {
    if (day < rule.period.from || day > rule.period.to || ((rule.weekdays >> weekdayOf(day)) & 1) === 0)
      continue
    if (local >= localOf(day, rule.from) && local < localOf(day, rule.to)) return localOf(day, rule.to)
  }
  return null
}

/** Blacked out when any of several calendars is. */
export function anyBlackout(members: readonly BlackoutAnswers[]): BlackoutAnswers {
  return {
    blackoutAt(instantMs) {
      for (const member of members) {
        const blackout = member.blackoutAt(instantMs)
        if (blackout !== null) return blackout
      }
      return null
    },
    blackoutEnd(instantMs) {
      let instant: number | null = instantMs
      let before: number | null
      do {
        before = instant
        for (const member of members) instant = instant === null ? null : member.blackoutEnd(instant)
      } while (instant !== null && instant !== before && instant - instantMs <= MAX_SEARCH_MS)
      return instant !== null && instant === before ? instant : null
    },
  }
}

/** Blacked out when all of several calendars are. */
export function allBlackout(members: readonly BlackoutAnswers[]): BlackoutAnswers {
  return {
    blackoutAt(instantMs) {
      const blackouts = members.map((member) => member.blackoutAt(instantMs))
      return blackouts.includes(null) ? null : (blackouts[0] ?? null)
    },
    blackoutEnd(instantMs) {
      const ends = members.map((member) => member.blackoutEnd(instantMs)).filter((end) => end !== null)
      return ends.length === 0 ? null : Math.min(...ends)
    },
  }
}
