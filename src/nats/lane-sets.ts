/**
 * The lanes of one adapter over changes of their number.
 *
 * Sets of lanes follow each other in the order in which they were asked for; the newest is where fires go now. The first
 * `begun` of them are delivered; the others wait until those before are empty, so that runs with one key keep their order
 * over the change. A set is named by its number of partitions; 0 is the shared lane.
 */
import { lanesOf, SHARED_LANE } from '../core/run/lane.ts'

export interface LaneSets {
  readonly sets: readonly number[]
  readonly begun: number
}

export const SETS_MARK = 'belfry.lane-sets'
export const BEGUN_MARK = 'belfry.lane-sets-begun'

/** From the metadata of the shared lane's consumer. One of a version without lanes has that lane alone. */
export function readLaneSets(metadata: Readonly<Record<string, string>>): LaneSets {
  const sets = (metadata[SETS_MARK] ?? '0').split(',').map(Number)
  return { sets, begun: Number(metadata[BEGUN_MARK] ?? sets.length) }
}

export function laneSetsMarks({ sets, begun }: LaneSets): Readonly<Record<string, string>> {
  return { [SETS_MARK]: sets.join(','), [BEGUN_MARK]: String(begun) }
}

/** What becomes of the sets when so many partitions are asked for. */
export function withPartitions(before: LaneSets | null, partitions: number): LaneSets {
  if (before === null) return { sets: [partitions], begun: 1 }
  if (before.sets.at(-1) === partitions) return before
  if (!before.sets.includes(partitions)) return { ...before, sets: [...before.sets, partitions] }
  // Back to a number whose lanes are not empty yet: what they hold is older than what waits, and what comes is newer. No
  // order can be kept, so nothing waits.
  const sets = [...before.sets.filter((set) => set !== partitions), partitions]
  return { sets, begun: sets.length }
}

/** All lanes that have a consumer. The shared one always has: what has no key, and what is sent again, goes there. */
export function lanesOfSets({ sets }: LaneSets): readonly string[] {
  return [SHARED_LANE, ...sets.filter((set) => set > 0).flatMap(lanesOf)]
}

/** Lanes that are held back until those before them are empty. */
export function waitingLanes({ sets, begun }: LaneSets): ReadonlySet<string> {
  return new Set(sets.slice(begun).flatMap(lanesOf))
}
