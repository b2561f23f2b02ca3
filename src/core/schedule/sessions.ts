import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import type { SessionEdge } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { formatDuration } from '../time/duration.ts'
import { epochDayOfLocal, localOf } from '../time/local.ts'
import type { Candidates, Origin } from './candidates.ts'

export interface SessionRule {
  readonly anchor: SessionEdge
  readonly offsetMs: number
  readonly calendar: CompiledCalendar
  readonly calendarName: string
}

/** No market closes for longer than this; beyond it there are no more sessions. */
const FARTHEST_DAYS = 800

/** One time per session: its open or close, moved by an offset. A day without a session has no candidate. */
export function sessionCandidates(rule: SessionRule): Candidates {
  const { anchor, offsetMs, calendar } = rule
  const { zone } = calendar
  const edgesOn = (day: number): readonly number[] =>
    calendar.sessionsOn(day).map((session) => (anchor === 'open' ? session.open : session.close) + offsetMs)
  const dayAt = (instant: number): number => epochDayOfLocal(zone.localAt(instant - offsetMs))
  // Beyond coverage nobody knows the sessions: the first such day stands for all that may come.
  const heldAt = (day: number): number => firstInstantOf(zone, localOf(day, 0), FIXED_DST)
  const isHeldDay = (day: number): boolean => calendar.dayState(day) === 'uncovered'

  return {
    choosesDays: true,
    moves: false,
    next(after) {
      const from = dayAt(after) - 1
      for (let day = from; day <= from + FARTHEST_DAYS; day++) {
        if (isHeldDay(day)) {
          const held = heldAt(day)
          if (held > after) return held
          continue
        }
        const found = edgesOn(day).filter((edge) => edge > after)
        if (found.length > 0) return Math.min(...found)
      }
      return null
    },
    previous(before) {
      const from = dayAt(before) + 1
      for (let day = from; day >= from - FARTHEST_DAYS; day--) {
        if (isHeldDay(day)) continue
        const found = edgesOn(day).filter((edge) => edge < before)
        if (found.length > 0) return Math.max(...found)
      }
      return null
    },
    ruledOut(nominal) {
      const day = epochDayOfLocal(zone.localAt(nominal))
      return isHeldDay(day) && heldAt(day) === nominal ? 'held' : null
    },
    origins(nominal) {
      const origins: Origin[] = []
      const middle = dayAt(nominal)
      for (let day = middle - 1; day <= middle + 1; day++) {
        if (isHeldDay(day)) continue
        calendar.sessionsOn(day).forEach((session) => {
          if ((anchor === 'open' ? session.open : session.close) + offsetMs !== nominal) return
          const which =
            session.name ?? (session.kind === 'regular' ? 'regular session' : `${session.kind} session`)
          const shift =
            offsetMs === 0
              ? ''
              : `, ${formatDuration(Math.abs(offsetMs))} ${offsetMs < 0 ? 'before' : 'after'}`
          const text = `${anchor} of the ${which} of ${rule.calendarName} on ${formatDate(day)}${shift}`
          origins.push({ asked: null, steps: [{ step: 'pattern', text }] })
        })
      }
      return origins
    },
  }
}
