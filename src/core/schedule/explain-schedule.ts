import { type DstPolicy, FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { formatDuration } from '../time/duration.ts'
import { formatLocal } from '../time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds, localOf } from '../time/local.ts'
import type { Explained } from './compiled-schedule.ts'
import type { Occurrence, SkipCause, TraceStep } from './occurrence.ts'
import type { Explainable, Outcome } from './schedule-parts.ts'

const LAST_PASS: DstPolicy = { gap: 'next-valid', overlap: 'last' }

interface Told {
  /** The first local date and time that a pattern asked for, where it was moved. */
  readonly asked: string | null
  readonly trace: readonly TraceStep[]
}

/** The trace is made when somebody looks at it: the engine mostly does not. */
export class PlainOccurrence implements Occurrence {
  readonly nominal: number
  readonly outcome: Occurrence['outcome']
  readonly cause: SkipCause | null
  readonly #schedule: Explainable
  #told: Told | null = null

  constructor(schedule: Explainable, nominal: number, outcome: Outcome) {
    this.#schedule = schedule
    this.nominal = nominal
    this.outcome = outcome === 'fires' || outcome === 'held' ? outcome : 'skipped'
    this.cause = outcome === 'fires' || outcome === 'held' ? null : outcome
  }

  get due(): number {
    return this.#schedule.dueOf(this.nominal)
  }

  get asked(): string | null {
    return mayBeMoved(this.#schedule, this.nominal) ? this.#explain().asked : null
  }

  get trace(): readonly TraceStep[] {
    return this.#explain().trace
  }

  #explain(): Told {
    this.#told ??= explainNominal(this.#schedule, this.nominal)
    return this.#told
  }
}

/** Everything that led to a nominal time and what became of it. */
export function explainNominal(schedule: Explainable, nominal: number): Told {
  const selection = schedule.selection
  const trace: TraceStep[] = []
  let asked: string | null = null
  for (const [index, candidates] of schedule.triggers.entries()) {
    for (const origin of candidates.origins(nominal)) {
      if (origin.asked !== null && (asked === null || origin.asked < asked)) asked = origin.asked
      trace.push(...located(schedule, origin.steps, index))
    }
  }
  if (schedule.ruledOut(nominal) === null && selection !== null)
    trace.push(...selection.explain(nominal, schedule.choosesDays(nominal)))
  if (schedule.jitter !== null && schedule.outcomeOf(nominal) === 'fires') {
    const late = formatDuration(schedule.dueOf(nominal) - nominal)
    trace.push({ step: 'jitter', text: `jitter: due ${late} after the nominal time` })
  }
  return { asked, trace }
}

/** Everything that is asked for on a day, wherever it ends up, and everything that ends up on it, in order. */
export function* explainedOn(schedule: Explainable, day: number): Iterable<Explained> {
  const zone = schedule.zone
  const nominals = new Set<number>()
  const begin = firstInstantOf(zone, localOf(day, 0), FIXED_DST)
  const end = firstInstantOf(zone, localOf(day + 1, 0), LAST_PASS)
  let at = schedule.candidateAfter(begin - 1, begin - 1)
  while (at !== null && at < end) {
    if (epochDayOfLocal(zone.localAt(at)) === day) nominals.add(at)
    at = schedule.candidateAfter(at, at)
  }
  const nowhere: (Explained & { readonly place: number })[] = []
  for (const [index, candidates] of schedule.triggers.entries()) {
    for (const { asked, nominals: landed, steps } of candidates.askedOn(day)) {
      for (const nominal of landed) nominals.add(nominal)
      if (landed.length > 0) continue
      // Where it would have been: in its place among the others.
      const place = firstInstantOf(zone, asked, FIXED_DST)
      const trace = located(schedule, steps, index)
      nowhere.push({
        asked: formatLocalSeconds(asked),
        nominal: null,
        due: null,
        outcome: 'no-such-time',
        cause: null,
        trace,
        place,
      })
    }
  }
  const sorted = [...nominals].sort((a, b) => a - b)
  let index = 0
  nowhere.sort((a, b) => a.place - b.place)
  for (const { place, ...explained } of nowhere) {
    while (index < sorted.length && sorted[index]! <= place) yield explainedAt(schedule, sorted[index++]!)
    yield explained
  }
  while (index < sorted.length) yield explainedAt(schedule, sorted[index++]!)
}

function explainedAt(schedule: Explainable, nominal: number): Explained {
  const zone = schedule.zone
  const isEarly = schedule.bounds !== null && nominal < schedule.bounds.startsAt
  const isOver = schedule.bounds !== null && nominal >= schedule.bounds.endsAt
  const bound = isOver ? 'endsAt' : isEarly ? 'startsAt' : null
  const occurrence = new PlainOccurrence(schedule, nominal, schedule.outcomeOf(nominal))
  const { asked, trace } = explainNominal(schedule, nominal)
  const reading = formatLocalSeconds(zone.localAt(nominal))
  if (bound === null) {
    const { outcome, cause, due } = occurrence
    return { asked: asked ?? reading, nominal, due, outcome, cause, trace }
  }
  const step = boundsStep(schedule, nominal, bound)
  return {
    asked: asked ?? reading,
    nominal,
    due: null,
    outcome: 'out-of-bounds',
    cause: null,
    trace: [...trace, step],
  }
}

/** That a time lies before the schedule's `startsAt`, or not before its `endsAt`. */
export function boundsStep(schedule: Explainable, at: number, bound: 'startsAt' | 'endsAt'): TraceStep {
  const { zone } = schedule
  const limit = formatLocal(schedule.bounds![bound], zone)
  const where = bound === 'startsAt' ? 'before' : 'not before'
  const text = `${formatLocalSeconds(zone.localAt(at))} is ${where} ${limit}, the schedule's ${bound}`
  const position = schedule.locate?.(['spec', bound])
  return { step: 'bounds', text, ...(position === undefined ? {} : { position }) }
}

/** Patterns stand where their trigger is written. */
function located(schedule: Explainable, steps: readonly TraceStep[], index: number): readonly TraceStep[] {
  const position = schedule.locate?.(['spec', 'triggers', schedule.places?.[index] ?? index])
  if (position === undefined) return steps
  return steps.map((step) => (step.step === 'pattern' ? { ...step, position } : step))
}

/** Whether a nominal time can be another than the one asked for: a moved date, or a change of offset nearby. */
function mayBeMoved(schedule: Explainable, nominal: number): boolean {
  if (schedule.triggers.some((candidates) => candidates.moves)) return true
  const second = nominal / 1000
  const { quietFrom, quietTo } = schedule.zone.periodAt(second)
  return second < quietFrom || second >= quietTo
}
