import type { Ajv, ErrorObject, FuncKeywordDefinition, ValidateFunction } from 'ajv'
import { nearest } from '../nearest.ts'
import type { JsonSchema } from './json-schema.ts'
import { alternatives, expectedBy, oneOf, shown } from './wording.ts'

/** What a failed choice says in an error's `params`. */
export interface ChoiceFailure {
  readonly reason: 'none' | 'several' | 'type'
  readonly expected: string
  readonly found: string
  /** The keys that tell the branches apart. */
  readonly keys: readonly string[]
  /** Where `reason` is `several`: the keys that exclude each other. */
  readonly conflicting: readonly string[]
}

interface Branch {
  readonly schema: JsonSchema
  readonly validate: ValidateFunction
  /** Required keys that not every branch requires. */
  readonly distinguishing: readonly string[]
}

/**
 * The keyword that stands in for `oneOf` and `anyOf`. It accepts exactly what they accept. Where they refuse, they give
 * the errors of all branches; this one finds the branch that was meant and gives the errors of that one alone.
 */
export function chooseBranch(keyword: string, exactlyOne: boolean, ajv: Ajv): FuncKeywordDefinition {
  return {
    keyword,
    schemaType: 'array',
    errors: 'full',
    compile: (schemas: readonly JsonSchema[]) => {
      // Compiled on first use: a branch may lead back to the schema that is being compiled.
      let branches: readonly Branch[] | undefined
      const validate = (data: unknown, context?: { instancePath: string }): boolean => {
        branches ??= compileBranches(schemas, ajv)
        const passed = branches.filter((branch) => branch.validate(data)).length
        if (exactlyOne ? passed === 1 : passed > 0) return true
        validate.errors = explain(branches, data, passed).map((error) => ({
          ...error,
          instancePath: `${context?.instancePath ?? ''}${error.instancePath}`,
        }))
        return false
      }
      validate.errors = [] as ErrorObject[]
      return validate
    },
  }
}

function compileBranches(schemas: readonly JsonSchema[], ajv: Ajv): readonly Branch[] {
  const resolved = schemas.map((schema) => {
    const validate = schema.$ref === undefined ? ajv.compile(schema) : ajv.getSchema(schema.$ref)
    if (validate === undefined) throw new Error(`no schema at ${schema.$ref}`)
    return { schema: validate.schema as JsonSchema, validate }
  })
  const everywhere = (key: string) => resolved.every(({ schema }) => schema.required?.includes(key))
  return resolved.map(({ schema, validate }) => ({
    schema,
    validate,
    distinguishing: (schema.required ?? []).filter((key) => !everywhere(key)),
  }))
}

function explain(branches: readonly Branch[], data: unknown, passed: number): readonly ErrorObject[] {
  const fitting = branches.filter(({ schema }) => fitsType(schema, data) && fitsConstants(schema, data))
  if (fitting.length === 0) {
    const expected = alternatives(branches.map(({ schema }) => expectedBy(schema)))
    return [failure({ reason: 'type', expected, found: shown(data), keys: [], conflicting: [] })]
  }
  if (fitting.length === 1) return errorsOf(fitting[0] as Branch, data)
  return isMapping(data) ? explainMapping(fitting, data, passed) : fewestErrors(fitting, data)
}

function explainMapping(
  branches: readonly Branch[],
  data: Readonly<Record<string, unknown>>,
  passed: number,
): readonly ErrorObject[] {
  const keys = [...new Set(branches.flatMap(({ distinguishing }) => distinguishing))]
  if (keys.length === 0) return fewestErrors(branches, data)
  const expected = `exactly ${oneOf(keys)}`
  const present = (branch: Branch) => branch.distinguishing.filter((key) => Object.hasOwn(data, key))
  const complete = branches.filter((branch) => present(branch).length === branch.distinguishing.length)
  // A branch whose keys are all keys of another one too is merely its beginning.
  const widest = complete.filter(
    (branch) =>
      !complete.some(
        (other) =>
          other.distinguishing.length > branch.distinguishing.length &&
          branch.distinguishing.every((key) => other.distinguishing.includes(key)),
      ),
  )
  if (widest.length > 1 || passed > 1) {
    const conflicting = keys.filter((key) => Object.hasOwn(data, key))
    return [failure({ reason: 'several', expected, found: conflicting.join(' and '), keys, conflicting })]
  }
  if (widest.length === 1) return errorsOf(widest[0] as Branch, data)

  const most = Math.max(...branches.map((branch) => present(branch).length))
  if (most > 0)
    return fewestErrors(
      branches.filter((branch) => present(branch).length === most),
      data,
    )
  const meant = Object.keys(data).map((key) => nearest(key, keys))
  const misspelt = branches.filter((branch) => branch.distinguishing.some((key) => meant.includes(key)))
  const closed = misspelt.filter(({ schema }) => schema.additionalProperties === false)
  if (closed.length > 0) return fewestErrors(closed, data)
  const found = Object.keys(data).join(', ') || 'an empty mapping'
  return [failure({ reason: 'none', expected, found, keys, conflicting: [] })]
}

function fewestErrors(branches: readonly Branch[], data: unknown): readonly ErrorObject[] {
  return branches
    .map((branch) => errorsOf(branch, data))
    .reduce((fewest, errors) => (errors.length < fewest.length ? errors : fewest))
}

function errorsOf({ validate }: Branch, data: unknown): readonly ErrorObject[] {
  validate(data)
  return validate.errors ?? []
}

function failure(params: ChoiceFailure): ErrorObject {
  return { keyword: 'chooseBranch', instancePath: '', schemaPath: '', params: { ...params } }
}

function isMapping(data: unknown): data is Readonly<Record<string, unknown>> {
  return data !== null && typeof data === 'object' && !Array.isArray(data)
}

function fitsType(schema: JsonSchema, data: unknown): boolean {
  const types = [schema.type ?? []].flat()
  if (types.length === 0) return true
  return types.some((type) => {
    if (type === 'integer') return Number.isInteger(data)
    if (type === 'array') return Array.isArray(data)
    if (type === 'null') return data === null
    return type === 'object' ? isMapping(data) : typeof data === type
  })
}

/** False if a key that every value of the branch fixes has another value in the data. */
function fitsConstants(schema: JsonSchema, data: unknown): boolean {
  if (!isMapping(data)) return true
  return Object.entries(schema.properties ?? {}).every(([key, member]) => {
    const fixed = typeof member === 'object' ? member.const : undefined
    return fixed === undefined || !Object.hasOwn(data, key) || data[key] === fixed
  })
}
