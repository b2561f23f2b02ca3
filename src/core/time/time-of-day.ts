import { type Problem, problem } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'
import { twoDigits } from './civil.ts'

const TIME = /^(\d{2}):(\d{2})(?::(\d{2}))?$/

export const SECONDS_PER_DAY = 86_400

export interface TimeOfDayOptions {
  /** Accept `24:00`, the end of the day, as 86400. */
  readonly endOfDay?: boolean
}

/** Seconds since 00:00 of `HH:MM` or `HH:MM:SS`. Fails with `invalid-time-of-day`. */
export function parseTimeOfDay(text: string, options: TimeOfDayOptions = {}): Result<number, Problem> {
  const match = TIME.exec(text)
  if (match !== null) {
    const hour = Number(match[1])
    const minute = Number(match[2])
    const second = Number(match[3] ?? 0)
    const seconds = hour * 3600 + minute * 60 + second
    if (hour < 24 && minute < 60 && second < 60) return ok(seconds)
    if (seconds === SECONDS_PER_DAY && hour === 24 && options.endOfDay === true) return ok(seconds)
  }
  return err(
    problem('invalid-time-of-day', `"${text}" is not a time of day`, {
      expected: `HH:MM or HH:MM:SS, from 00:00 to ${options.endOfDay ? '24:00' : '23:59:59'}`,
      found: text,
    }),
  )
}

/** `HH:MM`, or `HH:MM:SS` where the seconds are not zero. */
export function formatTimeOfDay(seconds: number): string {
  const hour = Math.floor(seconds / 3600)
  const minute = Math.floor(seconds / 60) % 60
  const second = seconds % 60
  const text = `${twoDigits(hour)}:${twoDigits(minute)}`
  return second === 0 ? text : `${text}:${twoDigits(second)}`
}
