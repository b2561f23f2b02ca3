import { firstDayOfMonth, monthIndexOf } from '../time/civil.ts'
import { FIRST_LOCAL, LAST_LOCAL, type LocalSeconds } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'
import { SECONDS_PER_DAY } from '../time/time-of-day.ts'
import { highestBit, lowestBit, nextInTwo, previousInTwo, WORD } from './bits.ts'
import { type DaySet, daysOfMonth } from './day-set.ts'
import { FIRST_YEAR, LAST_YEAR } from './dialect.ts'

/** The local times of a cron expression, free of any zone. */
export interface CronPattern extends LocalPattern {
  /** The first local time of the pattern strictly after, or null: none before the year 10000. */
  next(afterLocal: LocalSeconds): LocalSeconds | null
  /** The last local time of the pattern strictly before, or null: none since the year 1. */
  previous(beforeLocal: LocalSeconds): LocalSeconds | null
  matches(local: LocalSeconds): boolean
  /**
   * Second, minute or hour stands for its whole range (`*`, `0-59/n`, `0/n`, `H/n`): daylight saving treats the
   * expression as "whenever the clock shows it", not as fixed times of day.
   */
  readonly wildcard: boolean
  /** The expression as it was written. */
  readonly source: string
}

/** Two words of up to 62 members. */
export type TwoWords = readonly [low: number, high: number]

export interface PatternParts {
  readonly source: string
  readonly wildcard: boolean
  readonly seconds: TwoWords
  readonly minutes: TwoWords
  /** Bit h. */
  readonly hours: number
  readonly days: DaySet
  /** Bit 0 is January. */
  readonly months: number
  /** Words of 31 years from 1970 on; null for every year. */
  readonly years: readonly number[] | null
}

/** The calendar repeats after 400 years, so a month that matches comes within them or never. */
const CYCLE_MONTHS = 400 * 12
const FIRST_MONTH = 12
const LAST_MONTH = 9999 * 12 + 11

/**
 * Days of a month, hours, minutes and seconds are bits; the next one is a shift and a count of zeros. A question takes
 * the month of the day, its days as bits, and at most a look into the months after. It holds no state and allocates
 * nothing. A class, so that all patterns share one shape and code: this is the hottest path of the product.
 */
export class BitPattern implements CronPattern {
  readonly source: string
  readonly wildcard: boolean
  readonly #secondsLow: number
  readonly #secondsHigh: number
  readonly #minutesLow: number
  readonly #minutesHigh: number
  readonly #hours: number
  readonly #days: DaySet
  readonly #months: number
  readonly #years: readonly number[] | null
  /** The first and last time of day of the pattern, in seconds. */
  readonly #firstTime: number
  readonly #lastTime: number

  constructor(parts: PatternParts) {
    this.source = parts.source
    this.wildcard = parts.wildcard
    this.#secondsLow = parts.seconds[0]
    this.#secondsHigh = parts.seconds[1]
    this.#minutesLow = parts.minutes[0]
    this.#minutesHigh = parts.minutes[1]
    this.#hours = parts.hours
    this.#days = parts.days
    this.#months = parts.months
    this.#years = parts.years
    this.#firstTime = this.#timeFrom(0)
    this.#lastTime = this.#timeUpTo(SECONDS_PER_DAY - 1)
  }

