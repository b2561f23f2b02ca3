import type { CompiledCalendar } from '../calendar/compiled-calendar.ts'
import { compilePattern } from '../cron/compile.ts'
import { type Path, type Problem, problem, under } from '../errors.ts'
import type { AtTrigger, EveryTrigger, Trigger, Weekday } from '../kinds.ts'
import { err, ok, type Result } from '../result.ts'
import { type DstOption, dstPolicyOf } from '../time/dst.ts'
import { parseDuration } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'
import { parseLocal } from '../time/local.ts'
import type { LocalPattern } from '../time/recurrence.ts'
import { parseTimeOfDay } from '../time/time-of-day.ts'
import type { Zone } from '../time/zone.ts'
import { BusinessDayPattern } from './business-days.ts'
import type { Candidates } from './candidates.ts'
import { sortedTimes } from './dates.ts'
import { everyRecurrence, everyWithinRecurrence, localReadings } from './every.ts'
import { InstantCandidates, type Move, PatternCandidates } from './pattern-candidates.ts'
import { compileRrule } from './rrule.ts'
import { SessionCandidates } from './sessions.ts'

export interface TriggerContext {
  readonly zone: Zone
  readonly dst: DstOption | undefined
  /** The schedule's own calendar; null: none. */
  readonly calendar: CompiledCalendar | null
  readonly calendarNamed: (name: string) => Result<CompiledCalendar, Problem[]>
  readonly move: Move | null
  /** DTSTART of recurrence rules, epoch milliseconds; null: none is written. */
  readonly startsAt: number | null
  /** What `H` in a cron is hashed from. */
  readonly hashSeed: string
}

type Compiled = Result<readonly Candidates[], readonly Problem[]>

/** What one entry of `triggers` asks for. `at` with both kinds of times gives two sets. */
export function compileTriggerCandidates(trigger: Trigger, context: TriggerContext): Compiled {
  if ('cron' in trigger) {
    const options = {
      hashSeed: context.hashSeed,
      ...(trigger.dialect === undefined ? {} : { dialect: trigger.dialect }),
    }
    const pattern = compilePattern(trigger.cron, options)
    if (!pattern.ok) return err(pattern.error.map((found) => under(['cron'], found)))
    return fromPattern(trigger, pattern.value, context, pattern.value.wildcard)
  }
  if ('every' in trigger) return compileEvery(trigger, context)
  if ('at' in trigger) return compileAt(trigger, context)
  if ('rrule' in trigger) {
    const time = trigger.time === undefined ? null : parseTimeOfDay(trigger.time)
    if (time !== null && !time.ok) return err([under(['time'], time.error)])
    const start = context.startsAt === null ? null : context.zone.localAt(context.startsAt)
    const pattern = compileRrule(trigger.rrule, { start, time: time?.value ?? null, zone: context.zone })
    if (!pattern.ok) return err(pattern.error.map((found) => under(['rrule'], found)))
    return fromPattern(trigger, pattern.value, context, false)
  }
  if ('businessDay' in trigger) {
    const { of, nth, time, offset = 0 } = trigger.businessDay
    const seconds = parseTimeOfDay(time)
    if (!seconds.ok) return err([under(['businessDay', 'time'], seconds.error)])
    const { calendar } = context
    if (calendar === null)
      return needsCalendar(['businessDay'], 'a businessDay trigger counts the business days of a calendar')
    const pattern = new BusinessDayPattern({ of, nth, offset, time: seconds.value, calendar })
    const { zone, dst } = context
    const policy = dstPolicyOf(dst, false)
    return ok([new PatternCandidates({ trigger, pattern, zone, policy, move: null, ruling: pattern })])
  }
  // What follows on a run or a message asks for no times.
  if ('after' in trigger || 'event' in trigger) return ok([])
  const { anchor, offset, calendar: name } = trigger.session
  const offsetMs = offset === undefined ? ok(0) : parseDuration(offset, { negative: true })
  if (!offsetMs.ok) return err([under(['session', 'offset'], offsetMs.error)])
  const named = name === undefined ? null : context.calendarNamed(name)
  if (named !== null && !named.ok) return named
  const calendar = named?.value ?? context.calendar
  if (calendar === null)
    return needsCalendar(['session'], 'a session trigger follows the sessions of a calendar')
  if (!calendar.hasSessions) {
    const message = `a session trigger follows the sessions of ${calendar.name}, which has no hours`
    const path = name === undefined ? ['session'] : ['session', 'calendar']
    return err([problem('contradiction', message, { path, cure: 'give the calendar `hours`' })])
  }
  return ok([new SessionCandidates({ anchor, offsetMs: offsetMs.value, calendar })])
}

