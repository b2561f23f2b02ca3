import { systemClock } from '../lifecycle/clock.ts'
import { nextTurn } from '../lifecycle/turn.ts'

/** Awaited between two pieces of work: lets the event loop go round when the slice is used up. */
export type Pause = () => Promise<void>

/** A pause that is taken every `sliceMs`, and that throws the signal's reason once it has aborted. */
export function pauseAfter(sliceMs: number, signal: AbortSignal): Pause {
  let sliceEnd = systemClock.monotonic() + sliceMs
  return async () => {
    if (systemClock.monotonic() < sliceEnd) return
    await nextTurn()
    signal.throwIfAborted()
    sliceEnd = systemClock.monotonic() + sliceMs
  }
}
