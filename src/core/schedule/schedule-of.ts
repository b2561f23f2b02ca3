import type { Zone } from '../time/zone.ts'
import type { Candidates, RuledOut } from './candidates.ts'
import type { Admission, CompiledSchedule, Explained, Unasked } from './compiled-schedule.ts'
import { boundsStep, explainedOn, PlainOccurrence } from './explain-schedule.ts'
import { jitterOf } from './jitter.ts'
import type { Occurrence } from './occurrence.ts'
import type { Explainable, Outcome, ScheduleParts } from './schedule-parts.ts'
import type { Selection } from './selection.ts'

/** Stretches of candidates that are turned down in a row before a search gives up: centuries of weekends. */
const MOST_TURNED_DOWN = 20_000

export function scheduleOf(parts: ScheduleParts): CompiledSchedule {
  return new PlainSchedule(parts)
}

/** A class, so that all schedules share one shape and code: this is the hottest path of the product. */
class PlainSchedule implements CompiledSchedule, Explainable {
  readonly triggers: readonly Candidates[]
  readonly places: ScheduleParts['places']
  readonly selection: Selection | null
  readonly zone: Zone
  readonly bounds: ScheduleParts['bounds']
  readonly jitter: ScheduleParts['jitter']
  readonly locate: ScheduleParts['locate']
  /** The only trigger, when there is just one: most schedules, and the fast path. */
  readonly #only: Candidates | null

  constructor(parts: ScheduleParts) {
    const { triggers } = parts
    this.triggers = triggers
    this.places = parts.places
    this.selection = parts.selection
    this.zone = parts.zone
    this.bounds = parts.bounds
    this.jitter = parts.jitter
    this.locate = parts.locate
    this.#only = triggers.length === 1 ? triggers[0]! : null
  }

  next(after: number): number | null {
    let from = this.#notBeforeStart(after)
    // What the calendar turns down, it turns down for a whole stretch, but not for sessions, which choose their days.
    let resume = from
    for (let turnedDown = 0; turnedDown < MOST_TURNED_DOWN; turnedDown++) {
      const nominal = this.candidateAfter(from, resume)
      if (nominal === null || this.#isOver(nominal)) return null
      const outcome = this.outcomeOf(nominal)
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
    const startsAt = this.bounds?.startsAt ?? Number.NEGATIVE_INFINITY
    let to = Math.min(before, this.bounds?.endsAt ?? before)
    let recede = to
    for (let turnedDown = 0; turnedDown < MOST_TURNED_DOWN; turnedDown++) {
      const nominal = this.#candidateBefore(to, recede)
      if (nominal === null || nominal < startsAt) return null
      const outcome = this.outcomeOf(nominal)
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
    const nominal = this.candidateAfter(from, from)
    return nominal === null || this.#isOver(nominal)
      ? null
      : new PlainOccurrence(this, nominal, this.outcomeOf(nominal))
  }

  *occurrences(from: number, to: number): Iterable<Occurrence> {
    for (let at = this.nextCandidate(from - 1); at !== null && at.nominal < to; ) {
      yield at
      if (at.outcome === 'held') return
      at = this.nextCandidate(at.nominal)
    }
  }

  dueOf(nominal: number): number {
    if (this.jitter === null) return nominal
    const { limitMs, seed } = this.jitter
    const next = this.candidateAfter(nominal, nominal)
    // Never past the next nominal time: fires stay in order.
    const gap = next === null || this.#isOver(next) ? limitMs : Math.min(limitMs, next - nominal)
    return nominal + jitterOf(seed, nominal, gap)
  }

  admission(instant: number): Admission {
    const selection = this.selection
    if (selection === null) return { admitted: true, admittedFrom: instant }
    const choosesDays =
      this.triggers.length > 0 && this.triggers.every((candidates) => candidates.choosesDays)
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

  unasked(instant: number): Unasked {
    const bound = this.#isOver(instant)
      ? 'endsAt'
      : instant < (this.bounds?.startsAt ?? instant)
        ? 'startsAt'
        : null
    if (bound !== null) return { admitted: false, trace: [boundsStep(this, instant, bound)] }
    const selection = this.selection
    if (selection === null || selection.verdict(instant, false) === 'fires')
      return { admitted: true, trace: [] }
    return { admitted: false, trace: selection.explain(instant, false) }
  }

  on(day: number): Iterable<Explained> {
    return explainedOn(this, day)
  }

  #notBeforeStart(after: number): number {
    const bounds = this.bounds
    return bounds !== null && after < bounds.startsAt ? bounds.startsAt - 1 : after
  }

  #isOver(nominal: number): boolean {
    return this.bounds !== null && nominal >= this.bounds.endsAt
  }

  /** The first candidate after `from`; of triggers that the calendar's closed days turn down, after `resume`. */
  candidateAfter(from: number, resume: number): number | null {
    if (this.#only !== null) return this.#only.next(this.#only.choosesDays ? from : resume)
    let first: number | null = null
    for (const candidates of this.triggers) {
      const found = candidates.next(candidates.choosesDays ? from : resume)
      if (found !== null && (first === null || found < first)) first = found
    }
    return first
  }

  #candidateBefore(to: number, recede: number): number | null {
    if (this.#only !== null) return this.#only.previous(this.#only.choosesDays ? to : recede)
    let last: number | null = null
    for (const candidates of this.triggers) {
      const found = candidates.previous(candidates.choosesDays ? to : recede)
      if (found !== null && (last === null || found > last)) last = found
    }
    return last
  }

  outcomeOf(nominal: number): Outcome {
    const selection = this.selection
    const ruledOut = this.ruledOut(nominal)
    if (ruledOut !== null) return ruledOut
    return selection === null ? 'fires' : selection.verdict(nominal, this.choosesDays(nominal))
  }

  /** What rules a nominal time out for all triggers that ask for it. */
  ruledOut(nominal: number): RuledOut | null {
    if (this.#only !== null) return this.#only.ruledOut(nominal)
    let ruledOut: RuledOut | null = null
    for (const candidates of this.triggers) ruledOut ??= candidates.ruledOut(nominal)
    if (ruledOut === null) return null
    // A trigger that asks for this time and has nothing against it outweighs those that do.
    for (const candidates of this.triggers) {
      if (candidates.ruledOut(nominal) === null && candidates.next(nominal - 1) === nominal) return null
    }
    return ruledOut
  }

  /** A session that asks for this time has chosen its day, whatever other triggers ask for the same. */
  choosesDays(nominal: number): boolean {
    if (this.#only !== null) return this.#only.choosesDays
    return this.triggers.some(
      (candidates) => candidates.choosesDays && candidates.next(nominal - 1) === nominal,
    )
  }

  get #hasSessions(): boolean {
    return this.triggers.some((candidates) => candidates.choosesDays)
  }

  /** Where a search goes on after a candidate that was turned down; null: nowhere. */
  #resume(nominal: number, outcome: Outcome): number | null {
    if (outcome === 'no-such-business-day' || outcome === 'fires') return nominal + 1
    return this.selection!.resume(nominal, outcome)
  }

  /** Before what a search goes on backwards; null: nowhere. */
  #recede(nominal: number, outcome: Outcome): number | null {
    if (outcome === 'no-such-business-day' || outcome === 'fires') return nominal
    const selection = this.selection
    return selection === null ? nominal : selection.recede(nominal, outcome)
  }
}
