import { type Problem, problem } from '../errors.ts'
import type { DocumentOf } from './tree-index.ts'

/** A fire of a partitioned adapter finds its partition by its key: without one there is no order to keep. */
export function checkPartitions(
  job: DocumentOf<'Job'>,
  adapter: DocumentOf<'Adapter'> | undefined,
): readonly Problem[] {
  const partitions = adapter?.manifest.spec.partitions
  if (adapter === undefined || partitions === undefined || job.manifest.spec.concurrencyKey !== undefined)
    return []
  return [
    problem(
      'missing-key',
      `The adapter \`${adapter.name}\` has partitions, and this job has no \`concurrencyKey\``,
      {
        path: ['spec'],
        expected: 'a `concurrencyKey`, by which each run finds its partition',
      },
    ),
  ]
}
