import type { Path, Position } from '../errors.ts'
import { formatDuration } from '../time/duration.ts'
import { formatLocalSeconds } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { Candidates } from './candidates.ts'
import type { Admission, CompiledSchedule } from './compiled-schedule.ts'
import { jitterOf } from './jitter.ts'
import type { Occurrence, SkipCause, TraceStep } from './occurrence.ts'
import type { Selection, Verdict } from './selection.ts'

export interface ScheduleParts {
  readonly triggers: readonly { readonly candidates: Candidates; readonly path: Path }[]
  /** null: no calendar, every candidate fires. */
  readonly selection: Selection | null
  readonly zone: Zone
  /** Included. */
  readonly startsAt: number
  /** Excluded. */
  readonly endsAt: number
  readonly jitterMs: number
  readonly seed: number
  readonly locate: ((path: Path) => Position | undefined) | undefined
}

/** Candidates that are turned down in a row before a search gives up: a schedule that its calendar never lets through. */
const MOST_TURNED_DOWN = 20_000

export function scheduleOf(parts: ScheduleParts): CompiledSchedule {
  return new PlainSchedule(parts)
}

type Outcome = Verdict | 'no-such-business-day'

/** A class, so that all schedules share one shape and code: this is the hottest path of the product. */
class PlainSchedule implements CompiledSchedule {
  readonly #parts: ScheduleParts
  /** The only trigger, when there is just one: most schedules, and the fast path. */
  readonly #only: Candidates | null

  constructor(parts: ScheduleParts) {
    this.#parts = parts
    this.#only = parts.triggers.length === 1 ? parts.triggers[0]!.candidates : null
  }

  next(after: number): number | null {
    let from = after
    for (let turnedDown = 0; turnedDown < MOST_TURNED_DOWN; turnedDown++) {
      const nominal = this.#candidateAfter(from)
      if (nominal === null) return null
      const outcome = this.#outcome(nominal)
      if (outcome === 'fires') return nominal
      if (outcome === 'held') return null
      from = this.#skipAhead(nominal, outcome)
    }
    return null
  }

  previous(before: number): number | null {
    let to = before
    for (let turnedDown = 0; turnedDown < MOST_TURNED_DOWN; turnedDown++) {
      const nominal = this.#candidateBefore(to)
      if (nominal === null) return null
      const outcome = this.#outcome(nominal)
      if (outcome === 'fires') return nominal
      to = this.#skipBack(nominal, outcome)
    }
    return null
  }

  nextCandidate(after: number): Occurrence | null {
    const nominal = this.#candidateAfter(after)
    return nominal === null ? null : new PlainOccurrence(this, nominal, this.#outcome(nominal))
  }

  *occurrences(from: number, to: number): Iterable<Occurrence> {
    for (let at = this.#candidateAfter(from - 1); at !== null && at < to; at = this.#candidateAfter(at)) {
      const outcome = this.#outcome(at)
      yield new PlainOccurrence(this, at, outcome)
      if (outcome === 'held') return
    }
  }

  dueOf(nominal: number): number {
    const { jitterMs, seed } = this.#parts
    if (jitterMs === 0) return nominal
    const next = this.#candidateAfter(nominal)
    // Never past the next nominal time: fires stay in order.
    return nominal + jitterOf(seed, nominal, next === null ? jitterMs : Math.min(jitterMs, next - nominal))
  }

  admission(instant: number): Admission {
    const { selection } = this.#parts
    if (selection === null) return { admitted: true, admittedFrom: instant }
    const choosesDays = this.#parts.triggers.every(({ candidates }) => candidates.choosesDays)
    let at = instant
    for (let looked = 0; looked < MOST_TURNED_DOWN; looked++) {
      const verdict = selection.verdict(at, choosesDays)
      if (verdict === 'fires') return { admitted: at === instant, admittedFrom: at }
      if (verdict === 'held') return { admitted: false, admittedFrom: null }
      const resume = selection.resume(at, verdict)
      if (resume === null) return { admitted: false, admittedFrom: null }
      at = resume
    }
    return { admitted: false, admittedFrom: null }
  }

  /** Everything that led to a nominal time and what became of it. */
  explain(nominal: number): { readonly asked: string | null; readonly trace: readonly TraceStep[] } {
    const { triggers, selection, jitterMs, locate } = this.#parts
    const trace: TraceStep[] = []
    let asked: string | null = null
    let choosesDays = true
    for (const { candidates, path } of triggers) {
      const origins = candidates.origins(nominal)
      if (origins.length > 0) choosesDays &&= candidates.choosesDays
      for (const origin of origins) {
        asked ??= origin.asked
        for (const step of origin.steps) {
          const position = step.step === 'pattern' ? locate?.(path) : undefined
          trace.push(position === undefined ? step : { ...step, position })
        }
      }
    }
    const ruledOut = this.#ruledOut(nominal)
    if (ruledOut === 'held') {
      const text = `${formatLocalSeconds(this.#parts.zone.localAt(nominal))} lies beyond the calendar's coverage: nothing is decided`
      trace.push({ step: 'coverage', text })
    } else if (ruledOut !== null) {
      trace.push({ step: 'selection', text: 'the period has no such business day' })
    } else if (selection !== null) {
      trace.push(...selection.explain(nominal, choosesDays))
    }
    const due = this.dueOf(nominal)
    if (jitterMs > 0)
      trace.push({
        step: 'jitter',
        text: `jitter: due ${formatDuration(due - nominal)} after the nominal time`,
      })
    return { asked, trace }
  }

  #candidateAfter(after: number): number | null {
    const { startsAt, endsAt, triggers } = this.#parts
    const from = after < startsAt ? startsAt - 1 : after
    let first: number | null
    if (this.#only !== null) {
      first = this.#only.next(from)
    } else {
      first = null
      for (const { candidates } of triggers) {
        const found = candidates.next(from)
        if (found !== null && (first === null || found < first)) first = found
      }
    }
    return first === null || first >= endsAt ? null : first
  }

