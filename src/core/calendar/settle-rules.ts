import { type Problem, problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { epochDayOf, formatDate, weekdayOf, yearOf } from '../time/civil.ts'
import type { Zone } from '../time/zone.ts'
import type { DayRange, Rule } from './definition.ts'
import { clip, daysOfYear } from './planned-days.ts'

/** One day of one rule: planned as the rule says, settled after `move`. */
export interface Occurrence {
  readonly planned: number
  readonly settled: number
  readonly moved: boolean
}

/** Rules in the order in which they can be settled: each after the rule that it counts from. */
export interface RuleOrder {
  readonly rules: readonly Rule[]
  /** By id; where a rule replaces a disabled one of the same id, the new one. */
  readonly byId: ReadonlyMap<string, Rule>
  /** Rules that count business days, directly or through another, and so come after all that decide these. */
  readonly late: ReadonlySet<Rule>
  /** How many days from its first ancestor a rule can lie at most. */
  readonly reach: number
}

/** Keeps a chain of rules within the years that are looked at around coverage. */
const MAX_REACH = 3660
/** Business days lie at most so many calendar days apart on average, in any calendar that still has some. */
const DAYS_PER_BUSINESS_DAY = 4

/** Finds unknown ids and cycles in `of`. Rules that have such a problem are left out of the order. */
export function orderRules(rules: readonly Rule[], problems: Problem[]): RuleOrder {
  const byId = new Map<string, Rule>()
  for (const rule of rules) {
    if (!rule.disabled || !byId.has(rule.id)) byId.set(rule.id, rule)
  }
  const ordered: Rule[] = []
  const late = new Set<Rule>()
  const reaches = new Map<Rule, number>()
  const broken = new Set<Rule>()
  let reach = 0
  for (const start of rules) {
    // A rule counts from at most one other, so its ancestors are a line, walked here without recursion.
    const line: Rule[] = []
    let rule: Rule | undefined = start
    let failed = false
    while (rule !== undefined && !reaches.has(rule)) {
      if (broken.has(rule)) failed = true
      if (failed) break
      const repeated: number = line.indexOf(rule)
      if (repeated >= 0) {
        problems.push(cycle(line.slice(repeated)))
        failed = true
        break
      }
      line.push(rule)
      const base = baseOf(rule)
      if (base === null) break
      const next: Rule | undefined = byId.get(base)
      if (next === undefined) {
        problems.push(unknownBase(rule, base, byId.keys()))
        failed = true
      }
      rule = next
    }
    for (const member of line.reverse()) {
      if (failed) {
        broken.add(member)
        continue
      }
      const base = baseOf(member)
      const baseRule = base === null ? undefined : byId.get(base)
      const distance = (baseRule === undefined ? 0 : reaches.get(baseRule)!) + ownReach(member)
      if (distance > MAX_REACH) {
        problems.push(tooFar(member))
        broken.add(member)
        failed = true
        continue
      }
      reaches.set(member, distance)
      reach = Math.max(reach, distance)
      if (member.days.kind === 'business-days' || (baseRule !== undefined && late.has(baseRule)))
        late.add(member)
      ordered.push(member)
    }
  }
  return { rules: ordered, byId, late, reach }
}

function baseOf(rule: Rule): string | null {
  return rule.days.kind === 'offset' || rule.days.kind === 'business-days' ? rule.days.base : null
}

function ownReach(rule: Rule): number {
  if (rule.days.kind === 'offset') return Math.abs(rule.days.offset)
  return rule.days.kind === 'business-days' ? Math.abs(rule.days.count) * DAYS_PER_BUSINESS_DAY : 0
}

function cycle(rules: readonly Rule[]): Problem {
  const ids = [...rules, rules[0]!].map((rule) => rule.id)
  return problem('rule-cycle', `rules count from each other in a circle: ${ids.join(' -> ')}`, {
    path: [...rules[0]!.written.path, 'of'],
  })
}

function unknownBase(rule: Rule, base: string, ids: Iterable<string>): Problem {
  const suggestion = nearest(base, ids)
  return problem(
    'unknown-reference',
    `rule ${rule.id} counts from ${base}, which is no rule of this calendar`,
    {
      expected: 'the id of a rule of the same calendar',
      found: base,
      ...(suggestion === undefined ? {} : { suggestion }),
      path: [...rule.written.path, 'of'],
    },
  )
}

function tooFar(rule: Rule): Problem {
  return problem(
    'limit-exceeded',
    `rule ${rule.id} lies too far from the rule that it counts from in the end`,
    {
      expected: `at most ${MAX_REACH} days through all rules between`,
      path: rule.written.path,
    },
  )
}

/** What planning a rule's days may look at. */
export interface PlanContext {
  readonly zone: Zone
  /** Whole years; days outside of them are not planned. */
  readonly window: DayRange
  /** The occurrences of the rule that this one counts from. */
  readonly base: readonly Occurrence[]
  /** The nth business day from a day. */
  readonly addBusinessDays: (day: number, count: number) => number | null
}

/** The days that a rule gives within a window, after `from`, `to`, `only`, `except` and `move`. */
export function settleRule(rule: Rule, context: PlanContext): Occurrence[] {
  const settled: Occurrence[] = []
  const within = clip(rule.period, context.window)
  for (const planned of plannedDays(rule, context, within)) {
    if (planned < within.from || planned > within.to) continue
    if (((rule.only >> weekdayOf(planned)) & 1) === 0 || rule.except.has(planned)) continue
    const move = rule.moves.get(planned)
    settled.push({ planned, settled: move?.to ?? planned, moved: move !== undefined })
  }
  return settled
}

function* plannedDays(rule: Rule, context: PlanContext, within: DayRange): Iterable<number> {
  const { days } = rule
  switch (days.kind) {
    case 'offset':
      for (const { settled } of context.base) yield settled + days.offset
      return
    case 'business-days':
      for (const { settled } of context.base) {
        const day = context.addBusinessDays(settled, days.count)
        if (day !== null) yield day
      }
      return
    case 'dates':
      yield* days.names.keys()
      return
    case 'range': {
      const range = clip(days.range, within)
      for (let day = range.from; day <= range.to; day++) yield day
      return
    }
    default:
      if (within.from > within.to) return
      // Two years more on either side: Easter and 366 days lies beyond the next year.
      for (let year = yearOf(within.from) - 2; year <= yearOf(within.to) + 2; year++) {
        yield* daysOfYear(days, year, context.zone)
      }
  }
}

/** `except` and `move` of a day that the rule does not give are mistakes: the day they mean stays as it is. */
export function checkExceptions(rule: Rule, context: PlanContext, problems: Problem[]): void {
  if (rule.except.size === 0 && rule.moves.size === 0) return
  const plain: Rule = { ...rule, except: new Map(), moves: new Map() }
  const given = new Set(settleRule(plain, context).map(({ planned }) => planned))
  const check = (day: number, path: Problem['path']) => {
    if (day < context.window.from || day > context.window.to || given.has(day)) return
    const closest = [...given].reduce<number | null>(
      (best, other) => (best === null || Math.abs(other - day) < Math.abs(best - day) ? other : best),
      null,
    )
    problems.push(
      problem('not-a-day-of-rule', `${formatDate(day)} is not a day of rule ${rule.id}`, {
        expected: 'a date that the rule gives before `observed`',
        found: formatDate(day),
        ...(closest === null ? {} : { suggestion: formatDate(closest) }),
        ...(path === undefined ? {} : { path }),
      }),
    )
  }
  for (const [day, path] of rule.except) check(day, path)
  for (const [day, { path }] of rule.moves) check(day, path)
}

/** The window of whole years around the days that matter, wide enough for days that come from a neighbouring year. */
export function planningWindow(range: DayRange, reach: number): DayRange {
  const years = 1 + Math.ceil(reach / 365)
  return {
    from: epochDayOf(yearOf(range.from) - years, 1, 1),
    to: epochDayOf(yearOf(range.to) + years, 12, 31),
  }
}
