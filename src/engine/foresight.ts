/**
 * Foresees on a standby when each schedule may be due, so that a term begins with those that are.
 *
 * Job: now and then look up the next time of schedules whose time is not known, or has passed. Invariants: what is
 * foreseen is only an order of work, and every schedule is decided by its leader all the same; the event loop is never
 * held up, and half of the time is left to others. On failure (a schedule that cannot be computed) it counts as due:
 * the decision reports what is wrong.
 */
import type { Clock } from '../ports/clock.ts'
import type { ScheduleSlots, Slot } from './schedule-slots.ts'

export interface ForesightOptions {
  readonly clock: Clock
  readonly slots: ScheduleSlots
  readonly cursorOf: (slot: Slot) => number
}

const SLICE_MS = 5
const BETWEEN_MS = 5
const EVERY_MS = 1_000
/** A time that has just passed is on its way into the log. */
const PASSED_MS = 2_000
/** Looking at the clock for each of a million would cost more than what it bounds. */
const LOOKS = 32

/** Goes on until `signal` aborts. Never throws. */
export async function foresee(options: ForesightOptions, signal: AbortSignal): Promise<void> {
  const { clock, slots } = options
  while (!signal.aborted) {
    let worked = 0
    let sliceFrom = clock.monotonic()
    let looks = 0
    for (const slot of slots.all()) {
      const { notBefore } = slot
      if (notBefore === null || notBefore < clock.now() - PASSED_MS) slot.notBefore = nextOf(slot, options)
      looks += 1
      if (looks % LOOKS !== 0 || clock.monotonic() - sliceFrom <= SLICE_MS) continue
      worked += clock.monotonic() - sliceFrom
      if (!(await clock.sleep(BETWEEN_MS, signal))) return
      sliceFrom = clock.monotonic()
    }
    await clock.sleep(Math.max(EVERY_MS, 10 * worked), signal)
  }
}

function nextOf(slot: Slot, { cursorOf }: ForesightOptions): number {
  try {
    return slot.trigger.compiled.next(cursorOf(slot)) ?? Number.POSITIVE_INFINITY
  } catch {
    // Told when it is decided.
    return 0
  }
}
