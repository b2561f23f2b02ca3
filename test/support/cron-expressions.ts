import fc from 'fast-check'

/** Random cron expressions, valid by the documents, of all syntax but `H`. */

interface Range {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ')

function value({ min, max, names }: Range): fc.Arbitrary<string> {
  const numbers = fc.integer({ min, max }).map(String)
  return names === undefined ? numbers : fc.oneof(numbers, fc.constantFrom(...names))
}

function entry(range: Range): fc.Arbitrary<string> {
  const one = value(range)
  const step = fc.integer({ min: 1, max: range.max - range.min + 1 })
  return fc.oneof(
    { weight: 4, arbitrary: one },
    { weight: 2, arbitrary: fc.tuple(one, one).map(([a, b]) => `${a}-${b}`) },
    { weight: 1, arbitrary: fc.tuple(one, one, step).map(([a, b, n]) => `${a}-${b}/${n}`) },
    { weight: 1, arbitrary: fc.tuple(one, step).map(([a, n]) => `${a}/${n}`) },
    { weight: 1, arbitrary: step.map((n) => `*/${n}`) },
  )
}

function listOf(one: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(one, { minLength: 1, maxLength: 3 }).map((entries) => entries.join(','))
}

function field(range: Range, star = 2): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: star, arbitrary: fc.constant('*') },
    { weight: 5, arbitrary: listOf(entry(range)) },
  )
}

const SIXTY = { min: 0, max: 59 }
const HOURS = { min: 0, max: 23 }
const MONTH_DAYS = { min: 1, max: 31 }
const MONTH_RANGE = { min: 1, max: 12, names: MONTHS }

const monthDaySpecial = fc.oneof(
  fc.constantFrom('L', 'LW'),
  fc.integer({ min: 0, max: 30 }).map((n) => `L-${n}`),
  fc.integer({ min: 0, max: 30 }).map((n) => `L-${n}W`),
  fc.integer({ min: 1, max: 31 }).map((n) => `${n}W`),
)

function monthDay(): fc.Arbitrary<string> {
  const one = fc.oneof({ weight: 3, arbitrary: entry(MONTH_DAYS) }, { weight: 2, arbitrary: monthDaySpecial })
  return fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, { weight: 3, arbitrary: listOf(one) })
}

function weekday(min: number): fc.Arbitrary<string> {
  const range = { min, max: min + 6, names: WEEKDAYS }
  const one = value(range)
  const special = fc.oneof(
    one.map((day) => `${day}L`),
    fc.tuple(one, fc.integer({ min: 1, max: 5 })).map(([day, n]) => `${day}#${n}`),
    ...(min === 1 ? [fc.constant('L')] : [fc.constant('7'), fc.constant('5-7'), fc.constant('7-2')]),
  )
  const any = fc.oneof({ weight: 3, arbitrary: entry(range) }, { weight: 2, arbitrary: special })
  return fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, { weight: 3, arbitrary: listOf(any) })
}

export interface Expression {
  readonly text: string
  readonly dialect: 'unix' | 'quartz'
}

/** Hours near midnight come more often: that is where zones change their clocks. */
const earlyHours = fc.oneof(
  { weight: 2, arbitrary: field(HOURS) },
  { weight: 3, arbitrary: listOf(entry({ min: 0, max: 4 })) },
)

const times = fc.tuple(field(SIXTY, 1), field(SIXTY), earlyHours)

/** The day fields of both dialects, without the year. */
const unixDays = fc.tuple(monthDay(), field(MONTH_RANGE, 6), weekday(0))
const quartzDays = fc
  .tuple(fc.boolean(), monthDay(), field(MONTH_RANGE, 6), weekday(1))
  .map(([byMonth, day, month, week]) => (byMonth ? [day, month, '?'] : ['?', month, week]))

export const unixExpressions: fc.Arbitrary<Expression> = fc
  .tuple(fc.boolean(), times, unixDays)
  .map(([withSeconds, [second, minute, hour], days]) => ({
    text: [...(withSeconds ? [second] : []), minute, hour, ...days].join(' '),
    dialect: 'unix' as const,
  }))

const years = fc.oneof(
  fc.constant([]),
  fc.integer({ min: 1970, max: 2099 }).map((year) => [`${year}`]),
  fc.integer({ min: 1970, max: 2059 }).map((year) => [`${year}-${year + 40}/3`]),
  fc.constant(['*']),
)

export const quartzExpressions: fc.Arbitrary<Expression> = fc
  .tuple(times, quartzDays, years)
  .map(([time, days, year]) => ({ text: [...time, ...days, ...year].join(' '), dialect: 'quartz' as const }))

export const expressions: fc.Arbitrary<Expression> = fc.oneof(unixExpressions, quartzExpressions)

/** Expressions of whole days: only the day fields and the year vary. */
export const dayExpressions: fc.Arbitrary<Expression> = fc.oneof(
  unixDays.map((days) => ({ text: ['0', '0', ...days].join(' '), dialect: 'unix' as const })),
  fc.tuple(quartzDays, years).map(([days, year]) => ({
    text: ['0', '0', '0', ...days, ...year].join(' '),
    dialect: 'quartz' as const,
  })),
)

/**
 * Expressions that other engines read alike. Left out: lists that overlap (cron-parser refuses a value named twice),
 * ranges that go back, `N/step`, `W`, `L-n` (not in both), and a day field that begins with a star and has a step
 * beside one that restricts (each reads Vixie's rule in its own way).
 */
function plainEntry({ min, max }: Range): fc.Arbitrary<string> {
  const one = fc.integer({ min, max })
  const numbers = fc.uniqueArray(one, { minLength: 1, maxLength: 4 }).map((values) => values.join(','))
  const range = fc.tuple(one, one).filter(([a, b]) => a < b)
  const step = fc.tuple(range, fc.integer({ min: 2, max: 7 })).filter(([[a, b], n]) => a + n <= b)
  return fc.oneof(
    { weight: 2, arbitrary: numbers },
    { weight: 1, arbitrary: range.map(([a, b]) => `${a}-${b}`) },
    { weight: 1, arbitrary: step.map(([[a, b], n]) => `${a}-${b}/${n}`) },
  )
}

function plainField(range: Range): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 2, max: Math.min(range.max - range.min, 20) }).map((n) => `*/${n}`),
    plainEntry(range),
  )
}

const plainMonthDay = fc.oneof(plainEntry(MONTH_DAYS), fc.constant('L'))
const plainWeekday = fc.oneof(
  plainEntry({ min: 0, max: 6 }),
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 })).map(([day, n]) => `${day}#${n}`),
)
const plainDays = fc.oneof(
  fc.tuple(fc.constant('*'), fc.constant('*')),
  fc.tuple(plainMonthDay, fc.constant('*')),
  fc.tuple(fc.constant('*'), plainWeekday),
  fc.tuple(plainEntry(MONTH_DAYS), plainEntry({ min: 0, max: 6 })),
)

export const commonExpressions: fc.Arbitrary<string> = fc
  .tuple(
    fc.boolean(),
    fc.tuple(plainField(SIXTY), plainField(SIXTY), plainField(HOURS)),
    plainDays,
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('*') },
      { weight: 1, arbitrary: plainEntry({ min: 1, max: 12 }) },
    ),
  )
  .map(([withSeconds, [second, minute, hour], [day, week], month]) =>
    [...(withSeconds ? [second] : []), minute, hour, day, month, week].join(' '),
  )
