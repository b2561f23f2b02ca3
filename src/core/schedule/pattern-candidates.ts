import type { Trigger } from '../kinds.ts'
import { type DstPolicy, instantsOf } from '../time/dst.ts'
import {
  epochDayOfLocal,
  formatLocalSeconds,
  type LocalSeconds,
  localOf,
  secondOfDayOf,
} from '../time/local.ts'
import { type LocalPattern, type Recurrence, recurrenceOf } from '../time/recurrence.ts'
import type { Zone } from '../time/zone.ts'
import type { Asked, Candidates, Origin, RuledOut } from './candidates.ts'
import { type DayMap, MovedPattern } from './moved-pattern.ts'
import type { TraceStep } from './occurrence.ts'
import { triggerText } from './trigger-text.ts'

/** How dates move, and how to say it. */
export interface Move extends DayMap {
  /** Whether the calendar knows the day. */
  isKnown(day: number): boolean
  /** The steps that take `from` to `to`, for the trace. */
  explain(from: number, to: number): readonly TraceStep[]
}

/** Days that a pattern has by itself although it has none to fire on. */
export interface OwnRuling {
  ruledOut(local: LocalSeconds): RuledOut | null
  explain(local: LocalSeconds, ruledOut: RuledOut): TraceStep
}

export interface PatternCandidatesOptions {
  /** As written, for the trace. */
  readonly trigger: Trigger
  readonly pattern: LocalPattern
  readonly zone: Zone
  readonly policy: DstPolicy
  readonly move: Move | null
  readonly ruling: OwnRuling | null
}

/** A gap of a day (Apia 2011) is the widest there has been. */
const WIDEST_GAP_MS = 90_000_000
/** So many local times that a gap gathers into one instant are told. */
const MOST_GATHERED = 8

/**
 * Local times made into nominal times: the pattern gives a date and a time of day, rolls and offsets move the date,
 * daylight saving resolves what is then the local time. A class, so that all share one shape.
 */
export class PatternCandidates implements Candidates {
  readonly #options: PatternCandidatesOptions
  readonly #moved: MovedPattern | null
  readonly #recurrence: Recurrence

  constructor(options: PatternCandidatesOptions) {
    const { pattern, zone, policy, move } = options
    this.#options = options
    this.#moved = move === null ? null : new MovedPattern(pattern, move)
    this.#recurrence = recurrenceOf(this.#moved ?? pattern, zone, policy)
  }

  get choosesDays(): boolean {
    return false
  }

  get moves(): boolean {
    return this.#moved !== null
  }

  next(after: number): number | null {
    return this.#recurrence.next(after)
  }

  previous(before: number): number | null {
    return this.#recurrence.previous(before)
  }

  ruledOut(nominal: number): RuledOut | null {
    const { zone, move, ruling } = this.#options
    if (ruling !== null) return this.#ownRuling(ruling, nominal).ruledOut
    // Only what cannot be moved waits on days that the calendar does not know.
    if (move === null || move.isKnown(epochDayOfLocal(zone.localAt(nominal)))) return null
    return this.#localsOf(nominal).some((local) => move.isKnown(epochDayOfLocal(local))) ? null : 'held'
  }

