import type { Decidable, Decision, Progress } from './decision.ts'
import type { MarkerReason } from './log-entry.ts'
import { countFirings } from './missed.ts'
import { decideOverlap } from './overlap.ts'

/**
 * Settles a schedule up to the moment of an edit: what is due is decided as ever, then what is still held back (by
 * jitter it goes out now; by a suspension, a closed calendar or missing coverage it is settled as non-fire), and a
 * marker cuts the range at `cutAt`, so that the new version never decides a time before the edit. With `leavesHeld` what
 * is held back stays open instead: the version that goes on has the same times.
 */
export function decideCut(
  schedule: Decidable,
  progress: Progress,
  {
    cutAt,
    reason,
    leavesHeld = false,
  }: { readonly cutAt: number; readonly reason: MarkerReason; readonly leavesHeld?: boolean },
): Decision {
  const decided = decideOverlap(schedule, progress, cutAt)
  if (decided.wakeAt !== null && decided.wakeAt <= cutAt) return decided
  const entries = [...decided.entries]
  let nominal = cutAt
  let settledCount = 0
  if (leavesHeld && decided.condition !== null) {
    nominal = decided.settledTo
  } else if (decided.condition === 'out-of-coverage') {
    // What lies beyond the old coverage stays open: the extended calendar and the misfire policy decide it.
    const held = schedule.compiled.nextCandidate(decided.settledTo)
    nominal = Math.min(cutAt, held === null ? cutAt : held.nominal - 1)
  } else if (decided.condition === null) {
    for (const occurrence of schedule.compiled.occurrences(decided.settledTo + 1, cutAt + 1)) {
      if (occurrence.outcome !== 'fires') continue
      const { nominal: waiting, asked } = occurrence
      entries.push({ kind: 'fire', nominal: waiting, reason: 'scheduled', asked, missedCount: null })
    }
  } else if (decided.condition !== 'exhausted') {
    settledCount = countFirings(schedule.compiled, decided.settledTo, cutAt) ?? 0
  }
  const last = entries.at(-1)?.nominal ?? decided.settledTo
  entries.push({ kind: 'marker', nominal: Math.max(nominal, last), reason, settledCount })
  return { ...decided, entries, settledTo: Math.max(nominal, last), wakeAt: null }
}
