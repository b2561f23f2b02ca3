import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCron, compilePattern } from '../../../src/core/cron/compile.ts'
import type { ParseOptions } from '../../../src/core/cron/parse.ts'
import type { Problem } from '../../../src/core/errors.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'

function problemsOf(expression: string, options: ParseOptions = {}): readonly Problem[] {
  const compiled = compilePattern(expression, options)
  return compiled.ok ? [] : compiled.error
}

const quartz = { dialect: 'quartz' } as const

describe('a bad expression', () => {
  it('gets all its problems at once, each with its field', () => {
    expect(problemsOf('61 25 0 13 8').map((found) => found.message)).toEqual([
      'minute has 61, which is out of range',
      'hour has 25, which is out of range',
      'day-of-month has 0, which is out of range',
      'month has 13, which is out of range',
      'day-of-week has 8, which is out of range',
    ])
  })

  it('gets every problem of one list', () => {
    expect(problemsOf('0 1,99,x,,5/0 * * *').map((found) => found.message)).toEqual([
      'hour has 99, which is out of range',
      'hour has "x"',
      'hour has an empty entry',
      'hour has "5/0"',
    ])
  })

  it('is told together with an unknown zone', () => {
    const compiled = compileCron('0 25 * * *', { timezone: 'Asia/Kolkatta' })
    expect(compiled.ok ? [] : compiled.error).toMatchObject([
      { code: 'invalid-cron', message: 'hour has 25, which is out of range' },
      { code: 'unknown-zone', suggestion: 'Asia/Kolkata', path: ['timezone'] },
    ])
  })

  it.each([
    ['', 'has 0 fields'],
    ['* * * *', 'has 4 fields'],
    ['0 0 0 * * ? 2026', 'has 7 fields'],
  ])('with the wrong number of fields says how many: "%s"', (expression, message) => {
    const [only, ...rest] = problemsOf(expression)
    expect(rest).toEqual([])
    expect(only?.message).toContain(message)
    expect(only?.expected).toContain('5 fields')
  })

  it('with the number of fields of the other dialect names it', () => {
    expect(problemsOf('0 0 0 ? * MON 2026')[0]?.cure).toBe('The quartz dialect takes 7 fields.')
    expect(problemsOf('0 0 * * MON', quartz)[0]?.cure).toBe('The unix dialect takes 5 fields.')
  })

  it.each([
    ['0 0 1-32 * *', 'day-of-month has 32, which is out of range', '1 to 31, L, L-n, LW or nW'],
    ['*/61 * * * *', 'minute has "*/61", a step larger than the field', 'a step from 1 to 60 after /'],
    ['0 */25 * * *', 'hour has "*/25", a step larger than the field', 'a step from 1 to 24 after /'],
    ['0 0 */32 * *', 'day-of-month has "*/32", a step larger than the field', 'a step from 1 to 31 after /'],
    ['0 0 * */13 *', 'month has "*/13", a step larger than the field', 'a step from 1 to 12 after /'],
    ['0 0 * * */8', 'day-of-week has "*/8", a step larger than the field', 'a step from 1 to 7 after /'],
    ['/5 * * * *', 'minute has "/5"', '0 to 59'],
    ['1-2-3 * * * *', 'minute has "1-2-3"', '0 to 59'],
    ['? * * * *', 'minute has "?", which stands alone in a day field', '0 to 59'],
    ['0 0 ?,1 * *', 'day-of-month has "?", which stands alone in a day field', '1 to 31, L, L-n, LW or nW'],
    ['0 0 L-31 * *', 'day-of-month has "L-31", more days before the last than a month has', 'L-0 to L-30'],
    ['0 0 32W * *', 'day-of-month has 32, which is out of range', '1 to 31, L, L-n, LW or nW'],
    ['0 0 L/2 * *', 'day-of-month has "L"', '1 to 31, L, L-n, LW or nW'],
    [
      '0 0 * * L',
      'day-of-week has "L" without a weekday',
      'a weekday before L, such as 5L or FRIL for the last Friday',
    ],
    ['0 0 * * MON#6', 'day-of-week has "MON#6"', '1 to 5 after #, such as MON#1 for the first Monday'],
    [
      '0 0 * * 9#1',
      'day-of-week has 9, which is out of range',
      '0 to 7 (0 and 7 are Sunday) or SUN to SAT, dL or d#n',
    ],
    ['0 L * * *', 'hour has "L"', '0 to 23'],
    [
      '0 0 * * MON-FRI#2',
      'day-of-week has "MON-FRI#2"',
      '0 to 7 (0 and 7 are Sunday) or SUN to SAT, dL or d#n',
    ],
    ['-1 * * * *', 'minute has "-1"', '0 to 59'],
    ['1.5 * * * *', 'minute has "1.5"', '0 to 59'],
  ])('%s says what is wrong and what would be right', (expression, message, expected) => {
    expect(problemsOf(expression)).toMatchObject([{ code: 'invalid-cron', message, expected }])
  })

  it.each([
    ['0 0 * JANUARY *', 'JAN'],
    ['0 0 * * MNO', 'MON'],
    ['0 0 * * WEDNESDAY', 'WED'],
  ])('%s suggests the name that was meant', (expression, suggestion) => {
    expect(problemsOf(expression)).toMatchObject([{ suggestion }])
  })

  it.each([
    ['@dayly', '@daily', undefined],
    ['@every 5m', undefined, 'For elapsed time use a trigger with `every`.'],
  ])('%s is a nickname that is not known', (expression, suggestion, cure) => {
    const [found] = problemsOf(expression)
    expect([found?.suggestion, found?.cure]).toEqual([suggestion, cure])
  })

  it.each([
    ['0 0 0 * * *', 'neither day-of-month nor day-of-week is "?"'],
    ['0 0 0 ? * ?', 'day-of-month and day-of-week are both "?"'],
    ['0 0 0 1 * ? 1969', 'year has 1969, which is out of range'],
    ['0 0 0 1 * ? 2030-2020', 'year has "2030-2020", which goes back'],
    ['0 0 0 ? * 0', 'day-of-week has 0, which is out of range'],
    ['@daily', '"@daily" is not a Quartz expression'],
  ])('of Quartz, %s, is refused', (expression, message) => {
    expect(problemsOf(expression, quartz).map((found) => found.message)).toEqual([message])
  })

  it('with H needs something to spread by', () => {
    expect(problemsOf('H H * * *').map((found) => found.message)).toEqual([
      'minute has "H", but there is no identity to spread it by',
      'hour has "H", but there is no identity to spread it by',
    ])
  })

  it.each([
    'H(5) * * * *',
    'H(30-10) * * * *',
    'H(0-99) * * * *',
    'H(0-9)/11 * * * *',
    'H/0 * * * *',
    'H( * * * *',
  ])('%s is not a spread', (expression) => {
    expect(problemsOf(expression, { hashSeed: 'any' }).map((found) => found.code)).toEqual(['invalid-cron'])
  })
})

