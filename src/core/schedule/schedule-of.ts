import type { Path, Position } from '../errors.ts'
import { type DstPolicy, FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { formatDuration } from '../time/duration.ts'
import { formatLocal } from '../time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds, localOf } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { Candidates, RuledOut } from './candidates.ts'
import type { Admission, CompiledSchedule, Explained } from './compiled-schedule.ts'
import { jitterOf } from './jitter.ts'
import type { Occurrence, SkipCause, TraceStep } from './occurrence.ts'
import type { Selection, Verdict } from './selection.ts'

export interface ScheduleParts {
  readonly triggers: readonly Candidates[]
  /** Index of each in the document's `triggers`; null where that is its own. */
  readonly places: readonly number[] | null
  /** null: no calendar, every candidate fires. */
  readonly selection: Selection | null
  readonly zone: Zone
  /** Start included, end excluded; null: neither. */
  readonly bounds: { readonly startsAt: number; readonly endsAt: number } | null
  readonly jitter: { readonly limitMs: number; readonly seed: number } | null
  readonly locate: ((path: Path) => Position | undefined) | undefined
}

/** Stretches of candidates that are turned down in a row before a search gives up: centuries of weekends. */
const MOST_TURNED_DOWN = 20_000
const LAST_PASS: DstPolicy = { gap: 'next-valid', overlap: 'last' }

export function scheduleOf(parts: ScheduleParts): CompiledSchedule {
  return new PlainSchedule(parts)
}

type Outcome = Verdict | 'no-such-business-day'

/** A class, so that all schedules share one shape and code: this is the hottest path of the product. */
class PlainSchedule implements CompiledSchedule {
  readonly #triggers: readonly Candidates[]
  readonly #places: ScheduleParts['places']
  readonly #selection: Selection | null
  readonly #zone: Zone
  readonly #bounds: ScheduleParts['bounds']
  readonly #jitter: ScheduleParts['jitter']
  readonly #locate: ScheduleParts['locate']
  /** The only trigger, when there is just one: most schedules, and the fast path. */
  readonly #only: Candidates | null

  constructor(parts: ScheduleParts) {
    const { triggers } = parts
    this.#triggers = triggers
    this.#places = parts.places
    this.#selection = parts.selection
    this.#zone = parts.zone
    this.#bounds = parts.bounds
    this.#jitter = parts.jitter
    this.#locate = parts.locate
    this.#only = triggers.length === 1 ? triggers[0]! : null
  }

  next(after: number): number | null {
    let from = this.#notBeforeStart(after)
    // What the calendar turns down, it turns down for a whole stretch, but not for sessions, which choose their days.
    let resume = from
    for (let turnedDown = 0; turnedDown < MOST_TURNED_DOWN; turnedDown++) {
      const nominal = this.#candidateAfter(from, resume)
      if (nominal === null || this.#isOver(nominal)) return null
      const outcome = this.#outcome(nominal)
      if (outcome === 'fires') return nominal
      if (outcome === 'held') return null
      from = nominal
      const resumes = this.#resume(nominal, outcome)
      if (resumes === null) {
        if (!this.#hasSessions) return null
      } else if (resumes - 1 > resume) {
        resume = resumes - 1
        if (outcome === 'blackout') from = Math.max(from, resume)
      }
      if (resume < from) resume = from
    }
    return null
  }

  previous(before: number): number | null {
    const startsAt = this.#bounds?.startsAt ?? Number.NEGATIVE_INFINITY
    let to = Math.min(before, this.#bounds?.endsAt ?? before)
    let recede = to
    for (let turnedDown = 0; turnedDown < MOST_TURNED_DOWN; turnedDown++) {
      const nominal = this.#candidateBefore(to, recede)
      if (nominal === null || nominal < startsAt) return null
      const outcome = this.#outcome(nominal)
      if (outcome === 'fires') return nominal
      to = nominal
      const recedes = this.#recede(nominal, outcome)
      if (recedes === null) {
        if (!this.#hasSessions) return null
      } else if (recedes < recede) {
        recede = recedes
        if (outcome === 'blackout') to = Math.min(to, recede)
      }
      if (recede > to) recede = to
    }
    return null
  }

  nextCandidate(after: number): Occurrence | null {
    const from = this.#notBeforeStart(after)
    const nominal = this.#candidateAfter(from, from)
    return nominal === null || this.#isOver(nominal)
      ? null
      : new PlainOccurrence(this, nominal, this.#outcome(nominal))
  }

  *occurrences(from: number, to: number): Iterable<Occurrence> {
    for (let at = this.nextCandidate(from - 1); at !== null && at.nominal < to; ) {
      yield at
      if (at.outcome === 'held') return
      at = this.nextCandidate(at.nominal)
    }
  }

  dueOf(nominal: number): number {
    if (this.#jitter === null) return nominal
    const { limitMs, seed } = this.#jitter
    const next = this.#candidateAfter(nominal, nominal)
    // Never past the next nominal time: fires stay in order.
    const gap = next === null || this.#isOver(next) ? limitMs : Math.min(limitMs, next - nominal)
    return nominal + jitterOf(seed, nominal, gap)
  }

  admission(instant: number): Admission {
    const selection = this.#selection
    if (selection === null) return { admitted: true, admittedFrom: instant }
    const choosesDays = this.#triggers.every((candidates) => candidates.choosesDays)
    let at = instant
    for (let looked = 0; looked < MOST_TURNED_DOWN; looked++) {
      const verdict = selection.verdict(at, choosesDays)
      if (verdict === 'fires') return { admitted: at === instant, admittedFrom: at }
      const resume = verdict === 'held' ? null : selection.resume(at, verdict)
      if (resume === null) break
      at = resume
    }
    return { admitted: false, admittedFrom: null }
  }

  *on(day: number): Iterable<Explained> {
    const zone = this.#zone
    const nominals = new Set<number>()
    const begin = firstInstantOf(zone, localOf(day, 0), FIXED_DST)
    const end = firstInstantOf(zone, localOf(day + 1, 0), LAST_PASS)
    let at = this.#candidateAfter(begin - 1, begin - 1)
    while (at !== null && at < end) {
      if (epochDayOfLocal(zone.localAt(at)) === day) nominals.add(at)
      at = this.#candidateAfter(at, at)
    }
    const nowhere: (Explained & { readonly place: number })[] = []
    for (const [index, candidates] of this.#triggers.entries()) {
      for (const { asked, nominals: landed, steps } of candidates.askedOn(day)) {
        for (const nominal of landed) nominals.add(nominal)
        if (landed.length > 0) continue
        // Where it would have been: in its place among the others.
        const place = firstInstantOf(zone, asked, FIXED_DST)
        const trace = this.#located(steps, index)
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
      while (index < sorted.length && sorted[index]! <= place) yield this.#explained(sorted[index++]!)
      yield explained
    }
    while (index < sorted.length) yield this.#explained(sorted[index++]!)
  }

  /** Everything that led to a nominal time and what became of it. */
  explain(nominal: number): { readonly asked: string | null; readonly trace: readonly TraceStep[] } {
    const selection = this.#selection
    const trace: TraceStep[] = []
    let asked: string | null = null
    for (const [index, candidates] of this.#triggers.entries()) {
      for (const origin of candidates.origins(nominal)) {
        if (origin.asked !== null && (asked === null || origin.asked < asked)) asked = origin.asked
        trace.push(...this.#located(origin.steps, index))
      }
    }
    if (this.#ruledOut(nominal) === null && selection !== null)
      trace.push(...selection.explain(nominal, this.#choosesDays(nominal)))
    if (this.#jitter !== null && this.#outcome(nominal) === 'fires') {
      const late = formatDuration(this.dueOf(nominal) - nominal)
      trace.push({ step: 'jitter', text: `jitter: due ${late} after the nominal time` })
    }
    return { asked, trace }
  }

  #explained(nominal: number): Explained {
    const zone = this.#zone
    const isEarly = this.#bounds !== null && nominal < this.#bounds.startsAt
    const bound = this.#isOver(nominal) ? 'endsAt' : isEarly ? 'startsAt' : null
    const occurrence = new PlainOccurrence(this, nominal, this.#outcome(nominal))
    const { asked, trace } = this.explain(nominal)
    const reading = formatLocalSeconds(zone.localAt(nominal))
    if (bound === null) {
      const { outcome, cause, due } = occurrence
      return { asked: asked ?? reading, nominal, due, outcome, cause, trace }
    }
    const limit = formatLocal(this.#bounds![bound], zone)
    const text = `${reading} is ${bound === 'startsAt' ? 'before' : 'not before'} ${limit}, the schedule's ${bound}`
    const position = this.#locate?.(['spec', bound])
    const step: TraceStep = { step: 'bounds', text, ...(position === undefined ? {} : { position }) }
    return {
      asked: asked ?? reading,
      nominal,
      due: null,
      outcome: 'out-of-bounds',
      cause: null,
      trace: [...trace, step],
    }
  }

  /** Patterns stand where their trigger is written. */
  #located(steps: readonly TraceStep[], index: number): readonly TraceStep[] {
    const position = this.#locate?.(['spec', 'triggers', this.#places?.[index] ?? index])
    if (position === undefined) return steps
    return steps.map((step) => (step.step === 'pattern' ? { ...step, position } : step))
  }

  #notBeforeStart(after: number): number {
    const bounds = this.#bounds
    return bounds !== null && after < bounds.startsAt ? bounds.startsAt - 1 : after
  }

  #isOver(nominal: number): boolean {
    return this.#bounds !== null && nominal >= this.#bounds.endsAt
  }

  /** The first candidate after `from`; of triggers that the calendar's closed days turn down, after `resume`. */
  #candidateAfter(from: number, resume: number): number | null {
    if (this.#only !== null) return this.#only.next(this.#only.choosesDays ? from : resume)
    let first: number | null = null
    for (const candidates of this.#triggers) {
      const found = candidates.next(candidates.choosesDays ? from : resume)
      if (found !== null && (first === null || found < first)) first = found
    }
    return first
  }

  #candidateBefore(to: number, recede: number): number | null {
    if (this.#only !== null) return this.#only.previous(this.#only.choosesDays ? to : recede)
    let last: number | null = null
    for (const candidates of this.#triggers) {
      const found = candidates.previous(candidates.choosesDays ? to : recede)
      if (found !== null && (last === null || found > last)) last = found
    }
    return last
  }

  #outcome(nominal: number): Outcome {
    const selection = this.#selection
    const ruledOut = this.#ruledOut(nominal)
    if (ruledOut !== null) return ruledOut
    return selection === null ? 'fires' : selection.verdict(nominal, this.#choosesDays(nominal))
  }

  /** What rules a nominal time out for all triggers that ask for it. */
  #ruledOut(nominal: number): RuledOut | null {
    if (this.#only !== null) return this.#only.ruledOut(nominal)
    let ruledOut: RuledOut | null = null
    for (const candidates of this.#triggers) ruledOut ??= candidates.ruledOut(nominal)
    if (ruledOut === null) return null
    // A trigger that asks for this time and has nothing against it outweighs those that do.
    for (const candidates of this.#triggers) {
      if (candidates.ruledOut(nominal) === null && candidates.next(nominal - 1) === nominal) return null
    }
    return ruledOut
  }

  /** A session that asks for this time has chosen its day, whatever other triggers ask for the same. */
  #choosesDays(nominal: number): boolean {
    if (this.#only !== null) return this.#only.choosesDays
    return this.#triggers.some(
      (candidates) => candidates.choosesDays && candidates.next(nominal - 1) === nominal,
    )
  }

  get #hasSessions(): boolean {
    return this.#triggers.some((candidates) => candidates.choosesDays)
  }

  /** Whether a nominal time can be another than the one asked for: a moved date, or a change of offset nearby. */
  mayBeMoved(nominal: number): boolean {
    if (this.#triggers.some((candidates) => candidates.moves)) return true
    const second = nominal / 1000
    const { quietFrom, quietTo } = this.#zone.periodAt(second)
    return second < quietFrom || second >= quietTo
  }

  /** Where a search goes on after a candidate that was turned down; null: nowhere. */
  #resume(nominal: number, outcome: Outcome): number | null {
    if (outcome === 'no-such-business-day' || outcome === 'fires') return nominal + 1
    return this.#selection!.resume(nominal, outcome)
  }

  /** Before what a search goes on backwards; null: nowhere. */
  #recede(nominal: number, outcome: Outcome): number | null {
    if (outcome === 'no-such-business-day' || outcome === 'fires') return nominal
    const selection = this.#selection
    return selection === null ? nominal : selection.recede(nominal, outcome)
  }
}

/** The trace is made when somebody looks at it: the engine mostly does not. */
class PlainOccurrence implements Occurrence {
  readonly nominal: number
  readonly outcome: Occurrence['outcome']
  readonly cause: SkipCause | null
  readonly #schedule: PlainSchedule
  #explained: { readonly asked: string | null; readonly trace: readonly TraceStep[] } | null = null

  constructor(schedule: PlainSchedule, nominal: number, outcome: Outcome) {
    this.#schedule = schedule
    this.nominal = nominal
    this.outcome = outcome === 'fires' || outcome === 'held' ? outcome : 'skipped'
    this.cause = outcome === 'fires' || outcome === 'held' ? null : outcome
  }

  get due(): number {
    return this.#schedule.dueOf(this.nominal)
  }

  get asked(): string | null {
    return this.#schedule.mayBeMoved(this.nominal) ? this.#explain().asked : null
  }

  get trace(): readonly TraceStep[] {
    return this.#explain().trace
  }

  #explain(): { readonly asked: string | null; readonly trace: readonly TraceStep[] } {
    this.#explained ??= this.#schedule.explain(this.nominal)
    return this.#explained
  }
}
