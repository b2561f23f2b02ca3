import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
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
  return {
    apply,
    waitingPlace: (day) => (last - day < day - first ? Math.max(day, last + 1) : Math.min(day, first - 1)),
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
        const what = rolled === null ? `where ${roll} leads from` : `${offsetText(offset)} after`
        const text = `${calendar.name} does not cover ${what} ${formatDate(rolled ?? from)}: nothing is decided until it does`
        const [reason] = calendar.why(last - from < from - first ? last + 1 : first - 1)
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
