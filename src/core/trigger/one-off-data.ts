/**
 * The data of a one-off: what the caller gave over the schedule's over the job's, and whether a worker may be given it.
 * Callers are programs, and hostile ones too: what a tree is checked for when it is loaded is checked here.
 */
import { canonicalJson } from '../digest.ts'
import { type Path, type Problem, problem } from '../errors.ts'
import type { Data, JobSpec } from '../kinds.ts'
import { checkSecrets, isMapping, mergeData } from '../manifest/data.ts'
import { compileDataSchema } from '../manifest/data-schema.ts'
import { LIMITS } from '../manifest/limits.ts'
import { err, ok, type Result } from '../result.ts'

export interface OneOffData {
  readonly job: JobSpec
  /** null: the job itself is asked to run. */
  readonly schedule: Data | null
  readonly given: Data | null
}

/** The merged data. Problem paths begin at the data. */
export function dataOfOneOff({ job, schedule, given }: OneOffData): Result<Data, readonly Problem[]> {
  const shape = given === null ? null : shapeProblem(given)
  if (shape !== null) return err([shape])
  const secrets = checkSecrets(given ?? undefined)
  if (secrets.length > 0) return err(secrets.map(withoutSpec))
  const data = mergeData(mergeData(job.data, schedule ?? undefined), given ?? undefined)
  const bytes = new TextEncoder().encode(canonicalJson(data)).length
  if (bytes > LIMITS.dataBytes) {
    const expected = `at most ${LIMITS.dataBytes} bytes as JSON`
    return err([problem('limit-exceeded', 'The data is too large', { expected, found: `${bytes} bytes` })])
  }
  const schema = job.dataSchema === undefined ? null : compileDataSchema(job.dataSchema)
  const problems = schema === null ? [] : schema.ok ? schema.check(data) : schema.problems
  return problems.length > 0 ? err(problems) : ok(data)
}

/** One line for people: what is wrong, where, and what was expected. */
export function describeDataProblems(problems: readonly Problem[]): string {
  const shown = problems.slice(0, 3).map(({ message, path, expected }) => {
    const where = path === undefined || path.length === 0 ? '' : ` (at ${path.join('.')})`
    return `${message}${where}${expected === undefined ? '' : `; expected ${expected}`}`
  })
  const more = problems.length > shown.length ? ` and ${problems.length - shown.length} more` : ''
  return `${shown.join('. ')}${more}`.slice(0, MOST_MESSAGE)
}

const MOST_MESSAGE = 1_000

function withoutSpec(found: Problem): Problem {
  return { ...found, path: (found.path ?? []).slice(2) }
}

/**
 * What JSON can hold and merging cannot: mappings inside each other without end, and the key that in JavaScript sets an
 * object's prototype, by which data could pass a schema that it does not fit.
 */
export function shapeProblem(given: Data): Problem | null {
  const left: { readonly value: unknown; readonly path: Path }[] = [{ value: given, path: [] }]
  let values = 0
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, path } = next
    values += 1
    if (path.length > LIMITS.depth || values > LIMITS.values) {
      const expected = `at most ${LIMITS.values} values, ${LIMITS.depth} deep`
      return problem('limit-exceeded', 'The data is too large', { expected })
    }
    if (Array.isArray(value))
      for (const [index, member] of value.entries()) left.push({ value: member, path: [...path, index] })
    else if (isMapping(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (key === '__proto__') return problem('invalid-data', 'The data has a key `__proto__`', { path })
        left.push({ value: member, path: [...path, key] })
      }
    }
  }
  return null
}
