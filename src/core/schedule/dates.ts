import type { Recurrence } from '../time/recurrence.ts'

/** A finite set of sorted numbers, asked like a recurrence: instants in milliseconds or local seconds. */
export function sortedTimes(times: readonly number[]): Recurrence {
  const sorted = Float64Array.from(new Set(times)).sort()
  return {
    next: (after) => sorted[firstAbove(sorted, after)] ?? null,
    previous: (before) => sorted[firstAbove(sorted, before - 1) - 1] ?? null,
  }
}

/** The index of the first time greater than `limit`. Times are whole numbers. */
function firstAbove(sorted: Float64Array, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return low
}
