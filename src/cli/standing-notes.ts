import type { PreviewedSchedule, Timed } from '../core/plan/preview.ts'
import type { Occurrence } from '../core/schedule/occurrence.ts'
import { asksForTimes, followedTexts } from '../core/schedule/trigger-text.ts'
import { localText } from './local-text.ts'
import { noteText } from './trace-text.ts'

export interface NoteOptions {
  /** From where times were asked for, epoch milliseconds. */
  readonly after: number
  /** Up to where, excluded; null: without end. */
  readonly before: number | null
  /** As many fires were found as were wanted, so that their end says nothing. */
  readonly isFull: boolean
}

/** Candidates after the last fire, among which one that is held is looked for. */
const MOST_LOOKED_AT = 20_000

/** What keeps a schedule from firing, or from going on, beyond its times: a suspension, bounds, a calendar that ends. */
export function standingNotes(schedule: Timed | PreviewedSchedule, options: NoteOptions): readonly string[] {
  const notes: string[] = []
  const { id, zone, firesAfter } = schedule
  if ('spec' in schedule) {
    const { spec, jobSuspended, activeFrom } = schedule
    const { suspend } = spec
    if (jobSuspended) notes.push(`${id}: its job ${spec.job} is suspended, so nothing fires`)
    else if (suspend === true) notes.push(`${id} is suspended, so nothing fires`)
    else if (typeof suspend === 'object' && firesAfter > options.after && firesAfter >= activeFrom) {
      const reason = suspend.reason === undefined ? '' : ` (${suspend.reason})`
      const until = suspend.until === undefined ? '' : ` until ${suspend.until}`
      notes.push(`${id} is suspended${until}${reason}`)
    } else if (firesAfter > options.after) {
      notes.push(`${id} fires only from ${localText(activeFrom, zone)} on`)
    }
    if (spec.maxFires !== undefined) {
      notes.push(`${id} fires at most ${spec.maxFires} times in its life; how often it has is not known here`)
    }
  }
  const follows = 'spec' in schedule ? followedTexts(schedule.spec) : []
  if (follows.length > 0) notes.push(`${id} fires ${follows.join(', and ')}`)
  // Nothing more is to be said of the times of a schedule that asks for none.
  if ('spec' in schedule && !asksForTimes(schedule.spec)) return notes
  if (options.isFull || firesAfter === Number.POSITIVE_INFINITY) return notes
  const held = heldNote(schedule, options)
  if (held !== null) notes.push(held)
  // That a range which somebody chose has an end is no news.
  else if (options.before === null) notes.push(`${id}: no more fires`)
  return notes
}

/** From when on nothing is decided because a calendar says no more, if that begins in the range. */
export function heldNote(schedule: Timed, options: Omit<NoteOptions, 'isFull'>): string | null {
  const held = firstHeld(schedule, options)
  if (held === null) return null
  return `${schedule.id}: nothing is decided from ${localText(held.nominal, schedule.zone)} on: ${noteText(held)}`
}

function firstHeld(
  { compiled, firesAfter }: Timed,
  { after, before }: Omit<NoteOptions, 'isFull'>,
): Occurrence | null {
  const limit = before ?? Number.POSITIVE_INFINITY
  let at = Math.max(after, firesAfter)
  for (let fire = compiled.next(at); fire !== null && fire < limit; fire = compiled.next(at)) at = fire
  for (let looked = 0; looked < MOST_LOOKED_AT; looked++) {
    const candidate = compiled.nextCandidate(at)
    if (candidate === null || candidate.nominal >= limit) return null
    if (candidate.outcome === 'held') return candidate
    at = candidate.nominal
  }
  return null
}
