/** A heat map as rows of cells with labels, the same for the terminal and for SVG. */
import type { AdapterLoad } from '../core/plan/load.ts'
import { DAY, type LoadGrid, type RowGrid } from '../core/plan/load-grid.ts'
import { daysInMonth, formatDate, twoDigits } from '../core/time/civil.ts'
import { formatDuration } from '../core/time/duration.ts'
import { epochDayOfLocal, formatLocalSeconds, type LocalSeconds } from '../core/time/local.ts'
import { weekdayText } from './local-text.ts'

export interface HeatCell {
  readonly fires: number
  /** Of its fullest minute. */
  readonly fullest: number
  /** In a minute of it there are more fires than runs may be in flight. */
  readonly isCrowded: boolean
  readonly begin: LocalSeconds
}

export interface HeatRow {
  readonly label: string
  readonly load: AdapterLoad
  readonly fires: number
  /** null: not in the range. */
  readonly cells: readonly (HeatCell | null)[]
}

export interface Mark {
  /** The column that it stands above. */
  readonly column: number
  readonly label: string
}

export interface Picture {
  readonly columns: number
  readonly marks: readonly Mark[]
  readonly rows: readonly HeatRow[]
  /** `1h`. */
  readonly cell: string
}

/** A row for each adapter. */
export function adaptersPicture(loads: readonly AdapterLoad[], grid: LoadGrid): Picture {
  return {
    columns: grid.cells,
    marks: lineMarks(grid),
    rows: loads.map((load) => ({
      label: load.id,
      load,
      fires: load.fires,
      cells: Array.from({ length: grid.cells }, (_, index) => cellOf(load, grid, index)),
    })),
    cell: cellText(grid),
  }
}

/** One adapter, in rows of hours, days or months. */
export function singlePicture(load: AdapterLoad, grid: RowGrid): Picture {
  const rows: HeatRow[] = []
  const { begin, cellSeconds, cells } = grid
  const { columns, marks } = COLUMNS[grid.row]
  for (let index = 0; index < cells; ) {
    const at = begin + index * cellSeconds
    const length = Math.min(rowLength(grid, at), cells - index)
    const row = Array.from({ length: columns }, (_, offset) =>
      offset < length && index + offset >= grid.firstCell ? cellOf(load, grid, index + offset) : null,
    )
    const fires = row.reduce((sum, cell) => sum + (cell?.fires ?? 0), 0)
    rows.push({ label: rowLabel(grid, at), load, fires, cells: row })
    index += length
  }
  return { columns, marks, rows, cell: cellText(grid) }
}

const every = (step: number, count: number, label: (column: number) => string): readonly Mark[] =>
  Array.from({ length: Math.ceil(count / step) }, (_, index) => ({
    column: index * step,
    label: label(index * step),
  }))

const COLUMNS = {
  hour: { columns: 60, marks: every(5, 60, (minute) => `:${twoDigits(minute)}`) },
  day: { columns: 24, marks: every(2, 24, (hour) => `${twoDigits(hour)}h`) },
  month: { columns: 31, marks: every(3, 31, (day) => String(day + 1)) },
} as const

function rowLength({ row, cellSeconds }: RowGrid, at: LocalSeconds): number {
  if (row === 'hour') return 3600 / cellSeconds
  if (row === 'day') return DAY / cellSeconds
  const [year, month] = formatDate(epochDayOfLocal(at)).split('-').map(Number) as [number, number]
  return daysInMonth(year, month)
}

function rowLabel({ row }: RowGrid, at: LocalSeconds): string {
  if (row === 'month') return formatDate(epochDayOfLocal(at)).slice(0, 7)
  return row === 'day' ? dayLabel(at) : `${dayLabel(at)} ${formatLocalSeconds(at).slice(11, 16)}`
}

function dayLabel(at: LocalSeconds): string {
  const day = epochDayOfLocal(at)
  return `${weekdayText(day)} ${formatDate(day)}`
}

/** Hours where cells are minutes, days where they are hours, else months. */
function lineMarks({ begin, cellSeconds, cells }: LoadGrid): readonly Mark[] {
  const marks: Mark[] = []
  const isShort = cells * cellSeconds <= 2 * DAY
  let last = ''
  for (let column = 0; column < cells; column++) {
    const at = begin + column * cellSeconds
    const text = formatLocalSeconds(at)
    const [label, unit] = isShort
      ? [text.slice(11, 16), text.slice(0, 13)]
      : cellSeconds < DAY
        ? [`${weekdayText(epochDayOfLocal(at))} ${text.slice(8, 10)}`, text.slice(0, 10)]
        : [text.slice(0, 7), text.slice(0, 7)]
    // A label stands where its hour, day or month begins, and so not above a first cell that lies amid one.
    const isBegin = last !== '' || at % (isShort ? 3600 : DAY) === 0
    if (unit !== last && isBegin) marks.push({ column, label })
    last = unit
  }
  return marks
}

function cellOf(load: AdapterLoad, { begin, cellSeconds }: LoadGrid, index: number): HeatCell {
  const fires = load.cellFires[index]!
  const fullest = load.cellFullest[index]!
  return { fires, fullest, isCrowded: fullest > load.concurrency, begin: begin + index * cellSeconds }
}

/** `30 min`, `2 h`, `7 d`. */
function cellText({ cellSeconds }: LoadGrid): string {
  return formatDuration(cellSeconds * 1000).replace(/(\d+)([a-z]+)/, (_, count, unit) =>
    unit === 'm' ? `${count} min` : `${count} ${unit}`,
  )
}

/** Marks of which none comes closer to the one before it than its label and a space are long; `room` is of one column. */
export function readableMarks(marks: readonly Mark[], room: number): readonly Mark[] {
  const kept: Mark[] = []
  let free = 0
  for (const mark of marks) {
    const at = mark.column * room
    if (at < free) continue
    kept.push(mark)
    free = at + mark.label.length + 1
  }
  return kept
}

/** Up to how many fires each shade stands for, lightest first: each as many times more as the one before. */
export function shadesOf(picture: Picture, shades: number): readonly number[] {
  const most = picture.rows.reduce(
    (top, { cells }) => cells.reduce((inner, cell) => Math.max(inner, cell?.fires ?? 0), top),
    0,
  )
  if (most <= shades) return Array.from({ length: most }, (_, index) => index + 1)
  const limits: number[] = []
  for (let shade = 1; shade <= shades; shade++)
    limits.push(Math.max((limits.at(-1) ?? 0) + 1, Math.round(most ** (shade / shades))))
  return limits
}

/** 0 for no fire, else which of the shades, from 1. */
export function shadeOf(fires: number, shades: readonly number[]): number {
  return fires === 0 ? 0 : shades.findIndex((most) => fires <= most) + 1
}
