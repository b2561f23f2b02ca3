import type pc from 'picocolors'
import type { AdapterLoad } from '../core/plan/load.ts'
import type { LoadGrid } from '../core/plan/load-grid.ts'
import { FIXED_DST, firstInstantOf } from '../core/time/dst.ts'
import { formatDuration } from '../core/time/duration.ts'
import { formatInstant, formatLocal } from '../core/time/instant.ts'
import type { Zone } from '../core/time/zone.ts'
import { inColumns } from './columns.ts'
import { type HeatRow, type Picture, readableMarks, shadeOf, shadesOf } from './load-picture.ts'
import { clockText, localText } from './local-text.ts'

type Colors = ReturnType<typeof pc.createColors>

export interface LoadFacts {
  readonly loads: readonly AdapterLoad[]
  /** Included, epoch milliseconds. */
  readonly from: number
  /** Excluded, epoch milliseconds. */
  readonly to: number
  readonly zone: Zone
  readonly grid: LoadGrid
}

const GLYPHS = ['·', '░', '▒', '▓', '█'] as const
const SHADES = GLYPHS.length - 1
const CROWDED = '^'
const LONGEST_LABEL = 36
/** Beside a row stand its label, two gaps and the sum of its fires. */
const SUM_WIDTH = 12
const FEWEST_CELLS = 24
/** Schedules that are named of a minute. */
const MOST_NAMED = 3

/** How many cells a row may have beside its label. */
export function cellsInWidth(ids: readonly string[], columns: number): number {
  return Math.max(FEWEST_CELLS, columns - labelWidth(ids) - 2 - SUM_WIDTH)
}

function labelWidth(labels: readonly string[]): number {
  return Math.min(
    LONGEST_LABEL,
    labels.reduce((most, { length }) => Math.max(most, length), 0),
  )
}

export interface LoadTextOptions {
  readonly colors: Colors
  /** Characters to a row. */
  readonly width: number
}

export function loadText(
  facts: LoadFacts,
  picture: Picture,
  { colors, width }: LoadTextOptions,
): readonly string[] {
  const { zone, from, to, loads } = facts
  const labels = labelWidth(picture.rows.map(({ label }) => label))
  const cellWidth = Math.max(1, Math.min(3, Math.floor((width - labels - 2 - SUM_WIDTH) / picture.columns)))
  const shades = shadesOf(picture, SHADES)
  const only = loads.length === 1 && picture.rows[0]?.label !== loads[0]?.id ? ` of ${loads[0]?.id}` : ''
  const lines = [
    colors.bold(
      `Fires${only} from ${clockText(from, zone)} to ${clockText(to, zone)} (${zone.name}); a cell is ${picture.cell}`,
    ),
    '',
    colors.dim(`${' '.repeat(labels + 2)}${marksLine(picture, cellWidth)}`),
  ]
  for (const row of picture.rows) lines.push(...rowLines(row, { labels, cellWidth, shades, colors }))
  lines.push('', legend(shades, colors))
  if (loads.some(({ crowdedMinutes }) => crowdedMinutes > 0))
    lines.push(
      colors.red(
        `${CROWDED} a minute with more fires than the adapter's concurrency; after a row: in each of its cells`,
      ),
    )
  lines.push('', ...fullestLines(facts, colors))
  return lines.map((line) => line.trimEnd())
}

function marksLine({ marks }: Picture, cellWidth: number): string {
  let line = ''
  for (const { column, label } of readableMarks(marks, cellWidth))
    line = `${line.padEnd(column * cellWidth)}${label}`
  return line
}

interface RowOptions {
  readonly labels: number
  readonly cellWidth: number
  readonly shades: readonly number[]
  readonly colors: Colors
}

