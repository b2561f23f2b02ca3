import { type Problem, problem } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'

/** One content line of RFC 5545, unfolded. Names are in capitals, values as written. */
export interface IcsLine {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  readonly value: string
  /** Where it begins in the text, counted from 1. */
  readonly line: number
}

/** A component such as VEVENT: its properties, and the components inside it. */
export interface IcsComponent {
  readonly name: string
  readonly line: number
  readonly properties: readonly IcsLine[]
  readonly components: readonly IcsComponent[]
}

const MAX_CHARACTERS = 16_000_000
const MAX_DEPTH = 8

/** The components of an iCalendar text. Fails with `invalid-ics`, naming the line. */
export function parseComponents(text: string): Result<readonly IcsComponent[], Problem[]> {
  if (text.length > MAX_CHARACTERS) {
    return err([
      problem('limit-exceeded', 'the file is too large', {
        expected: `at most ${MAX_CHARACTERS} characters`,
      }),
    ])
  }
  interface Open {
    readonly name: string
    readonly line: number
    readonly properties: IcsLine[]
    readonly components: IcsComponent[]
  }
  const root: Open = { name: '', line: 1, properties: [], components: [] }
  const open: Open[] = [root]
  for (const unfolded of unfold(text)) {
    const line = parseLine(unfolded.text, unfolded.line)
    if (line === null) return err([invalid(unfolded.line, `"${shortened(unfolded.text)}" is not NAME:VALUE`)])
    const current = open.at(-1)!
    const component = line.value.trim().toUpperCase()
    if (line.name === 'BEGIN') {
      if (open.length > MAX_DEPTH) return err([invalid(line.line, 'components are nested too deep')])
      open.push({ name: component, line: line.line, properties: [], components: [] })
    } else if (line.name === 'END') {
      const parent = open.at(-2)
      if (parent === undefined || current.name !== component) {
        return err([invalid(line.line, `END:${shortened(component)} ends nothing that is open`)])
      }
      open.pop()
      parent.components.push(current)
    } else if (current === root) {
      return err([invalid(line.line, `${shortened(line.name)} stands outside of every component`)])
    } else {
      current.properties.push(line)
    }
  }
  const unclosed = open.at(-1)!
  if (unclosed !== root) return err([invalid(unclosed.line, `${unclosed.name} has no END`)])
  return ok(root.components)
}

/** Lines end with CRLF, or LF alone as many writers have it; a line that begins with white space goes on the last. */
function* unfold(text: string): Iterable<{ text: string; line: number }> {
  let pieces: string[] = []
  let begun = 1
  let number = 0
  for (const raw of text.replace(/^\uFEFF/, '').split('\n')) {
    number += 1
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (pieces.length > 0 && (line.startsWith(' ') || line.startsWith('\t'))) {
      pieces.push(line.slice(1))
      continue
    }
    if (pieces.length > 0) yield { text: pieces.join(''), line: begun }
    pieces = line === '' ? [] : [line]
    begun = number
  }
  if (pieces.length > 0) yield { text: pieces.join(''), line: begun }
}

const NAME = /^[A-Za-z0-9-]+/
const PARAMETER = /;([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*)/y

function parseLine(text: string, line: number): IcsLine | null {
  const name = NAME.exec(text)?.[0]
  if (name === undefined) return null
  const parameters = new Map<string, string>()
  let at = name.length
  while (text[at] === ';') {
    PARAMETER.lastIndex = at
    const match = PARAMETER.exec(text)
    if (match === null) return null
    parameters.set(match[1]!.toUpperCase(), match[2]!.replaceAll('"', ''))
    at = PARAMETER.lastIndex
  }
  if (text[at] !== ':') return null
  return { name: name.toUpperCase(), parameters, value: text.slice(at + 1), line }
}

function invalid(line: number, message: string): Problem {
  return problem('invalid-ics', `line ${line}: ${message}`, { expected: 'iCalendar text (RFC 5545)' })
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** The text that a TEXT value stands for. */
export function unescapeText(value: string): string {
  return value.replace(/\\([\\;,nN])/g, (_, escaped: string) =>
    escaped === 'n' || escaped === 'N' ? '\n' : escaped,
  )
}

export function escapeText(text: string): string {
  return text.replace(/[\\;,]/g, (special) => `\\${special}`).replace(/\r?\n/g, '\\n')
}

const encoder = new TextEncoder()
const MAX_OCTETS = 75

/** A content line, folded so that no line is longer than 75 octets and no character is cut in two. */
export function foldLine(text: string): string {
  const lines: string[] = []
  let line = ''
  let octets = 0
  for (const character of text) {
    const length = encoder.encode(character).length
    if (octets + length > MAX_OCTETS) {
      lines.push(line)
      line = ' '
      octets = 1
    }
    line += character
    octets += length
  }
  return [...lines, line].join('\r\n')
}
