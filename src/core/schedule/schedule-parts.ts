import type { Path, Position } from '../errors.ts'
import type { Zone } from '../time/zone.ts'
import type { Candidates, RuledOut } from './candidates.ts'
import type { Selection, Verdict } from './selection.ts'

/** What a schedule is compiled to. */
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

export type Outcome = Verdict | 'no-such-business-day'

/** A compiled schedule as those see it who tell of its times. */
export interface Explainable extends ScheduleParts {
  /** The first candidate after `from`; of triggers that the calendar's closed days turn down, after `resume`. */
  candidateAfter(from: number, resume: number): number | null
  outcomeOf(nominal: number): Outcome
  /** What rules a nominal time out for all triggers that ask for it. */
  ruledOut(nominal: number): RuledOut | null
  /** Whether a session asks for this time, which has chosen its day. */
  choosesDays(nominal: number): boolean
  dueOf(nominal: number): number
}
