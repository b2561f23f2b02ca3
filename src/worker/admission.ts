import { attemptOf, type HandBackReason, isFinal, type RunEvent } from '../core/run/run-event.ts'
import type { DeliveredFire } from '../nats/delivered-fire.ts'
import type { Delivery } from '../nats/deliveries.ts'
import { handlerOf } from './registry.ts'
import { maxAttemptsOf } from './retry-plan.ts'
import type { FinalEvent } from './run-end.ts'
import type { WorkerContext } from './worker-context.ts'

/** After a run was given back for a reason that may pass soon. */
export const COME_BACK_MS = 2_000

export type Admission =
  | { readonly kind: 'begin'; readonly attempt: number }
  /** Its end has been told: there is nothing to do but to acknowledge. */
  | { readonly kind: 'ended' }
  | {
      readonly kind: 'hand-back'
      readonly attempt: number
      readonly reason: HandBackReason
      readonly delayMs: number
    }
  /** It ends without having begun. */
  | { readonly kind: 'end'; readonly attempt: number; readonly event: FinalEvent }

/** Which attempt a delivery is, and whether it may begin here and now. `last` is the newest event of its run. */
export function admissionOf(
  context: WorkerContext,
  {
    fire,
    delivery,
    last,
  }: { readonly fire: DeliveredFire; readonly delivery: Delivery; readonly last: RunEvent | null },
): Admission {
  const { connection, registry, cancelled, instance, peers } = context
  const { policy, firstAttempt } = fire
  const { sequence, count } = delivery
  if (last !== null && isFinal(last)) return { kind: 'ended' }
  const attempt = attemptOf(last, { sequence, delivery: count, first: firstAttempt })
  const wait = last === null ? 0 : delayLeft(last, connection.clock.now())
  if (wait > 0) return { kind: 'hand-back', attempt, reason: 'not-yet', delayMs: wait }
  const notOn = last !== null && 'notOn' in last ? last.notOn : fire.notOn
  if (notOn === instance && peers.hasOther())
    return { kind: 'hand-back', attempt, reason: 'not-here', delayMs: COME_BACK_MS }
  const request = cancelled(fire.run)
  if (request !== null)
    return { kind: 'end', attempt, event: { type: 'cancelled', by: request.by, reason: request.reason } }
  if (policy.startWithinMs !== undefined && attempt === 1 && last === null) {
    if (connection.clock.now() - delivery.storedAt > policy.startWithinMs)
      return { kind: 'end', attempt, event: { type: 'expired' } }
  }
  if (attempt > maxAttemptsOf(policy)) {
    const error = { name: 'WorkerLost', message: 'its worker died or fell silent in every attempt' }
    return { kind: 'end', attempt, event: { type: 'dead', reason: 'attempts', error } }
  }
  if (handlerOf(registry, fire.message) === undefined) {
    const error = { name: 'NoHandler', message: `the worker has no handler for ${fire.message}` }
    return { kind: 'end', attempt, event: { type: 'dead', reason: 'no-handler', error } }
  }
  return { kind: 'begin', attempt }
}

/** How long until the newest event lets the next attempt begin. */
function delayLeft(last: RunEvent, now: number): number {
  if (last.type !== 'failed' && last.type !== 'handed-back') return 0
  if (last.retryAt === undefined) return 0
  // Below this the clocks of two machines differ anyhow.
  const left = Date.parse(last.retryAt) - now
  return left > 500 ? left : 0
}
