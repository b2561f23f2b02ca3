import { type DstPolicy, instantsOf } from '../time/dst.ts'
import { epochDayOfLocal, formatLocalSeconds, type LocalSeconds } from '../time/local.ts'
import { type LocalPattern, type Recurrence, recurrenceOf } from '../time/recurrence.ts'
import type { Zone } from '../time/zone.ts'
import type { Candidates, Origin, RuledOut } from './candidates.ts'
import { type DayMap, MovedPattern } from './moved-pattern.ts'
import type { TraceStep } from './occurrence.ts'

/** How dates move, and how to say it. */
export interface Move extends DayMap {
  /** The steps that take `from` to `to`, for the trace. */
  explain(from: number, to: number): readonly TraceStep[]
}

export interface PatternCandidatesOptions {
  /** The trigger as written, for the trace. */
  readonly text: string
  readonly pattern: LocalPattern
  readonly zone: Zone
  readonly policy: DstPolicy
  readonly move: Move | null
  /** Beyond the calendar's knowledge, or without a day of its own. */
  readonly ruledOut?: (local: LocalSeconds) => RuledOut | null
}

/**
 * Local times made into nominal times: the pattern gives a date and a time of day, rolls and offsets move the date,
 * daylight saving resolves what is then the local time.
 */
export function patternCandidates(options: PatternCandidatesOptions): Candidates {
  const { pattern, zone, policy, move } = options
  const moved = move === null ? null : new MovedPattern(pattern, move)
  const recurrence = recurrenceOf(moved ?? pattern, zone, policy)

  /** The local times that become this instant: several where a gap gathers them. */
  const localsOf = (nominal: number): readonly LocalSeconds[] => {
    const source = moved ?? pattern
    const reading = zone.localAt(nominal)
    const locals: LocalSeconds[] = []
    // What a gap moves lies before the reading by no more than the gap's length; a `shift` keeps the distance.
    const widest = zone
      .transitions(nominal - 1, nominal + 1)
      .concat(zone.transitions(nominal - 90_000_000, nominal))
    const earliest = widest.reduce(
      (least, { offsetBefore, offsetAfter }) =>
        Math.min(least, reading - Math.abs(offsetAfter - offsetBefore)),
      reading,
    )
    for (
      let local = source.next(earliest - 1);
      local !== null && local <= reading;
      local = source.next(local)
    ) {
      if (instantsOf(zone, local, policy).includes(nominal)) locals.push(local)
      if (locals.length >= 8) break
    }
    return locals
  }

  return {
    choosesDays: false,
    moves: move !== null,
    next: (after) => recurrence.next(after),
    previous: (before) => recurrence.previous(before),
    ruledOut(nominal) {
      const own = options.ruledOut?.(zone.localAt(nominal)) ?? null
      if (own !== null || move === null) return own
      const day = epochDayOfLocal(zone.localAt(nominal))
      // A day that cannot be moved stands where it is; another day that was moved here outweighs it.
      if (move.apply(day) !== null) return null
      return localsOf(nominal).every((local) =>
        (moved as MovedPattern)
          .sourcesOf(local)
          .every((source) => move.apply(epochDayOfLocal(source)) === null),
      )
        ? 'held'
        : null
    },
    origins(nominal) {
      const reading = zone.localAt(nominal)
      return localsOf(nominal).flatMap((local) => {
        const sources = moved === null ? [local] : moved.sourcesOf(local)
        return sources.map((source): Origin => {
          const from = epochDayOfLocal(source)
          const to = epochDayOfLocal(local)
          const steps: TraceStep[] = [
            {
              step: 'pattern',
              text: `${options.text} asks for ${formatLocalSeconds(source)} (${zone.name})`,
            },
            ...(move === null ? [] : move.explain(from, to)),
            ...daylightStep(zone, local, reading),
          ]
          const isMoved = source !== reading
          return { asked: isMoved ? formatLocalSeconds(source) : null, steps }
        })
      })
    },
  }
}

function daylightStep(zone: Zone, local: LocalSeconds, reading: LocalSeconds): readonly TraceStep[] {
  const resolution = zone.resolve(local)
  if (resolution.kind === 'unique') return []
  const what = resolution.kind === 'gap' ? 'does not exist' : 'happens twice'
  const then = resolution.kind === 'gap' ? `moved to ${formatLocalSeconds(reading)}` : 'one of its two passes'
  return [{ step: 'dst', text: `${formatLocalSeconds(local)} ${what} in ${zone.name}: ${then}` }]
}

/** Instants that no local time stands behind (`every`), as they are. */
export function instantCandidates(text: string, recurrence: Recurrence, zone: Zone): Candidates {
  return {
    choosesDays: false,
    moves: false,
    next: (after) => recurrence.next(after),
    previous: (before) => recurrence.previous(before),
    ruledOut: () => null,
    origins: (nominal) =>
      recurrence.next(nominal - 1) === nominal
        ? [
            {
              asked: null,
              steps: [
                {
                  step: 'pattern',
                  text: `${text} gives ${formatLocalSeconds(zone.localAt(nominal))} (${zone.name})`,
                },
              ],
            },
          ]
        : [],
  }
}
