/**
 * Knows what the server's clock reads, so that a local clock that runs ahead fires nothing early.
 *
 * Job: measure the offset between the wall clock here and the log's server, and say up to which nominal time fires may
 * go out. Invariants: an offset is used only while wall and monotonic clock agree since it was measured; after a jump
 * nothing new fires until it was measured again. An answer that was long on its way says little: the server's clock is
 * taken to be as far back as the answer allows, and a better measurement that it does not contradict stays in use. On
 * failure (server silent): the last offset stays in use.
 */
import type { Clock } from '../ports/clock.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { Logger } from '../ports/telemetry.ts'

export const READ_EVERY_MS = 10_000
const JUMP_MS = 500
const AHEAD_MS = 500
export const SKEW_ALARM_MS = 500
export const SKEW_LEAD_MS = 5_000

interface Measured {
  /** Server time minus monotonic time, milliseconds: most likely, and at least. */
  readonly serverOrigin: number
  readonly leastOrigin: number
  readonly roundTripMs: number
  /** Wall time minus monotonic time when measured. */
  readonly wallOrigin: number
}

export interface ServerTimeOptions {
  readonly log: FireLog
  readonly clock: Clock
  readonly logger: Logger
  readonly onSkew: (skewMs: number) => void
}

export class ServerTime {
  readonly #options: ServerTimeOptions
  #measured: Measured | null = null
  #measuring: Promise<void> | null = null

  constructor(options: ServerTimeOptions) {
    this.#options = options
  }

  /** Local wall clock minus server clock, milliseconds, as last measured; null before the first measurement. */
  get skewMs(): number | null {
    // Whoever asks after a jump has the answer a moment later, and not at the next regular measurement.
    if (this.#hasJumped()) void this.measure()
    return this.#measured === null ? null : skewOf(this.#measured)
  }

  /** What the server's clock reads, by the last measurement; by the wall clock here before the first. */
  now(): number {
    const { clock } = this.#options
    return this.#measured === null ? clock.now() : clock.monotonic() + this.#measured.serverOrigin
  }

  /** The latest nominal time that may fire now; null while a jump of the clock has not been measured out. */
  horizon(): number | null {
    const measured = this.#measured
    if (measured === null || this.#hasJumped()) {
      void this.measure()
      return null
    }
    return this.#options.clock.monotonic() + measured.leastOrigin + AHEAD_MS
  }

  /**
   * The moment of something that is done now, on a clock that all instances share: the wall clock here, held to within
   * half a second of the server's; null while that is not known.
   */
  moment(): number | null {
    const latest = this.horizon()
    return latest === null
      ? null
      : Math.min(latest, Math.max(latest - 2 * AHEAD_MS, this.#options.clock.now()))
  }

  /** Measures now; calls that overlap share one measurement. Never throws. */
  measure(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = null
    })
    return this.#measuring
  }

  /** Measures every ten seconds until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.measure()
      await this.#options.clock.sleep(READ_EVERY_MS, signal)
    }
  }

  /** Whether wall and monotonic clock have drifted apart since the last measurement. */
  #hasJumped(): boolean {
    const { clock } = this.#options
    const measured = this.#measured
    return measured !== null && Math.abs(clock.now() - clock.monotonic() - measured.wallOrigin) > JUMP_MS
  }

  /** Whether the measurement in use is of no more use: less exact, contradicted, or from before a jump. */
  #isBetter({ leastOrigin, roundTripMs }: Measured): boolean {
    const used = this.#measured
    if (used === null || this.#hasJumped() || roundTripMs <= used.roundTripMs) return true
    return used.serverOrigin < leastOrigin || used.serverOrigin > leastOrigin + roundTripMs
  }

  async #measure(): Promise<void> {
    const { log, clock, logger, onSkew } = this.#options
    const before = clock.monotonic()
    try {
      const { serverTime } = await log.info()
      const after = clock.monotonic()
      const measured = {
        serverOrigin: serverTime - (before + after) / 2,
        leastOrigin: serverTime - after,
        roundTripMs: after - before,
        wallOrigin: clock.now() - after,
      }
      if (!this.#isBetter(measured)) return
      this.#measured = measured
      const skew = skewOf(measured)
      if (Math.abs(skew) > SKEW_ALARM_MS) onSkew(skew)
    } catch (error) {
      logger.debug('the server time cannot be read now', { error: String(error) })
    }
  }
}

function skewOf({ serverOrigin, wallOrigin }: Measured): number {
  return wallOrigin - serverOrigin
}
