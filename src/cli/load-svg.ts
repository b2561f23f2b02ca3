/**
 * The heat map as one SVG that needs nothing else: no script, no font, no style sheet. Colours follow
 * prefers-color-scheme, by classes and not by variables, which not every viewer of SVG knows.
 */
import { epochDayOfLocal, formatLocalSeconds } from '../core/time/local.ts'
import {
  type HeatCell,
  type HeatRow,
  type Picture,
  readableMarks,
  shadeOf,
  shadesOf,
} from './load-picture.ts'
import { byText, countText, fullestText, type LoadFacts, rangeText } from './load-text.ts'
import { clockText, localText, weekdayText } from './local-text.ts'
import { plain } from './problem-text.ts'

const SHADES = 5
const PADDING = 20
const ROW = 20
const GAP = 2
/** Of a letter on average, in the sizes that are used; labels get room by it. */
const LETTER = 6.8
const LONGEST_LABEL = 40
/** The red strip at the foot of a crowded cell. */
const STRIP = 4
const MOST_WIDTH = 980
const LEAST_WIDTH = 760
const HEAD = 86

const STYLE = `
.belfry-load { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
.belfry-load .page { fill: #ffffff }
.belfry-load text { fill: #1f2328 }
.belfry-load .title { font-size: 15px; font-weight: 600 }
.belfry-load .quiet { fill: #59636e }
.belfry-load .hot { fill: #b42318; font-weight: 600 }
.belfry-load .s0 { fill: #eff2f5 }
.belfry-load .s1 { fill: #b6d7f5 }
.belfry-load .s2 { fill: #7db4e8 }
.belfry-load .s3 { fill: #3f8cd0 }
.belfry-load .s4 { fill: #1c63a5 }
.belfry-load .s5 { fill: #0b3b6b }
.belfry-load .crowded { fill: #d92d20 }
@media (prefers-color-scheme: dark) {
.belfry-load .page { fill: #0d1117 }
.belfry-load text { fill: #e6edf3 }
.belfry-load .quiet { fill: #9198a1 }
.belfry-load .hot { fill: #ff8177 }
.belfry-load .s0 { fill: #1b222b }
.belfry-load .s1 { fill: #17487c }
.belfry-load .s2 { fill: #2468a8 }
.belfry-load .s3 { fill: #3583c9 }
.belfry-load .s4 { fill: #6cb0ee }
.belfry-load .s5 { fill: #c3e1ff }
.belfry-load .crowded { fill: #ff6b5e }
}
`

