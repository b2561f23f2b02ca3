import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import type { BusinessPeriod } from '../kinds.ts'
import { epochDayOf, mondayOf, monthStartOf, quarterStartOf, yearOf, yearStartOf } from '../time/civil.ts'
import { epochDayOfLocal, type LocalSeconds, localOf } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'
import type { RuledOut } from './candidates.ts'

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
  readonly day: number
  readonly ruledOut: RuledOut | null
}

/** Offsets leave their period by no more than this, so this many neighbours are looked at. */
const NEIGHBOURS = 3

/** One time a period: on its nth business day, moved by business days. Where there is none, its last day stands for it. */
export class BusinessDayPattern implements LocalPattern {
  readonly #rule: BusinessDayRule
  readonly #known = new Map<number, PeriodDay>()

  constructor(rule: BusinessDayRule) {
    this.#rule = rule
  }

  next(after: LocalSeconds): LocalSeconds | null {
    let start = periodStart(this.#rule.of, epochDayOfLocal(after))
    for (let back = 0; back < NEIGHBOURS; back++) start = periodStart(this.#rule.of, start - 1)
    let best: number | null = null
    for (let seen = 0; seen < 2 * NEIGHBOURS + 2; seen++) {
      const at = localOf(this.#dayOf(start).day, this.#rule.time)
      if (at > after && (best === null || at < best)) best = at
      start = periodEnd(this.#rule.of, start) + 1
    }
    return best
  }

  previous(before: LocalSeconds): LocalSeconds | null {
    let start = periodStart(this.#rule.of, epochDayOfLocal(before))
    for (let ahead = 0; ahead < NEIGHBOURS; ahead++) start = periodEnd(this.#rule.of, start) + 1
    let best: number | null = null
    for (let seen = 0; seen < 2 * NEIGHBOURS + 2; seen++) {
      const at = localOf(this.#dayOf(start).day, this.#rule.time)
      if (at < before && (best === null || at > best)) best = at
      start = periodStart(this.#rule.of, start - 1)
    }
    return best
  }

  ruledOut(local: LocalSeconds): RuledOut | null {
    const day = epochDayOfLocal(local)
    let start = periodStart(this.#rule.of, day)
    for (let back = 0; back < NEIGHBOURS; back++) start = periodStart(this.#rule.of, start - 1)
    let found: RuledOut | null = null
    for (let seen = 0; seen < 2 * NEIGHBOURS + 2; seen++) {
      const candidate = this.#dayOf(start)
      // Two periods may meet on one day: a business day outweighs the one that stands in for none.
      if (candidate.day === day && candidate.ruledOut === null) return null
      if (candidate.day === day) found = candidate.ruledOut
      start = periodEnd(this.#rule.of, start) + 1
    }
    return found
  }

  #dayOf(start: number): PeriodDay {
    let known = this.#known.get(start)
    if (known === undefined) {
      known = this.#find(start)
      // A schedule is asked about a few neighbouring periods again and again; old ones are not worth their memory.
      if (this.#known.size > 16) this.#known.clear()
      this.#known.set(start, known)
    }
    return known
  }

  #find(start: number): PeriodDay {
    const { of, nth, offset, calendar } = this.#rule
    const end = periodEnd(of, start)
    const day = calendar.nthBusinessDay(start, end, nth)
    if (day === 'uncovered') return { day: end, ruledOut: 'held' }
    if (day === 'none') return { day: end, ruledOut: 'no-such-business-day' }
    const moved = calendar.addBusinessDays(day, offset)
    return moved === null ? { day: end, ruledOut: 'held' } : { day: moved, ruledOut: null }
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
