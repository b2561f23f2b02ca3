import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeCron } from '../../../src/core/cron/describe.ts'
import { expressions } from '../../support/cron-expressions.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const quartz = { dialect: 'quartz' } as const

describe('a cron in English', () => {
  it.each([
    ['0 20 * * MON', {}, 'at 20:00 on Monday'],
    ['0 9,17 * * 1-5', {}, 'at 09:00 and 17:00 on Monday to Friday'],
    ['30 15 10 * * *', {}, 'at 10:15:30'],
    ['* * * * *', {}, 'every minute'],
    ['* * * * * *', {}, 'every second'],
    ['*/10 * * * * *', {}, 'every 10 seconds'],
    ['5 * * * *', {}, 'at minute 5 of every hour'],
    ['*/15 9-17 * * MON-FRI', {}, 'every 15 minutes from 09:00 to 17:59 on Monday to Friday'],
    ['*/15 9,12 * * *', {}, 'every 15 minutes in the hours 9 and 12'],
    ['0 */2 * * *', {}, 'at minute 0 in every 2nd hour'],
    ['30 4 1,15 * 5', {}, 'at 04:30 on the 1st and the 15th or on Friday'],
    ['0 0 */2 * sun', {}, 'at 00:00 on every 2nd day from the 1st to the 31st, but only on Sunday'],
    ['0 18 L * *', {}, 'at 18:00 on the last day of the month'],
    [
      '0 18 L-2,LW * *',
      {},
      'at 18:00 on the day 2 days before the last of the month and the last weekday of the month',
    ],
    ['0 18 15W 3,6 *', {}, 'at 18:00 on the weekday nearest to the 15th in March and June'],
    ['0 12 * * 5#3,0L', {}, 'at 12:00 on the 3rd Friday of the month and the last Sunday of the month'],
    ['0 15 10 ? * 6L 2002-2005', quartz, 'at 10:15 on the last Friday of the month in 2002 to 2005'],
    ['0 0 12 ? * FRI-MON', quartz, 'at 12:00 on Friday to Monday'],
    ['H/15 * * * *', { hashSeed: 'Schedule/default/report' }, 'every 15 minutes from minute 6'],
  ])('%s', (expression, options, english) => {
    expect(describeCron(expression, options)).toEqual({ ok: true, value: english })
  })

  it('has words for every expression', () => {
    fc.assert(
      fc.property(expressions, ({ text, dialect }) => {
        const described = describeCron(text, { dialect })
        expect(
          described.ok &&
            /^(at|every) \S/.test(described.value) &&
            !/undefined|NaN| {2}/.test(described.value),
        ).toBe(true)
      }),
      propertyRuns(300),
    )
  })

  it('of a bad expression is its problems', () => {
    expect(describeCron('61 * * * *')).toMatchObject({ ok: false, error: [{ code: 'invalid-cron' }] })
  })
})
