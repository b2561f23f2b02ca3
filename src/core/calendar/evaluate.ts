import { type Problem, problem } from '../errors.ts'
import { weekdayOf } from '../time/civil.ts'
import type { DayFact, FactKind } from './day-facts.ts'
import { addDay, type DaySet, hasDay, isCalendarDay, noDays } from './day-set.ts'
import { type CalendarDefinition, type DayRange, type Rule, shortens } from './definition.ts'
import {
  checkExceptions,
  type Occurrence,
  orderRules,
  type PlanContext,
  planningWindow,
  type RuleOrder,
  settleRule,
} from './settle-rules.ts'
import { weekendDays } from './weekend.ts'

/** What the rules of a calendar say of the days of a range. */
export interface Evaluation {
  /** The rules that facts point to by index. */
  readonly rules: readonly Rule[]
  /** Closures and shortened days, in no order. */
  readonly facts: readonly DayFact[]
  readonly weekend: DaySet
  /** Days closed by rules, weekends left aside. */
  readonly closed: DaySet
}

/** More than any calendar needs by far, and still a moment's work. */
const MAX_FACTS = 500_000

/** How far an observed or counted day is looked for before it is given up: a calendar that is hardly ever open. */
const MAX_SEARCH_DAYS = 3660

/**
 * Applies the rules, in an order in which none depends on a later step:
 *
 * 1. closures on the day that `move` or an observed weekday gives them;
 * 2. closures that leave a weekend for a business day, in order of date, each for a day of its own;
 * 3. substitute days and days between two holidays;
 * 4. closures that count business days, by what 1 to 3 have closed;
 * 5. early closes and late opens, which leave closed days if they are observed on business days.
 */
export function evaluateRules(
  definition: CalendarDefinition,
  range: DayRange,
  problems: Problem[],
): Evaluation | null {
  const order = orderRules(definition.rules, problems)
  const window = planningWindow(range, order.reach)
  const board = new Board(definition, order)
  const settle = (rule: Rule): readonly Occurrence[] => {
    const context: PlanContext = {
      zone: definition.zone,
      window,
      base: board.baseOf(rule),
      addBusinessDays: (day, count) => board.addBusinessDays(day, count),
    }
    checkExceptions(rule, context, problems)
    const occurrences = settleRule(rule, context)
    board.settle(rule, occurrences)
    return occurrences
  }

  for (const rule of order.rules) {
    if (order.late.has(rule)) continue
    settle(rule)
    if (board.isTooLarge()) return tooLarge(rule, problems)
  }
  board.placeClosures(order.rules.filter((rule) => !order.late.has(rule)))
  board.addSubstitutes()
  board.addSandwiches()
  const counted = order.rules.filter((rule) => order.late.has(rule))
  // All are counted before the first of them closes anything, so that their order does not matter.
  for (const rule of counted) {
    settle(rule)
    if (board.isTooLarge()) return tooLarge(rule, problems)
  }
  board.placeClosures(counted)
  board.placeShortened(order.rules)
  return {
    rules: order.rules,
    facts: board.facts.filter((fact) => fact.day >= range.from && fact.day <= range.to),
    weekend: board.weekend,
    closed: board.closed,
  }
}

function tooLarge(rule: Rule, problems: Problem[]): null {
  problems.push(
    problem('limit-exceeded', `the rules of calendar ${rule.written.calendar} mean too many days`, {
      expected: `at most ${MAX_FACTS} days over all rules`,
      path: rule.written.path,
    }),
  )
  return null
}

/** The days as the steps above fill them in. It lives for one evaluation. */
class Board {
  readonly weekend: DaySet
  readonly closed: DaySet = noDays()
  readonly facts: DayFact[] = []
  readonly #definition: CalendarDefinition
  readonly #order: RuleOrder
  readonly #indexes: ReadonlyMap<Rule, number>
  readonly #occurrences = new Map<Rule, readonly Occurrence[]>()
  #settledDays = 0

  constructor(definition: CalendarDefinition, order: RuleOrder) {
    this.#definition = definition
    this.#order = order
    this.#indexes = new Map(order.rules.map((rule, index) => [rule, index]))
    this.weekend = weekendDays(definition.weekend)
  }

  settle(rule: Rule, occurrences: readonly Occurrence[]): void {
    this.#occurrences.set(rule, occurrences)
    this.#settledDays += occurrences.length
  }

  isTooLarge(): boolean {
    return this.#settledDays > MAX_FACTS
  }

  baseOf(rule: Rule): readonly Occurrence[] {
    if (rule.days.kind !== 'offset' && rule.days.kind !== 'business-days') return []
    return this.#occurrences.get(this.#order.byId.get(rule.days.base)!) ?? []
  }

