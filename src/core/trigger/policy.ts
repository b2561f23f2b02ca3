import type { ScheduleSpec } from '../kinds.ts'
import { parseDuration } from '../time/duration.ts'

/** What happens to nominal times that nobody could fire in time. All lengths in milliseconds. */
export interface MisfirePolicySettings {
  readonly policy: 'fire-once' | 'fire-all' | 'skip'
  /** A nominal time at most this late is simply fired. */
  readonly afterMs: number
  /** Older ones are never caught up. */
  readonly maxLatenessMs: number
  /** `fire-all`: at most this many, the newest. */
  readonly maxCount: number
  /** When the calendar or a blackout closes the present moment. */
  readonly whenClosed: 'hold' | 'skip' | 'fire'
}

export const DEFAULT_MISFIRE: MisfirePolicySettings = {
  policy: 'fire-once',
  afterMs: 60_000,
  maxLatenessMs: 86_400_000,
  maxCount: 100,
  whenClosed: 'hold',
}

export type OverlapPolicy = 'allow' | 'skip' | 'buffer-one' | 'buffer-all' | 'cancel-other'

/** What becomes of a fire that comes up while a run of its schedule is still going. */
export interface OverlapSettings {
  readonly policy: OverlapPolicy
  /** `cancel-other`: how long a run that was asked to stop is waited for. */
  readonly cancelWaitMs: number
}

export const DEFAULT_OVERLAP: OverlapSettings = { policy: 'allow', cancelWaitMs: 60_000 }

/** The settings of a validated manifest, defaults filled in. */
export function overlapSettings({ overlap, cancelWait }: ScheduleSpec): OverlapSettings {
  return {
    policy: overlap ?? DEFAULT_OVERLAP.policy,
    cancelWaitMs: milliseconds(cancelWait, DEFAULT_OVERLAP.cancelWaitMs),
  }
}

/** The settings of a validated manifest, defaults filled in. */
export function misfireSettings(written: ScheduleSpec['misfire']): MisfirePolicySettings {
  if (written === undefined) return DEFAULT_MISFIRE
  return {
    policy: written.policy ?? DEFAULT_MISFIRE.policy,
    afterMs: milliseconds(written.after, DEFAULT_MISFIRE.afterMs),
    maxLatenessMs: milliseconds(written.maxLateness, DEFAULT_MISFIRE.maxLatenessMs),
    maxCount: written.maxCount ?? DEFAULT_MISFIRE.maxCount,
    whenClosed: written.whenClosed ?? DEFAULT_MISFIRE.whenClosed,
  }
}

function milliseconds(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const parsed = parseDuration(text)
  return parsed.ok ? parsed.value : otherwise
}
