import { setMaxListeners } from 'node:events'
import type { Clock } from '../ports/clock.ts'

/** One request to a memory port, for a fault plan to choose by. */
export interface MemoryOperation {
  readonly port: 'store' | 'lease' | 'log'
  readonly name: string
  readonly key: string
}

/** What can go wrong between a caller and a store, in the ways in which it really does. */
export type Fault =
  /** It never arrives: no effect, no answer. */
  | { readonly kind: 'lose-request' }
  /** It takes effect, the answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** It takes effect only after `ms`, even if the caller has given up by then. */
  | { readonly kind: 'delay-request'; readonly ms: number }
  | { readonly kind: 'delay-answer'; readonly ms: number }
  /** Log only: answers without effect. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'refuse'; readonly code: number; readonly message: string }

/** Asked before each request; null lets it through. */
export type FaultPlan = (operation: MemoryOperation) => Fault | null

export interface MemoryPortOptions {
  readonly clock: Clock
  readonly faults?: FaultPlan
  /** How long a caller waits for an answer that does not come. */
  readonly timeoutMs?: number
}

export type Exchange<T> = { readonly answered: true; readonly value: T } | { readonly answered: false }

const FOREVER = new AbortController().signal
// As many sleep on it as are unanswered at once.
setMaxListeners(0, FOREVER)
const TIMEOUT_MS = 5_000

/** Carries one request through its fault: when `effect` runs, and whether and when its value comes back. */
export async function exchange<T>(
  options: MemoryPortOptions,
  fault: Fault | null,
  effect: () => T,
): Promise<Exchange<T>> {
  const { clock, timeoutMs = TIMEOUT_MS } = options
  const unanswered = async (): Promise<Exchange<T>> => {
    await clock.sleep(timeoutMs, FOREVER)
    return { answered: false }
  }
  switch (fault?.kind) {
    case 'lose-request':
      return unanswered()
    case 'lose-answer':
      effect()
      return unanswered()
    case 'delay-request': {
      const late = clock.sleep(fault.ms, FOREVER).then(effect)
      return fault.ms < timeoutMs ? { answered: true, value: await late } : unanswered()
    }
    case 'delay-answer': {
      const value = effect()
      if (fault.ms >= timeoutMs) return unanswered()
      await clock.sleep(fault.ms, FOREVER)
      return { answered: true, value }
    }
    default:
      // An answer never comes before the caller has gone on to wait for it.
      await Promise.resolve()
      return { answered: true, value: effect() }
  }
}
