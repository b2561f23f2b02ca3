/** Which cron is spoken: see docs/spec/cron.md for both. */
export type CronDialect = 'unix' | 'quartz'

export type FieldName = 'second' | 'minute' | 'hour' | 'day-of-month' | 'month' | 'day-of-week' | 'year'

/** What one field of a dialect may hold, in the numbers that people write. */
export interface Field {
  readonly name: FieldName
  readonly min: number
  readonly max: number
  /** Names for the values from `min` on, in capitals. */
  readonly names: readonly string[]
  /** Sunday has a second number here, one more than `max`. */
  readonly sundayAgain: boolean
  /** The largest value that `H` takes by itself: dates that every month has. */
  readonly hashMax: number
  /** What the field takes, for messages. */
  readonly expected: string
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** The years that Quartz knows. */
export const FIRST_YEAR = 1970
export const LAST_YEAR = 2099

function field(
  name: FieldName,
  min: number,
  max: number,
  expected: string,
  rest: Partial<Field> = {},
): Field {
  return { name, min, max, names: [], sundayAgain: false, hashMax: max, expected, ...rest }
}

const SECOND = field('second', 0, 59, '0 to 59')
const MINUTE = field('minute', 0, 59, '0 to 59')
const HOUR = field('hour', 0, 23, '0 to 23')
const DAY_OF_MONTH = field('day-of-month', 1, 31, '1 to 31, L, L-n, LW or nW', { hashMax: 28 })
const MONTH = field('month', 1, 12, '1 to 12 or JAN to DEC', { names: MONTHS })
const YEAR = field('year', FIRST_YEAR, LAST_YEAR, `${FIRST_YEAR} to ${LAST_YEAR}`)

const UNIX_DAY_OF_WEEK = field('day-of-week', 0, 6, '0 to 7 (0 and 7 are Sunday) or SUN to SAT, dL or d#n', {
  names: WEEKDAYS,
  sundayAgain: true,
})
const QUARTZ_DAY_OF_WEEK = field('day-of-week', 1, 7, '1 to 7 (1 is Sunday) or SUN to SAT, L, dL or d#n', {
  names: WEEKDAYS,
})

const UNIX_FIVE = [MINUTE, HOUR, DAY_OF_MONTH, MONTH, UNIX_DAY_OF_WEEK]
const QUARTZ_SIX = [SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, QUARTZ_DAY_OF_WEEK]

/** The fields of an expression with so many of them, or undefined if the dialect has none of that length. */
export function fieldsOf(dialect: CronDialect, count: number): readonly Field[] | undefined {
  if (dialect === 'unix') {
    return count === 5 ? UNIX_FIVE : count === 6 ? UNIX_SIX : undefined
  }
  return count === 6 ? QUARTZ_SIX : count === 7 ? QUARTZ_SEVEN : undefined
}

const UNIX_SIX = [SECOND, ...UNIX_FIVE]
const QUARTZ_SEVEN = [...QUARTZ_SIX, YEAR]

/** Vixie cron's nicknames. */
export const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])
