import { Option } from 'commander'
import { BelfryError } from '../core/errors.ts'
import { parseDate } from '../core/time/civil.ts'
import { FIXED_DST, firstInstantOf } from '../core/time/dst.ts'
import { parseDuration } from '../core/time/duration.ts'
import { parseInstant } from '../core/time/instant.ts'
import { type Zone, zoneOf } from '../core/time/zone.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { plain } from './problem-text.ts'

/** `--at`, for commands whose answer depends on the present moment; `presentOf` reads it. */
export function atOption(): Option {
  return new Option(
    '--at <instant>',
    'as of this moment instead of now, such as 2026-01-27 or 2026-01-27T16:30:00Z',
  )
}

/** Epoch milliseconds of `--at`, dates and local times read in UTC; the present moment without it. Throws `usage`. */
export function presentOf(at: string | undefined): number {
  return at === undefined ? systemClock.now() : instantOf('--at', at, utc())
}

/** Epoch milliseconds of an option such as `--from`; local times are read in `zone`. Throws `usage`. */
export function instantOf(name: string, text: string, zone: Zone): number {
  const instant = parseInstant(text, zone)
  if (instant.ok) return instant.value
  throw new BelfryError(
    'usage',
    `${name} ${plain(text)} is not an instant; expected ${instant.error.expected}`,
  )
}

/** As `instantOf`; a duration such as `2h` is so long before `present`. Throws `usage`. */
export function momentOf(name: string, text: string, present: number): number {
  const duration = parseDuration(text)
  if (duration.ok) return present - duration.value
  const instant = parseInstant(text, utc())
  if (instant.ok) return instant.value
  throw new BelfryError(
    'usage',
    `${name} ${plain(text)} is neither an instant nor a duration; expected 2h, 2026-01-27 or 2026-01-27T16:30:00Z`,
  )
}

/** As `instantOf`, of a limit that is itself excluded: of a bare date, midnight counts as after it. */
export function afterOf(name: string, text: string, zone: Zone): number {
  const at = instantOf(name, text, zone)
  return parseDate(text) === null ? at : at - 1
}

/** What the wall clock reads as it does at `from`, a number of days later; epoch milliseconds. */
export function daysAfter(from: number, days: number, zone: Zone): number {
  const local = zone.localAt(from) + days * 86_400
  return firstInstantOf(zone, local, FIXED_DST) + (((from % 1000) + 1000) % 1000)
}

export function utc(): Zone {
  const zone = zoneOf('UTC')
  if (!zone.ok) throw new BelfryError('internal', zone.error.message)
  return zone.value
}

/** The zone of a name. Throws `usage`, with what may be meant. */
export function zoneNamed(name: string, text: string): Zone {
  const zone = zoneOf(text)
  if (zone.ok) return zone.value
  const { suggestion, expected } = zone.error
  const hint = suggestion === undefined ? `expected ${expected}` : `did you mean ${suggestion}?`
  throw new BelfryError('usage', `${name} ${plain(text)} is not a time zone; ${hint}`)
}

/** An epoch day. Throws `usage`. */
export function dateOf(name: string, text: string): number {
  const day = parseDate(text)
  if (day !== null) return day
  throw new BelfryError('usage', `${name} ${plain(text)} is not a date; expected YYYY-MM-DD`)
}

const MOST = 1_000_000

/** A whole number of at least 1. Throws `usage`. */
export function countOf(name: string, text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= MOST) return count
  throw new BelfryError(
    'usage',
    `${name} ${plain(text)} is not a count; expected a whole number from 1 to ${MOST}`,
  )
}
