import type { Clock } from '../ports/clock.ts'
import type { AbortOnDemand } from './abort-on-demand.ts'
import type { Handler, Run } from './run.ts'

export type Outcome = { readonly value: unknown } | { readonly error: unknown }

export interface HandlerCall {
  readonly handler: Handler
  readonly run: Run
  readonly abort: AbortOnDemand
  readonly clock: Clock
  /** How long a handler that was told to end is waited for. */
  readonly abortGraceMs: number
  /** It was told to end, and is no longer waited for. */
  readonly onAbandoned: () => void
}

/** What became of a handler; a promise of it only where the handler gave one. Never throws. */
export function callHandler(call: HandlerCall): Outcome | Promise<Outcome> {
  const { handler, run, abort } = call
  if (abort.reason !== null) return { error: abort.reason }
  try {
    let value = handler(run)
    if (typeof value === 'function') value = (value as (given: Run) => unknown)(run)
    return value instanceof Promise ? whenEnded(call, value) : { value }
  } catch (error) {
    return { error }
  }
}

/** One that was told to end gets a moment for it, and is then no longer waited for. */
function whenEnded(
  { abort, clock, abortGraceMs, onAbandoned }: HandlerCall,
  work: Promise<unknown>,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let grace: AbortController | null = null
    const end = (outcome: Outcome): void => {
      abort.tell(null)
      grace?.abort()
      resolve(counted(outcome, abort))
    }
    abort.tell(() => {
      grace = new AbortController()
      void clock.sleep(abortGraceMs, grace.signal).then((passed) => {
        if (!passed) return
        onAbandoned()
        end({ error: abort.reason })
      })
    })
    work.then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    )
  })
}

/** Done is done, unless the run must count as failed: its time was over, or it is no longer ours. */
function counted(outcome: Outcome, { reason }: AbortOnDemand): Outcome {
  if (reason === null) return outcome
  const mayStand = reason.reason === 'stopping' || reason.reason === 'cancelled'
  return 'value' in outcome && mayStand ? outcome : { error: reason }
}
