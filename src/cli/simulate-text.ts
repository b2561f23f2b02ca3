import type pc from 'picocolors'
import type {
  SimulatedCondition,
  SimulatedEntry,
  SimulatedEvent,
  SimulatedGap,
} from '../core/plan/simulate.ts'
import { formatInstant, formatLocal } from '../core/time/instant.ts'
import type { Zone } from '../core/time/zone.ts'
import type { Condition } from '../core/trigger/decision.ts'
import type { MarkerReason } from '../core/trigger/log-entry.ts'
import { clockText, localText, spanText } from './local-text.ts'
import { isLate } from './simulate-totals.ts'
import { noteText } from './trace-text.ts'

type Colors = ReturnType<typeof pc.createColors>

export interface SimulatedTextOptions {
  readonly colors: Colors
  /** Of the first column. Times of a schedule in another zone are told in that too. */
  readonly zone: Zone
  /** Characters of the column of schedules. */
  readonly width: number
}

const CONDITIONS: Readonly<Record<Exclude<Condition, 'suspended'>, string>> = {
  paused: 'is paused',
  exhausted: 'has fired maxFires times',
  'out-of-coverage': 'is held, nothing more is decided',
  'held-until-open': 'waits with what it missed until its calendar opens',
  'waiting-for-run': 'waits for its run to end',
  'rate-limited': "waits for its place under the adapter's rate limit",
  cancelling: 'waits for its run to stop, which was asked to',
}

const MARKERS: Readonly<Record<MarkerReason, string>> = {
  misfire: 'missed',
  resumed: 'in the suspension, not fired',
  superseded: 'settled by an edit',
  renamed: 'renamed',
  deleted: 'settled by the deletion',
  'closed-now': 'missed, and not caught up because its calendar is closed now',
  overlap: 'not fired, because a run was going',
  paused: 'not fired, because it was paused',
  refused: 'not fired, because no run can be given the message',
}

/** What counts of a stretch stops here, in the engine too. */
const COUNTED = 100_000

export function simulatedLine(event: SimulatedEvent, options: SimulatedTextOptions): string {
  const { colors, zone, width } = options
  const when = localText(event.at, zone)
  if (event.schedule === null)
    return colors.red(`${when}  ${event.kind === 'down' ? 'nobody leads any more' : 'somebody leads again'}`)
  const id = event.schedule.id.padEnd(width)
  switch (event.kind) {
    case 'condition':
      return colors.yellow(`${when}  ${id}  ${conditionText(event)}`)
    case 'not-fired':
      return colors.dim(`${when}  ${id}  ${gapText(event, zone)}`)
    case 'undecided':
      return colors.yellow(`${when}  ${id}  ${timesText(event.count)} of this period left undecided`)
    case 'entry':
      return `${colors.bold(when)}  ${colors.cyan(id)}  ${entryText(event, options)}`
  }
}

function entryText(event: SimulatedEntry, { colors, zone }: SimulatedTextOptions): string {
  const { schedule, entry, settles, lateMs } = event
  const nominal = localText(entry.nominal, schedule.zone)
  if (entry.kind === 'marker')
    return colors.yellow(`${timesText(settles)} ${MARKERS[entry.reason]}, up to ${nominal}`)
  const { missedCount } = entry
  const stands = missedCount !== null && missedCount > 1 ? `, for ${missedCount} missed times` : ''
  const occurrence = schedule.compiled.nextCandidate(entry.nominal - 1)
  const note = occurrence === null ? '' : noteText(occurrence)
  const reason = note === '' ? '' : `  ${colors.dim(note)}`
  if (!isLate(event)) {
    const local = schedule.zone.name === zone.name ? '' : colors.dim(`  ${nominal}`)
    return `fires${local}${reason}`
  }
  const verb = entry.reason === 'misfire' ? 'catches up' : 'fires'
  return `${colors.yellow(`${verb} ${nominal}, ${spanText(lateMs)} late${stands}`)}${reason}`
}

function gapText({ schedule, first, last, count, at }: SimulatedGap, zone: Zone): string {
  const when = clockText(first.nominal, schedule.zone)
  const isElsewhere = at !== first.nominal || schedule.zone.name !== zone.name
  const end = clockText(last.nominal, schedule.zone).slice('Tue 2026-01-27 '.length)
  const stretch = count === 1 ? when : `${when} to ${end}, ${timesText(count)}`
  const told = count > 1 || isElsewhere ? ` (${stretch})` : ''
  return `${noteText(first)}${told}`
}

function conditionText({ condition, schedule, until, held }: SimulatedCondition): string {
  if (condition === null) return 'goes on'
  const till = until === null ? '' : localText(until, schedule.zone)
  if (condition === 'suspended') return `is suspended${till === '' ? '' : ` until ${till}`}`
  // A regular time that comes first takes the place of what waits.
  const most = condition === 'held-until-open' ? `, at most until ${till}` : ''
  const why = held === null ? '' : `: ${noteText(held).replace(/^held: /, '')}`
  return `${CONDITIONS[condition]}${most}${why}`
}

function timesText(count: number | null): string {
  if (count === null) return `more than ${COUNTED} times`
  return `${count} ${count === 1 ? 'time' : 'times'}`
}

/** An entry of `simulate --format json`. */
export function simulatedJson(event: SimulatedEvent): Readonly<Record<string, unknown>> {
  const at = formatInstant(event.at)
  if (event.schedule === null) return { kind: event.kind, at }
  const { id: schedule, zone } = event.schedule
  const place = (nominal: number) => ({ nominal: formatInstant(nominal), local: formatLocal(nominal, zone) })
  switch (event.kind) {
    case 'condition': {
      const { condition, until, held } = event
      const facts = { until: until === null ? null : formatInstant(until), trace: held?.trace ?? [] }
      return { kind: 'condition', at, schedule, condition, ...facts }
    }
    case 'not-fired': {
      const { first, last, count } = event
      const facts = { last: formatInstant(last.nominal), count, cause: first.cause, trace: first.trace }
      return { kind: 'not-fired', at, schedule, ...place(first.nominal), ...facts }
    }
    case 'undecided':
      return { kind: 'undecided', at, schedule, count: event.count }
    case 'entry': {
      const { entry, lateMs, settles } = event
      if (entry.kind === 'marker') {
        const facts = { reason: entry.reason, settledCount: settles }
        return { kind: 'marker', at, schedule, ...place(entry.nominal), ...facts }
      }
      const { reason, asked, missedCount } = entry
      return { kind: 'fire', at, schedule, ...place(entry.nominal), reason, asked, missedCount, lateMs }
    }
  }
}
