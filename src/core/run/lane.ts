import { hash32Of } from '../digest.ts'

/** The lane of an adapter without partitions, and of what has no key. It always has a consumer. */
export const SHARED_LANE = '0'

/**
 * Where a fire of a partitioned adapter goes: `p<partition>-<partitions>`. Frozen (docs/spec/wire.md): runs with one key
 * keep their order because they are in one lane. The number of partitions is part of the name, so that the lanes before and
 * after a change of it are never the same.
 */
export function laneOf(key: string | undefined, partitions: number | undefined): string {
  if (key === undefined || partitions === undefined) return SHARED_LANE
  return laneName(hash32Of(key) % partitions, partitions)
}

/** All lanes of so many partitions; of none (0) it is the shared one. */
export function lanesOf(partitions: number): readonly string[] {
  if (partitions === 0) return [SHARED_LANE]
  return Array.from({ length: partitions }, (_, partition) => laneName(partition, partitions))
}

function laneName(partition: number, partitions: number): string {
  return `p${partition}-${partitions}`
}