function rowLines(row: HeatRow, { labels, cellWidth, shades, colors }: RowOptions): readonly string[] {
  const paints = [colors.dim, colors.cyan, colors.green, colors.yellow, colors.magenta]
  const cells = row.cells.map((cell) => {
    if (cell === null) return ' '.repeat(cellWidth)
    const shade = shadeOf(cell.fires, shades)
    const paint = cell.isCrowded ? colors.red : paints[shade]!
    return paint(GLYPHS[shade]!.repeat(cellWidth))
  })
  const label = shortened(row.label, labels).padEnd(labels)
  const firing = row.cells.filter((cell) => cell !== null && cell.fires > 0)
  const crowded = firing.filter((cell) => cell?.isCrowded === true).length
  // A line of marks under a row that has nothing else would only double it.
  const isAll = crowded > 1 && crowded === firing.length
  const end = `${countText(row.fires)}${isAll ? colors.red(` ${CROWDED}`) : ''}`
  const line = `${label}  ${cells.join('')}  ${end}`
  if (crowded === 0 || isAll) return [line]
  const marks = row.cells.map((cell) => (cell?.isCrowded === true ? CROWDED : ' ').repeat(cellWidth))
  return [line, colors.red(`${' '.repeat(labels + 2)}${marks.join('')}`.trimEnd())]
}

function shortened(label: string, width: number): string {
  return label.length <= width ? label : `${label.slice(0, width - 1)}…`
}

function legend(shades: readonly number[], colors: Colors): string {
  const parts = shades.map((most, index) => {
    const least = index === 0 ? 1 : shades[index - 1]! + 1
    return `${GLYPHS[index + 1]} ${rangeText(least, most)}`
  })
  return colors.dim(['fires:', `${GLYPHS[0]} 0`, ...parts].join('   '))
}

export function rangeText(least: number, most: number): string {
  return least === most ? String(most) : `${least}-${most}`
}

/** Which minute of each adapter is the fullest, and whether that is too much. */
function fullestLines({ loads, zone }: LoadFacts, colors: Colors): readonly string[] {
  const hot = loads.filter(({ fullest }) => fullest !== null)
  if (hot.length === 0) return ['Nothing fires in this time.']
  const heads = inColumns(hot.map((load) => [load.id, localText(load.fullest!.at, zone), fullestText(load)]))
  const lines = hot.flatMap((load, index) => {
    const head = heads[index]!
    return [load.crowdedMinutes > 0 ? colors.red(head) : head, colors.dim(`  ${byText(load)}`)]
  })
  return [colors.bold('The fullest minute'), ...lines]
}

/** `5 fires, 2.5 times its concurrency of 2 (so in 4 minutes)`. */
export function fullestText({ fullest, concurrency, crowdedMinutes }: AdapterLoad): string {
  const fires = fullest?.fires ?? 0
  const most = `its concurrency of ${concurrency}`
  if (crowdedMinutes === 0) return `${countText(fires)}, within ${most}`
  const times = Math.round((fires / concurrency) * 10) / 10
  const minutes = `${crowdedMinutes} ${crowdedMinutes === 1 ? 'minute' : 'minutes'} above it`
  return `${countText(fires)}, ${times} times ${most}; ${minutes}`
}

export function byText({ fullest }: AdapterLoad): string {
  const by = fullest?.by ?? []
  const named = by
    .slice(0, MOST_NAMED)
    .map(({ schedule, fires }) => (fires === 1 ? schedule : `${schedule} (${fires})`))
  return [...named, ...(by.length > MOST_NAMED ? [`${by.length - MOST_NAMED} more`] : [])].join(', ')
}

export function countText(fires: number): string {
  return `${fires} ${fires === 1 ? 'fire' : 'fires'}`
}

/** `load --format json`: cells without a fire are left out. */
export function loadJson({ loads, from, to, zone, grid }: LoadFacts): Readonly<Record<string, unknown>> {
  const { begin, cellSeconds } = grid
  return {
    from: formatInstant(from),
    to: formatInstant(to),
    timezone: zone.name,
    cell: formatDuration(cellSeconds * 1000),
    adapters: loads.map((load) => ({
      adapter: load.id,
      concurrency: load.concurrency,
      schedules: load.schedules,
      fires: load.fires,
      crowdedMinutes: load.crowdedMinutes,
      fullestMinute:
        load.fullest === null
          ? null
          : {
              at: formatInstant(load.fullest.at),
              local: formatLocal(load.fullest.at, zone),
              fires: load.fullest.fires,
              by: load.fullest.by,
            },
      cells: [...load.cellFires].flatMap((fires, index) => {
        if (fires === 0) return []
        const at = firstInstantOf(zone, begin + index * cellSeconds, FIXED_DST)
        return [{ begin: formatLocal(at, zone), fires, fullestMinute: load.cellFullest[index]! }]
      }),
    })),
  }
}
