import type { DayReason } from '../calendar/compiled-calendar.ts'
import type { TraceStep } from './occurrence.ts'

/** The name and place of the rule that decides, as parts of a step. */
export function ruleOf(reason: DayReason | undefined): Pick<TraceStep, 'name' | 'position'> {
  if (reason === undefined) return {}
  const { name, position } = reason
  return position === undefined ? { name } : { name, position }
}

/** `: Christmas Eve, closes at 13:00`, to be put after what it is the reason of; empty without one. */
export function becauseOf(reason: DayReason | undefined): string {
  if (reason === undefined) return ''
  const { kind, name, time } = reason
  if (kind === 'early-close') return `: ${name}, closes at ${time}`
  return kind === 'late-open' ? `: ${name}, opens at ${time}` : `: ${name}`
}