  addBusinessDays(day: number, count: number): number | null {
    const direction = count > 0 ? 1 : -1
    let found = day
    for (let left = Math.abs(count); left > 0; left--) {
      const next = this.#nearestOpen(found + direction, direction)
      if (next === null) return null
      found = next
    }
    return found
  }

  placeClosures(rules: readonly Rule[]): void {
    const waiting: { rule: Rule; occurrence: Occurrence }[] = []
    for (const rule of rules) {
      if (rule.disabled || shortens(rule)) continue
      for (const occurrence of this.#occurrences.get(rule)!) {
        const leavesWeekend =
          !occurrence.moved &&
          rule.observed?.kind === 'business-day' &&
          hasDay(this.weekend, occurrence.settled)
        if (leavesWeekend) waiting.push({ rule, occurrence })
        else this.#close(rule, occurrence, observedDay(rule, occurrence))
      }
    }
    // The sort is stable: holidays on one date keep the order in which the rules are written.
    waiting.sort((a, b) => a.occurrence.settled - b.occurrence.settled)
    for (const { rule, occurrence } of waiting) {
      const day = this.#observedOpen(rule, occurrence.settled)
      if (day !== null) this.#close(rule, occurrence, day)
    }
  }

  addSubstitutes(): void {
    const holidays = this.#publicHolidays()
    const given = noDays()
    for (const { day: holiday, fact } of holidays.list) {
      for (const substitute of this.#definition.substitutes) {
        const { period, weekdays, gives } = substitute
        if (holiday < period.from || holiday > period.to) continue
        if (((weekdays >> weekdayOf(holiday)) & 1) === 0) continue
        let day = holiday + 1
        if (gives === 'next-free-day') while (hasDay(holidays.set, day)) day += 1
        if (hasDay(holidays.set, day) || hasDay(given, day)) continue
        addDay(given, day)
        this.#add({ day, planned: holiday, rule: fact.rule, kind: 'substitute' })
      }
    }
  }

  addSandwiches(): void {
    const { sandwich } = this.#definition
    if (sandwich === null) return
    const { list, set } = this.#publicHolidays()
    for (const { day: holiday, fact } of list) {
      const day = holiday + 1
      const between = !hasDay(set, day) && hasDay(set, day + 1)
      if (!between || hasDay(this.closed, day) || hasDay(this.weekend, day)) continue
      if (day < sandwich.period.from || day > sandwich.period.to) continue
      this.#add({ day, planned: day, rule: fact.rule, kind: 'sandwich' })
    }
  }

  placeShortened(rules: readonly Rule[]): void {
    for (const rule of rules) {
      if (rule.disabled || !shortens(rule)) continue
      for (const occurrence of this.#occurrences.get(rule)!) {
        const { planned, moved } = occurrence
        let day: number | null = observedDay(rule, occurrence)
        if (!moved && rule.observed?.kind === 'business-day') day = this.#observedOpen(rule, day)
        const kind = factKind(rule, moved)
        if (day !== null) this.facts.push({ day, planned, rule: this.#indexes.get(rule)!, kind })
      }
    }
  }

  /** Days that rules close and that the law counts: neither substitutes nor days between are among them. */
  #publicHolidays(): { list: readonly { day: number; fact: DayFact }[]; set: DaySet } {
    const set = noDays()
    const list: { day: number; fact: DayFact }[] = []
    for (const fact of this.facts) {
      if (fact.kind === 'substitute' || !this.#order.rules[fact.rule]!.public || hasDay(set, fact.day))
        continue
      addDay(set, fact.day)
      list.push({ day: fact.day, fact })
    }
    list.sort((a, b) => a.day - b.day)
    return { list, set }
  }

  #close(rule: Rule, { planned, moved }: Occurrence, day: number): void {
    this.#add({ day, planned, rule: this.#indexes.get(rule)!, kind: factKind(rule, moved) })
  }

  #add(fact: DayFact): void {
    this.facts.push(fact)
    addDay(this.closed, fact.day)
  }

  #observedOpen(rule: Rule, day: number): number | null {
    return rule.observed?.kind === 'business-day' ? this.#nearestOpen(day, rule.observed.direction) : day
  }

  #nearestOpen(from: number, direction: 1 | -1): number | null {
    for (let day = from; Math.abs(day - from) <= MAX_SEARCH_DAYS; day += direction) {
      if (!isCalendarDay(day)) return null
      if (!hasDay(this.weekend, day) && !hasDay(this.closed, day)) return day
    }
    return null
  }
}

function factKind(rule: Rule, moved: boolean): FactKind {
  return moved || rule.days.kind === 'dates' ? 'dated' : 'rule'
}

/** Where a day goes that is observed by its weekday; a day moved by decree stays. */
function observedDay(rule: Rule, { settled, moved }: Occurrence): number {
  if (moved || rule.observed?.kind !== 'shift') return settled
  return settled + rule.observed.byWeekday[weekdayOf(settled)]!
}
