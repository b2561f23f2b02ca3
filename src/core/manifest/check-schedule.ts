import { type Path, type Problem, problem, under } from '../errors.ts'
import type { ScheduleSpec, Trigger } from '../kinds.ts'
import type { Result } from '../result.ts'
import { parseDuration } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import { checkEvents } from './check-events.ts'

const SPEC: Path = ['spec']

/** When a misfire is one, and how old it may be, where the schedule does not say. Milliseconds. */
export const DEFAULT_MISFIRE_AFTER_MS = 60_000
export const DEFAULT_MISFIRE_MAX_LATENESS_MS = 86_400_000

/**
 * What is wrong with one schedule by itself, beyond its schema and beyond what compiling it finds (its triggers and
 * bounds): zones and dates that do not exist, policies that contradict each other, a calendar that is needed and missing. `written` is the spec as in the file, `effective` the
 * one with the tenant's defaults; only what is written is blamed. Paths begin at the document.
 */
export function checkSchedule(written: ScheduleSpec, effective: ScheduleSpec): readonly Problem[] {
  const problems: Problem[] = []
  const value = <T>(path: Path, result: Result<T, Problem>): T | undefined => {
    if (result.ok) return result.value
    problems.push(under([...SPEC, ...path], result.error))
    return undefined
  }

  let zone: Zone | undefined
  if (effective.timezone === undefined) {
    problems.push(
      problem('missing-timezone', 'The schedule has no `timezone`, and its tenant has no default', {
        path: SPEC,
        expected: 'a zone of the IANA database such as Asia/Kolkata',
      }),
    )
  } else {
    const found = zoneOf(effective.timezone)
    if (found.ok) zone = found.value
    else if (written.timezone !== undefined) problems.push(under([...SPEC, 'timezone'], found.error))
  }

  const instant = (path: Path, text: string | undefined): number | undefined =>
    text === undefined || zone === undefined ? undefined : value(path, parseInstant(text, zone))
  const endsAt = instant(['endsAt'], written.endsAt)
  const activeFrom = instant(['activeFrom'], written.activeFrom)
  if (typeof written.suspend === 'object') instant(['suspend', 'until'], written.suspend.until)
  written.expect?.forEach(({ at }, index) => {
    instant(['expect', index, 'at'], at)
  })

  const contradict = (path: Path, message: string, expected: string): void => {
    problems.push(problem('contradiction', message, { path: [...SPEC, ...path], expected }))
  }
  if (endsAt !== undefined && activeFrom !== undefined && endsAt <= activeFrom) {
    contradict(
      ['endsAt'],
      '`endsAt` is not after `activeFrom`: nothing would ever fire',
      `an instant after ${written.activeFrom}`,
    )
  }

  const after = value(['misfire', 'after'], durationOr(written.misfire?.after, DEFAULT_MISFIRE_AFTER_MS))
  const lateness = value(
    ['misfire', 'maxLateness'],
    durationOr(written.misfire?.maxLateness, DEFAULT_MISFIRE_MAX_LATENESS_MS),
  )
  const blamed = written.misfire?.maxLateness === undefined ? 'after' : 'maxLateness'
  if (
    written.misfire?.[blamed] !== undefined &&
    after !== undefined &&
    lateness !== undefined &&
    lateness < after
  ) {
    contradict(
      ['misfire', blamed],
      '`maxLateness` is shorter than `after`: no missed time could ever be fired',
      'a `maxLateness` of at least `after` (1d and 60s where they are not written)',
    )
  }
  if (written.misfire?.maxCount !== undefined && (effective.misfire?.policy ?? 'fire-once') !== 'fire-all') {
    contradict(
      ['misfire', 'maxCount'],
      '`maxCount` has no meaning without `policy: fire-all`',
      '`policy: fire-all` beside it',
    )
  }
  const startWithin = value(['sla', 'startWithin'], durationOr(written.sla?.startWithin, 0))
  const finishWithin = value(['sla', 'finishWithin'], durationOr(written.sla?.finishWithin, 0))
  if (written.sla?.startWithin !== undefined && written.sla.finishWithin !== undefined) {
    if (startWithin !== undefined && finishWithin !== undefined && finishWithin < startWithin)
      contradict(
        ['sla', 'finishWithin'],
        '`finishWithin` is shorter than `startWithin`',
        'a `finishWithin` of at least `startWithin`',
      )
  }
  problems.push(...checkCalendarUse(written, effective), ...checkEvents(written))
  return problems
}

/** What counts by a calendar needs one, and not everything can be had together. */
function checkCalendarUse(written: ScheduleSpec, effective: ScheduleSpec): readonly Problem[] {
  const problems: Problem[] = []
  const { triggers } = written
  if (effective.calendar === undefined) {
    const needy: Path[] = (['roll', 'offset', 'runOn', 'calendarDate'] as const)
      .filter((key) => written[key] !== undefined)
      .map((key) => [key])
    triggers.forEach((trigger, index) => {
      if ('businessDay' in trigger) needy.push(['triggers', index, 'businessDay'])
      if ('session' in trigger && trigger.session.calendar === undefined)
        needy.push(['triggers', index, 'session'])
    })
    for (const path of needy) {
      problems.push(
        problem('missing-calendar', `\`${path.at(-1)}\` needs a calendar, and the schedule has none`, {
          path: [...SPEC, ...path],
          expected: '`calendar` in the schedule, or a default one in its Tenant',
        }),
      )
    }
  }
  const contradict = (message: string, expected: string): void => {
    problems.push(problem('contradiction', message, { path: [...SPEC, 'roll'], expected }))
  }
  if (triggers.every(asksForNoTimes)) return [...problems, ...checkTimeless(written)]
  const moving = triggers.some(
    (trigger) => !('businessDay' in trigger) && !('session' in trigger) && !asksForNoTimes(trigger),
  )
  const which = 'Every trigger of this schedule chooses its days by the calendar itself'
  if (written.roll !== undefined && !moving) contradict(`${which}: \`roll\` moves none`, 'no `roll`')
  const runOn = effective.runOn ?? 'business-days'
  if (runOn !== 'business-days' && written.roll !== undefined && written.roll !== 'skip') {
    contradict(
      `\`roll: ${written.roll}\` says where closed days go, but \`runOn: ${runOn}\` asks for special days`,
      'one of the two',
    )
  }
  return problems
}

/** Whether a trigger follows on something else than the clock. */
function asksForNoTimes(trigger: Trigger): boolean {
  return 'after' in trigger || 'event' in trigger
}

/** What is about nominal times means nothing to a schedule that has none. `unadjusted` lets closed days fire. */
function checkTimeless(written: ScheduleSpec): readonly Problem[] {
  const idle = (['roll', 'offset', 'dst', 'jitter', 'maxFires', 'misfire'] as const).filter(
    (key) => written[key] !== undefined && written[key] !== 'unadjusted',
  )
  return idle.map((key) =>
    problem('contradiction', `No trigger of this schedule asks for times: \`${key}\` does nothing`, {
      path: [...SPEC, key],
      expected: `no \`${key}\``,
    }),
  )
}

function durationOr(text: string | undefined, defaultMs: number): Result<number, Problem> {
  return text === undefined ? { ok: true, value: defaultMs } : parseDuration(text)
}
