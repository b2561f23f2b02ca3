import { Ajv, type ValidateFunction } from 'ajv'
import type { Problem } from '../errors.ts'
import type { Kind } from '../kinds.ts'
import { chooseBranch } from './choose-branch.ts'
import type { JsonSchema } from './json-schema.ts'
import { schemaProblems } from './schema-problems.ts'
import { SCHEMAS } from './schemas.generated.ts'

const CHOICES = { oneOf: 'belfryOneOf', anyOf: 'belfryAnyOf' } as const

/** Compiled on first use: most commands need a kind or two, and compiling takes milliseconds. */
const compiled = new Map<Kind, ValidateFunction>()
let compiler: Ajv | undefined

/** Problems of a whole document of the given kind against its schema, with their paths; empty if it fits. */
export function checkSchema(kind: Kind, document: unknown): readonly Problem[] {
  let validate = compiled.get(kind)
  if (validate === undefined) {
    compiler ??= newCompiler()
    validate = compiler.getSchema(`${kind.toLowerCase()}.v1.json`)
    if (validate === undefined) throw new Error(`no schema of kind ${kind}`)
    compiled.set(kind, validate)
  }
  return validate(document) ? [] : schemaProblems(document, validate.errors ?? [])
}

function newCompiler(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  })
  ajv.addKeyword(chooseBranch(CHOICES.oneOf, true, ajv))
  ajv.addKeyword(chooseBranch(CHOICES.anyOf, false, ajv))
  for (const [file, schema] of Object.entries(SCHEMAS))
    ajv.addSchema(prepared(schema, file) as JsonSchema, file)
  return ajv
}

/**
 * The published schema as the validator reads it: choices made by `chooseBranch`, and every reference absolute, so
 * that a branch compiles on its own.
 */
function prepared(schema: unknown, file: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => prepared(item, file))
  if (schema === null || typeof schema !== 'object') return schema
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$ref' && typeof value === 'string')
      result[key] = value.startsWith('#') ? `${file}${value}` : value
    else if (key === 'const' || key === 'enum' || key === 'examples') result[key] = value
    // Beside the `properties` of the same schema there is no member of these names: both are lists, never schemas.
    else if ((key === 'oneOf' || key === 'anyOf') && Array.isArray(value))
      result[CHOICES[key]] = prepared(value, file)
    else result[key] = prepared(value, file)
  }
  return result
}
