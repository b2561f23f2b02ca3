import { type Path, type Problem, problem } from '../errors.ts'
import type { CalendarBreaks, CalendarHours, CalendarSession } from '../kinds.ts'
import { formatDate } from '../time/civil.ts'
import { formatTimeOfDay } from '../time/time-of-day.ts'
import type { DatedSession, DayHours, HoursPeriod, Written } from './definition.ts'
import { EVERY_WEEKDAY, readDate, readPeriod, readTime, weekdayMask } from './read-values.ts'

interface Times {
  readonly open: string
  readonly close: string
  readonly breaks?: CalendarBreaks
}

/** The times of one day: open before close, breaks in order and inside. */
function readTimes(source: Times, path: Path, problems: Problem[]): DayHours | null {
  const open = readTime(source.open, [...path, 'open'], problems)
  const close = readTime(source.close, [...path, 'close'], problems, { endOfDay: true })
  const breaks: { from: number; to: number }[] = []
  for (const [index, pause] of (source.breaks ?? []).entries()) {
    const breakPath = [...path, 'breaks', index]
    const from = readTime(pause.from, [...breakPath, 'from'], problems)
    const to = readTime(pause.to, [...breakPath, 'to'], problems)
    if (from === null || to === null) return null
    const earliest = breaks.at(-1)?.to ?? open ?? 0
    if (from >= to || from <= earliest || (close !== null && to >= close)) {
      problems.push(
        problem(
          'invalid-hours',
          `the break from ${pause.from} to ${pause.to} does not lie inside the session`,
          {
            expected: `a break between ${formatTimeOfDay(earliest)} and ${source.close}, ending after it begins`,
            found: `${pause.from} to ${pause.to}`,
            path: breakPath,
          },
        ),
      )
      return null
    }
    breaks.push({ from, to })
  }
  if (open === null || close === null) return null
  if (close <= open) {
    problems.push(
      problem('invalid-hours', `a session cannot close at ${source.close} when it opens at ${source.open}`, {
        expected: `a time after ${source.open} on the same day, up to 24:00`,
        found: source.close,
        path: [...path, 'close'],
      }),
    )
    return null
  }
  return { open, close, breaks }
}

/** Regular hours. Two entries that hold on the same day are a problem: it would have two regular sessions. */
export function readHours(source: readonly CalendarHours[], path: Path, problems: Problem[]): HoursPeriod[] {
  const read: HoursPeriod[] = []
  for (const [index, entry] of source.entries()) {
    const entryPath = [...path, index]
    const hours = readTimes(entry, entryPath, problems)
    const period = readPeriod(entry, entryPath, problems)
    const weekdays = entry.days === undefined ? EVERY_WEEKDAY : weekdayMask(entry.days)
    const other = read.find(
      (before) =>
        (before.weekdays & weekdays) !== 0 &&
        before.period.from <= period.to &&
        period.from <= before.period.to,
    )
    if (other !== undefined) {
      const from = formatDate(Math.max(other.period.from, period.from))
      problems.push(
        problem('invalid-hours', `two entries of hours hold on the same days, from ${from} on`, {
          cure: 'End one with `to`, begin the other with `from`, or give them different `days`.',
          path: entryPath,
        }),
      )
    }
    if (hours !== null) read.push({ hours, weekdays, period })
  }
  return read
}

/** Dated sessions in order of date and time. Those of one day must not overlap. */
export function readSessions(
  source: readonly CalendarSession[],
  list: Written,
  problems: Problem[],
): DatedSession[] {
  const read: DatedSession[] = []
  for (const [index, entry] of source.entries()) {
    const written: Written = { ...list, path: [...list.path, index] }
    const day = readDate(entry.date, [...written.path, 'date'], problems)
    const timed = entry.open !== undefined && entry.close !== undefined
    if (!timed && (entry.open !== undefined || entry.close !== undefined)) {
      problems.push(
        problem('missing-key', `the session of ${entry.date} has only one of open and close`, {
          expected: 'open and close, or neither for the regular hours',
          path: written.path,
        }),
      )
    }
    const hours = timed ? readTimes(entry as Times & CalendarSession, written.path, problems) : null
    if (day === null || (timed && hours === null)) continue
    read.push({ day, name: entry.name ?? null, hours, opensDay: entry.day !== 'closed', written })
  }
  read.sort((a, b) => a.day - b.day || (a.hours?.open ?? 0) - (b.hours?.open ?? 0))
  for (let index = 1; index < read.length; index++) {
    const session = read[index]!
    const before = read[index - 1]!
    if (session.day !== before.day) continue
    if (session.hours !== null && before.hours !== null && before.hours.close <= session.hours.open) continue
    problems.push(
      problem('invalid-hours', `two sessions of ${formatDate(session.day)} overlap`, {
        cure: 'Give both open and close, one after the other.',
        path: session.written.path,
      }),
    )
  }
  return read
}
