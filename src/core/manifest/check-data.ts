import { canonicalJson } from '../digest.ts'
import { type Path, type Problem, problem } from '../errors.ts'
import { checkConcurrencyKey, concurrencyKeyOf } from './concurrency-key.ts'
import { mergeData, valueAt } from './data.ts'
import { type CompiledDataSchema, compileDataSchema } from './data-schema.ts'
import { LIMITS } from './limits.ts'
import type { DocumentOf } from './tree-index.ts'

/**
 * The data that a schedule's fires carry, merged over its job's: its size, and whether it fits the job's `dataSchema`.
 * A value that only the job has is the job's mistake and is shown there; the paths of the others begin at the schedule.
 */
export function checkData(
  schedule: DocumentOf<'Schedule'>,
  job: DocumentOf<'Job'>,
  schema: CompiledDataSchema | undefined,
): readonly Problem[] {
  const own = schedule.manifest.spec.data
  const whole: Path = own === undefined ? ['spec', 'job'] : ['spec', 'data']
  const data = mergeData(job.manifest.spec.data, own)
  const bytes = utf8Length(canonicalJson(data))
  if (bytes > LIMITS.dataBytes) {
    return [
      problem(
        'limit-exceeded',
        `The data of \`${schedule.name}\`, merged over that of the job \`${job.name}\`, is too large`,
        {
          path: whole,
          expected: `at most ${LIMITS.dataBytes} bytes as JSON`,
          found: `${bytes} bytes`,
        },
      ),
    ]
  }
  const { concurrencyKey } = job.manifest.spec
  // A template that is wrong in itself is told of where it stands.
  const key =
    concurrencyKey === undefined || checkConcurrencyKey(concurrencyKey).length > 0
      ? null
      : concurrencyKeyOf(concurrencyKey, data)
  const keyProblems = key?.ok === false ? [{ ...key.error, path: whole }] : []
  if (schema === undefined || !schema.ok) return keyProblems
  const misfits = schema.check(data).map((found) => {
    const path = found.path ?? []
    const message = `The data for the job \`${job.name}\`: ${found.message}`
    // The place is that of the innermost mapping or value that somebody wrote: the schedule's first, for it decides.
    if (path.length === 0 || valueAt(own, path) !== undefined)
      return { ...found, message, path: whole[1] === 'job' ? whole : [...whole, ...path] }
    if (valueAt(job.manifest.spec.data, path) !== undefined && valueAt(own, path.slice(0, 1)) === undefined) {
      const inJob: Path = ['spec', 'data', ...path]
      return { ...found, message, path: inJob, identity: job.identity }
    }
    return { ...found, message, path: [...whole, ...(whole[1] === 'job' ? [] : path)] }
  })
  return [...keyProblems, ...misfits]
}

/** The schema of a job's data; undefined if it has none. */
export function dataSchemaOf(job: DocumentOf<'Job'>): CompiledDataSchema | undefined {
  const { dataSchema } = job.manifest.spec
  return dataSchema === undefined ? undefined : compileDataSchema(dataSchema)
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
