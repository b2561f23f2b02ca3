import { weekdayOf } from '../time/civil.ts'
import { type LocalSeconds, localOf } from '../time/local.ts'
import type { Zone } from '../time/zone.ts'
import type { Session, TimeInterval } from './compiled-calendar.ts'
import type { DayHours, HoursPeriod } from './definition.ts'

/** The regular hours of a day, or null. `anyWeekday` is for dated sessions on weekdays that have no hours. */
export function hoursOn(
  hours: readonly HoursPeriod[],
  day: number,
  options: { readonly anyWeekday: boolean },
): DayHours | null {
  let inPeriod: DayHours | null = null
  for (const entry of hours) {
    if (day < entry.period.from || day > entry.period.to) continue
    if (((entry.weekdays >> weekdayOf(day)) & 1) === 1) return entry.hours
    inPeriod ??= entry.hours
  }
  return options.anyWeekday ? inPeriod : null
}

/** Hours with an earlier close or a later open; null if nothing is left of them. */
export function shorten(
  hours: DayHours,
  limits: { open: number | null; close: number | null },
): DayHours | null {
  const open = limits.open ?? hours.open
  const close = limits.close ?? hours.close
  // A break that the new time cuts into ends or begins the session: nobody trades in what is left of it.
  const pieces = intervalsOf(hours)
    .map((piece, index, all) => ({
      open: index === 0 ? open : Math.max(piece.open, open),
      close: index === all.length - 1 ? close : Math.min(piece.close, close),
    }))
    .filter((piece) => piece.open < piece.close)
  const first = pieces[0]
  const last = pieces.at(-1)
  if (first === undefined || last === undefined) return null
  return {
    open: first.open,
    close: last.close,
    breaks: pieces.slice(1).map((piece, index) => ({ from: pieces[index]!.close, to: piece.open })),
  }
}

/** Seconds of the day between which the session runs, breaks left out. */
function intervalsOf(hours: DayHours): readonly TimeInterval[] {
  if (hours.breaks.length === 0) return [hours]
  const opens = [hours.open, ...hours.breaks.map(({ to }) => to)]
  const closes = [...hours.breaks.map(({ from }) => from), hours.close]
  return opens.map((open, index) => ({ open, close: closes[index]! }))
}

interface SessionLabel {
  readonly kind: Session['kind']
  readonly name?: string
}

/** The session as instants. Null where a change of clocks leaves nothing of it. */
export function sessionOf(day: number, hours: DayHours, zone: Zone, label: SessionLabel): Session | null {
  const intervals: TimeInterval[] = []
  for (const piece of intervalsOf(hours)) {
    const open = instantOf(zone, localOf(day, piece.open))
    const close = instantOf(zone, localOf(day, piece.close))
    if (open < close) intervals.push({ open, close })
  }
  const bounds = boundsOf(intervals)
  if (bounds === null) return null
  // Written out: spreading is what takes most of the time where thousands of days are enumerated.
  const { open, close } = bounds
  const { kind, name } = label
  return name === undefined ? { kind, open, close, intervals } : { kind, name, open, close, intervals }
}

function boundsOf(intervals: readonly TimeInterval[]): TimeInterval | null {
  const first = intervals[0]
  const last = intervals.at(-1)
  return first === undefined || last === undefined ? null : { open: first.open, close: last.close }
}

/** A time in a gap becomes the first instant after it, an ambiguous one its first pass. */
function instantOf(zone: Zone, local: LocalSeconds): number {
  const resolution = zone.resolve(local)
  switch (resolution.kind) {
    case 'unique':
      return resolution.instant
    case 'gap':
      return resolution.after
    case 'overlap':
      return resolution.first
  }
}

/** The times at which all of several lists of sessions run, as sessions. */
export function intersectSessions(lists: readonly (readonly Session[])[]): Session[] {
  let common = flatIntervals(lists[0] ?? [])
  for (const list of lists.slice(1)) {
    const other = flatIntervals(list)
    common = common.flatMap((a) =>
      other
        .map((b) => ({ open: Math.max(a.open, b.open), close: Math.min(a.close, b.close) }))
        .filter((piece) => piece.open < piece.close),
    )
  }
  return asOneSession(common, lists.flat())
}

/** The times at which any of several lists of sessions runs, as sessions. */
export function uniteSessions(lists: readonly (readonly Session[])[]): Session[] {
  const united: { open: number; close: number }[] = []
  const sorted = lists.flatMap(flatIntervals).sort((a, b) => a.open - b.open)
  for (const interval of sorted) {
    const last = united.at(-1)
    if (last !== undefined && interval.open <= last.close) last.close = Math.max(last.close, interval.close)
    else united.push({ ...interval })
  }
  return asOneSession(united, lists.flat())
}

function flatIntervals(sessions: readonly Session[]): readonly TimeInterval[] {
  return sessions.flatMap(({ intervals }) => intervals)
}

/** Its kind is that of the members where they agree, else `regular`: combined hours have no usual length. */
function asOneSession(intervals: readonly TimeInterval[], members: readonly Session[]): Session[] {
  const bounds = boundsOf(intervals)
  if (bounds === null) return []
  const [first, ...others] = members
  const kind =
    first !== undefined && others.every((member) => member.kind === first.kind) ? first.kind : 'regular'
  return [{ kind, ...bounds, intervals }]
}
