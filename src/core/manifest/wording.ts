import type { ProblemCode } from '../error-codes.ts'
import type { JsonSchema } from './json-schema.ts'

interface NamedShape {
  readonly code: ProblemCode
  readonly expected: string
}

/** Shapes that people know by a name of their own, by the title of their schema. */
const NAMED_SHAPES: Readonly<Record<string, NamedShape>> = {
  Name: {
    code: 'invalid-name',
    expected:
      'a name of at most 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit',
  },
  Duration: { code: 'invalid-duration', expected: 'a duration such as 30s, 5m, 1h30m or 2d' },
  SignedDuration: { code: 'invalid-duration', expected: 'a duration such as -15m, 30s or 1h30m' },
  TimeOfDay: { code: 'invalid-time-of-day', expected: 'a quoted time of day such as "09:15" or "18:30:00"' },
  CivilDate: { code: 'invalid-date', expected: 'a date such as 2026-12-31' },
  InstantText: {
    code: 'invalid-instant',
    expected: 'a date and time such as 2026-12-31T18:00, 2026-12-31T18:00:00Z or 2026-12-31',
  },
}

export function namedShape(schema: JsonSchema): NamedShape | undefined {
  return NAMED_SHAPES[schema.title ?? '']
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  null: 'nothing',
}

/** What a schema asks for, in words that go after "expected". */
export function expectedBy(schema: JsonSchema): string {
  const named = namedShape(schema)
  if (named !== undefined) return named.expected
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum !== undefined) return oneOf(schema.enum.map(String))
  const types = [schema.type ?? []].flat()
  const words = types.map((type) => {
    const range = type === 'integer' || type === 'number' ? rangeOf(schema) : ''
    return `${TYPE_NAMES[type] ?? type}${range}`
  })
  return words.length === 0 ? 'another value' : alternatives(words)
}

export function rangeOf({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

export function oneOf(words: readonly string[]): string {
  return words.length === 1 ? (words[0] as string) : `one of ${words.join(', ')}`
}

/** `a`, `a or b`, `a, b or c`, without repeats. */
export function alternatives(words: readonly string[]): string {
  const distinct = [...new Set(words)]
  const last = distinct.pop() ?? ''
  return distinct.length === 0 ? last : `${distinct.join(', ')} or ${last}`
}

const LONGEST_SHOWN = 60

/** A value as a reader knows it from the file, cut short: it may be a data value of any size. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping'
  return literal(value)
}

function literal(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}
