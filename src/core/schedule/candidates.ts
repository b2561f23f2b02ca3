import type { LocalSeconds } from '../time/local.ts'
import type { TraceStep } from './occurrence.ts'

/** What rules a candidate out before any calendar is asked; `held`: beyond what a calendar knows. */
export type RuledOut = 'no-such-business-day' | 'held'

/** One way in which a trigger came to a nominal time. */
export interface Origin {
  /** The local date and time asked for, where a roll, an offset or daylight saving moved it. */
  readonly asked: string | null
  readonly steps: readonly TraceStep[]
}

/** A local time that a trigger asks for, and where it ends up. */
export interface Asked {
  readonly asked: LocalSeconds
  /** Empty where clocks skip the time and the policy leaves it out; two where it happens twice and both count. */
  readonly nominals: readonly number[]
  /** How it came to nothing, where it did. */
  readonly steps: readonly TraceStep[]
}

/** The nominal times that one trigger asks for, before the schedule's calendar has its say. Epoch milliseconds. */
export interface Candidates {
  /** Strictly after. */
  next(after: number): number | null
  /** Strictly before. */
  previous(before: number): number | null
  /** null: an ordinary candidate. */
  ruledOut(nominal: number): RuledOut | null
  /** How this trigger came to a nominal time of its own: several ways where rolls meet. */
  origins(nominal: number): readonly Origin[]
  /** What is asked for on a local day and may end up elsewhere. For people: not on the hot path. */
  askedOn(day: number): Iterable<Asked>
  /** Whether dates are moved, so that a nominal time may not be the one asked for. */
  readonly moves: boolean
  /** Sessions choose their days themselves: of the schedule's calendar only blackouts apply. */
  readonly choosesDays: boolean
}
