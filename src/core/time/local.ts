import { FIRST_DAY, formatDate, LAST_DAY, parseDate, twoDigits } from './civil.ts'
import { SECONDS_PER_DAY } from './time-of-day.ts'

/**
 * Local seconds: what clocks on the wall read, as the seconds since 1970-01-01T00:00 that it would be if the wall
 * stood in UTC. It names no instant until a zone resolves it. This is how all local times are passed around.
 */
export type LocalSeconds = number

/** 0001-01-01T00:00:00. */
export const FIRST_LOCAL: LocalSeconds = FIRST_DAY * SECONDS_PER_DAY
/** 9999-12-31T23:59:59. */
export const LAST_LOCAL: LocalSeconds = (LAST_DAY + 1) * SECONDS_PER_DAY - 1

export function localOf(epochDay: number, secondOfDay: number): LocalSeconds {
  return epochDay * SECONDS_PER_DAY + secondOfDay
}

export function epochDayOfLocal(local: LocalSeconds): number {
  return Math.floor(local / SECONDS_PER_DAY)
}

export function secondOfDayOf(local: LocalSeconds): number {
  return local - Math.floor(local / SECONDS_PER_DAY) * SECONDS_PER_DAY
}

const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/

/** Local seconds of `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM` or `YYYY-MM-DDTHH:MM:SS`, or null if the text is none of them. */
export function parseLocal(text: string): LocalSeconds | null {
  const match = LOCAL.exec(text)
  if (match === null) return null
  const day = parseDate(match[1]!)
  const hour = Number(match[2] ?? 0)
  const minute = Number(match[3] ?? 0)
  const second = Number(match[4] ?? 0)
  if (day === null || hour > 23 || minute > 59 || second > 59) return null
  return localOf(day, hour * 3600 + minute * 60 + second)
}

/** `YYYY-MM-DDTHH:MM:SS`. */
export function formatLocalSeconds(local: LocalSeconds): string {
  const second = secondOfDayOf(local)
  const hour = Math.floor(second / 3600)
  const minute = Math.floor(second / 60) % 60
  return `${formatDate(epochDayOfLocal(local))}T${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(second % 60)}`
}
