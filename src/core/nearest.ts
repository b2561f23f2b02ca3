/**
 * The candidate that `text` was most likely meant to be, for "did you mean", or undefined if none is near. Case does
 * not count as a difference; of equally near candidates the first wins.
 */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase()
  // A third of the letters may be wrong: enough for slips of the hand, too little for another word.
  let limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  for (const candidate of candidates) {
    const distance = distanceWithin(wanted, candidate.toLowerCase(), limit)
    if (distance === undefined) continue
    if (distance === 0) return candidate
    best = candidate
    limit = distance - 1
  }
  return best
}

/** Edits (insert, delete, replace, swap of neighbours) between two words, or undefined if more than `limit`. */
function distanceWithin(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) > limit) return undefined
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let rowBest = i
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, beforeLast[j - 2]! + 1)
      }
      row.push(edits)
      if (edits < rowBest) rowBest = edits
    }
    if (rowBest > limit + 1) return undefined
    beforeLast = last
    last = row
  }
  const distance = last[b.length]!
  return distance <= limit ? distance : undefined
}
