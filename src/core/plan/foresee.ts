import { type Problem, warning } from '../errors.ts'
import type { DocumentOf } from '../manifest/tree-index.ts'
import type { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { formatDate } from '../time/civil.ts'
import { parseInstant } from '../time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { CheckedSchedule } from './compile-checked.ts'

const DAY_MS = 86_400_000
/** How long before its end a calendar's coverage is worth a warning. */
export const COVERAGE_WARNING_DAYS = 60
/** How far ahead fires at clock changes are told of: 13 months, so that a yearly change is always among them. */
const CLOCK_CHANGE_MS = 396 * DAY_MS
/** A schedule that fires all the time meets every change; a few fires around one say enough. */
const MOST_FIRES_AT_CHANGE = 60

/** Whether a calendar's coverage has ended at `at` or ends soon. Only of coverage that this document writes. */
export function foreseeCoverage(
  document: DocumentOf<'Calendar'>,
  shelf: CalendarShelf,
  at: number,
): readonly Problem[] {
  if (document.manifest.spec.coverage?.to === undefined) return []
  const compiled = shelf.compiled(document.tenant, document.name)
  if (!compiled.ok || compiled.value.coverage.to === null) return []
  const { coverage, zone } = compiled.value
  const left = (coverage.to as number) - epochDayOfLocal(zone.localAt(at))
  if (left >= COVERAGE_WARNING_DAYS) return []
  const end = formatDate(coverage.to as number)
  const path = ['spec', 'coverage', 'to']
  const then = `afterEnd: ${coverage.afterEnd}`
  return left < 0
    ? [
        warning('coverage-ended', `The calendar \`${document.name}\` ended on ${end} (${then})`, {
          path,
          found: end,
        }),
      ]
    : [
        warning(
          'coverage-ending',
          `The calendar \`${document.name}\` ends in ${left} days, on ${end} (${then})`,
          { path, found: end },
        ),
      ]
}

/** `at` triggers of which nothing is left after `at`. */
export function foreseeOneShots({ spec, zone }: CheckedSchedule, at: number): readonly Problem[] {
  return spec.triggers.flatMap((trigger, index) => {
    if (!('at' in trigger)) return []
    const texts = typeof trigger.at === 'string' ? [trigger.at] : trigger.at
    const instants = texts.map((text) => parseInstant(text, zone))
    if (!instants.every((instant) => instant.ok && instant.value <= at)) return []
    const last = texts.at(-1) as string
    const message =
      texts.length === 1
        ? `${last} is in the past: this trigger fires no more`
        : 'All these times are in the past: this trigger fires no more'
    return [warning('one-shot-past', message, { path: ['spec', 'triggers', index, 'at'], found: last })]
  })
}

/**
 * The days in the 13 months from `from` on which a fire is moved by a change of the clocks, or is one of two that its
 * local time could mean. One warning a schedule. Where both passes of an hour fire, nothing is out of the ordinary.
 */
export function foreseeClockChanges({ compiled, zone }: CheckedSchedule, from: number): readonly Problem[] {
  const fires = (instant: number): boolean => compiled.next(instant - 1) === instant
  const met = changesOf(zone, from).flatMap(({ start, end, width }) => {
    let seen = 0
    for (const occurrence of compiled.occurrences(start, end)) {
      seen += 1
      if (seen > MOST_FIRES_AT_CHANGE) break
      if (occurrence.outcome !== 'fires') continue
      const { nominal, trace } = occurrence
      const text = trace.find(({ step }) => step === 'dst')?.text
      if (text === undefined || fires(nominal - width) || fires(nominal + width)) continue
      return [`${formatLocalSeconds(zone.localAt(nominal)).slice(0, 10)} (${text})`]
    }
    return []
  })
  if (met.length === 0) return []
  const days = met.join(', ')
  return [
    warning('clock-change', `Fires meet a change of the clocks on ${days}`, {
      path: ['spec', 'triggers'],
      found: days,
    }),
  ]
}

interface Change {
  readonly start: number
  readonly end: number
  /** By how much the clocks move. */
  readonly width: number
}

/** Asked for by every schedule of a zone with the same `from`. */
const known = new WeakMap<Zone, { readonly from: number; readonly changes: readonly Change[] }>()

/** Where local times are skipped or repeated: from as long before each change as it moves the clocks until as long after. */
function changesOf(zone: Zone, from: number): readonly Change[] {
  const before = known.get(zone)
  if (before?.from === from) return before.changes
  const changes = zone.transitions(from, from + CLOCK_CHANGE_MS).map(({ at, offsetBefore, offsetAfter }) => {
    const width = Math.abs(offsetAfter - offsetBefore) * 1000
    return { start: at - width, end: at + width + 1, width }
  })
  known.set(zone, { from, changes })
  return changes
}
