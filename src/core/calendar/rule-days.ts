import { weekdayOf } from '../time/civil.ts'
import type { Session } from './compiled-calendar.ts'
import { type DayFact, DayFacts } from './day-facts.ts'
import { type DaySet, FIRST_CALENDAR_DAY, hasDay, LAST_CALENDAR_DAY } from './day-set.ts'
import {
  type CalendarDefinition,
  type DatedSession,
  type DayHours,
  type DayRange,
  type Rule,
  shortens,
} from './definition.ts'
import type { Evaluation } from './evaluate.ts'
import { hoursOn, sessionOf, shorten } from './sessions.ts'

/** The early close and the late open in effect on a day, and the rules' facts behind them. */
export interface Shortening {
  readonly early: DayFact | null
  readonly late: DayFact | null
  /** Seconds of the day. */
  readonly close: number | null
  readonly open: number | null
}

const NOT_SHORTENED: Shortening = Object.freeze({ early: null, late: null, close: null, open: null })

/** The days for which rules are asked; after the end of coverage they have a say only with `rules-only`. */
export function decidedRange({ coverage }: CalendarDefinition): DayRange {
  const end = coverage.afterEnd === 'rules-only' ? null : coverage.to
  return {
    from: Math.max(coverage.from ?? FIRST_CALENDAR_DAY, FIRST_CALENDAR_DAY),
    to: Math.min(end ?? LAST_CALENDAR_DAY, LAST_CALENDAR_DAY),
  }
}

/** What rules and dated sessions say of single days. Holds the facts; everything else is made when asked. */
export class RuleDays {
  readonly definition: CalendarDefinition
  /** The days that rules and dated sessions decide. */
  readonly decided: DayRange
  readonly facts: DayFacts
  readonly #rules: readonly Rule[]
  readonly #weekend: DaySet
  readonly #sessions: ReadonlyMap<number, readonly DatedSession[]>

  constructor(definition: CalendarDefinition, { rules, weekend, facts }: Evaluation) {
    this.definition = definition
    this.decided = decidedRange(definition)
    this.facts = new DayFacts(facts)
    this.#rules = rules
    this.#weekend = weekend
    const sessions = new Map<number, readonly DatedSession[]>()
    for (const session of definition.sessions) {
      sessions.set(session.day, [...(sessions.get(session.day) ?? []), session])
    }
    this.#sessions = sessions
  }

  /** In order. */
  get sessionDays(): readonly number[] {
    return [...this.#sessions.keys()].sort((a, b) => a - b)
  }

  isWeekend(day: number): boolean {
    return hasDay(this.#weekend, day)
  }

  datedSessions(day: number): readonly DatedSession[] {
    return this.#sessions.get(day) ?? []
  }

  ruleOf(fact: DayFact): Rule {
    return this.#rules[fact.rule]!
  }

  /** The facts that close a day, the one that outranks the others first. */
  closures(day: number): readonly DayFact[] {
    return this.facts.of(day).filter((fact) => !shortens(this.ruleOf(fact)))
  }

  /** Whether a day within the decided ones is closed: a dated session outranks rules, rules outrank the weekend. */
  isClosed(day: number): boolean {
    if (this.datedSessions(day).some(({ opensDay }) => opensDay)) return false
    return this.isWeekend(day) || this.closures(day).length > 0
  }

  isShortened(day: number): { early: boolean; late: boolean } {
    const { early, late } = this.shortening(day)
    return { early: early !== null, late: late !== null }
  }

  /**
   * There is none on a closed day and none beside a dated session. A dated one outranks others; of equals the
   * earliest close and the latest open count.
   */
  shortening(day: number): Shortening {
    if (day < this.decided.from || day > this.decided.to) return NOT_SHORTENED
    const facts = this.facts.of(day).filter((fact) => shortens(this.ruleOf(fact)))
    if (facts.length === 0 || this.isClosed(day) || this.datedSessions(day).length > 0) return NOT_SHORTENED
    const early = this.#strongest(facts, 'close', (close, other) => close < other)
    const late = this.#strongest(facts, 'open', (open, other) => open > other)
    return {
      early,
      late,
      close: early === null ? null : this.ruleOf(early).close,
      open: late === null ? null : this.ruleOf(late).open,
    }
  }

  datedHours(session: DatedSession): DayHours | null {
    return session.hours ?? hoursOn(this.definition.hours, session.day, { anyWeekday: true })
  }

  regularHours(day: number): DayHours | null {
    return hoursOn(this.definition.hours, day, { anyWeekday: false })
  }

  sessionsOn(day: number): readonly Session[] {
    const { zone, coverage } = this.definition
    if (day < this.decided.from) return []
    if (day > this.decided.to) {
      const hours = coverage.afterEnd === 'open' ? this.regularHours(day) : null
      return hours === null ? [] : filled(sessionOf(day, hours, zone, { kind: 'regular' }))
    }
    const dated = this.datedSessions(day)
    if (dated.length > 0) {
      return dated.flatMap((session) => {
        const hours = this.datedHours(session)
        const name = session.name === null ? {} : { name: session.name }
        return hours === null ? [] : filled(sessionOf(day, hours, zone, { kind: 'special', ...name }))
      })
    }
    // Most days are as usual, and then the rules need not be asked again.
    const isUsual = !this.isWeekend(day) && !this.facts.has(day)
    const regular = isUsual || !this.isClosed(day) ? this.regularHours(day) : null
    if (regular === null) return []
    if (isUsual) return filled(sessionOf(day, regular, zone, { kind: 'regular' }))
    const { early, late, close, open } = this.shortening(day)
    const fact = early ?? late
    if (fact === null) return filled(sessionOf(day, regular, zone, { kind: 'regular' }))
    const hours = shorten(regular, { open, close })
    if (hours === null) return []
    const kind = hours.close < regular.close ? 'early' : hours.open > regular.open ? 'late' : 'special'
    return filled(sessionOf(day, hours, zone, { kind, name: this.nameOf(fact) }))
  }

  /** What people call a day that a rule makes what it is. */
  nameOf(fact: DayFact): string {
    const rule = this.ruleOf(fact)
    const listed = rule.days.kind === 'dates' ? rule.days.names.get(fact.planned) : null
    const name = listed ?? rule.name
    if (fact.kind === 'sandwich') return this.definition.sandwich?.name ?? name
    if (fact.kind !== 'substitute') return name
    const { planned } = fact
    const substitute = this.definition.substitutes.find(
      ({ weekdays, period }) =>
        planned >= period.from && planned <= period.to && ((weekdays >> weekdayOf(planned)) & 1) === 1,
    )
    return substitute?.name ?? `Substitute for ${name}`
  }

  /** Facts come with the dated ones first, so the first with such a time sets the rank that others must have. */
  #strongest(
    facts: readonly DayFact[],
    key: 'open' | 'close',
    beats: (time: number, other: number) => boolean,
  ): DayFact | null {
    let best: DayFact | null = null
    for (const fact of facts) {
      const time = this.ruleOf(fact)[key]
      if (time === null) continue
      if (best === null || (fact.kind === best.kind && beats(time, this.ruleOf(best)[key]!))) best = fact
    }
    return best
  }
}

function filled(session: Session | null): readonly Session[] {
  return session === null ? [] : [session]
}
