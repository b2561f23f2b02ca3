/**
 * What comes before the first decision of a term.
 *
 * Fires wait for all of live state and all overrides, however long that takes; for the log half a second, since the
 * compare-and-set makes up for the rest. What a crash took of the log while somebody else led, or nobody, goes in
 * before anything newer. On failure of the store: tried again until the term ends.
 */
import type { Clock } from '../ports/clock.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { LiveState } from './live-state.ts'
import type { LogPositions } from './log-positions.ts'
import type { LostTail } from './lost-tail.ts'
import type { Overrides } from './overrides.ts'

const BARRIER_MS = 500
const BARRIER_STEP_MS = 5
const RETRY_MS = 200

export interface BarrierOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly log: FireLog
  readonly live: LiveState
  readonly overrides: Overrides
  readonly positions: LogPositions
  readonly lostTail: LostTail
  /** Reads the log anew: it is another one than before. */
  readonly followAnew: () => void
}

/** Resolves when the term may decide, or `signal` aborts. */
export async function passBarrier(options: BarrierOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger } = options
  while (!signal.aborted) {
    try {
      return await passOnce(options, signal)
    } catch (error) {
      logger.warn('live state or log cannot be read now', { error: String(error) })
      await clock.sleep(RETRY_MS, signal)
    }
  }
}

async function passOnce(options: BarrierOptions, signal: AbortSignal): Promise<void> {
  const { live, overrides, lostTail } = options
  await Promise.all([
    overrides.current(signal),
    live.current(signal),
    logRead(options, signal).then(() => lostTail.examine(signal)),
  ])
}

async function logRead(options: BarrierOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, positions, followAnew } = options
  const info = await log.info()
  if (!positions.recognise(info)) followAnew()
  const until = clock.monotonic() + BARRIER_MS
  while (positions.sequence < info.lastSequence && clock.monotonic() < until && !signal.aborted) {
    await clock.sleep(BARRIER_STEP_MS, signal)
  }
}
