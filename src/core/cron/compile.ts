import { type Problem, problem, under } from '../errors.ts'
import { err, ok, type Result } from '../result.ts'
import { type DstOption, dstPolicyOf } from '../time/dst.ts'
import { FIRST_LOCAL } from '../time/local.ts'
import { type Recurrence, recurrenceOf } from '../time/recurrence.ts'
import { zoneOf } from '../time/zone.ts'
import { daySetOf } from './day-set.ts'
import { type ParsedCron, type ParseOptions, parseCron } from './parse.ts'
import { BitPattern, type CronPattern } from './pattern.ts'
import { wordOf } from './values.ts'

export interface CompileCronOptions extends ParseOptions {
  /** A name of the tz database, such as `Asia/Kolkata`. */
  readonly timezone: string
  /** Default `auto`, see `DstOption`. */
  readonly dst?: DstOption
}

/**
 * Compiles a cron expression of five fields, six with leading seconds, or `dialect: 'quartz'`, into something that
 * answers "next after" and "previous before" in epoch milliseconds. docs/spec/cron.md has the syntax and the rules for
 * daylight saving. Compile once and keep it: a question costs well under a microsecond.
 *
 * Fails with every problem at once: `invalid-cron` per field, `cron-never-fires`, `unknown-zone`.
 *
 * @example
 * const compiled = compileCron('0 20 * * MON', { timezone: 'Asia/Kolkata' })
 * if (compiled.ok) compiled.value.next(Date.UTC(2026, 10, 22)) // 2026-11-23T14:30:00Z
 */
export function compileCron(expression: string, options: CompileCronOptions): Result<Recurrence, Problem[]> {
  const pattern = compilePattern(expression, options)
  const zone = zoneOf(options.timezone)
  if (!pattern.ok || !zone.ok) {
    return err([...(pattern.ok ? [] : pattern.error), ...(zone.ok ? [] : [under(['timezone'], zone.error)])])
  }
  return ok(recurrenceOf(pattern.value, zone.value, dstPolicyOf(options.dst, pattern.value.wildcard)))
}

/**
 * Compiles a cron expression into its local times, free of any zone: for callers that move dates before daylight
 * saving is resolved. Fails with `invalid-cron` per field and `cron-never-fires`.
 */
export function compilePattern(
  expression: string,
  options: ParseOptions = {},
): Result<CronPattern, Problem[]> {
  const parsed = parseCron(expression, options)
  if (!parsed.ok) return parsed
  const pattern = patternOf(expression, parsed.value)
  // One search from the beginning of time sees a whole cycle of the calendar, or all the years that are named.
  if (pattern.next(FIRST_LOCAL - 1) === null) return err([neverFires(expression, parsed.value)])
  return ok(pattern)
}

function patternOf(source: string, parsed: ParsedCron): BitPattern {
  const { second, minute, hour, monthDay, month, weekday, year } = parsed
  return new BitPattern({
    source,
    wildcard: second?.wildcard === true || minute.wildcard || hour.wildcard,
    seconds: second === undefined ? [1, 0] : [wordOf(second, 0), wordOf(second, 1)],
    minutes: [wordOf(minute, 0), wordOf(minute, 1)],
    hours: wordOf(hour, 0),
    days: daySetOf(monthDay, weekday),
    months: wordOf(month, 0),
    years: year === undefined || year.text === '*' ? null : YEAR_WORDS.map((word) => wordOf(year, word)),
  })
}

const YEAR_WORDS = [0, 1, 2, 3, 4]

function neverFires(expression: string, parsed: ParsedCron): Problem {
  const fields = [parsed.monthDay, parsed.month, parsed.weekday, parsed.year].flatMap((entry) =>
    entry === undefined || entry.text === '*' || entry.text === '?'
      ? []
      : [`${entry.field.name} ${entry.text}`],
  )
  return problem('cron-never-fires', `"${expression}" never fires: no date has ${fields.join(', ')}`, {
    expected: 'at least one date in the 400 years after which the calendar repeats',
    found: expression,
  })
}
