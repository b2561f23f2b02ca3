import type { PreviewedSchedule } from '../core/plan/preview.ts'
import type { SimulatedEntry, SimulatedEvent } from '../core/plan/simulate.ts'
import type { SkipCause } from '../core/schedule/occurrence.ts'
import { formatInstant } from '../core/time/instant.ts'
import { localText, spanText } from './local-text.ts'

/** Less than this after its due time a fire is on time: a machine's timer is not a delay. */
const LATE_MS = 1_000

export function isLate({ lateMs }: SimulatedEntry): boolean {
  return lateMs >= LATE_MS
}

/** Why a time does not fire: what the manifests say of it, or a suspension. */
type LeftOut = SkipCause | 'suspended'

interface Tally {
  onTime: number
  late: number
  caughtUp: number
  missed: number
  undecided: number
  leftOut: number
  /** Stretches with more times than are counted. */
  uncounted: number
  readonly leftOutBy: Map<LeftOut, number>
}

const newTally = (): Tally => ({
  onTime: 0,
  late: 0,
  caughtUp: 0,
  missed: 0,
  undecided: 0,
  leftOut: 0,
  uncounted: 0,
  leftOutBy: new Map(),
})

/** A table is not longer than a page unless every row of it says something. */
const MOST_USUAL_ROWS = 40

/** What comes of a period, in sum and of each schedule. */
export class Totals {
  readonly #tallies: ReadonlyMap<string, Tally>
  readonly #all = newTally()
  #worst: SimulatedEntry | null = null

  constructor(schedules: readonly PreviewedSchedule[]) {
    this.#tallies = new Map(schedules.map(({ id }) => [id, newTally()]))
  }

  add(event: SimulatedEvent): void {
    const tally = event.schedule === null ? undefined : this.#tallies.get(event.schedule.id)
    if (tally === undefined) return
    for (const each of [tally, this.#all]) addTo(each, event)
    if (event.kind === 'entry' && isLate(event) && event.lateMs > (this.#worst?.lateMs ?? 0))
      this.#worst = event
  }

  /** A row a schedule and one of all; of many schedules only those that did not just fire on time. */
  rows(): readonly (readonly string[])[] {
    const isUsual = ({ late, caughtUp, missed, undecided }: Tally): boolean =>
      late + caughtUp + missed + undecided === 0
    const all = [...this.#tallies]
    const shown = all.length <= MOST_USUAL_ROWS ? all : all.filter(([, tally]) => !isUsual(tally))
    const rows = shown.map(([id, tally]) => rowOf(id, tally))
    const others = all.length - shown.length
    return [
      ['schedule', 'on time', 'late', 'caught up', 'missed', 'left out', 'undecided'],
      ...rows,
      rowOf(others === 0 ? 'in all' : `in all, with ${others} more`, this.#all),
    ]
  }

  /** What the table has no room for. */
  notes(): readonly string[] {
    const notes: string[] = []
    const { leftOutBy, uncounted } = this.#all
    if (leftOutBy.size > 0)
      notes.push(`left out: ${[...leftOutBy].map(([cause, count]) => `${count} ${cause}`).join(', ')}`)
    if (this.#worst !== null) {
      const { schedule, lateMs, at, entry } = this.#worst
      const times = `${localText(entry.nominal, schedule.zone)} fired ${localText(at, schedule.zone)}`
      notes.push(`worst lateness: ${spanText(lateMs)}, ${schedule.id}, ${times}`)
    }
    if (uncounted > 0) notes.push(`stretches with more times than are counted: ${uncounted}`)
    return notes
  }

  /** An entry a schedule. */
  json(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#tallies].map(([schedule, tally]) => ({ kind: 'schedule', schedule, ...figures(tally) }))
  }

  /** The last entry of every answer in JSON: without it the answer is not whole. */
  summaryJson(): Readonly<Record<string, unknown>> {
    return { kind: 'summary', ...figures(this.#all), worst: worstJson(this.#worst) }
  }
}

function addTo(tally: Tally, event: SimulatedEvent): void {
  if (event.kind === 'not-fired') leaveOut(tally, event.first.cause ?? 'closed', event.count)
  else if (event.kind === 'undecided') tally.undecided += counted(tally, event.count)
  else if (event.kind === 'entry') {
    const { entry, settles } = event
    if (entry.kind === 'marker') {
      if (entry.reason === 'resumed') leaveOut(tally, 'suspended', counted(tally, settles))
      else tally.missed += counted(tally, settles)
    } else if (entry.reason === 'misfire') tally.caughtUp += 1
    else if (isLate(event)) tally.late += 1
    else tally.onTime += 1
  }
}

function counted(tally: Tally, count: number | null): number {
  if (count === null) tally.uncounted += 1
  return count ?? 0
}

function leaveOut(tally: Tally, cause: LeftOut, count: number): void {
  tally.leftOut += count
  tally.leftOutBy.set(cause, (tally.leftOutBy.get(cause) ?? 0) + count)
}

function rowOf(name: string, tally: Tally): readonly string[] {
  const { onTime, late, caughtUp, missed, leftOut, undecided } = tally
  return [name, ...[onTime, late, caughtUp, missed, leftOut, undecided].map(String)]
}

function figures({ leftOutBy, leftOut: _, ...counts }: Tally): Readonly<Record<string, unknown>> {
  return { ...counts, leftOut: Object.fromEntries(leftOutBy) }
}

function worstJson(worst: SimulatedEntry | null): Readonly<Record<string, unknown>> | null {
  if (worst === null) return null
  const { schedule, entry, at, lateMs } = worst
  return { schedule: schedule.id, nominal: formatInstant(entry.nominal), at: formatInstant(at), lateMs }
}
