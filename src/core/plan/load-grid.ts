/** Into which stretches of the wall clock a range is cut, so that a heat map of it can be read. */
import { mondayOf, monthStartOf } from '../time/civil.ts'
import { epochDayOfLocal, type LocalSeconds, localOf } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'

/**
 * Cells of equal length by the wall clock, one after another. Where clocks go back, both passes of an hour are in its
 * cells; where they go forward, cells stay empty.
 */
export interface LoadGrid {
  /** What the wall clock reads at the begin of the first cell. */
  readonly begin: LocalSeconds
  readonly cellSeconds: number
  readonly cells: number
}

/** A grid in rows: of hours, of days, or of months, each a row from its begin. */
export interface RowGrid extends LoadGrid {
  readonly row: 'hour' | 'day' | 'month'
  /** Cells before it are outside of the range: a row begins with its hour, day or month. */
  readonly firstCell: number
}

export interface LoadRange {
  /** Included, epoch milliseconds. */
  readonly from: number
  /** Excluded, epoch milliseconds. */
  readonly to: number
  readonly zone: Zone
}

const MINUTE = 60
const HOUR = 3600
export const DAY = 86_400
const WEEK = 7 * DAY

/** Lengths that people read with ease. Those of a day or less divide it, the others begin on Mondays. */
const LENGTHS = [
  ...[1, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR),
  DAY,
  WEEK,
  4 * WEEK,
]

/** One row of the shortest cells of which there are at most `mostCells`; more of the longest where that cannot be. */
export function lineGrid(range: LoadRange, mostCells: number): LoadGrid {
  for (const cellSeconds of LENGTHS) {
    const grid = gridFrom(beginOf(localFrom(range), cellSeconds), range, cellSeconds)
    if (grid.cells <= mostCells || cellSeconds === LENGTHS.at(-1)) return grid
  }
  throw new RangeError('there is no longest cell')
}

const LONGEST_IN_MINUTES_MS = 26 * HOUR * 1000
const LONGEST_IN_HOURS_MS = 63 * DAY * 1000

/** Rows for a single adapter: hours of minutes up to about a day, days of hours up to two months, then months of days. */
export function rowGrid(range: LoadRange): RowGrid {
  const length = range.to - range.from
  const local = localFrom(range)
  const day = epochDayOfLocal(local)
  const rowsOf = (row: RowGrid['row'], begin: LocalSeconds, cellSeconds: number): RowGrid => ({
    row,
    firstCell: Math.floor((local - begin) / cellSeconds),
    ...gridFrom(begin, range, cellSeconds),
  })
  if (length <= LONGEST_IN_MINUTES_MS) return rowsOf('hour', beginOf(local, HOUR), MINUTE)
  if (length <= LONGEST_IN_HOURS_MS) return rowsOf('day', localOf(day, 0), HOUR)
  return rowsOf('month', localOf(monthStartOf(day), 0), DAY)
}

function localFrom({ from, zone }: LoadRange): LocalSeconds {
  return zone.localAt(from)
}

function beginOf(local: LocalSeconds, cellSeconds: number): LocalSeconds {
  if (cellSeconds > DAY) return localOf(mondayOf(epochDayOfLocal(local)), 0)
  return Math.floor(local / cellSeconds) * cellSeconds
}

function gridFrom(begin: LocalSeconds, { to, zone }: LoadRange, cellSeconds: number): LoadGrid {
  const last = zone.localAt(to - 1)
  return { begin, cellSeconds, cells: Math.max(1, Math.floor((last - begin) / cellSeconds) + 1) }
}
