import { BelfryError, type Problem, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { err, ok, type Result } from '../result.ts'
import { epochDayOf } from './civil.ts'
import type { LocalSeconds } from './local.ts'
import { findChanges, type OffsetChange, type OffsetReader, offsetReader } from './transitions.ts'
import { zoneNames } from './zone-names.ts'

/**
 * A stretch of instants in which a zone keeps one offset. All in seconds: instants since the epoch, offsets east of
 * UTC. A stretch may end where the zone's table ends so far; then nothing changes there (`after === offset`) nor
 * within two days of it, and the next stretch goes on. A period stays true for ever, so it may be kept.
 */
export interface Period {
  /** First second, included; -Infinity for the first stretch. */
  readonly start: number
  /** First second no longer in it; Infinity for the last stretch. */
  readonly end: number
  readonly offset: number
  /** The offset just before `start`: less than `offset` if a gap lies at `start`, more if an overlap does. */
  readonly before: number
  /** The offset from `end` on. */
  readonly after: number
  /**
   * Within [quietFrom, quietTo) local time and instants map one to one and no policy for daylight saving has a say:
   * the stretch less the width of the change at either end.
   */
  readonly quietFrom: number
  readonly quietTo: number
}

/** What a local time means in a zone. Instants are in milliseconds since the epoch. */
export type Resolution =
  | { readonly kind: 'unique'; readonly instant: number }
  | {
      /** The local time does not exist: clocks went forward over it. */
      readonly kind: 'gap'
      /** The first instant after the gap. */
      readonly after: number
      /** The local time read with the offset before the gap: later than it looks by the length of the gap. */
      readonly shifted: number
      readonly lengthSeconds: number
    }
  /** The local time happens twice: clocks went back over it. */
  | { readonly kind: 'overlap'; readonly first: number; readonly last: number }

/** A change of offset. `at` is the first instant with the new offset, in milliseconds. */
export interface Transition {
  readonly at: number
  readonly offsetBefore: number
  readonly offsetAfter: number
}

/** A time zone of the tz database. Offsets are in seconds east of UTC, instants in milliseconds since the epoch. */
export interface Zone {
  /** The name as it was asked for: an alias keeps its own name. */
  readonly name: string
  offsetAt(instantMs: number): number
  /** What the wall clock reads; parts of a second are dropped. */
  localAt(instantMs: number): LocalSeconds
  resolve(local: LocalSeconds): Resolution
  /** The changes of offset with `fromMs <= at < toMs`, in order. */
  transitions(fromMs: number, toMs: number): readonly Transition[]
  /** The stretch of one offset that an instant, in seconds, lies in. This is the form for hot paths. */
  periodAt(second: number): Period
}

const zones = new Map<string, Zone>()

/** The zone of an IANA name such as `Asia/Kolkata` or `UTC`. Fails with `unknown-zone`. */
export function zoneOf(name: string): Result<Zone, Problem> {
  const known = zones.get(name)
  if (known !== undefined) return ok(known)
  const read = readerOf(name)
  if (read === undefined) {
    const suggestion = nearest(name, zoneNames())
    return err(
      problem('unknown-zone', `"${name}" is not a time zone`, {
        expected: 'a name of the tz database such as Asia/Kolkata, America/New_York or UTC',
        found: name,
        ...(suggestion === undefined ? {} : { suggestion }),
      }),
    )
  }
  const zone = new TableZone(name, read)
  zones.set(name, zone)
  return ok(zone)
}

/** Capitals as in the tz database: its files are found by exact name, and so are ours. */
const ZONE_NAME = /^(?:[A-Z][A-Za-z0-9_+-]*)(?:\/[A-Z][A-Za-z0-9_+-]*)*$/

function readerOf(name: string): OffsetReader | undefined {
  if (!ZONE_NAME.test(name)) return undefined
  try {
    return offsetReader(name)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const FIXED = /^(?:UTC|UCT|GMT|GMT0|GMT[+-]0|Greenwich|Universal|Zulu|Etc\/.+)$/

const DAY = 86_400
/** Longer than the largest change of offset (24 h), shorter than a third of the shortest stretch. */
const CLEAR = 26 * 3600
/** How far from the known changes a stretch may end at most, see `#endSecond`. */
const MARGIN = 3 * CLEAR + 1
/** No local time is further from UTC than this (Manila was at -15:56, Metlakatla at +15:13). */
const FARTHEST_OFFSET = 18 * 3600

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
class TableZone implements Zone {
  readonly name: string
  readonly #read: OffsetReader
  #periods: Period[] = []
  #changes: OffsetChange[] = []
  /** Years [from, to) are in the table. */
  #fromYear = 0
  #toYear = 0
  #last = 0

  constructor(name: string, read: OffsetReader) {
    this.name = name
    this.#read = read
    if (FIXED.test(name)) {
      this.#fromYear = TABLE_FROM_YEAR
      this.#toYear = TABLE_TO_YEAR
      this.#rebuild()
    }
  }

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

  offsetAt(instantMs: number): number {
    return this.periodAt(Math.floor(instantMs / 1000)).offset
  }

  localAt(instantMs: number): LocalSeconds {
    const second = Math.floor(instantMs / 1000)
    return second + this.periodAt(second).offset
  }

  resolve(local: LocalSeconds): Resolution {
    // At most one change lies between these two, so the local time is before it, after it, both or neither. The later
    // one is asked for first because a table that grows in between would leave the other without its true end.
    this.periodAt(local + FARTHEST_OFFSET)
    const early = this.periodAt(local - FARTHEST_OFFSET)
    const late = this.periodAt(local + FARTHEST_OFFSET)
    const first = local - early.offset
    const last = local - late.offset
    const inEarly = first < early.end || early === late
    const inLate = last >= late.start
    if (inEarly && inLate && first !== last)
      return { kind: 'overlap', first: first * 1000, last: last * 1000 }
    if (inEarly) return { kind: 'unique', instant: first * 1000 }
    if (inLate) return { kind: 'unique', instant: last * 1000 }
    return {
      kind: 'gap',
      after: late.start * 1000,
      shifted: first * 1000,
      lengthSeconds: late.offset - early.offset,
    }
  }

  transitions(fromMs: number, toMs: number): readonly Transition[] {
    const found: Transition[] = []
    let period = this.periodAt(Math.ceil(fromMs / 1000) - 1)
    while (period.end * 1000 < toMs) {
      if (period.after !== period.offset) {
        found.push({ at: period.end * 1000, offsetBefore: period.offset, offsetAfter: period.after })
      }
      period = this.periodAt(period.end)
    }
    return found
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
      throw new BelfryError('internal', `${this.name} was asked about an instant that is not a number`)
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

function periodOf(stretch: Omit<Period, 'quietFrom' | 'quietTo'>): Period {
  const { start, end, offset, before, after } = stretch
  return {
    start,
    end,
    offset,
    before,
    after,
    quietFrom: start + Math.abs(offset - before),
    quietTo: end - Math.abs(after - offset),
  }
}
