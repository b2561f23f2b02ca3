import { type Path, type Problem, problem } from '../errors.ts'
import type { Data } from '../kinds.ts'
import { shown } from './wording.ts'

/** A value that stands for a secret which the worker looks up: belfry never sees it. */
export interface SecretReference {
  readonly secretRef: string
}

const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/

/**
 * A schedule's data over its job's: mappings are merged key by key at every level; lists, texts, numbers, null and
 * secret references replace what was there.
 */
export function mergeData(job: Data | undefined, schedule: Data | undefined): Data {
  return mergeValues(job ?? {}, schedule ?? {}) as Data
}

function mergeValues(under: unknown, over: unknown): unknown {
  if (!isMapping(under) || !isMapping(over) || 'secretRef' in under || 'secretRef' in over) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    merged[key] = Object.hasOwn(under, key) ? mergeValues(under[key], value) : value
  }
  return merged
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** The paths of the secret references inside `value`. */
export function secretPaths(value: unknown, path: Path = []): readonly Path[] {
  if (value === null || typeof value !== 'object') return []
  if (isMapping(value) && 'secretRef' in value) return [path]
  return Object.entries(value).flatMap(([key, member]) =>
    secretPaths(member, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

/** Whether every `secretRef` in the data is one, and nothing else beside it. */
export function checkSecrets(data: Data | undefined): readonly Problem[] {
  return secretPaths(data).flatMap((path) => {
    const reference = valueAt(data, path) as Readonly<Record<string, unknown>>
    const { secretRef, ...rest } = reference
    const lonely = Object.keys(rest).length === 0
    if (lonely && typeof secretRef === 'string' && SECRET_NAME.test(secretRef)) return []
    return [
      problem('invalid-secret-reference', '`secretRef` is not a reference to a secret', {
        path: ['spec', 'data', ...path],
        expected: '{secretRef: NAME} and no other key; NAME of letters, digits, _, . and -',
        found: lonely ? shown(secretRef) : `the keys ${Object.keys(reference).join(', ')}`,
      }),
    ]
  })
}

export function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const key of path) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string | number, unknown>)[key]
  }
  return found
}
