import type { CompiledCalendar, DayReason } from '../calendar/compiled-calendar.ts'
import type { RunOn } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { type DstPolicy, FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { epochDayOfLocal, localOf } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import { becauseOf, ruleOf } from './day-reason.ts'
import type { TraceStep } from './occurrence.ts'

/** What a calendar says of one instant. */
export type Verdict = 'fires' | 'closed' | 'not-selected' | 'blackout' | 'held'

export interface SelectionOptions {
  readonly calendar: CompiledCalendar
  readonly runOn: RunOn
  /** Closed days do not keep the schedule from firing (`roll: unadjusted`); blackouts still do. */
  readonly ignoresClosedDays: boolean
  /** In whose zone the instant becomes the date that the calendar is asked for. */
  readonly dateZone: Zone
}

/** A stretch of ten years that admits nothing is taken to have no end. */
const FARTHEST_DAYS = 3_700
const FARTHEST_BLACKOUT_SECONDS = 400 * 86_400
/** The end of a day that happens twice, where the beginning of the next one bounds it from above. */
const LAST_PASS: DstPolicy = { gap: 'next-valid', overlap: 'last' }

const shared = new WeakMap<CompiledCalendar, Map<string, Selection>>()

/** The selection of these options, one for all schedules that have the same. */
export function selectionOf(options: SelectionOptions): Selection {
  const { calendar, runOn, ignoresClosedDays, dateZone } = options
  const selections = shared.get(calendar) ?? new Map<string, Selection>()
  shared.set(calendar, selections)
  const key = `${runOn} ${ignoresClosedDays} ${dateZone.name}`
  const selection = selections.get(key) ?? new Selection(options)
  selections.set(key, selection)
  return selection
}

/** The calendar's part of a schedule: which instants it lets through. It has no memory, so it may be shared. */
export class Selection {
  readonly #options: SelectionOptions

  constructor(options: SelectionOptions) {
    this.#options = options
  }

  /** `choosesDays`: the candidate comes from a session, so that only blackouts are asked. */
  verdict(instant: number, choosesDays: boolean): Verdict {
    const { calendar } = this.#options
    if (!choosesDays) {
      const verdict = this.#dayVerdict(this.#dayAt(instant))
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
    const today = this.#dayAt(instant)
    for (let day = today + 1; day < today + FARTHEST_DAYS; day++) {
      const found = this.#dayVerdict(day)
      if (found !== 'fires' && found !== 'held') continue
      const begins = firstInstantOf(dateZone, localOf(day, 0), FIXED_DST)
      // Where clocks go back over midnight, the day before comes again.
      const change = dateZone.periodAt(Math.floor(instant / 1000)).end * 1000
      return change < begins && this.#dayAt(change) < today ? change : begins
    }
    return null
  }

  /**
   * As `resume`, backwards: a bound before which anything may be let through again; null if there is nothing within ten
   * years.
   */
  recede(instant: number, verdict: Verdict): number | null {
    const { dateZone } = this.#options
    if (verdict === 'blackout') return this.#blackoutStart(instant)
    const today = this.#dayAt(instant)
    // Held by its trigger alone: other times of the day may fire.
    if (this.#dayVerdict(today) === 'fires') return instant
    for (let day = today - 1; day > today - FARTHEST_DAYS; day--) {
      if (this.#dayVerdict(day) !== 'fires') continue
      const ends = firstInstantOf(dateZone, localOf(day + 1, 0), LAST_PASS)
      const change = dateZone.periodAt(Math.floor(instant / 1000)).start * 1000
      return change > ends && this.#dayAt(change - 1) > today ? change : ends
    }
    return null
  }

  /** The steps of the trace that say what the calendar did. */
  explain(instant: number, choosesDays: boolean): readonly TraceStep[] {
    const { calendar } = this.#options
    const steps: TraceStep[] = []
    if (!choosesDays) {
      const day = this.#dayAt(instant)
      const verdict = this.#dayVerdict(day)
      const step = this.#explainDay(day, verdict)
      if (step !== null) steps.push(step)
      if (verdict !== 'fires') return steps
    }
    const blackout = calendar.blackoutAt(instant)
    if (blackout !== null) {
      const { name, position } = blackout
      const text = `${calendar.name} has a blackout: ${name}`
      steps.push({ step: 'blackout', text, name, ...(position === undefined ? {} : { position }) })
    }
    return steps
  }

  #explainDay(day: number, verdict: Verdict): TraceStep | null {
    const { calendar, runOn, ignoresClosedDays } = this.#options
    const date = formatDate(day)
    const reason: DayReason | undefined = calendar.why(day)[0]
    const rule = ruleOf(reason)
    const because = becauseOf(reason)
    const subject = calendar.name
    if (verdict === 'held') {
      const what = reason === undefined ? '' : `: it is ${reason.name}`
      const text = `${subject} does not cover ${date}${what}; nothing is decided until it does`
      return { step: 'coverage', text, ...rule }
    }
    // Coverage that has ended but goes on by `afterEnd` is told of as what it is.
    const step = reason?.kind === 'coverage' ? 'coverage' : 'calendar'
    if (verdict === 'closed') return { step, text: `${subject} is closed on ${date}${because}`, ...rule }
    if (verdict === 'not-selected') {
      const text = `runs on ${runOn} only, and ${date} is not one of ${subject}${because}`
      return { step: 'selection', text, ...rule }
    }
    if (runOn !== 'business-days')
      return { step: 'selection', text: `runs on ${runOn}: ${date}${because}`, ...rule }
    if (ignoresClosedDays && calendar.isClosed(day)) {
      const text = `${subject} is closed on ${date}${because}, and roll is unadjusted`
      return { step, text, ...rule }
    }
    // An open day with something special about it: an early close, a special session, coverage that has ended.
    return reason === undefined ? null : { step, text: `${subject} is open on ${date}${because}`, ...rule }
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
        return calendar.why(day).some(({ kind }) => kind === 'session') ? 'fires' : 'not-selected'
      case 'early-closes':
        return calendar.isShortened(day).early ? 'fires' : 'not-selected'
    }
  }

  /** Where the unbroken blackout around an instant begins; null if it is longer than 400 days. */
  #blackoutStart(instant: number): number | null {
    const { calendar } = this.#options
    const second = Math.floor(instant / 1000)
    const isUnbroken = (from: number): boolean => {
      const end = calendar.blackoutEnd(from * 1000)
      return end === null || end > instant
    }
    // Inside is all that leads to the instant without a break, so the edge can be searched for by halves.
    let inside = second
    let step = 60
    while (step <= FARTHEST_BLACKOUT_SECONDS && isUnbroken(second - step)) {
      inside = second - step
      step *= 2
    }
    if (step > FARTHEST_BLACKOUT_SECONDS) return null
    let outside = second - step
    while (inside - outside > 1) {
      const middle = outside + Math.floor((inside - outside) / 2)
      if (isUnbroken(middle)) inside = middle
      else outside = middle
    }
    return inside * 1000
  }
}