function fromPattern(
  trigger: Trigger,
  pattern: LocalPattern,
  context: TriggerContext,
  wildcard: boolean,
): Compiled {
  const { zone, dst, move } = context
  const policy = dstPolicyOf(dst, wildcard)
  return ok([new PatternCandidates({ trigger, pattern, zone, policy, move, ruling: null })])
}

function needsCalendar(path: Path, message: string): Compiled {
  return err([
    problem('missing-calendar', `${message}, and the schedule has none`, {
      path,
      cure: 'give the schedule a `calendar`',
    }),
  ])
}

const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

function compileEvery(trigger: EveryTrigger, context: TriggerContext): Compiled {
  const { zone, dst, move } = context
  const problems: Problem[] = []
  const take = <T>(key: string, parsed: Result<T, Problem>, otherwise: T): T => {
    if (parsed.ok) return parsed.value
    problems.push(under([key], parsed.error))
    return otherwise
  }
  const stepMs = take('every', parseDuration(trigger.every), 1000)
  if (stepMs < 1000) {
    const details = { path: ['every'], expected: 'at least 1s', found: trigger.every }
    problems.push(problem('invalid-duration', `every ${trigger.every} is too often`, details))
  }
  const days = trigger.days === undefined ? null : WEEKDAYS.map((day) => trigger.days?.includes(day) === true)
  const anchorMs = take('anchor', parseInstant(trigger.anchor ?? '1970-01-01T00:00', zone), 0)
  const window = trigger.between
  const from = window === undefined ? 0 : take('between', parseTimeOfDay(window[0]), 0)
  const to = window === undefined ? 0 : take('between', parseTimeOfDay(window[1]), 0)
  if (window !== undefined && (trigger.anchor !== undefined || trigger.count !== undefined)) {
    const key = trigger.anchor === undefined ? 'count' : 'anchor'
    const message = `\`${key}\` and \`between\` contradict each other: each window begins anew at its own start`
    problems.push(problem('contradiction', message, { path: [key], cure: 'leave one of them out' }))
  }
  if (problems.length > 0) return err(problems)
  const count = trigger.count ?? null
  const recurrence =
    window === undefined
      ? everyRecurrence({ stepMs, anchorMs, count, days, zone })
      : everyWithinRecurrence({ stepMs, from, to, days, zone })
  if (move === null) return ok([new InstantCandidates(trigger, recurrence, zone)])
  const pattern = localReadings(recurrence, zone)
  const policy = dstPolicyOf(dst, true)
  return ok([new PatternCandidates({ trigger, pattern, zone, policy, move, ruling: null })])
}

function compileAt(trigger: AtTrigger, context: TriggerContext): Compiled {
  const { zone, dst, move } = context
  const texts = typeof trigger.at === 'string' ? [trigger.at] : trigger.at
  const locals: number[] = []
  const instants: number[] = []
  const problems: Problem[] = []
  texts.forEach((text, index) => {
    const local = parseLocal(text)
    if (local !== null) {
      locals.push(local)
      return
    }
    const instant = parseInstant(text, zone)
    if (instant.ok) instants.push(instant.value)
    else problems.push(under(texts.length === 1 ? ['at'] : ['at', index], instant.error))
  })
  if (problems.length > 0) return err(problems)
  const policy = dstPolicyOf(dst, false)
  // With a roll, an instant is moved like the local time that it reads there.
  const all = move === null ? locals : [...locals, ...instants.map((instant) => zone.localAt(instant))]
  const sets: Candidates[] = []
  if (all.length > 0)
    sets.push(new PatternCandidates({ trigger, pattern: sortedTimes(all), zone, policy, move, ruling: null }))
  if (move === null && instants.length > 0)
    sets.push(new InstantCandidates(trigger, sortedTimes(instants), zone))
  return ok(sets)
}
