import type { LocalSeconds } from './local.ts'
import type { Zone } from './zone.ts'

/**
 * What happens to a local time that clocks skip: it moves to the first instant after the gap, or later by the length
 * of the gap, or it does not happen.
 */
export type GapPolicy = 'next-valid' | 'shift' | 'skip'

/** Which of the two instants of a local time that clocks read twice. */
export type OverlapPolicy = 'first' | 'last' | 'both'

export interface DstPolicy {
  readonly gap: GapPolicy
  readonly overlap: OverlapPolicy
}

/** For fixed local times (after Vixie cron): none is lost in a gap, none is doubled in an overlap. */
export const FIXED_DST: DstPolicy = { gap: 'next-valid', overlap: 'first' }

/** For wildcards (after Vixie cron): the instants whose local reading matches, whatever the clocks did. */
export const WILDCARD_DST: DstPolicy = { gap: 'skip', overlap: 'both' }

/** The instants, in milliseconds and in order, at which a local time happens: none, one or two. */
export function instantsOf(zone: Zone, local: LocalSeconds, policy: DstPolicy): readonly number[] {
  const resolution = zone.resolve(local)
  switch (resolution.kind) {
    case 'unique':
      return [resolution.instant]
    case 'gap':
      if (policy.gap === 'skip') return []
      return [policy.gap === 'shift' ? resolution.shifted : resolution.after]
    case 'overlap':
      if (policy.overlap === 'both') return [resolution.first, resolution.last]
      return [policy.overlap === 'last' ? resolution.last : resolution.first]
  }
}

/**
 * As `instantsOf` without its array, for hot paths: the first of them, or NaN if there is none. For a local time away
 * from any change of offset it allocates nothing.
 */
export function firstInstantOf(zone: Zone, local: LocalSeconds, policy: DstPolicy): number {
  const instant = quietInstantOf(zone, local)
  return Number.isNaN(instant) ? (instantsOf(zone, local, policy)[0] ?? Number.NaN) : instant
}

/** The one instant of a local time that no change of offset is near, in milliseconds, else NaN: ask `resolve`. */
export function quietInstantOf(zone: Zone, local: LocalSeconds): number {
  // The guess may land in the stretch before or after; only a hit within the quiet part of it counts.
  const guess = zone.periodAt(local)
  const second = local - guess.offset
  return second >= guess.quietFrom && second < guess.quietTo ? second * 1000 : Number.NaN
}

/**
 * What people may ask for: `auto`, or a policy, of which what is left out stays automatic. Automatic is
 * `FIXED_DST` for fixed local times and `WILDCARD_DST` for cron wildcards. What is given holds for both.
 */
export type DstOption = 'auto' | Partial<DstPolicy>

export function dstPolicyOf(option: DstOption | undefined, wildcard: boolean): DstPolicy {
  const automatic = wildcard ? WILDCARD_DST : FIXED_DST
  return option === undefined || option === 'auto' ? automatic : { ...automatic, ...option }
}
