/**
 * Says in the store what became of the tree that was looked at last, for people and for whoever leads next.
 *
 * Job: one record a source. Invariant: the same again is not written again, so that a tree that is looked at twice writes
 * nothing. On failure: throws what the store throws.
 */
import { type AttemptRecord, attemptedKey, PROBLEMS_KEPT } from '../core/plan/live-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { LiveState } from './live-state.ts'

export interface RecordAttemptOptions {
  readonly live: LiveState
  readonly store: Store
  readonly clock: Clock
  readonly instance: string
}

export async function recordAttempt(
  { live, store, clock, instance }: RecordAttemptOptions,
  source: string,
  attempt: Pick<AttemptRecord, 'outcome' | 'digest' | 'message' | 'problems'>,
): Promise<void> {
  const before = live.attempted(source)?.record
  const problems = attempt.problems.slice(0, PROBLEMS_KEPT)
  const same =
    before !== undefined &&
    before.outcome === attempt.outcome &&
    before.digest === attempt.digest &&
    before.message === attempt.message &&
    before.problemCount === attempt.problems.length
  if (same) return
  const record: AttemptRecord = {
    ...attempt,
    problems,
    problemCount: attempt.problems.length,
    observedAt: clock.now(),
    instance,
  }
  await store.put(attemptedKey(source), JSON.stringify(record))
}
