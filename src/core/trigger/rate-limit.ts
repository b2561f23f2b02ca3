/**
 * What becomes of a decision under the rate limit of the schedule's adapter: pure.
 *
 * What waits is not stored anywhere: it is (cursor, now], as with a buffer of `overlap`. So a take-over finds it again.
 */
import type { RateLimit } from '../kinds.ts'
import { parseDuration } from '../time/duration.ts'
import type { Decision, PlannedEntry } from './decision.ts'
import type { MarkerReason } from './log-entry.ts'

export interface RateLimitSettings {
  readonly runs: number
  readonly perMs: number
}

/** The settings of a validated manifest; undefined: it has no limit. */
export function rateLimitSettings(written: RateLimit | undefined): RateLimitSettings | undefined {
  const per = written === undefined ? null : parseDuration(written.per)
  return written === undefined || per?.ok !== true ? undefined : { runs: written.runs, perMs: per.value }
}

/** The fire for which a decision needs a place; undefined: it needs none. */
export function firstFireOf({ entries }: Decision): PlannedEntry | undefined {
  return entries.find(({ kind }) => kind === 'fire')
}

/** The decision with no more than its first fire, if there is a place for it; nothing of it, and all waits, if not. */
export function paced(
  decision: Decision,
  { cursor, hasPlace }: { readonly cursor: number; readonly hasPlace: boolean },
): Decision {
  if (!hasPlace)
    return { entries: [], skipped: [], settledTo: cursor, wakeAt: null, condition: 'rate-limited' }
  const fire = decision.entries.findIndex(({ kind }) => kind === 'fire')
  if (fire < 0 || fire === decision.entries.length - 1) return decision
  const settledTo = decision.entries[fire]!.nominal
  return {
    entries: decision.entries.slice(0, fire + 1),
    skipped: decision.skipped.filter(({ nominal }) => nominal <= settledTo),
    settledTo,
    // The rest needs a place of its own.
    wakeAt: settledTo,
    condition: null,
  }
}

export interface PacedCut {
  readonly places: number
  readonly cursor: number
  readonly reason: MarkerReason
  /** The times stay as they are: what waits is left to the version that goes on. */
  readonly leavesHeld?: boolean
}

/** The cut of an edit with no more fires than there are places: what else waits is settled as everything that is held back. */
export function pacedCut(decision: Decision, { places, cursor, reason, leavesHeld }: PacedCut): Decision {
  const isFire = ({ kind }: PlannedEntry): boolean => kind === 'fire'
  if (decision.entries.filter(isFire).length <= places) return decision
  const kept: PlannedEntry[] = []
  for (const entry of decision.entries) {
    if (isFire(entry) && kept.filter(isFire).length >= places) break
    kept.push(entry)
  }
  const reached = kept.at(-1)?.nominal ?? cursor
  if (leavesHeld === true) {
    const marker = { kind: 'marker', nominal: reached, reason, settledCount: 0 } as const
    return {
      entries: [...kept, marker],
      skipped: [],
      settledTo: reached,
      wakeAt: null,
      condition: 'rate-limited',
    }
  }
  const settledCount = decision.entries
    .slice(kept.length)
    .reduce(
      (sum, entry) => sum + (entry.kind === 'fire' ? (entry.missedCount ?? 1) : (entry.settledCount ?? 0)),
      0,
    )
  const nominal = Math.max(reached, decision.entries.at(-1)!.nominal)
  return { ...decision, entries: [...kept, { kind: 'marker', nominal, reason, settledCount }] }
}
