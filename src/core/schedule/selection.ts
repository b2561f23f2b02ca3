import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import type { RunOn } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { epochDayOfLocal, localOf } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { TraceStep } from './occurrence.ts'

/** What a calendar says of one instant. */
export type Verdict = 'fires' | 'closed' | 'not-selected' | 'blackout' | 'held'

export interface SelectionOptions {
  readonly calendar: CompiledCalendar
  readonly calendarName: string
  readonly runOn: RunOn
  /** Closed days do not keep the schedule from firing (`roll: unadjusted`); blackouts still do. */
  readonly ignoresClosedDays: boolean
  /** In whose zone the instant becomes the date that the calendar is asked for. */
  readonly dateZone: Zone
}

/** A stretch that admits nothing is searched through no further than this. */
const FARTHEST_DAYS = 3_700
const MINUTE_MS = 60_000
const MOST_MINUTES = 20_000

/** The calendar's part of a schedule: which instants it lets through. */
export class Selection {
  readonly #options: SelectionOptions

  constructor(options: SelectionOptions) {
    this.#options = options
  }

  /** `choosesDays`: the candidate comes from a session, so that only blackouts are asked. */
  verdict(instant: number, choosesDays: boolean): Verdict {
    const { calendar } = this.#options
    if (!choosesDays) {
      const day = this.#dayAt(instant)
      const verdict = this.#dayVerdict(day)
      if (verdict !== 'fires') return verdict
    }
    return calendar.blackoutAt(instant) === null ? 'fires' : 'blackout'
  }

  /**
   * The first instant after one that was not let through at which anything may be let through again; null if there is
   * none within ten years.
   */
  resume(instant: number, verdict: Verdict): number | null {
    const { calendar, dateZone } = this.#options
    if (verdict === 'blackout') return calendar.blackoutEnd(instant)
    const from = this.#dayAt(instant) + 1
    for (let day = from; day < from + FARTHEST_DAYS; day++) {
      const found = this.#dayVerdict(day)
      if (found === 'fires' || found === 'held') return firstInstantOf(dateZone, localOf(day, 0), FIXED_DST)
    }
    return null
  }

  /**
   * As `resume`, backwards: a bound before which anything may be let through again; null if there is nothing within ten
   * years.
   */
  recede(instant: number, verdict: Verdict): number | null {
    const { calendar, dateZone } = this.#options
    if (verdict === 'blackout') {
      let at = instant
      for (let looked = 0; looked < MOST_MINUTES && calendar.blackoutAt(at) !== null; looked++)
        at -= MINUTE_MS
      return Math.min(instant, at + MINUTE_MS)
    }
    const from = this.#dayAt(instant) - 1
    for (let day = from; day > from - FARTHEST_DAYS; day--) {
      if (this.#dayVerdict(day) === 'fires') return firstInstantOf(dateZone, localOf(day + 1, 0), FIXED_DST)
    }
    return null
  }

  /** The steps of the trace that say what the calendar did. */
  explain(instant: number, choosesDays: boolean): readonly TraceStep[] {
    const { calendar, calendarName, runOn, ignoresClosedDays } = this.#options
    const steps: TraceStep[] = []
    const day = this.#dayAt(instant)
    if (!choosesDays) {
      const verdict = this.#dayVerdict(day)
      const reasons = calendar.why(day)
      const reason = reasons[0]
      const name = reason === undefined ? '' : reason.name
      const at = reason?.position === undefined ? {} : { position: reason.position }
      const date = formatDate(day)
      if (verdict === 'held') {
        steps.push({
          step: 'coverage',
          text: `${calendarName} does not cover ${date}: nothing is decided until it does`,
          ...at,
        })
      } else if (verdict === 'closed') {
        steps.push({
          step: 'calendar',
          text: `${calendarName} is closed on ${date}: ${name || 'closed'}`,
          ...at,
        })
      } else if (verdict === 'not-selected') {
        steps.push({
          step: 'selection',
          text: `runs on ${runOn} only, and ${date} is not one of ${calendarName}`,
          ...at,
        })
      } else if (ignoresClosedDays && calendar.isClosed(day)) {
        steps.push({
          step: 'calendar',
          text: `${calendarName} is closed on ${date} (${name}), and roll is unadjusted`,
          ...at,
        })
      } else if (runOn !== 'business-days') {
        steps.push({
          step: 'selection',
          text: `runs on ${runOn}: ${date}${name === '' ? '' : ` (${name})`}`,
          ...at,
        })
      } else if (reason !== undefined) {
        // An open day with something special about it: an early close, a special session, coverage that has ended.
        steps.push({
          step: reason.kind === 'coverage' ? 'coverage' : 'calendar',
          text: `${calendarName} is open on ${date}: ${name}`,
          ...at,
        })
      }
      if (verdict !== 'fires') return steps
    }
    const blackout = calendar.blackoutAt(instant)
    if (blackout !== null) {
      const at = blackout.position === undefined ? {} : { position: blackout.position }
      steps.push({ step: 'blackout', text: `${calendarName} has a blackout: ${blackout.name}`, ...at })
    }
    return steps
  }

  #dayAt(instant: number): number {
    return epochDayOfLocal(this.#options.dateZone.localAt(instant))
  }

  #dayVerdict(day: number): Verdict {
    const { calendar, runOn, ignoresClosedDays } = this.#options
    const state = calendar.dayState(day)
    if (state === 'uncovered') return 'held'
    switch (runOn) {
      case 'business-days':
        return state === 'open' || ignoresClosedDays ? 'fires' : 'closed'
      case 'holidays':
        // A plain weekend is no holiday.
        return state === 'closed' && calendar.why(day).some(({ kind }) => kind === 'rule' || kind === 'date')
          ? 'fires'
          : 'not-selected'
      case 'sessions':
        return calendar.sessionsOn(day).some(({ kind }) => kind === 'special') ? 'fires' : 'not-selected'
      case 'early-closes':
        return calendar.sessionsOn(day).some(({ kind }) => kind === 'early') ? 'fires' : 'not-selected'
    }
  }
}
