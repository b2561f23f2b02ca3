import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { LAST_CALENDAR_DAY } from '../calendar/day-set.ts'
import { rollDate } from '../calendar/roll.ts'
import type { Roll } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { becauseOf, ruleOf } from './day-reason.ts'
import type { TraceStep } from './occurrence.ts'
import type { Move } from './pattern-candidates.ts'

const shared = new WeakMap<CompiledCalendar, Map<string, Move>>()

/** The roll and the offset of a schedule as one map of days, shared by all with the same; null if they move nothing. */
export function dayMove(calendar: CompiledCalendar, roll: Roll, offset: number): Move | null {
  if ((roll === 'skip' || roll === 'unadjusted') && offset === 0) return null
  const moves = shared.get(calendar) ?? new Map<string, Move>()
  shared.set(calendar, moves)
  const key = `${roll} ${offset}`
  const move = moves.get(key) ?? newMove(calendar, roll, offset)
  moves.set(key, move)
  return move
}

function newMove(calendar: CompiledCalendar, roll: Roll, offset: number): Move {
  const { first, last } = calendar.table
  const apply = (day: number): number | null => {
    const rolled = rollDate(calendar, day, roll)
    return rolled === null || offset === 0 ? rolled : calendar.addBusinessDays(rolled, offset)
  }
  const leadsBeyondEnd = (day: number): boolean =>
    rollDate(calendar, day, roll) === null ? calendar.nextBusinessDay(day - 1) === null : offset > 0
  // A calendar that is closed for ever knows all days, but none to go to.
  const isEndless = last >= LAST_CALENDAR_DAY
  let afterEnd: number | null = null
  return {
    apply,
    waitingPlace(day) {
      if (day < first || day > last) return day
      if (!leadsBeyondEnd(day)) return first - 1
      afterEnd ??= isEndless ? (calendar.previousBusinessDay(last + 1) ?? first - 1) + 1 : last + 1
      return Math.max(day, afterEnd)
    },
    isKnown: (day) => day >= first && day <= last,
    explain(from, to) {
      const rolled = rollDate(calendar, from, roll)
      const steps: TraceStep[] = []
      if (rolled !== null && rolled !== from) {
        const [reason] = calendar.why(from)
        const why = `${calendar.name} is closed on ${formatDate(from)}${becauseOf(reason)}`
        const text = `${why}; rolled (${roll}) to ${formatDate(rolled)}`
        steps.push({ step: 'roll', text, ...ruleOf(reason) })
      }
      if (apply(from) === null) {
        if (isEndless && leadsBeyondEnd(from)) {
          const text = `${calendar.name} has no open day any more to which ${formatDate(from)} could be moved`
          return [...steps, { step: 'roll', text, ...ruleOf(calendar.why(from)[0]) }]
        }
        const what = rolled === null ? `where ${roll} leads from` : `${offsetText(offset)} after`
        const text = `${calendar.name} does not cover ${what} ${formatDate(rolled ?? from)}: nothing is decided until it does`
        const [reason] = calendar.why(
          leadsBeyondEnd(from) ? Math.max(from, last + 1) : Math.min(from, first - 1),
        )
        return [...steps, { step: 'coverage', text, ...ruleOf(reason) }]
      }
      if (offset !== 0 && rolled !== null) {
        const text = `offset ${offsetText(offset)} from ${formatDate(rolled)} to ${formatDate(to)}`
        steps.push({ step: 'offset', text })
      }
      return steps
    },
  }
}

function offsetText(offset: number): string {
  return `${offset > 0 ? '+' : ''}${offset} business day${Math.abs(offset) === 1 ? '' : 's'}`
}
