import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import type { SessionEdge } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { formatDuration } from '../time/duration.ts'
import { epochDayOfLocal, localOf } from '../time/local.ts'
import type { Asked, Candidates, Origin, RuledOut } from './candidates.ts'
import { ruleOf } from './day-reason.ts'

export interface SessionRule {
  readonly anchor: SessionEdge
  readonly offsetMs: number
  readonly calendar: CompiledCalendar
}

/** No market closes for longer than this; beyond it there are no more sessions. */
const FARTHEST_DAYS = 800

/**
 * One time per session: its open or close, moved by an offset. A day without a session has no candidate. Beyond
 * coverage nobody knows the sessions: the beginning of each such day stands for all that it may have.
 */
export class SessionCandidates implements Candidates {
  readonly choosesDays = true
  readonly moves = false
  readonly #rule: SessionRule

  constructor(rule: SessionRule) {
    this.#rule = rule
  }

  next(after: number): number | null {
    const from = this.#dayAt(after) - 1
    for (let day = from; day <= from + FARTHEST_DAYS; day++) {
      let first = Number.POSITIVE_INFINITY
      for (const edge of this.#timesOn(day)) if (edge > after && edge < first) first = edge
      if (first < Number.POSITIVE_INFINITY) return first
    }
    return null
  }

  previous(before: number): number | null {
    const from = this.#dayAt(before) + 1
    for (let day = from; day >= from - FARTHEST_DAYS; day--) {
      let last = Number.NEGATIVE_INFINITY
      for (const edge of this.#timesOn(day)) if (edge < before && edge > last) last = edge
      if (last > Number.NEGATIVE_INFINITY) return last
    }
    return null
  }

  ruledOut(nominal: number): RuledOut | null {
    const days = this.#daysAround(nominal)
    if (this.#heldDay(days, nominal) === null) return null
    return days.some((day) => this.#edgesOn(day).includes(nominal)) ? null : 'held'
  }

  origins(nominal: number): readonly Origin[] {
    const { anchor, offsetMs, calendar } = this.#rule
    const { name } = calendar
    const origins: Origin[] = []
    for (const day of this.#daysAround(nominal)) {
      for (const session of calendar.sessionsOn(day)) {
        if ((anchor === 'open' ? session.open : session.close) + offsetMs !== nominal) continue
        const which = session.name ?? (session.kind === 'regular' ? 'session' : `${session.kind} session`)
        const side = offsetMs < 0 ? 'before' : 'after'
        const shift = offsetMs === 0 ? '' : `${formatDuration(Math.abs(offsetMs))} ${side} `
        const text = `${shift}the ${anchor} of ${name} on ${formatDate(day)} (${which})`
        origins.push({ asked: null, steps: [{ step: 'pattern', text }] })
      }
    }
    const day = this.#heldDay(this.#daysAround(nominal), nominal)
    if (origins.length > 0 || day === null) return origins
    const text = `${name} does not cover ${formatDate(day)}: nothing is decided until it does`
    return [{ asked: null, steps: [{ step: 'coverage', text, ...ruleOf(calendar.why(day)[0]) }] }]
  }

  askedOn(): readonly Asked[] {
    return []
  }

  #timesOn(day: number): readonly number[] {
    return this.#rule.calendar.dayState(day) === 'uncovered' ? [this.#heldAt(day)] : this.#edgesOn(day)
  }

  #edgesOn(day: number): readonly number[] {
    const { anchor, offsetMs, calendar } = this.#rule
    return calendar
      .sessionsOn(day)
      .map((session) => (anchor === 'open' ? session.open : session.close) + offsetMs)
  }

  /** Later than whatever the offset brings over from the days before. */
  #heldAt(day: number): number {
    const { offsetMs, calendar } = this.#rule
    return firstInstantOf(calendar.zone, localOf(day, 0), FIXED_DST) + Math.max(0, offsetMs)
  }

  #heldDay(days: readonly number[], nominal: number): number | null {
    const { calendar } = this.#rule
    const held = (day: number) => calendar.dayState(day) === 'uncovered' && this.#heldAt(day) === nominal
    return days.find(held) ?? null
  }

  /** The day whose session an instant may be an edge of, which may close after midnight. */
  #dayAt(instant: number): number {
    const { offsetMs, calendar } = this.#rule
    return epochDayOfLocal(calendar.zone.localAt(instant - offsetMs))
  }

  #daysAround(nominal: number): readonly number[] {
    const day = this.#dayAt(nominal)
    return [day - 1, day, day + 1]
  }
}
