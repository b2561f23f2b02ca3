/** A wait drawn evenly from all up to `limitMs`: those that failed together come back apart. */
export function fullJitter(limitMs: number, random: () => number = Math.random): number {
  return Math.floor(random() * limitMs)
}
