import { weekdayOf } from '../core/time/civil.ts'
import { formatOffset } from '../core/time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds } from '../core/time/local.ts'
import type { Zone } from '../core/time/zone.ts'

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** `Tue`. */
export function weekdayText(epochDay: number): string {
  return WEEKDAYS[weekdayOf(epochDay)]!
}

/** `Tue 2026-01-27 22:00`; seconds are written only where there are some. */
export function clockText(instantMs: number, zone: Zone): string {
  const local = zone.localAt(instantMs)
  const text = formatLocalSeconds(local).replace('T', ' ')
  return `${weekdayText(epochDayOfLocal(local))} ${text.endsWith(':00') ? text.slice(0, -3) : text}`
}

/** `Tue 2026-01-27 22:00 +05:30`. */
export function localText(instantMs: number, zone: Zone): string {
  return `${clockText(instantMs, zone)} ${formatOffset(zone.offsetAt(instantMs))}`
}

const UNITS = [
  ['y', 365 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** How long, in the two largest units: `3 d 4 h`. */
export function spanText(ms: number): string {
  let rest = Math.abs(ms)
  const parts: string[] = []
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.length === 0 ? '0 s' : parts.join(' ')
}

/** `in 3 d 4 h`, `2 h ago`, `now`. */
export function relativeText(instantMs: number, presentMs: number): string {
  const away = instantMs - presentMs
  if (Math.abs(away) < 1000) return 'now'
  return away > 0 ? `in ${spanText(away)}` : `${spanText(away)} ago`
}
