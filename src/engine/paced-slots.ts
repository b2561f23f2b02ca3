/**
 * Decides a schedule under the rate limit of its adapter.
 *
 * Job: ask for the place that the next fire of a schedule needs, and have it wait where there is none. Invariants: at most
 * one place for one decision, given back by whoever has the decision stored; a schedule that waits is in no heap, and is
 * woken by its adapter's pace. On failure of the decision its place is given back here.
 */
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { Decision, Progress } from '../core/trigger/decision.ts'
import type { MarkerReason } from '../core/trigger/log-entry.ts'
import { decideOverlap } from '../core/trigger/overlap.ts'
import { firstFireOf, paced, pacedCut } from '../core/trigger/rate-limit.ts'
import type { Waiter } from './adapter-pace.ts'
import { positionKey } from './log-positions.ts'
import type { Place, RateLimits } from './rate-limits.ts'
import type { ScheduleSlots, Slot } from './schedule-slots.ts'
import type { SlotDecisions } from './slot-decisions.ts'

export interface PacedSlotsOptions {
  readonly decisions: SlotDecisions
  readonly slots: ScheduleSlots
  readonly rateLimits: RateLimits | undefined
}

/** What an edit says of what it settles. */
interface PacedEdit {
  readonly reason: MarkerReason
  readonly leavesHeld?: boolean
}

export function decidePaced(
  slot: Slot,
  { progress, now }: { readonly progress: Progress; readonly now: number },
  { decisions, slots, rateLimits }: PacedSlotsOptions,
): { readonly decision: Decision | null; readonly place: Place | null } {
  const { trigger } = slot
  let place: Place | null = null
  const decision = decisions.decided(slot, () => {
    const whole = decideOverlap(trigger, progress, now)
    const fire = firstFireOf(whole)
    if (rateLimits === undefined || trigger.rateLimit === undefined || fire === undefined) return whole
    place = rateLimits.ask(trigger, waiterOf(slot, fire.nominal, slots))
    return paced(whole, { cursor: progress.cursor, hasPlace: place !== null })
  })
  if (decision === null) (place as Place | null)?.end(true)
  return { decision, place }
}

/** What the cut of an edit leaves of a decision, and the places of the fires in it. */
export function paceCut(
  decision: Decision,
  given: { readonly trigger: CompiledTrigger; readonly cursor: number; readonly cut: PacedEdit },
  rateLimits: RateLimits | undefined,
): { readonly decision: Decision; readonly places: readonly Place[] } {
  const { trigger, cursor, cut } = given
  if (rateLimits === undefined || trigger.rateLimit === undefined || firstFireOf(decision) === undefined)
    return { decision, places: [] }
  const { reason, leavesHeld = false } = cut
  const held = pacedCut(decision, { places: rateLimits.free(trigger), cursor, reason, leavesHeld })
  const fires = held.entries.filter(({ kind }) => kind === 'fire')
  return { decision: held, places: fires.map(() => rateLimits.take(trigger)) }
}

function waiterOf(slot: Slot, nominal: number, slots: ScheduleSlots): Waiter {
  const { adapter } = slot.trigger
  return {
    id: positionKey(slot.key),
    nominal,
    wake: () => {
      // What else may have become of it meanwhile, it is decided anew for.
      const isWaiting = slot.condition === 'rate-limited' && slot.trigger.adapter === adapter
      if (!isWaiting || slot.held || slot.work !== null || !slots.isInstalled(slot)) return false
      slots.wake(slot, nominal)
      return true
    },
  }
}
