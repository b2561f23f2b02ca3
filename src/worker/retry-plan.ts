import type { DeathReason } from '../core/run/run-event.ts'
import {
  backoffLimitMs,
  DEFAULT_BACKOFF,
  DEFAULT_MAX_ATTEMPTS,
  type RunPolicy,
} from '../core/run/run-policy.ts'
import { parseDuration } from '../core/time/duration.ts'
import { fullJitter } from '../lifecycle/full-jitter.ts'
import { PermanentError, RetryLater } from './outcome-errors.ts'

export type RetryPlan =
  | {
      readonly kind: 'retry'
      readonly delayMs: number
      readonly by: 'server' | 'leader'
      readonly elsewhere: boolean
    }
  | { readonly kind: 'dead'; readonly reason: DeathReason }

/** A message that waits on the server holds one of the adapter's places, so only for so long. */
const LONGEST_ON_SERVER_MS = 60_000

export interface FailureFacts {
  readonly error: unknown
  readonly attempt: number
  readonly policy: RunPolicy
  /** Whether the leader turns failures into fires of their own. */
  readonly leaderRetries: boolean
  readonly random?: () => number
}

/** What follows on a failed attempt. */
export function planRetry({ error, attempt, policy, leaderRetries, random }: FailureFacts): RetryPlan {
  if (error instanceof PermanentError) return { kind: 'dead', reason: 'permanent' }
  if (attempt >= maxAttemptsOf(policy)) return { kind: 'dead', reason: 'attempts' }
  const asked = error instanceof RetryLater ? delayOf(error) : null
  const delayMs = asked ?? fullJitter(backoffLimitMs(policy.backoff ?? DEFAULT_BACKOFF, attempt), random)
  const elsewhere = policy.target === 'other-instance'
  const by = leaderRetries && (elsewhere || delayMs > LONGEST_ON_SERVER_MS) ? 'leader' : 'server'
  return { kind: 'retry', delayMs, by, elsewhere }
}

export function maxAttemptsOf(policy: RunPolicy): number {
  return policy.maxAttempts ?? DEFAULT_MAX_ATTEMPTS
}

/** null: not readable, so that the policy decides. */
function delayOf({ delay }: RetryLater): number | null {
  if (typeof delay === 'number') return Number.isFinite(delay) && delay >= 0 ? delay : null
  const parsed = parseDuration(delay)
  return parsed.ok ? parsed.value : null
}