describe('an expression that never fires', () => {
  it.each([
    ['0 0 30 2 *', {}],
    ['0 0 31 4,6,9,11 *', {}],
    ['0 0 31W 2 *', {}],
    ['0 0 L-30 2,4,6 *', {}],
    ['0 0 0 29 2 ? 2026', quartz],
    ['0 0 0 29 2 ? 2097-2099', quartz],
  ])('%s is found when it is compiled', (expression, options) => {
    expect(problemsOf(expression, options)).toMatchObject([{ code: 'cron-never-fires', found: expression }])
  })

  it.each([
    ['0 0 29 2 *', {}],
    ['0 0 29 2 MON', {}],
    ['0 0 * 2 MON#5', {}],
    ['0 0 0 29 2 ? 2096', quartz],
    ['0 0 0 29 2 ? 1972', quartz],
  ])('is not mistaken for one that fires seldom or no more: %s', (expression, options) => {
    expect(problemsOf(expression, options)).toEqual([])
  })
})

describe('any text at all', () => {
  it(
    'compiles or has problems, and never throws',
    () => {
      const text = fc.oneof(
        fc.string({ maxLength: 60 }),
        fc
          .array(fc.string({ unit: fc.constantFrom(...'0123456789*/-,?LWH#()@~MONJAN .'), maxLength: 8 }), {
            minLength: 4,
            maxLength: 8,
          })
          .map((fields) => fields.join(' ')),
      )
      fc.assert(
        fc.property(text, fc.constantFrom('unix' as const, 'quartz' as const), (expression, dialect) => {
          const compiled = compilePattern(expression, { dialect, hashSeed: 'any' })
          if (compiled.ok) {
            const next = compiled.value.next(0) ?? compiled.value.previous(0)
            expect(next === null ? undefined : compiled.value.matches(next)).toBe(true)
          } else {
            expect(compiled.error.length).toBeGreaterThan(0)
            for (const found of compiled.error) expect(found.message).not.toBe('')
          }
        }),
        propertyRuns(1000),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )
})
