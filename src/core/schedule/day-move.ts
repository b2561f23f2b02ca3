import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { rollDate } from '../calendar/roll.ts'
import type { Roll } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import type { TraceStep } from './occurrence.ts'
import type { Move } from './pattern-candidates.ts'

/** The roll and the offset of a schedule as one map of days; null if they move nothing. */
export function dayMove(calendar: CompiledCalendar, roll: Roll, offset: number): Move | null {
  if ((roll === 'skip' || roll === 'unadjusted') && offset === 0) return null
  const apply = (day: number): number | null => {
    const rolled = rollDate(calendar, day, roll)
    return rolled === null || offset === 0 ? rolled : calendar.addBusinessDays(rolled, offset)
  }
  return {
    apply,
    explain(from, to) {
      const steps: TraceStep[] = []
      const rolled = rollDate(calendar, from, roll)
      if (rolled !== null && rolled !== from) {
        const reason = calendar.why(from)[0]
        const at = reason?.position === undefined ? {} : { position: reason.position }
        const why = `${calendar.name} is closed on ${formatDate(from)}: ${reason?.name ?? 'closed'}`
        steps.push({ step: 'roll', text: `${why}; rolled (${roll}) to ${formatDate(rolled)}`, ...at })
      }
      if (offset !== 0 && rolled !== null) {
        const days = Math.abs(offset) === 1 ? 'business day' : 'business days'
        const text = `offset ${offset > 0 ? '+' : ''}${offset} ${days} from ${formatDate(rolled)} to ${formatDate(to)}`
        steps.push({ step: 'offset', text })
      }
      return steps
    },
  }
}
