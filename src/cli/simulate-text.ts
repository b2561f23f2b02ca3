import type pc from 'picocolors'
import type { PreviewedSchedule } from '../core/plan/preview.ts'
import type { SimulatedEntry, SimulatedEvent } from '../core/plan/simulate.ts'
import { formatInstant, formatLocal } from '../core/time/instant.ts'
import type { Zone } from '../core/time/zone.ts'
import type { Condition } from '../core/trigger/decision.ts'
import { localText, spanText } from './local-text.ts'
import { byDayAndReason, groupText, occurrenceJson } from './next-text.ts'
import { noteText } from './trace-text.ts'

type Colors = ReturnType<typeof pc.createColors>

const CONDITIONS: Readonly<Record<Condition, string>> = {
  suspended: 'is suspended',
  exhausted: 'has fired maxFires times',
  'out-of-coverage': 'is held: its calendar does not cover what comes next',
  'held-until-open': 'a missed fire waits until the calendar opens',
}

const MARKERS = {
  misfire: 'missed, and not caught up by its misfire policy',
  resumed: 'settled by the end of the suspension',
  superseded: 'settled by an edit',
  deleted: 'settled by its deletion',
  'closed-now': 'missed, and its calendar is closed now',
} as const

/** Later than this after its time a fire is told to be late: a machine's timer is not a delay. */
const LATE_MS = 1_000

/** The lines of one event; `zone` is that of the outages. */
export function simulatedLines(event: SimulatedEvent, zone: Zone, colors: Colors): readonly string[] {
  switch (event.kind) {
    case 'down':
      return [colors.red(`${localText(event.at, zone)}  down: nobody leads`)]
    case 'up':
      return [colors.red(`${localText(event.at, zone)}  up again`)]
    case 'condition': {
      const { at, schedule, condition } = event
      const held = condition === 'out-of-coverage' ? schedule.compiled.nextCandidate(at - 1) : null
      const why = held?.outcome === 'held' ? `: ${noteText(held).replace(/^held: /, '')}` : ''
      const text = `${condition === null ? 'fires normally again' : CONDITIONS[condition]}${why}`
      return [colors.yellow(`${localText(at, schedule.zone)}  ${schedule.id}  ${text}`)]
    }
    case 'not-fired':
      return byDayAndReason(event.occurrences, event.schedule.zone).map((group) =>
        colors.dim(`${groupText(group, event.schedule.zone, event.schedule.id)}`),
      )
    case 'entry':
      return [entryLine(event, colors)]
  }
}

function entryLine({ at, schedule, entry }: SimulatedEntry, colors: Colors): string {
  const { id, zone, compiled } = schedule
  if (entry.kind === 'marker') {
    const { nominal, reason, settledCount } = entry
    const count =
      settledCount === null ? 'what came' : `${settledCount} ${settledCount === 1 ? 'time' : 'times'}`
    const text = `${id}  ${count} up to ${localText(nominal, zone)}: ${MARKERS[reason]}`
    return colors.yellow(`${localText(at, zone)}  ${text}`)
  }
  const { nominal, missedCount } = entry
  const occurrence = compiled.nextCandidate(nominal - 1)
  const late = at - compiled.dueOf(nominal)
  const stands = missedCount !== null && missedCount > 1 ? `, stands for ${missedCount} missed times` : ''
  const notes = [
    late >= LATE_MS ? colors.yellow(`${spanText(late)} late, due ${localText(nominal, zone)}${stands}`) : '',
    occurrence === null ? '' : noteText(occurrence),
  ].filter((note) => note !== '')
  return [`${colors.bold(localText(at, zone))}  ${colors.cyan(id)}`, 'fires', ...notes].join('  ')
}

/** The entries of `simulate --format json` of one event. */
export function* simulatedJson(event: SimulatedEvent): Generator<unknown> {
  const at = formatInstant(event.at)
  if (event.schedule === null) {
    yield { kind: event.kind, at }
    return
  }
  const { id, zone, compiled } = event.schedule
  const place = (nominal: number) => ({ nominal: formatInstant(nominal), local: formatLocal(nominal, zone) })
  if (event.kind === 'condition') yield { kind: 'condition', at, schedule: id, condition: event.condition }
  else if (event.kind === 'not-fired') {
    for (const occurrence of event.occurrences)
      yield { kind: 'not-fired', at, ...occurrenceJson(occurrence, { zone, id, all: true }) }
  } else if (event.entry.kind === 'marker') {
    const { nominal, reason, settledCount } = event.entry
    yield { kind: 'marker', at, schedule: id, ...place(nominal), reason, settledCount }
  } else {
    const { nominal, reason, asked, missedCount } = event.entry
    const lateMs = event.at - compiled.dueOf(nominal)
    yield { kind: 'fire', at, schedule: id, ...place(nominal), reason, asked, missedCount, lateMs }
  }
}

interface Tally {
  fires: number
  late: number
  missed: number
  skipped: number
}

/** What came of each schedule, in sum. */
export class Totals {
  readonly #tallies = new Map<string, Tally>()

  constructor(schedules: readonly PreviewedSchedule[]) {
    for (const { id } of schedules) this.#tallies.set(id, { fires: 0, late: 0, missed: 0, skipped: 0 })
  }

  add(event: SimulatedEvent): void {
    const tally = event.schedule === null ? undefined : this.#tallies.get(event.schedule.id)
    if (tally === undefined) return
    if (event.kind === 'not-fired') tally.skipped += event.occurrences.length
    if (event.kind !== 'entry') return
    const { entry, at, schedule } = event
    if (entry.kind === 'marker') tally.missed += entry.settledCount ?? 0
    else {
      tally.fires += 1
      if (at - schedule.compiled.dueOf(entry.nominal) >= LATE_MS) tally.late += 1
    }
  }

  /** Per schedule and in all: fires, of which late, missed times that nothing caught up, times that a calendar left out. */
  rows(): readonly (readonly string[])[] {
    const all = { fires: 0, late: 0, missed: 0, skipped: 0 }
    const rows = [...this.#tallies].map(([id, tally]) => {
      all.fires += tally.fires
      all.late += tally.late
      all.missed += tally.missed
      all.skipped += tally.skipped
      return rowOf(id, tally)
    })
    return [['schedule', 'fires', 'late', 'missed', 'left out'], ...rows, rowOf('in all', all)]
  }

  json(): readonly unknown[] {
    return [...this.#tallies].map(([schedule, tally]) => ({ schedule, ...tally }))
  }
}

function rowOf(name: string, { fires, late, missed, skipped }: Tally): readonly string[] {
  return [name, ...[fires, late, missed, skipped].map(String)]
}