export function loadSvg(facts: LoadFacts, picture: Picture): string {
  const { zone, from, to, loads } = facts
  const shades = shadesOf(picture, SHADES)
  const left = PADDING + room(picture.rows.map(({ label }) => label))
  const sums = room(picture.rows.map(({ fires }) => countText(fires))) + PADDING
  const cell = Math.max(4, Math.min(28, Math.floor((MOST_WIDTH - left - sums) / picture.columns)))
  const width = Math.max(LEAST_WIDTH, left + picture.columns * cell + sums)
  const isSingle = loads.length === 1 && picture.rows[0]?.label !== loads[0]!.id
  const title = isSingle ? `Fires of ${loads[0]!.id}` : 'Fires per adapter'
  const range = `${clockText(from, zone)} to ${clockText(to, zone)}, ${zone.name}; a cell is ${picture.cell}`
  const parts = [
    text(PADDING, 30, title, 'title'),
    text(PADDING, 50, range, 'quiet'),
    ...readableMarks(picture.marks, cell / LETTER).map(({ column, label }) =>
      text(left + column * cell, HEAD - 10, label, 'quiet'),
    ),
    ...picture.rows.flatMap((row, index) =>
      rowParts(row, { picture, shades, left, cell, y: HEAD + index * ROW }),
    ),
  ]
  let y = HEAD + picture.rows.length * ROW + 24
  parts.push(...legendParts(shades, { x: left, y, isCrowded: loads.some((load) => load.crowdedMinutes > 0) }))
  y += 40
  const hot = loads.filter(({ fullest }) => fullest !== null)
  parts.push(
    text(PADDING, y, hot.length === 0 ? 'Nothing fires in this time' : 'The fullest minute', 'title'),
  )
  for (const load of hot) {
    y += 22
    const head = `${load.id}: ${localText(load.fullest!.at, zone)}, ${fullestText(load)}`
    parts.push(text(PADDING, y, head, load.crowdedMinutes > 0 ? 'hot' : undefined, width))
    y += 16
    parts.push(text(PADDING, y, byText(load), 'quiet', width))
  }
  const height = y + PADDING
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="belfry-load" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(`${title}, ${range}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

/** For the longest of some labels, with the gap beside it. */
function room(labels: readonly string[]): number {
  const longest = labels.reduce((most, { length }) => Math.max(most, length), 0)
  return Math.ceil(Math.min(LONGEST_LABEL, longest) * LETTER) + 12
}

interface RowPlace {
  readonly picture: Picture
  readonly shades: readonly number[]
  readonly left: number
  readonly cell: number
  readonly y: number
}

function rowParts(row: HeatRow, { picture, shades, left, cell, y }: RowPlace): readonly string[] {
  const height = ROW - GAP
  // Thin cells stand side by side; wide ones are told apart by a gap.
  const gap = cell >= 10 ? GAP : 0
  const first = row.cells.findIndex((each) => each !== null)
  const last = row.cells.findLastIndex((each) => each !== null)
  const baseline = y + height - 5
  const x = left + Math.max(0, first) * cell
  const span = (last - first + 1) * cell - gap
  const parts = [
    text(PADDING, baseline, row.label, undefined, left + PADDING),
    `<rect class="s0" x="${x}" y="${y}" width="${span}" height="${height}"/>`,
  ]
  row.cells.forEach((each, column) => {
    if (each === null || each.fires === 0) return
    const at = left + column * cell
    const title = `<title>${escaped(cellTitle(row, each, picture))}</title>`
    const shade = `<rect class="s${shadeOf(each.fires, shades)}" x="${at}" y="${y}" width="${cell - gap}" height="${height}"/>`
    const strip = each.isCrowded ? stripOf(at, y + height, cell - gap) : ''
    parts.push(`<g>${title}${shade}${strip}</g>`)
  })
  return [...parts, text(left + picture.columns * cell + 10, baseline, countText(row.fires), 'quiet')]
}

function stripOf(x: number, foot: number, width: number): string {
  return `<rect class="crowded" x="${x}" y="${foot - STRIP}" width="${width}" height="${STRIP}"/>`
}

function cellTitle(
  { load }: HeatRow,
  { fires, fullest, begin, isCrowded }: HeatCell,
  { cell }: Picture,
): string {
  const when = `${weekdayText(epochDayOfLocal(begin))} ${formatLocalSeconds(begin).slice(0, 16).replace('T', ' ')}`
  const crowd = isCrowded ? `, above its concurrency of ${load.concurrency}` : ''
  return `${load.id}, ${when} (${cell}): ${countText(fires)}, at most ${fullest} in a minute${crowd}`
}

function legendParts(
  shades: readonly number[],
  { x, y, isCrowded }: { readonly x: number; readonly y: number; readonly isCrowded: boolean },
): readonly string[] {
  const parts: string[] = []
  let at = x
  const entry = (shade: number, label: string, strip = ''): void => {
    parts.push(`<rect class="s${shade}" x="${at}" y="${y - 11}" width="14" height="14"/>${strip}`)
    parts.push(text(at + 20, y, label, 'quiet'))
    at += 20 + Math.ceil(label.length * LETTER) + 16
  }
  entry(0, 'no fire')
  shades.forEach((most, index) => {
    entry(index + 1, rangeText(index === 0 ? 1 : shades[index - 1]! + 1, most))
  })
  if (isCrowded) entry(0, "a minute above the adapter's concurrency", stripOf(at, y + 3, 14))
  return parts
}

/** A line of text; with `width` it is cut so that it ends before it, and told in full by its title. */
function text(x: number, y: number, content: string, name?: string, width?: number): string {
  const most = width === undefined ? content.length : Math.floor((width - x - PADDING) / LETTER)
  const isCut = content.length > most
  const shown = isCut ? `${content.slice(0, Math.max(1, most - 1))}…` : content
  const title = isCut ? `<title>${escaped(content)}</title>` : ''
  const kind = name === undefined ? '' : ` class="${name}"`
  return `<text${kind} x="${Math.round(x)}" y="${y}">${title}${escaped(shown)}</text>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text that XML takes for text, whatever it is. */
export function escaped(content: string): string {
  return plain(content)
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter]!)
}
