import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { epochDayOfLocal } from '../time/local.ts'
import { COVERAGE_WARNING_DAYS } from './foresee.ts'

/** How long a calendar still knows what it says. Days are epoch days. */
export interface Runway {
  readonly from: number | null
  readonly to: number | null
  /** Of the calendar's own today; negative once it has ended; null without an end. */
  readonly daysLeft: number | null
  readonly state: 'unlimited' | 'covered' | 'ending' | 'ended'
}

export function runwayOf({ coverage, zone }: CompiledCalendar, at: number): Runway {
  const { from, to } = coverage
  if (to === null) return { from, to, daysLeft: null, state: 'unlimited' }
  const daysLeft = to - epochDayOfLocal(zone.localAt(at))
  const state = daysLeft < 0 ? 'ended' : daysLeft < COVERAGE_WARNING_DAYS ? 'ending' : 'covered'
  return { from, to, daysLeft, state }
}