  #candidateBefore(before: number): number | null {
    const { startsAt, endsAt, triggers } = this.#parts
    const to = Math.min(before, endsAt)
    let last: number | null = null
    for (const { candidates } of triggers) {
      const found = candidates.previous(to)
      if (found !== null && (last === null || found > last)) last = found
    }
    return last === null || last < startsAt ? null : last
  }

  #outcome(nominal: number): Outcome {
    const { selection } = this.#parts
    const ruledOut = this.#ruledOut(nominal)
    if (ruledOut !== null) return ruledOut
    return selection === null ? 'fires' : selection.verdict(nominal, this.#choosesDays(nominal))
  }

  /** What rules a nominal time out for all triggers that ask for it. */
  #ruledOut(nominal: number): 'no-such-business-day' | 'held' | null {
    if (this.#only !== null) return this.#only.ruledOut(nominal)
    let ruledOut: 'no-such-business-day' | 'held' | null = null
    for (const { candidates } of this.#parts.triggers) {
      if (candidates.next(nominal - 1) !== nominal) continue
      ruledOut = candidates.ruledOut(nominal)
      if (ruledOut === null) return null
    }
    return ruledOut
  }

  /** A session that asks for this time has chosen its day, whatever other triggers ask for the same. */
  #choosesDays(nominal: number): boolean {
    if (this.#only !== null) return this.#only.choosesDays
    return this.#parts.triggers.some(
      ({ candidates }) => candidates.choosesDays && candidates.next(nominal - 1) === nominal,
    )
  }

  /** Whether a nominal time can be another than the one asked for: a moved date, or a change of offset nearby. */
  mayBeMoved(nominal: number): boolean {
    if (this.#parts.triggers.some(({ candidates }) => candidates.moves)) return true
    const second = nominal / 1000
    const { quietFrom, quietTo } = this.#parts.zone.periodAt(second)
    return second < quietFrom || second >= quietTo
  }

  /** From where to go on after a candidate that was turned down: past the whole closed stretch, if there is one. */
  #skipAhead(nominal: number, outcome: Outcome): number {
    if (!this.#hasStretches(outcome)) return nominal
    const resume = this.#parts.selection!.resume(nominal, outcome)
    return resume === null ? nominal : Math.max(nominal, resume - 1)
  }

  #skipBack(nominal: number, outcome: Outcome): number {
    if (!this.#hasStretches(outcome)) return nominal
    const recede = this.#parts.selection!.recede(nominal, outcome)
    return recede === null ? nominal : Math.min(nominal, recede)
  }

  /** Only what the calendar turns down comes in stretches, and only where no session chooses its days itself. */
  #hasStretches(outcome: Outcome): outcome is 'closed' | 'not-selected' | 'blackout' {
    if (outcome !== 'closed' && outcome !== 'not-selected' && outcome !== 'blackout') return false
    return this.#only === null
      ? !this.#parts.triggers.some(({ candidates }) => candidates.choosesDays)
      : !this.#only.choosesDays
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