  next(afterLocal: LocalSeconds): LocalSeconds | null {
    const from = Math.max(afterLocal + 1, FIRST_LOCAL)
    if (from > LAST_LOCAL) return null
    const day = Math.floor(from / SECONDS_PER_DAY)
    const time = from - day * SECONDS_PER_DAY
    const month = monthIndexOf(day)
    const first = firstDayOfMonth(month)
    const days = this.#daysOf(month, first) >>> (day - first)
    if ((days & 1) !== 0 && time <= this.#lastTime) return day * SECONDS_PER_DAY + this.#timeFrom(time)
    const later = days & ~1
    if (later !== 0) return (day + lowestBit(later)) * SECONDS_PER_DAY + this.#firstTime
    return this.#firstAfterMonth(month)
  }

  previous(beforeLocal: LocalSeconds): LocalSeconds | null {
    const upTo = Math.min(beforeLocal - 1, LAST_LOCAL)
    if (upTo < FIRST_LOCAL) return null
    const day = Math.floor(upTo / SECONDS_PER_DAY)
    const time = upTo - day * SECONDS_PER_DAY
    const month = monthIndexOf(day)
    const first = firstDayOfMonth(month)
    const date = day - first
    const days = this.#daysOf(month, first) & (0x7fffffff >>> (WORD - 1 - date))
    if (days >>> date !== 0 && time >= this.#firstTime) return day * SECONDS_PER_DAY + this.#timeUpTo(time)
    const earlier = days & ~(1 << date)
    if (earlier !== 0) return (first + highestBit(earlier)) * SECONDS_PER_DAY + this.#lastTime
    return this.#lastBeforeMonth(month)
  }

  matches(local: LocalSeconds): boolean {
    return local >= FIRST_LOCAL && local <= LAST_LOCAL && this.next(local - 1) === local
  }

  #firstAfterMonth(after: number): LocalSeconds | null {
    let month = after + 1
    let limit = Math.min(after + CYCLE_MONTHS, LAST_MONTH)
    if (this.#years !== null) {
      month = Math.max(month, FIRST_YEAR * 12)
      limit = LAST_YEAR * 12 + 11
    }
    for (; month <= limit; month++) {
      const year = (month / 12) | 0
      const months = this.#months >>> (month - year * 12)
      if (months === 0) {
        month = year * 12 + 11
        continue
      }
      month += lowestBit(months)
      const first = firstDayOfMonth(month)
      const days = this.#daysOf(month, first)
      if (days !== 0) return (first + lowestBit(days)) * SECONDS_PER_DAY + this.#firstTime
    }
    return null
  }

  #lastBeforeMonth(before: number): LocalSeconds | null {
    let month = before - 1
    let limit = Math.max(before - CYCLE_MONTHS, FIRST_MONTH)
    if (this.#years !== null) {
      month = Math.min(month, LAST_YEAR * 12 + 11)
      limit = FIRST_YEAR * 12
    }
    for (; month >= limit; month--) {
      const year = (month / 12) | 0
      const months = this.#months & (0xfff >>> (11 - (month - year * 12)))
      if (months === 0) {
        month = year * 12
        continue
      }
      month = year * 12 + highestBit(months)
      const first = firstDayOfMonth(month)
      const days = this.#daysOf(month, first)
      if (days !== 0) return (first + highestBit(days)) * SECONDS_PER_DAY + this.#lastTime
    }
    return null
  }

  /** The days of a month that match, month and year included, as bits. */
  #daysOf(month: number, first: number): number {
    const year = (month / 12) | 0
    if (((this.#months >>> (month - year * 12)) & 1) === 0) return 0
    if (this.#years !== null) {
      const index = year - FIRST_YEAR
      if (index < 0 || year > LAST_YEAR) return 0
      if (((this.#years[(index / WORD) | 0]! >>> (index % WORD)) & 1) === 0) return 0
    }
    return daysOfMonth(this.#days, month, first)
  }

  /** The first time of day >= `time`, or -1. */
  #timeFrom(time: number): number {
    const hour = (time / 3600) | 0
    if (((this.#hours >>> hour) & 1) !== 0) {
      const minute = ((time / 60) | 0) - hour * 60
      const second = nextInTwo(this.#secondsLow, this.#secondsHigh, time % 60)
      const same = second < 0 ? -1 : nextInTwo(this.#minutesLow, this.#minutesHigh, minute)
      if (same === minute) return hour * 3600 + minute * 60 + second
      const later = nextInTwo(this.#minutesLow, this.#minutesHigh, minute + 1)
      if (later >= 0) return hour * 3600 + later * 60 + this.#firstSecond()
    }
    const hours = this.#hours >>> (hour + 1)
    if (hours === 0) return -1
    const minute = nextInTwo(this.#minutesLow, this.#minutesHigh, 0)
    return (hour + 1 + lowestBit(hours)) * 3600 + minute * 60 + this.#firstSecond()
  }

  /** The last time of day <= `time`, or -1. */
  #timeUpTo(time: number): number {
    const hour = (time / 3600) | 0
    if (((this.#hours >>> hour) & 1) !== 0) {
      const minute = ((time / 60) | 0) - hour * 60
      const second = previousInTwo(this.#secondsLow, this.#secondsHigh, time % 60)
      const same = second < 0 ? -1 : previousInTwo(this.#minutesLow, this.#minutesHigh, minute)
      if (same === minute) return hour * 3600 + minute * 60 + second
      const earlier = previousInTwo(this.#minutesLow, this.#minutesHigh, minute - 1)
      if (earlier >= 0) return hour * 3600 + earlier * 60 + this.#lastSecond()
    }
    const hours = this.#hours & ((1 << hour) - 1)
    if (hours === 0) return -1
    const minute = previousInTwo(this.#minutesLow, this.#minutesHigh, 59)
    return highestBit(hours) * 3600 + minute * 60 + this.#lastSecond()
  }

  #firstSecond(): number {
    return nextInTwo(this.#secondsLow, this.#secondsHigh, 0)
  }

  #lastSecond(): number {
    return previousInTwo(this.#secondsLow, this.#secondsHigh, 59)
  }
}
