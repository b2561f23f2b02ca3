import { type Problem, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { err, ok, type Result } from '../result.ts'
import type { LocalSeconds } from './local.ts'
import type { Period } from './period.ts'
import { type OffsetReader, offsetReader } from './transitions.ts'
import { zoneNames } from './zone-names.ts'
import { ZoneTable } from './zone-table.ts'

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

/** No local time is further from UTC than this (Manila was at -15:56, Metlakatla at +15:13). */
const FARTHEST_OFFSET = 18 * 3600

class TableZone implements Zone {
  readonly name: string
  readonly #table: ZoneTable

  constructor(name: string, read: OffsetReader) {
    this.name = name
    this.#table = new ZoneTable(name, read)
  }

  periodAt(second: number): Period {
    return this.#table.periodAt(second)
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
}
