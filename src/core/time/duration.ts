import { type Problem, problem } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

const DURATION = /^(-?)(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/

/** A hundred years: longer is a mistake, and sums of a few stay exact. */
const LONGEST_MS = 36_525 * 86_400_000

export interface DurationOptions {
  /** Accept a leading minus, as in `-15m`. */
  readonly negative?: boolean
}

/**
 * Milliseconds of a duration such as `30s`, `5m`, `1h30m`, `2d`: whole numbers with the units d, h, m, s, each at most
 * once and in this order. `1d` is 24 hours. Fails with `invalid-duration`.
 */
export function parseDuration(text: string, options: DurationOptions = {}): Result<number, Problem> {
  const match = DURATION.exec(text)
  const negative = match?.[1] === '-'
  if (match === null || (negative && options.negative !== true)) {
    return err(
      problem('invalid-duration', `"${text}" is not a duration`, {
        expected: `a duration such as 30s, 5m, 1h30m or 2d${options.negative ? ', with a minus to go back' : ''}`,
        found: text,
      }),
    )
  }
  let total = 0
  UNITS.forEach(([, unitMs], index) => {
    total += Number(match[index + 2] ?? 0) * unitMs
  })
  if (total > LONGEST_MS) {
    return err(
      problem('invalid-duration', `"${text}" is longer than a hundred years`, {
        expected: 'at most 36525d',
        found: text,
      }),
    )
  }
  return ok(negative && total !== 0 ? -total : total)
}

/** The shortest text that `parseDuration` reads back, as in `1h30m`; a part of a second is written as in `1.5s`. */
export function formatDuration(ms: number): string {
  let text = ms < 0 ? '-' : ''
  let rest = Math.abs(ms)
  for (const [unit, unitMs] of UNITS) {
    const count = unit === 's' ? rest / 1000 : Math.floor(rest / unitMs)
    rest -= count * unitMs
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' || text === '-' ? '0s' : text
}
