import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { type Path, type Problem, problem } from '../errors.ts'
import type { Data, DataSchema } from '../kinds.ts'
import { isMapping, secretPaths } from './data.ts'
import { isAbout, schemaProblems } from './schema-problems.ts'

/** A job's `dataSchema`, ready to check data; or what is wrong with it. */
export type CompiledDataSchema =
  | { readonly ok: true; readonly check: (data: Data) => readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

let shared: Ajv | undefined

/**
 * Compiles a job's JSON Schema. It runs here and in every loader, so what could hang or reach out is refused:
 * references that leave the schema, asynchronous schemas, and patterns that can take exponential time. Problem paths
 * begin at the document (`spec.dataSchema...`) for the schema, at the data for the data.
 */
export function compileDataSchema(schema: DataSchema): CompiledDataSchema {
  const refused = refusals(schema, [])
  if (refused.length > 0) return { ok: false, problems: refused }
  shared ??= newCompiler()
  const ajv = shared
  if (!ajv.validateSchema(schema)) {
    return { ok: false, problems: schemaProblems(schema, ajv.errors ?? []).map(asSchemaProblem) }
  }
  let validate: ValidateFunction
  try {
    validate = ajv.compile(schema)
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return {
      ok: false,
      problems: [asSchemaProblem(problem('invalid-data-schema', `\`dataSchema\`: ${message}`))],
    }
  } finally {
    // The compiler would keep every schema it ever saw.
    ajv.removeSchema(schema)
  }
  return { ok: true, check: (data) => checkData(validate, data) }
}

function checkData(validate: ValidateFunction, data: Data): readonly Problem[] {
  let fits: boolean
  try {
    fits = validate(data) as boolean
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return [
      problem('invalid-data', 'The data cannot be checked: `dataSchema` refers to itself without end', {
        path: [],
      }),
    ]
  }
  if (fits) return []
  // What a secret will be is known to the worker alone, so nothing is said about it or about a choice it takes part in.
  const secrets = secretPaths(data).map((path) => path.map(String).join('/'))
  const known = withoutBranches(validate.errors ?? []).filter(({ instancePath, keyword }) => {
    const at = instancePath.slice(1)
    return !secrets.some((secret) => isAbout(at, secret) || (CHOICES.has(keyword) && isAbout(secret, at)))
  })
  return schemaProblems(data, known).map((found) => ({ ...found, code: 'invalid-data' }))
}

const CHOICES = new Set(['chooseBranch', 'not', 'if', 'contains'])

/** A failed choice is one problem; what each of its branches had to say about it is not. */
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
  return errors
    .filter(
      (error) =>
        !choices.some((choice) => error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`)),
    )
    .map((error) =>
      choices.includes(error)
        ? {
            ...error,
            keyword: 'chooseBranch',
            params: {
              reason: 'type',
              expected: 'one of the alternatives of `dataSchema`',
              found: 'none of them',
              keys: [],
              conflicting: [],
            },
          }
        : error,
    )
}

function asSchemaProblem(found: Problem): Problem {
  return { ...found, code: 'invalid-data-schema', path: ['spec', 'dataSchema', ...(found.path ?? [])] }
}

function newCompiler(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    allowUnionTypes: true,
    inlineRefs: false,
    logger: false,
  })
  addFormats.default(ajv)
  return ajv
}

const LONGEST_PATTERN = 256

function refusals(schema: unknown, path: Path): readonly Problem[] {
  if (schema === null || typeof schema !== 'object') return []
  const found: Problem[] = []
  const refuse = (key: string, message: string, expected: string): void => {
    found.push(asSchemaProblem(problem('invalid-data-schema', message, { path: [...path, key], expected })))
  }
  if (isMapping(schema)) {
    const { $ref, pattern, patternProperties } = schema
    if (typeof $ref === 'string' && !$ref.startsWith('#')) {
      refuse(
        '$ref',
        `The reference ${$ref} leaves the schema`,
        'a reference inside this schema, such as #/definitions/account',
      )
    }
    if ('$async' in schema)
      refuse('$async', 'An asynchronous schema is not supported', 'a schema without `$async`')
    if ('$id' in schema) refuse('$id', '`$id` is not supported here', 'a schema without `$id`')
    const patterns = [pattern, ...(isMapping(patternProperties) ? Object.keys(patternProperties) : [])]
    for (const text of patterns) {
      if (typeof text !== 'string') continue
      const wrong = patternError(text)
      if (wrong !== undefined)
        refuse(text === pattern ? 'pattern' : 'patternProperties', wrong, 'a regular expression')
      else if (!isTamePattern(text)) {
        const key = text === pattern ? 'pattern' : 'patternProperties'
        refuse(
          key,
          `The pattern ${text.slice(0, 60)} may take exponential time`,
          'a short pattern without repeats inside repeats, look-around or back-references',
        )
      }
    }
  }
  for (const [key, value] of Object.entries(schema)) {
    found.push(...refusals(value, [...path, Array.isArray(schema) ? Number(key) : key]))
  }
  return found
}

function patternError(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u')
    return undefined
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return thrown.message
    throw thrown
  }
}

/**
 * A cautious reading: no repeat of a group that itself repeats or offers a choice, no look-around, no back-reference.
 * What remains backtracks polynomially at most. Says no to some harmless patterns rather than yes to a hostile one.
 */
export function isTamePattern(pattern: string): boolean {
  if (pattern.length > LONGEST_PATTERN) return false
  const bare = pattern.replace(/\[(?:\\.|[^\]\\])*\]/g, 'c')
  if (/\\[1-9k]|\(\?(?!:)/.test(bare)) return false
  const flat = bare.replace(/\\./g, 'c')
  const groups: boolean[] = []
  for (let index = 0; index < flat.length; index += 1) {
    const character = flat[index]
    if (character === '(') groups.push(false)
    else if (character === '|' || isRepeat(flat, index)) {
      for (let depth = 0; depth < groups.length; depth += 1) groups[depth] = true
    } else if (character === ')' && groups.pop() === true && isRepeat(flat, index + 1)) return false
  }
  return true
}

/** `*`, `+` or `{2,}` and such at `index`; `?` alone and fixed counts repeat nothing. The `?` of `(?:` is not asked. */
function isRepeat(pattern: string, index: number): boolean {
  return /^(?:[*+]|\{[0-9]+,[0-9]*\})/.test(pattern.slice(index))
}
