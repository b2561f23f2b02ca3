/**
 * Sets of small integers as bits of plain numbers. A word holds 31 members, so that it is never negative and stays a
 * small integer in memory.
 */
export const WORD = 31

/** The lowest member of a word that is not empty. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word)
}

/** The highest member of a word that is not empty. */
export function highestBit(word: number): number {
  return 31 - Math.clz32(word)
}

/** The first member >= `from` of a set of two words, or -1. `from` is 0 to 61. */
export function nextInTwo(low: number, high: number, from: number): number {
  if (from < WORD) {
    const rest = low >>> from
    if (rest !== 0) return from + lowestBit(rest)
    return high === 0 ? -1 : WORD + lowestBit(high)
  }
  const rest = high >>> (from - WORD)
  return rest === 0 ? -1 : from + lowestBit(rest)
}

/** The last member <= `from` of a set of two words, or -1. `from` is -1 to 61. */
export function previousInTwo(low: number, high: number, from: number): number {
  if (from >= WORD) {
    const rest = high & (0x7fffffff >>> (2 * WORD - 1 - from))
    if (rest !== 0) return WORD + highestBit(rest)
    return low === 0 ? -1 : highestBit(low)
  }
  if (from < 0) return -1
  const rest = low & (0x7fffffff >>> (WORD - 1 - from))
  return rest === 0 ? -1 : highestBit(rest)
}
