import type { Clock } from '../ports/clock.ts'

/** Work without a pause longer than this would hold up fires and the lease. */
const SLICE_MS = 10

/** Runs pure work that pauses by itself, with room for everything else between slices; null if `signal` aborts. */
export async function inSlices<T>(
  work: Generator<void, T>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T | null> {
  let sliceFrom = clock.monotonic()
  while (!signal.aborted) {
    const step = work.next()
    if (step.done === true) return step.value
    if (clock.monotonic() - sliceFrom <= SLICE_MS) continue
    await clock.sleep(0, signal)
    sliceFrom = clock.monotonic()
  }
  return null
}
