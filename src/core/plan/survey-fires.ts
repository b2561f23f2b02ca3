import { parseCron } from '../cron/parse.ts'
import { wordOf } from '../cron/values.ts'
import type { Trigger } from '../kinds.ts'
import { parseRruleParts } from '../schedule/rrule-parts.ts'
import { parseDuration } from '../time/duration.ts'
import { epochDayOfLocal } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { CheckedSchedule } from './compile-checked.ts'

/** How far ahead limits are looked at. */
export const SURVEY_DAYS = 400
const DAY_MS = 86_400_000

/** Fires of one schedule that are counted one by one; a schedule with more repeats itself. */
const MOST_COUNTED = 200_000

export interface Survey {
  /** The first day surveyed, and per day from it on the number of fires. */
  readonly firstDay: number
  readonly counts: Uint32Array
  /** The shortest time between two fires, and the first of the two; null with fewer than two. */
  readonly shortest: { readonly gapMs: number; readonly at: number } | null
}

/**
 * Counts the fires of the days to come, as days of `zone`. Beyond `MOST_COUNTED` fires, days that have any are taken to
 * have as many as the fullest day before them.
 */
export function surveyFires({ compiled }: CheckedSchedule, from: number, zone: Zone): Survey {
  const dayOf = (instant: number): number => epochDayOfLocal(zone.localAt(instant))
  const firstDay = dayOf(from)
  const counts = new Uint32Array(SURVEY_DAYS)
  const end = from + SURVEY_DAYS * DAY_MS
  let shortest: Survey['shortest'] = null
  let counted = 0
  let last: number | null = null
  let at = compiled.next(from - 1)
  for (; at !== null && at < end && counted < MOST_COUNTED; at = compiled.next(at)) {
    counted += 1
    const day = dayOf(at) - firstDay
    if (day < SURVEY_DAYS) counts[day] = (counts[day] as number) + 1
    if (last !== null && (shortest === null || at - last < shortest.gapMs))
      shortest = { gapMs: at - last, at: last }
    last = at
  }
  const fullest = counts.reduce((most, count) => Math.max(most, count), 0)
  while (at !== null && at < end) {
    const day = dayOf(at) - firstDay
    if (day < SURVEY_DAYS) counts[day] = fullest
    // A day after a day: the first fire from 24 hours later on is on another day, or past a change of the clocks.
    at = compiled.next(at + DAY_MS - 1)
  }
  return { firstDay, counts, shortest }
}

/**
 * More fires than this a schedule has on no day, whatever its calendar: a quick no to most questions about limits.
 * Infinity where only counting can tell.
 */
export function mostFiresPerDay(triggers: readonly Trigger[]): number {
  // Twice: a day of one zone lies in two of another, and an hour may be repeated.
  return triggers.reduce((sum, trigger) => sum + 2 * mostPerDay(trigger), 0)
}

function mostPerDay(trigger: Trigger): number {
  if ('cron' in trigger) {
    const parsed = parseCron(trigger.cron, {
      hashSeed: '',
      ...(trigger.dialect === undefined ? {} : { dialect: trigger.dialect }),
    })
    if (!parsed.ok) return Number.POSITIVE_INFINITY
    const { second, minute, hour } = parsed.value
    const sizes = [second, minute, hour].map((field) =>
      field === undefined ? 1 : ones(wordOf(field, 0)) + (field === hour ? 0 : ones(wordOf(field, 1))),
    )
    return sizes.reduce((product, size) => product * size, 1)
  }
  if ('every' in trigger) {
    const every = parseDuration(trigger.every)
    return every.ok ? Math.ceil(DAY_MS / every.value) + 1 : Number.POSITIVE_INFINITY
  }
  if ('at' in trigger) return typeof trigger.at === 'string' ? 1 : trigger.at.length
  if ('rrule' in trigger) {
    const parts = parseRruleParts(trigger.rrule)
    if (!parts.ok) return Number.POSITIVE_INFINITY
    return ['BYHOUR', 'BYMINUTE', 'BYSECOND'].reduce(
      (product, key) => product * (parts.value.get(key)?.split(',').length ?? 1),
      1,
    )
  }
  if ('after' in trigger || 'event' in trigger) return 0
  return 'businessDay' in trigger ? 1 : Number.POSITIVE_INFINITY
}

function ones(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1
  return count
}
