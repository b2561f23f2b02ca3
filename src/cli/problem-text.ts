import pc from 'picocolors'
import type { Problem } from '../core/errors.ts'
import type { SourceLine } from '../files/source-lines.ts'

export interface ProblemTextOptions {
  readonly color: boolean
  readonly columns: number
  readonly line: SourceLine
}

/** An expectation this long beside a suggestion hides the suggestion more than it helps. */
const LONGEST_EXPECTED_WITH_SUGGESTION = 120
const MARGIN = 9

/** A problem for a terminal: where, what, the line with a mark under the place, what was expected, what may be meant. */
export function problemText(found: Problem, options: ProblemTextOptions): string {
  const colors = pc.createColors(options.color)
  const mark = found.severity === 'error' ? colors.red : colors.yellow
  const { position } = found
  const place =
    position === undefined ? '' : `${colors.bold(`${position.file}:${position.line}:${position.column}`)}: `
  const head = `${place}${mark(`${found.severity}:`)} ${plain(found.message)} ${colors.dim(`[${found.code}]`)}`
  const frame =
    position === undefined ? [] : frameOf(options.line(position.file, position.line), position, options)
  const [source, under] = frame
  const lines = [head]
  if (source !== undefined && under !== undefined) lines.push(source, `${under.margin}${mark(under.mark)}`)
  for (const [label, text] of details(found))
    lines.push(`${' '.repeat(MARGIN)}${colors.dim(label)}${plain(text)}`)
  return `${lines.join('\n')}\n`
}

function details(found: Problem): readonly (readonly [label: string, text: string])[] {
  const { expected, suggestion, cure } = found
  const rows: (readonly [string, string])[] = []
  const suggested = suggestion !== undefined
  if (expected !== undefined && !(suggested && expected.length > LONGEST_EXPECTED_WITH_SUGGESTION)) {
    rows.push(['expected ', expected])
  }
  // Most messages quote what was found.
  if (found.found !== undefined && !found.message.includes(found.found)) rows.push(['found    ', found.found])
  if (suggested) rows.push(['', `Did you mean \`${suggestion}\`?`])
  if (cure !== undefined) rows.push(['', cure])
  return rows
}

type Frame =
  | readonly []
  | readonly [source: string, under: { readonly margin: string; readonly mark: string }]

function frameOf(
  line: string | undefined,
  { line: number, column }: { readonly line: number; readonly column: number },
  { columns }: ProblemTextOptions,
): Frame {
  if (line === undefined || line.trim() === '') return []
  const width = Math.max(40, columns - MARGIN - 1)
  const text = plain(line)
  // A long line is shown around the place, which is what the eye looks for.
  const start = text.length <= width || column < width * 0.8 ? 0 : column - Math.floor(width / 2)
  const shown = text.slice(start, start + width)
  const at = Math.min(column - 1 - start, shown.length)
  const length = Math.max(1, Math.min(tokenLength(shown.slice(at)), shown.length - at))
  const gutter = String(number).padStart(MARGIN - 3)
  return [
    `${gutter} | ${shown}`,
    { margin: `${' '.repeat(MARGIN - 3)} | ${' '.repeat(at)}`, mark: '^'.repeat(length) },
  ]
}

/** How much of the text is the key or value that begins it. */
function tokenLength(text: string): number {
  return (/^"(?:[^"\\]|\\.)*"?|^'[^']*'?|^[^\s,:[\]{}#]+/.exec(text)?.[0] ?? text.slice(0, 1)).length
}

/**
 * Text of a file, made harmless for a terminal: control characters could move the cursor or change colours, and
 * direction marks could make it read differently from what it is. Each keeps its one column.
 */
export function plain(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\u{fffd}')
}
