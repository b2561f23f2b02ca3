import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import type { BusinessPeriod } from '../kinds.ts'
import {
  epochDayOf,
  formatDate,
  mondayOf,
  monthStartOf,
  quarterStartOf,
  yearOf,
  yearStartOf,
} from '../time/civil.ts'
import { epochDayOfLocal, type LocalSeconds, localOf } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'
import type { RuledOut } from './candidates.ts'
import { ruleOf } from './day-reason.ts'
import type { TraceStep } from './occurrence.ts'
import type { OwnRuling } from './pattern-candidates.ts'

export interface BusinessDayRule {
  readonly of: BusinessPeriod
  /** From 1 for the first, from -1 for the last. */
  readonly nth: number
  /** Business days to move by; may leave the period. */
  readonly offset: number
  /** Seconds of the day. */
  readonly time: number
  readonly calendar: CompiledCalendar
}

interface PeriodDay {
  /** First day of the period. */
  readonly start: number
  readonly end: number
  readonly day: number
  readonly ruledOut: RuledOut | null
}

/** Periods without any business day are searched through no further than this. */
const FARTHEST_PERIODS = 60

/**
 * One time a period: on its nth business day, moved by business days. Where a period has none, its last day stands for
 * it; where the calendar cannot tell, a day that it does not know.
 */
export class BusinessDayPattern implements LocalPattern, OwnRuling {
  readonly #rule: BusinessDayRule

  constructor(rule: BusinessDayRule) {
    this.#rule = rule
  }

  next(after: LocalSeconds): LocalSeconds | null {
    const found = this.#nearest(after, 1)
    return found === null ? null : localOf(found.day, this.#rule.time)
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    const found = this.#nearest(before, -1)
    return found === null ? null : localOf(found.day, this.#rule.time)
  }

  ruledOut(local: LocalSeconds): RuledOut | null {
    return this.#at(local)?.ruledOut ?? null
  }

  explain(local: LocalSeconds, ruledOut: RuledOut): TraceStep {
    const { of, nth, offset, calendar } = this.#rule
    const period = this.#at(local)
    const bounds = period === null ? '' : ` from ${formatDate(period.start)} to ${formatDate(period.end)}`
    if (ruledOut === 'no-such-business-day') {
      const text = `the ${of}${bounds} has no business day ${nth} of ${calendar.name}`
      return { step: 'selection', text }
    }
    const { first, last } = calendar.table
    const shift = offset === 0 ? '' : ` ${offset > 0 ? '+' : ''}${offset}`
    const what = `business day ${nth}${shift} of the ${of}${bounds}`
    const [reason] = calendar.why(period !== null && period.start < first ? first - 1 : last + 1)
    const text = `${calendar.name} does not cover ${what}: nothing is decided until it does`
    return { step: 'coverage', text, ...ruleOf(reason) }
  }

  #at(local: LocalSeconds): PeriodDay | null {
    const found = this.#nearest(local - 1, 1)
    return found !== null && localOf(found.day, this.#rule.time) === local ? found : null
  }

  /**
   * The period whose time is the nearest strictly after or before. Days that are counted keep the order of their
   * periods, and so do the days that stand for none; an offset may mix the two. So the search begins behind all that
   * an offset can bring across `local`, and ends where neither kind can come nearer. Of periods that meet on one day,
   * one that fires there outweighs those that do not.
   */
  #nearest(local: LocalSeconds, direction: 1 | -1): PeriodDay | null {
    const { of, offset, time } = this.#rule
    const target = epochDayOfLocal(local)
    const farthest = FARTHEST_PERIODS + Math.abs(offset)
    let start = periodStart(of, target)
    for (let steps = 0; steps < farthest; steps++) {
      start = direction > 0 ? periodStart(of, start - 1) : periodEnd(of, start) + 1
      if (direction * offset <= 0) break
      const { day, ruledOut } = this.#dayOf(start)
      if (ruledOut === null && (direction > 0 ? day < target : day > target)) break
    }
    let best: PeriodDay | null = null
    for (let past = 0; past < farthest; ) {
      const period = this.#dayOf(start)
      const { day, ruledOut, end } = period
      const isAhead = direction * (localOf(day, time) - local) > 0
      const nearer = best === null ? 1 : direction * (best.day - day)
      if (isAhead && (nearer > 0 || (nearer === 0 && ruledOut === null))) best = period
      const isPast = direction > 0 ? start > target : end < target
      if (isPast) past += 1
      const isBeyond = best !== null && (direction > 0 ? end >= best.day : start - 1 <= best.day)
      const isDecided = offset === 0 || (ruledOut !== 'no-such-business-day' && isAhead)
      if (isPast && isBeyond && isDecided) break
      start = direction > 0 ? end + 1 : periodStart(of, start - 1)
    }
    return best
  }

  #dayOf(start: number): PeriodDay {
    const { of, nth, offset, calendar } = this.#rule
    const end = periodEnd(of, start)
    const counted = calendar.nthBusinessDay(start, end, nth)
    if (counted === 'none') return { start, end, day: end, ruledOut: 'no-such-business-day' }
    const day = counted === 'uncovered' ? null : calendar.addBusinessDays(counted, offset)
    if (day !== null) return { start, end, day, ruledOut: null }
    const { first, last } = calendar.table
    // After all days that the calendar knows, or before them.
    const unknown = start < first ? Math.min(end, first - 1) : Math.max(end, last + 1)
    return { start, end, day: unknown, ruledOut: 'held' }
  }
}

function periodStart(of: BusinessPeriod, day: number): number {
  switch (of) {
    case 'week':
      return mondayOf(day)
    case 'month':
      return monthStartOf(day)
    case 'quarter':
      return quarterStartOf(day)
    case 'year':
      return yearStartOf(day)
  }
}

function periodEnd(of: BusinessPeriod, start: number): number {
  switch (of) {
    case 'week':
      return start + 6
    case 'month':
      return monthStartOf(start + 31) - 1
    case 'quarter':
      return quarterStartOf(start + 93) - 1
    case 'year':
      return epochDayOf(yearOf(start) + 1, 1, 1) - 1
  }
}
