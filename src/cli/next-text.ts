import type pc from 'picocolors'
import type { Upcoming } from '../core/plan/upcoming.ts'
import type { Occurrence } from '../core/schedule/occurrence.ts'
import { formatInstant, formatLocal } from '../core/time/instant.ts'
import { epochDayOfLocal } from '../core/time/local.ts'
import type { Zone } from '../core/time/zone.ts'
import { clockText, localText, relativeText } from './local-text.ts'
import { noteText } from './trace-text.ts'

type Colors = ReturnType<typeof pc.createColors>

export interface NextTextOptions {
  readonly colors: Colors
  /** What times are relative to, epoch milliseconds. */
  readonly present: number
  /** Several schedules in one list: each line names its own. */
  readonly named: boolean
  /** Every candidate on a line of its own. */
  readonly all: boolean
}

/** Between two fires no more lines than this tell of what does not fire. */
const MOST_LINES = 8

/** The lines of one fire, or of a stretch of candidates that do not fire. */
export function upcomingLines(entry: Upcoming, options: NextTextOptions): readonly string[] {
  const { colors, present, named, all } = options
  const { zone, id } = entry.schedule
  const label = named ? `  ${id}` : ''
  if (entry.kind === 'fire') {
    const note = noteText(entry.occurrence)
    const when = relativeText(entry.at, present).padEnd(named ? 14 : 0)
    const text = note === '' ? '' : colors.yellow(`  ${note}`)
    return [`${colors.bold(localText(entry.at, zone))}  ${when}${colors.cyan(label)}${text}`.trimEnd()]
  }
  const lines = (all ? entry.occurrences.map((each) => [each]) : byDayAndReason(entry.occurrences, zone)).map(
    (group) => `${groupText(group, zone)}${label}`,
  )
  if (all || lines.length <= MOST_LINES) {
    if (entry.more) lines.push('... and more that do not fire')
    return lines.map((line) => colors.dim(line))
  }
  const left = `... and ${entry.more ? 'more' : `${lines.length - MOST_LINES} more`} days without a fire`
  return [...lines.slice(0, MOST_LINES), left].map((line) => colors.dim(line))
}

/** Neighbours of one day that do not fire for the same reason. */
function byDayAndReason(occurrences: readonly Occurrence[], zone: Zone): readonly (readonly Occurrence[])[] {
  const groups: Occurrence[][] = []
  let last = ''
  for (const occurrence of occurrences) {
    const day = epochDayOfLocal(zone.localAt(occurrence.nominal))
    const key = `${day} ${noteText(occurrence)}`
    const group = groups.at(-1)
    if (group !== undefined && key === last) group.push(occurrence)
    else groups.push([occurrence])
    last = key
  }
  return groups
}

/** When candidates that do not fire would have, and why they do not. */
function groupText(group: readonly Occurrence[], zone: Zone): string {
  const first = group[0]!
  const note = noteText(first)
  if (group.length === 1) return `${localText(first.nominal, zone)}  ${note}`
  const last = clockText(group.at(-1)!.nominal, zone).slice('Tue 2026-01-27 '.length)
  return `${localText(first.nominal, zone)}  to ${last}, ${group.length} times  ${note}`
}

/** One entry of `next --format json`. */
export function occurrenceJson(
  occurrence: Occurrence,
  { zone, id, all }: { readonly zone: Zone; readonly id: string | null; readonly all: boolean },
): Readonly<Record<string, unknown>> {
  const { nominal, outcome, cause, trace } = occurrence
  return {
    ...(id === null ? {} : { schedule: id }),
    nominal: formatInstant(nominal),
    local: formatLocal(nominal, zone),
    ...(all ? { outcome, cause } : {}),
    trace,
  }
}
