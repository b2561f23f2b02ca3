/**
 * Settles schedules up to the moment of an edit, and holds them until it is done.
 *
 * Job: for each schedule wait for its work, decide its old version up to the cut, store what that says and the marker of
 * the cut. Invariants: a held schedule is decided by the edit alone; a version that cannot be decided is cut all the
 * same, since an edit is its cure. On failure (leadership lost): what was settled stays settled, and another leader goes
 * on from there.
 */
import type { ScheduleKey } from '../core/names.ts'
import { decideCut } from '../core/trigger/cut.ts'
import type { Decision, Progress } from '../core/trigger/decision.ts'
import type { MarkerReason } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import { positionKey } from './log-positions.ts'
import { paceCut } from './paced-slots.ts'
import type { RateLimits } from './rate-limits.ts'
import type { ScheduleSlots, Slot } from './schedule-slots.ts'
import type { Leading, SlotDecisions } from './slot-decisions.ts'

/** The moment of an edit, and what the marker there says. */
export interface Cut {
  readonly cutAt: number
  readonly reason: MarkerReason
  /** The times stay as they are (a rename alone): what is held back is left to the version that goes on. */
  readonly leavesHeld?: boolean
}

export interface EditCutOptions {
  readonly clock: Clock
  readonly slots: ScheduleSlots
  readonly decisions: SlotDecisions
  /** Whether leadership is trusted right now; nothing is begun without it. */
  readonly mayWrite: () => boolean
  readonly rateLimits: RateLimits | undefined
}

/** Work without a pause longer than this would hold up the lease. */
const SLICE_MS = 10
const TRUST_RETRY_MS = 20

/** Up to where each schedule is settled, by `positionKey`; null if leadership was lost on the way. */
export async function settleForEdit(
  keys: readonly ScheduleKey[],
  cut: Cut,
  { options, leading }: { readonly options: EditCutOptions; readonly leading: Leading },
): Promise<ReadonlyMap<string, number> | null> {
  const { clock, slots, decisions } = options
  const held = keys.flatMap((key) => slots.hold(key) ?? [])
  const cutting: Promise<boolean>[] = []
  let sliceFrom = clock.monotonic()
  for (const slot of held) {
    cutting.push(settleOne(slot, cut, { options, leading }))
    if (clock.monotonic() - sliceFrom <= SLICE_MS) continue
    await clock.sleep(0, leading.signal)
    sliceFrom = clock.monotonic()
  }
  if (!(await Promise.all(cutting)).every(Boolean)) return null
  return new Map(held.map((slot) => [positionKey(slot.key), decisions.settledInLog(slot)]))
}

interface Settling {
  readonly options: EditCutOptions
  readonly leading: Leading
}

async function settleOne(slot: Slot, cut: Cut, settling: Settling): Promise<boolean> {
  // Without a pause where there is none to make: what is decided here counts for the caller's slice.
  while (slot.work !== null) await slot.work
  const cutting = cutOff(slot, cut, settling)
  const rest = () => settling.options.slots.rest(slot)
  slot.work = cutting.then(rest, rest)
  return cutting
}

async function cutOff(slot: Slot, cut: Cut, { options, leading }: Settling): Promise<boolean> {
  const { clock, decisions, mayWrite, rateLimits } = options
  while (!leading.signal.aborted) {
    if (!mayWrite()) {
      // Trust may come back; until then nothing is decided, and nobody else must be kept waiting.
      await clock.sleep(TRUST_RETRY_MS, leading.signal)
      continue
    }
    const progress = decisions.progress(slot)
    if (progress === null) {
      // Whether a run is going decides what becomes of what is due: known in a moment.
      await clock.sleep(TRUST_RETRY_MS, leading.signal)
      continue
    }
    // A version that is not active yet has decided nothing: it ends where it stands, not where it would have begun.
    const settled = decisions.settledInLog(slot)
    const whole =
      slot.trigger.activeFrom > cut.cutAt && settled <= cut.cutAt
        ? bareCut({ cursor: settled }, cut, 0)
        : (decisions.decided(slot, () => decideCut(slot.trigger, progress, cut)) ??
          bareCut(progress, cut, null))
    const given = { trigger: slot.trigger, cursor: progress.cursor, cut }
    const { decision, places } = paceCut(whole, given, rateLimits)
    const stored = await decisions.store(slot, decision, leading).finally(() => {
      for (const place of places) place.end()
    })
    if (!stored && decisions.settledInLog(slot) < cut.cutAt) continue
    slot.settledTo = Math.max(slot.settledTo, decision.settledTo)
    if (decision.wakeAt === null) return true
    // A long range goes in slices, with room for others between them.
    await clock.sleep(0, leading.signal)
  }
  return false
}

function bareCut(
  { cursor }: Pick<Progress, 'cursor'>,
  { cutAt, reason }: Cut,
  settledCount: number | null,
): Decision {
  const nominal = Math.max(cursor, cutAt)
  const entries = [{ kind: 'marker', nominal, reason, settledCount } as const]
  return { entries, skipped: [], settledTo: nominal, wakeAt: null, condition: null }
}