  origins(nominal: number): readonly Origin[] {
    const { trigger, zone, move, ruling } = this.#options
    const text = triggerText(trigger)
    const reading = zone.localAt(nominal)
    if (ruling !== null) {
      const { local, ruledOut } = this.#ownRuling(ruling, nominal)
      if (ruledOut !== null)
        return [{ asked: null, steps: [{ step: 'pattern', text }, ruling.explain(local, ruledOut)] }]
    }
    return this.#localsOf(nominal).flatMap((local) => {
      const sources = this.#moved === null ? [local] : this.#moved.sourcesOf(local)
      return sources.map((source): Origin => {
        const steps: TraceStep[] = [
          { step: 'pattern', text: `${text} asks for ${formatLocalSeconds(source)} (${zone.name})` },
          ...(move === null ? [] : move.explain(epochDayOfLocal(source), epochDayOfLocal(local))),
          ...daylightStep(zone, local, nominal),
        ]
        return { asked: source === reading ? null : formatLocalSeconds(source), steps }
      })
    })
  }

  *askedOn(day: number): Iterable<Asked> {
    const { trigger, pattern, zone, policy, move, ruling } = this.#options
    const text = triggerText(trigger)
    const end = localOf(day + 1, 0)
    for (
      let asked = pattern.next(localOf(day, 0) - 1);
      asked !== null && asked < end;
      asked = pattern.next(asked)
    ) {
      if (ruling !== null && ruling.ruledOut(asked) !== null) continue
      const to = this.#moved === null ? day : this.#moved.land(day)
      const local = localOf(to, secondOfDayOf(asked))
      const nominals = instantsOf(zone, local, policy)
      const steps: TraceStep[] =
        nominals.length > 0
          ? []
          : [
              { step: 'pattern', text: `${text} asks for ${formatLocalSeconds(asked)} (${zone.name})` },
              ...(move === null ? [] : move.explain(day, to)),
              {
                step: 'dst',
                text: `${formatLocalSeconds(local)} does not exist in ${zone.name}, and is left out`,
              },
            ]
      yield { asked, nominals, steps }
    }
  }

  /** Near a change of clocks the time that the pattern asked for may read otherwise than the instant. */
  #ownRuling(
    ruling: OwnRuling,
    nominal: number,
  ): { readonly local: LocalSeconds; readonly ruledOut: RuledOut | null } {
    const { zone } = this.#options
    const reading = zone.localAt(nominal)
    const { quietFrom, quietTo } = zone.periodAt(nominal / 1000)
    const isQuiet = nominal >= quietFrom * 1000 && nominal < quietTo * 1000
    const locals = isQuiet ? [reading] : this.#localsOf(nominal)
    const rulings = locals.map((local) => ({ local, ruledOut: ruling.ruledOut(local) }))
    return (
      rulings.find(({ ruledOut }) => ruledOut === null) ?? rulings[0] ?? { local: reading, ruledOut: null }
    )
  }

  /** The local times that become this instant: several where a gap gathers them. */
  #localsOf(nominal: number): readonly LocalSeconds[] {
    const { pattern, zone, policy } = this.#options
    const source = this.#moved ?? pattern
    const reading = zone.localAt(nominal)
    // What a gap moves lies before the reading by no more than the gap's length; a `shift` keeps the distance.
    const earliest = zone
      .transitions(nominal - WIDEST_GAP_MS, nominal + 1)
      .reduce(
        (least, { offsetBefore, offsetAfter }) => Math.min(least, reading + offsetBefore - offsetAfter),
        reading,
      )
    const locals: LocalSeconds[] = []
    let local = source.next(earliest - 1)
    while (local !== null && local <= reading && locals.length < MOST_GATHERED) {
      if (instantsOf(zone, local, policy).includes(nominal)) locals.push(local)
      local = source.next(local)
    }
    return locals
  }
}

function daylightStep(zone: Zone, local: LocalSeconds, nominal: number): readonly TraceStep[] {
  const resolution = zone.resolve(local)
  if (resolution.kind === 'unique') return []
  const text = formatLocalSeconds(local)
  if (resolution.kind === 'gap') {
    const to = formatLocalSeconds(zone.localAt(nominal))
    return [{ step: 'dst', text: `${text} does not exist in ${zone.name}: moved to ${to}` }]
  }
  const pass = nominal === resolution.first ? 'first' : 'second'
  return [{ step: 'dst', text: `${text} happens twice in ${zone.name}: the ${pass} time` }]
}

/** Instants that no local time stands behind (`every`), as they are. */
export class InstantCandidates implements Candidates {
  readonly choosesDays = false
  readonly moves = false
  readonly #trigger: Trigger
  readonly #recurrence: Recurrence
  readonly #zone: Zone

  constructor(trigger: Trigger, recurrence: Recurrence, zone: Zone) {
    this.#trigger = trigger
    this.#recurrence = recurrence
    this.#zone = zone
  }

  next(after: number): number | null {
    return this.#recurrence.next(after)
  }

  previous(before: number): number | null {
    return this.#recurrence.previous(before)
  }

  ruledOut(): null {
    return null
  }

  origins(nominal: number): readonly Origin[] {
    if (this.#recurrence.next(nominal - 1) !== nominal) return []
    const local = formatLocalSeconds(this.#zone.localAt(nominal))
    return [
      {
        asked: null,
        steps: [
          { step: 'pattern', text: `${triggerText(this.#trigger)} gives ${local} (${this.#zone.name})` },
        ],
      },
    ]
  }

  askedOn(): readonly Asked[] {
    return []
  }
}
