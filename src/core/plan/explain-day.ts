import type { Position } from '../errors.ts'
import type { Explained } from '../schedule/compiled-schedule.ts'
import { becauseOf, ruleOf } from '../schedule/day-reason.ts'
import type { TraceStep } from '../schedule/occurrence.ts'
import { formatDate } from '../time/civil.ts'
import { FIXED_DST, firstInstantOf } from '../time/dst.ts'
import { formatLocal } from '../time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds, localOf } from '../time/local.ts'
import type { PreviewedSchedule } from './preview.ts'

export interface ExplainedCandidate extends Omit<Explained, 'outcome'> {
  /** `suspended`: it would fire, but the schedule is suspended then or not yet active. */
  readonly outcome: Explained['outcome'] | 'suspended'
}

export interface Explanation {
  /** What is asked for on the day, or ends up on it, in order; at the instant alone if one was asked about. */
  readonly candidates: readonly ExplainedCandidate[]
  /** Fires strictly before and after the day or instant, epoch milliseconds. */
  readonly before: number | null
  readonly after: number | null
  /** What the schedule's calendars say of the day. */
  readonly calendars: readonly TraceStep[]
}

/** Why a schedule fires or not on a day of its zone (an epoch day). */
export function explainDay(schedule: PreviewedSchedule, day: number): Explanation {
  const candidates = [...schedule.compiled.on(day)].map((each) => standing(schedule, each))
  const begins = (each: number) => firstInstantOf(schedule.zone, localOf(each, 0), FIXED_DST)
  return {
    candidates,
    before: lastFire(schedule, begins(day)),
    after: nextFire(schedule, begins(day + 1) - 1),
    calendars: calendarSteps(schedule, day),
  }
}

/** Why a schedule fires or not at an instant: also what was asked for then and moved elsewhere. */
export function explainInstant(schedule: PreviewedSchedule, at: number): Explanation {
  const { compiled, zone } = schedule
  const local = zone.localAt(at)
  const reading = formatLocalSeconds(local)
  const day = epochDayOfLocal(local)
  const candidates = [...compiled.on(day)]
    .filter(({ nominal, asked }) => nominal === at || asked === reading)
    .map((each) => standing(schedule, each))
  const calendars = calendarSteps(schedule, day)
  return { candidates, before: lastFire(schedule, at), after: nextFire(schedule, at), calendars }
}

function calendarSteps({ calendars }: PreviewedSchedule, day: number): readonly TraceStep[] {
  return calendars.map((calendar): TraceStep => {
    const [reason] = calendar.why(day)
    const state = calendar.dayState(day)
    const is = state === 'uncovered' ? 'does not cover' : `is ${state} on`
    return {
      step: 'calendar',
      text: `${calendar.name} ${is} ${formatDate(day)}${becauseOf(reason)}`,
      ...ruleOf(reason),
    }
  })
}

function nextFire({ compiled, firesAfter }: PreviewedSchedule, after: number): number | null {
  return firesAfter === Number.POSITIVE_INFINITY ? null : compiled.next(Math.max(after, firesAfter))
}

function lastFire({ compiled, firesAfter }: PreviewedSchedule, before: number): number | null {
  const found = compiled.previous(before)
  return found !== null && found > firesAfter ? found : null
}

function standing(schedule: PreviewedSchedule, explained: Explained): ExplainedCandidate {
  const { nominal, outcome, trace } = explained
  if (outcome !== 'fires' || nominal === null || nominal > schedule.firesAfter) return explained
  return {
    ...explained,
    outcome: 'suspended',
    due: null,
    trace: [...trace, suspensionStep(schedule, nominal)],
  }
}

function suspensionStep(schedule: PreviewedSchedule, nominal: number): TraceStep {
  const { spec, entry, zone, trigger, activeFrom, jobSuspended } = schedule
  const { suspend } = spec
  const { suspension } = trigger
  const placed = (text: string, position: Position | undefined): TraceStep =>
    position === undefined ? { step: 'suspension', text } : { step: 'suspension', text, position }
  if (jobSuspended) return placed(`the job ${spec.job} is suspended`, entry.locate(['spec', 'job']))
  if (suspension === null || (suspension.until !== null && suspension.until < nominal)) {
    const text = `this version of the schedule is active from ${formatLocal(activeFrom, zone)} on`
    return placed(text, entry.locate(['spec', 'activeFrom']))
  }
  const until = suspension.until === null ? '' : ` until ${formatLocal(suspension.until, zone)}`
  const reason = typeof suspend === 'object' && suspend.reason !== undefined ? `: ${suspend.reason}` : ''
  return placed(`the schedule is suspended${until}${reason}`, entry.locate(['spec', 'suspend']))
}
