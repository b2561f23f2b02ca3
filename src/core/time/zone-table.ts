import { BelfryError } from '../errors.ts'
import { epochDayOf } from './civil.ts'
import { type Period, periodOf } from './period.ts'
import { findChanges, type OffsetChange, type OffsetReader } from './transitions.ts'

const FIXED = /^(?:UTC|UCT|GMT|GMT0|GMT[+-]0|Greenwich|Universal|Zulu|Etc\/.+)$/

const DAY = 86_400
/** Longer than the largest change of offset (24 h), shorter than a third of the shortest stretch. */
const CLEAR = 26 * 3600
/** How far from the known changes a stretch may end at most, see `#endSecond`. */
const MARGIN = 3 * CLEAR + 1
const BLOCK_YEARS = 10
/** Before it every zone kept its local mean time. */
const TABLE_FROM_YEAR = 1800
const TABLE_TO_YEAR = 10_000
/** The calendar repeats every 400 years, and so do the yearly rules that are all that zones have by 2100. */
const CYCLE_YEARS = 400
const CYCLE = 146_097 * DAY
const REPEATS_FROM_YEAR = 2500

function secondOfYear(year: number): number {
  return epochDayOf(year, 1, 1) * DAY
}

/**
 * The table of a zone's stretches, found by the decade when first asked about and searched from then on. It grows at
 * either end and never has a hole.
 */
export class ZoneTable {
  readonly #name: string
  readonly #read: OffsetReader
  #periods: Period[] = []
  #changes: OffsetChange[] = []
  /** Years [from, to) are in the table. */
  #fromYear = 0
  #toYear = 0
  #last = 0

  constructor(name: string, read: OffsetReader) {
    this.#name = name
    this.#read = read
    if (FIXED.test(name)) {
      this.#fromYear = TABLE_FROM_YEAR
      this.#toYear = TABLE_TO_YEAR
      this.#rebuild()
    }
  }

  /** The stretch that an instant, in seconds, lies in. Throws if it is not a number. */
  periodAt(second: number): Period {
    const periods = this.#periods
    if (periods.length > 0) {
      const last = periods[this.#last]!
      if (second >= last.start && second < last.end) return last
      if (second >= periods[0]!.start && second < periods[periods.length - 1]!.end)
        return this.#search(second)
    }
    this.#grow(second)
    return this.#search(second)
  }

  #search(second: number): Period {
    const periods = this.#periods
    let low = 0
    let high = periods.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (periods[middle]!.start <= second) low = middle
      else high = middle - 1
    }
    this.#last = low
    return periods[low]!
  }

  /** Adds whole decades until `second` is inside, whatever `#rebuild` leaves out at the ends. */
  #grow(second: number): void {
    if (Number.isNaN(second))
      throw new BelfryError('internal', `${this.#name} was asked about an instant that is not a number`)
    if (this.#fromYear === this.#toYear) {
      const decade = Math.floor((1970 + second / (365.2425 * DAY)) / BLOCK_YEARS) * BLOCK_YEARS
      this.#fromYear = Math.min(Math.max(decade, TABLE_FROM_YEAR), TABLE_TO_YEAR - BLOCK_YEARS)
      this.#toYear = this.#fromYear + BLOCK_YEARS
      this.#changes = this.#find(this.#fromYear, this.#toYear)
    }
    while (this.#fromYear > TABLE_FROM_YEAR && second < secondOfYear(this.#fromYear) + MARGIN) {
      this.#changes = [...this.#find(this.#fromYear - BLOCK_YEARS, this.#fromYear), ...this.#changes]
      this.#fromYear -= BLOCK_YEARS
    }
    while (this.#toYear < TABLE_TO_YEAR && second >= secondOfYear(this.#toYear) - MARGIN) {
      for (const change of this.#find(this.#toYear, this.#toYear + BLOCK_YEARS)) this.#changes.push(change)
      this.#toYear += BLOCK_YEARS
    }
    this.#rebuild()
  }

  #find(fromYear: number, toYear: number): OffsetChange[] {
    const from = secondOfYear(fromYear)
    const to = secondOfYear(toYear)
    if (fromYear < REPEATS_FROM_YEAR || fromYear - CYCLE_YEARS < this.#fromYear) {
      return findChanges(this.#read, from, to)
    }
    return this.#changes
      .filter((change) => change.at > from - CYCLE && change.at <= to - CYCLE)
      .map((change) => ({ ...change, at: change.at + CYCLE }))
  }

  #rebuild(): void {
    const from = this.#firstSecond()
    const to = this.#endSecond()
    const periods: Period[] = []
    let start = from
    let offset = this.#changes[0]?.before ?? this.#read(secondOfYear(this.#fromYear))
    let before = offset
    for (const change of this.#changes) {
      if (change.at >= to) break
      if (change.at > from) {
        periods.push(periodOf({ start, end: change.at, offset, before, after: change.after }))
        start = change.at
        before = offset
      } else {
        before = change.after
      }
      offset = change.after
    }
    periods.push(periodOf({ start, end: to, offset, before, after: offset }))
    this.#periods = periods
    this.#last = 0
  }

  /** Where the first stretch begins: a place with no change near, so that nothing there depends on what is before. */
  #firstSecond(): number {
    if (this.#fromYear <= TABLE_FROM_YEAR) return -Infinity
    const wanted = secondOfYear(this.#fromYear) + CLEAR
    const near = this.#changes.find((change) => Math.abs(change.at - wanted) <= CLEAR)
    return near === undefined ? wanted : near.at + CLEAR
  }

  #endSecond(): number {
    if (this.#toYear >= TABLE_TO_YEAR) return Infinity
    const wanted = secondOfYear(this.#toYear) - CLEAR
    const near = this.#changes.findLast((change) => Math.abs(change.at - wanted) <= CLEAR)
    return near === undefined ? wanted : near.at - CLEAR
  }
}
