import type { ErrorObject } from 'ajv'
import type { ProblemCode } from '../error-codes.ts'
import { type Path, type Problem, type ProblemDetails, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { ChoiceFailure } from './choose-branch.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Spot } from './positions.ts'
import { alternatives, expectedBy, namedShape, oneOf, rangeOf, shown } from './wording.ts'

/** Validators report the same slip from several sides; these only wrap what others say better. */
const WRAPPERS = new Set(['if', 'propertyNames', 'allOf'])

/**
 * A validator's errors as problems, one per mistake: a misspelt key is not also a missing one, and of several
 * complaints about one value only the first stands. Problems about a key carry the path of that key.
 */
export function schemaProblems(document: unknown, errors: readonly ErrorObject[]): readonly Problem[] {
  const relevant = errors.filter(({ keyword }) => !WRAPPERS.has(keyword))
  const unknownKeys = relevant
    .filter(({ keyword }) => keyword === 'additionalProperties')
    .map((error) => unknownKey(error))
  const meant = new Set(
    unknownKeys.map(({ path, suggestion }) => pathKey([...(path ?? []).slice(0, -1), suggestion ?? ''])),
  )
  const found: Problem[] = []
  const seen = new Set<string>()
  for (const error of relevant) {
    const path = pathOf(error)
    const absent = absentKeys(error)
    if (absent.some((key) => meant.has(pathKey([...path, key])))) continue
    if (relevant.some((other) => saysMorePrecisely(other, error))) continue
    const next =
      error.keyword === 'additionalProperties'
        ? unknownKey(error)
        : oneProblem(error, path, valueAt(document, path))
    const key = `${absent.join()} ${pathKey(next.path ?? [])}`
    if (seen.has(key)) continue
    seen.add(key)
    found.push(next)
  }
  return found
}

/** True if both miss a key of one mapping and `other` names fewer that could be meant. */
function saysMorePrecisely(other: ErrorObject, error: ErrorObject): boolean {
  if (other.instancePath !== error.instancePath) return false
  const keys = absentKeys(error)
  const fewer = absentKeys(other)
  return fewer.length > 0 && fewer.length < keys.length && fewer.some((key) => keys.includes(key))
}

/** Whether the instance path `inner` is `outer` or lies inside it, both without the leading slash. */
export function isAbout(inner: string, outer: string): boolean {
  return inner === outer || outer === '' || inner.startsWith(`${outer}/`)
}

const ABOUT_KEYS: ReadonlySet<ProblemCode> = new Set(['unknown-key', 'conflicting-keys', 'missing-key'])

/** Whether a problem is shown at the key that its path ends with, or at its value. */
export function spotOf({ code }: Problem): Spot {
  return ABOUT_KEYS.has(code) ? 'key' : 'value'
}

function absentKeys({ keyword, params }: ErrorObject): readonly string[] {
  if (keyword === 'required' || keyword === 'dependencies') return [params.missingProperty as string]
  if (keyword !== 'chooseBranch') return []
  const { reason, keys } = params as ChoiceFailure
  return reason === 'none' ? keys : []
}

function unknownKey(error: ErrorObject): Problem {
  const key = error.params.additionalProperty as string
  const known = Object.keys(schemaOf(error).properties ?? {})
  const suggestion = nearest(key, known)
  return problem('unknown-key', `The key \`${key}\` is unknown here`, {
    path: [...pathOf(error), key],
    expected: oneOf(known),
    found: key,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

function oneProblem(error: ErrorObject, path: Path, value: unknown): Problem {
  const { keyword, params } = error
  const schema = schemaOf(error)
  const label = labelOf(path)
  const at = (code: ProblemCode, message: string, details: ProblemDetails = {}): Problem =>
    problem(code, message, { path, ...details })
  switch (keyword) {
    case 'required':
      return at('missing-key', `${label} has no \`${params.missingProperty}\``, {
        expected: `the key \`${params.missingProperty}\``,
      })
    case 'dependencies':
      return at('missing-key', `${label} has \`${params.property}\` but no \`${params.missingProperty}\``, {
        expected: `\`${params.missingProperty}\` beside \`${params.property}\``,
      })
    case 'type':
      return at(schema.enum === undefined ? 'wrong-type' : 'unknown-value', `${label} is ${kindOf(value)}`, {
        expected: expectedBy(schema),
        found: shown(value),
      })
    case 'const':
      return at(
        path.length === 1 && path[0] === 'apiVersion' ? 'unknown-api-version' : 'unknown-value',
        `${label} is ${shown(value)}`,
        {
          expected: expectedBy(schema),
          found: shown(value),
        },
      )
    case 'enum': {
      const words = (schema.enum ?? []).map(String)
      const suggestion = typeof value === 'string' ? nearest(value, words) : undefined
      return at('unknown-value', `${label} is ${shown(value)}`, {
        expected: expectedBy(schema),
        found: shown(value),
        ...(suggestion === undefined ? {} : { suggestion }),
      })
    }
    case 'pattern':
    case 'format': {
      const named = namedShape(schema)
      return at(
        named?.code ?? 'invalid-value',
        error.propertyName === undefined
          ? `${label} is ${shown(value)}`
          : `The key ${label} is of another form`,
        {
          expected: named?.expected ?? describedBy(schema),
          found: shown(error.propertyName ?? value),
        },
      )
    }
    case 'chooseBranch':
      return choiceProblem(params as ChoiceFailure, path)
    case 'false schema':
      return at('conflicting-keys', `${label} is not allowed beside the other keys here`, {
        found: labelOf(path),
      })
    default:
      return at('invalid-value', `${label} is ${measured(keyword, value)}`, {
        expected: boundOf(keyword, schema),
        found: measured(keyword, value),
      })
  }
}

function choiceProblem({ reason, expected, found, conflicting }: ChoiceFailure, path: Path): Problem {
  const label = labelOf(path)
  if (reason === 'type') return problem('wrong-type', `${label} is ${found}`, { path, expected, found })
  if (reason === 'none')
    return problem('missing-key', `${label} has none of the keys that say what it is`, {
      path,
      expected,
      found,
    })
  const second = conflicting[1]
  return problem(
    'conflicting-keys',
    `${label} has ${conflicting.map((key) => `\`${key}\``).join(' and ')}, which exclude each other`,
    {
      path: second === undefined ? path : [...path, second],
      expected,
      found,
    },
  )
}

function boundOf(keyword: string, schema: JsonSchema): string {
  switch (keyword) {
    case 'minimum':
    case 'maximum':
      return `a number${rangeOf(schema)}`
    case 'minItems':
      return `a list of at least ${plural(schema.minItems ?? 0, 'item')}`
    case 'maxItems':
      return `a list of at most ${plural(schema.maxItems ?? 0, 'item')}`
    case 'uniqueItems':
      return 'a list without repeats'
    case 'minLength':
      return `a text of at least ${plural(schema.minLength ?? 0, 'character')}`
    case 'maxLength':
      return `a text of at most ${plural(schema.maxLength ?? 0, 'character')}`
    case 'minProperties':
      return schema.properties === undefined
        ? `at least ${plural(schema.minProperties ?? 0, 'key')}`
        : alternatives(Object.keys(schema.properties))
    case 'maxProperties':
      return `at most ${plural(schema.maxProperties ?? 0, 'key')}`
    case 'not':
      return typeof schema.not === 'object' && schema.not.const !== undefined
        ? `another value than ${shown(schema.not.const)}`
        : describedBy(schema)
    default:
      return describedBy(schema)
  }
}

function measured(keyword: string, value: unknown): string {
  if (Array.isArray(value) && value.length > 0) {
    return keyword === 'uniqueItems' ? 'a list with repeats' : `a list of ${plural(value.length, 'item')}`
  }
  if (keyword === 'maxLength' && typeof value === 'string')
    return `a text of ${plural(value.length, 'character')}`
  return shown(value)
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function describedBy(schema: JsonSchema): string {
  const [example] = Array.isArray(schema.examples) ? schema.examples : []
  return example === undefined ? expectedBy(schema) : `something like ${shown(example)}`
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return `the text ${shown(value)}`
  if (typeof value === 'number') return `the number ${value}`
  return value === null ? 'empty' : shown(value)
}

function schemaOf({ parentSchema }: ErrorObject): JsonSchema {
  return (parentSchema ?? {}) as JsonSchema
}

/** The last key in quotes, with the index if it is an item of a list. */
function labelOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'The document'
  if (typeof last === 'string') return `\`${last}\``
  const list = path.at(-2)
  return `Item ${last + 1} of ${list === undefined ? 'the list' : labelOf([list])}`
}

function pathOf({ instancePath, propertyName }: ErrorObject): Path {
  const keys = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^(0|[1-9][0-9]*)$/.test(key) ? Number(key) : key))
  return propertyName === undefined ? keys : [...keys, propertyName]
}

function pathKey(path: Path): string {
  return JSON.stringify(path)
}

function valueAt(document: unknown, path: Path): unknown {
  let value = document
  for (const key of path) {
    if (value === null || typeof value !== 'object') return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
