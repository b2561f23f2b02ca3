import { type Problem, problem } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'
import { twoDigits } from './civil.ts'
import { FIXED_DST, firstInstantOf } from './dst.ts'
import { formatLocalSeconds, parseLocal } from './local.ts'
import type { Zone } from './zone.ts'

const INSTANT =
  /^(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?)(\.\d{1,3})?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)?$/

/**
 * Milliseconds since the epoch of an ISO 8601 text: `2026-01-27T16:30:00Z`, `2026-01-27T22:00+05:30`, or, if `zone` is
 * given, a local `2026-01-27T22:00` or `2026-01-27` (00:00) in it. A local time in a gap is the first instant after
 * it, an ambiguous one its first pass. Fails with `invalid-instant`.
 */
export function parseInstant(text: string, zone?: Zone): Result<number, Problem> {
  const match = INSTANT.exec(text)
  const [, localText = '', fraction, offsetText] = match ?? []
  const hasTime = localText.length > 10
  const local =
    match === null || (!hasTime && (fraction ?? offsetText) !== undefined) ? null : parseLocal(localText)
  if (local === null || (fraction !== undefined && localText.length < 19)) return refuse(text, zone)
  const fractionMs = fraction === undefined ? 0 : Math.round(Number(`0${fraction}`) * 1000)
  if (offsetText !== undefined) {
    const offset = parseOffset(offsetText)
    return offset === null ? refuse(text, zone) : ok((local - offset) * 1000 + fractionMs)
  }
  return zone === undefined ? refuse(text, zone) : ok(firstInstantOf(zone, local, FIXED_DST) + fractionMs)
}

function refuse(text: string, zone: Zone | undefined): Result<number, Problem> {
  return err(
    problem('invalid-instant', `"${text}" is not an instant`, {
      expected: `2026-01-27T16:30:00Z, 2026-01-27T22:00+05:30${
        zone === undefined ? '' : `, or a local 2026-01-27T22:00 or 2026-01-27 in ${zone.name}`
      }`,
      found: text,
    }),
  )
}

function parseOffset(text: string): number | null {
  if (text === 'Z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(4, 6))
  const seconds = Number(text.slice(7, 9) || 0)
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const size = hours * 3600 + minutes * 60 + seconds
  return text[0] === '-' ? -size : size
}

/** `2026-01-27T16:30:00Z`; milliseconds are written only where there are some. */
export function formatInstant(instantMs: number): string {
  return `${formatLocalSeconds(Math.floor(instantMs / 1000))}${fractionOf(instantMs)}Z`
}

/** `2026-01-27T22:00:00+05:30`, the local time in a zone with its offset (with seconds where it has some). */
export function formatLocal(instantMs: number, zone: Zone): string {
  return `${formatLocalSeconds(zone.localAt(instantMs))}${fractionOf(instantMs)}${formatOffset(zone.offsetAt(instantMs))}`
}

/** `+05:30`, or `+00:19:32` where an offset has seconds. */
export function formatOffset(offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds)
  const seconds = size % 60
  const text = `${twoDigits(Math.floor(size / 3600))}:${twoDigits(Math.floor(size / 60) % 60)}`
  return `${offsetSeconds < 0 ? '-' : '+'}${text}${seconds === 0 ? '' : `:${twoDigits(seconds)}`}`
}

function fractionOf(instantMs: number): string {
  const fraction = instantMs - Math.floor(instantMs / 1000) * 1000
  return fraction === 0 ? '' : `.${String(Math.floor(fraction)).padStart(3, '0')}`
}
