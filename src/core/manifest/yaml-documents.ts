import { Composer, type CST, isScalar, Lexer, type ParsedNode, Parser, type YAMLError } from 'yaml'
import { type Problem, problem } from '../errors.ts'
import { LIMITS } from './limits.ts'
import type { LineColumn } from './positions.ts'
import { type YamlValue, yamlValue } from './yaml-value.ts'

/** One document of a YAML file as plain JSON data. */
export interface YamlDocument extends YamlValue {
  /** Where its content begins. */
  readonly start: LineColumn
  /** What is wrong with it as YAML. If there is anything, `value` is only what could be made out. */
  readonly problems: readonly Problem[]
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[]
  /** What is wrong with the file as a whole; then `documents` is empty. */
  readonly problems: readonly Problem[]
}

const CURES: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  BLOCK_AS_IMPLICIT_KEY: 'Quote a text that contains ": ".',
  MULTILINE_IMPLICIT_KEY: 'Look for a missing colon or quote on the line before.',
  BAD_SCALAR_START: 'Quote a text that begins with @, `, %, & or *.',
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the rule is about
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

/** The parser's stack holds the document and a scalar besides the collections that are open. */
const STACK_LIMIT = LIMITS.depth + 2

/**
 * Reads the documents of a YAML 1.2 file (core schema). Empty documents are left out. Every document is read for
 * itself: a syntax error in one leaves the others whole. Problems have positions in `file`.
 */
export function yamlDocuments(text: string, file: string): YamlFile {
  const place = lineFinder(text)
  const at = (offset: number, found: Problem): Problem => ({ ...found, position: { file, ...place(offset) } })
  const refuse = (offset: number, found: Problem): YamlFile => ({
    documents: [],
    problems: [at(offset, found)],
  })

  const control = CONTROL_CHARACTER.exec(text)
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return refuse(
      control.index,
      problem('invalid-yaml', `The control character U+${code} is not allowed in YAML`, {
        found: `U+${code}`,
      }),
    )
  }

  const tokens: CST.Token[] = []
  let documents = 0
  const parser = new Parser()
  const keep = (read: Iterable<CST.Token>): void => {
    for (const token of read) {
      tokens.push(token)
      if (token.type === 'document') documents += 1
    }
  }
  const tooMany = () =>
    refuse(parser.offset, problem('limit-exceeded', `The file has more than ${LIMITS.documents} documents`))
  for (const lexeme of new Lexer().lex(text)) {
    keep(parser.next(lexeme))
    // Both are looked at while reading, before a hostile file has cost more than it may.
    if (parser.stack.length > STACK_LIMIT) {
      const message = `Mappings and lists are nested deeper than ${LIMITS.depth} levels`
      return refuse(parser.offset, problem('limit-exceeded', message))
    }
    if (documents > LIMITS.documents) return tooMany()
  }
  keep(parser.end())
  if (documents > LIMITS.documents) return tooMany()

  const found: YamlDocument[] = []
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  for (const document of composer.compose(tokens)) {
    const problems: Problem[] = []
    const [syntax] = document.errors
    // One slip makes a parser stumble many times over: only its first complaint is worth reading.
    if (syntax !== undefined) problems.push(at(syntaxOffset(syntax, text), syntaxProblem(syntax)))
    else if (isEmpty(document.contents)) continue
    const version = document.directives.yaml.version
    if (version !== '1.2') {
      const message = `The directive %YAML ${version} is not supported`
      problems.push(at(document.range[0], problem('unsupported-yaml', message, { expected: 'YAML 1.2' })))
    }
    const value = yamlValue(document.contents, {
      place,
      report: (offset, reported) => {
        if (syntax === undefined) problems.push(at(offset, reported))
      },
    })
    found.push({ ...value, start: place(document.contents?.range?.[0] ?? document.range[0]), problems })
  }
  return { documents: found, problems: [] }
}

function syntaxProblem(error: YAMLError): Problem {
  const cure = CURES[error.code]
  const [first = error.code] = error.message.split('\n')
  const message = first.replace(/^Missing closing (["'])quote/, 'The quote $1 is never closed')
  return problem('invalid-yaml', message, cure === undefined ? {} : { cure })
}

/** A quote that is never closed is noticed at the end of the file; what people look for is where it opens. */
function syntaxOffset(error: YAMLError, text: string): number {
  const quote = /^Missing closing (["'])quote/.exec(error.message)?.[1]
  if (quote === undefined) return error.pos[0]
  let open = text.lastIndexOf(quote, error.pos[0] - 1)
  while (quote === '"' && text[open - 1] === '\\') open = text.lastIndexOf(quote, open - 1)
  return open < 0 ? error.pos[0] : open
}

/** Nothing between two `---`, or comments alone; a written `null` is something. */
function isEmpty(contents: ParsedNode | null): boolean {
  return (
    contents === null || (isScalar(contents) && contents.value === null && (contents.source ?? '') === '')
  )
}

/** Line and column of an offset in `text`; offsets are mostly asked for in ascending order. */
function lineFinder(text: string): (offset: number) => LineColumn {
  const starts = [0]
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  let last = 0
  return (offset) => {
    if ((starts[last] ?? 0) > offset) last = 0
    // Nearly always the same line or the one after it; a far jump is rare and halves its way.
    if ((starts[last + 4] ?? Infinity) <= offset) {
      let high = starts.length
      while (high - last > 1) {
        const middle = (last + high) >>> 1
        if ((starts[middle] ?? 0) <= offset) last = middle
        else high = middle
      }
    }
    while ((starts[last + 1] ?? Infinity) <= offset) last += 1
    return { line: last + 1, column: offset - (starts[last] ?? 0) + 1 }
  }
}
