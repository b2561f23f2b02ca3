import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { type Path, type Position, type Problem, problem, under } from '../errors.ts'
import type { ScheduleSpec } from '../kinds.ts'
import { err, ok, type Result } from '../result.ts'
import { parseDuration } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'
import { zoneOf } from '../time/zone.ts'
import type { Candidates } from './candidates.ts'
import { compileTriggerCandidates } from './compile-trigger-candidates.ts'
import type { CompiledSchedule } from './compiled-schedule.ts'
import { dayMove } from './day-move.ts'
import { seedOf } from './jitter.ts'
import { scheduleOf } from './schedule-of.ts'
import { selectionOf } from './selection.ts'

export interface ScheduleContext {
  /** `tenant/schedule`: what jitter and `H` are hashed from. */
  readonly identity: string
  /** Calendars by the names that the schedule uses. */
  readonly calendar: (name: string) => Result<CompiledCalendar, Problem[]>
  /** Where in its file a value of the manifest stands, for traces. Paths begin at the document's root. */
  readonly locate?: (path: Path) => Position | undefined
}

/**
 * Compiles a schedule's spec (validated against its schema, tenant defaults merged) into something that answers which
 * times fire. Fails with every problem at once; paths begin at the document's root.
 */
export function compileSchedule(
  spec: ScheduleSpec,
  context: ScheduleContext,
): Result<CompiledSchedule, Problem[]> {
  const problems: Problem[] = []
  const take = <T>(key: string, parsed: Result<T, Problem>, otherwise: T): T => {
    if (parsed.ok) return parsed.value
    problems.push(under(['spec', key], parsed.error))
    return otherwise
  }
  const zoneResult = zoneOf(spec.timezone ?? 'UTC')
  if (!zoneResult.ok) return err([under(['spec', 'timezone'], zoneResult.error)])
  const zone = zoneResult.value
  const startsAt = spec.startsAt === undefined ? null : take('startsAt', parseInstant(spec.startsAt, zone), 0)
  const endsAt = spec.endsAt === undefined ? null : take('endsAt', parseInstant(spec.endsAt, zone), 0)
  const jitterMs = spec.jitter === undefined ? 0 : take('jitter', parseDuration(spec.jitter), 0)
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt) {
    const details = {
      path: ['spec', 'endsAt'],
      expected: `an instant after ${spec.startsAt}`,
      found: spec.endsAt ?? '',
    }
    problems.push(problem('contradiction', 'the schedule ends before it starts', details))
  }

  const calendarResult = spec.calendar === undefined ? null : context.calendar(spec.calendar)
  if (calendarResult !== null && !calendarResult.ok) return err([...problems, ...calendarResult.error])
  const calendar = calendarResult?.value ?? null
  const roll = spec.roll ?? 'skip'
  const offset = spec.offset ?? 0
  const triggerContext = {
    zone,
    dst: spec.dst,
    calendar,
    calendarNamed: context.calendar,
    move: calendar === null ? null : dayMove(calendar, roll, offset),
    startsAt,
    hashSeed: context.identity,
  }
  const triggers: Candidates[] = []
  const places: number[] = []
  spec.triggers.forEach((trigger, index) => {
    const compiled = compileTriggerCandidates(trigger, triggerContext)
    if (!compiled.ok)
      problems.push(...compiled.error.map((found) => under(['spec', 'triggers', index], found)))
    else {
      for (const candidates of compiled.value) {
        triggers.push(candidates)
        places.push(index)
      }
    }
  })
  if (problems.length > 0) return err(problems)

  const selection =
    calendar === null
      ? null
      : selectionOf({
          calendar,
          runOn: spec.runOn ?? 'business-days',
          ignoresClosedDays: roll === 'unadjusted',
          dateZone: spec.calendarDate === 'calendar' ? calendar.zone : zone,
        })
  return ok(
    scheduleOf({
      triggers,
      // As good as always the triggers are numbered through: only an `at` may be two sets of times.
      places: places.every((place, index) => place === index) ? null : places,
      selection,
      zone,
      bounds:
        startsAt === null && endsAt === null
          ? null
          : {
              startsAt: startsAt ?? Number.NEGATIVE_INFINITY,
              endsAt: endsAt ?? Number.POSITIVE_INFINITY,
            },
      jitter: jitterMs === 0 ? null : { limitMs: jitterMs, seed: seedOf(context.identity) },
      locate: context.locate,
    }),
  )
}
