import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/core/cron/compile.ts'
import { firesOf } from '../../support/fires.ts'

/**
 * Every expression that Quartz gives as an example, with what the documentation says it does, turned into the fires
 * that follow from those words. Sources: the CronTrigger tutorial, lesson 6 of the tutorials,
 * example 3, and the API documentation of CronTrigger and CronExpression.
 */
interface Example {
  readonly expression: string
  readonly says: string
  readonly after: string
  readonly fires: readonly string[]
}

const TUTORIAL: readonly Example[] = [
  {
    expression: '0/5 14,18,3-39,52 * ? JAN,MAR,SEP MON-FRI 2002-2010',
    says: 'or more complex, like this',
    after: '2010-09-30T23:52:45',
    fires: ['2010-09-30T23:52:50', '2010-09-30T23:52:55'],
  },
  {
    expression: '0 0 12 * * ?',
    says: 'Fire at 12pm (noon) every day',
    after: '2026-02-27T12:00',
    fires: ['2026-02-28T12:00:00', '2026-03-01T12:00:00'],
  },
  {
    expression: '0 15 10 ? * *',
    says: 'Fire at 10:15am every day',
    after: '2026-01-01T10:14',
    fires: ['2026-01-01T10:15:00', '2026-01-02T10:15:00'],
  },
  {
    expression: '0 15 10 * * ?',
    says: 'Fire at 10:15am every day',
    after: '2026-01-01T10:15',
    fires: ['2026-01-02T10:15:00', '2026-01-03T10:15:00'],
  },
  {
    expression: '0 15 10 * * ? *',
    says: 'Fire at 10:15am every day',
    after: '2026-12-31T10:15',
    fires: ['2027-01-01T10:15:00', '2027-01-02T10:15:00'],
  },
  {
    expression: '0 15 10 * * ? 2005',
    says: 'Fire at 10:15am every day during the year 2005',
    after: '2005-12-29T12:00',
    fires: ['2005-12-30T10:15:00', '2005-12-31T10:15:00'],
  },
  {
    expression: '0 * 14 * * ?',
    says: 'Fire every minute starting at 2pm and ending at 2:59pm, every day',
    after: '2026-01-01T14:58',
    fires: ['2026-01-01T14:59:00', '2026-01-02T14:00:00', '2026-01-02T14:01:00'],
  },
  {
    expression: '0 0/5 14 * * ?',
    says: 'Fire every 5 minutes starting at 2pm and ending at 2:55pm, every day',
    after: '2026-01-01T14:50',
    fires: ['2026-01-01T14:55:00', '2026-01-02T14:00:00', '2026-01-02T14:05:00'],
  },
  {
    expression: '0 0/5 14,18 * * ?',
    says: 'every 5 minutes from 2pm to 2:55pm, AND every 5 minutes from 6pm to 6:55pm, every day',
    after: '2026-01-01T14:50',
    fires: ['2026-01-01T14:55:00', '2026-01-01T18:00:00', '2026-01-01T18:05:00'],
  },
  {
    expression: '0 0-5 14 * * ?',
    says: 'Fire every minute starting at 2pm and ending at 2:05pm, every day',
    after: '2026-01-01T14:03',
    fires: ['2026-01-01T14:04:00', '2026-01-01T14:05:00', '2026-01-02T14:00:00'],
  },
  {
    expression: '0 10,44 14 ? 3 WED',
    says: 'Fire at 2:10pm and at 2:44pm every Wednesday in the month of March',
    after: '2026-03-18T15:00',
    fires: ['2026-03-25T14:10:00', '2026-03-25T14:44:00', '2027-03-03T14:10:00'],
  },
  {
    expression: '0 15 10 ? * MON-FRI',
    says: 'Fire at 10:15am every Monday, Tuesday, Wednesday, Thursday and Friday',
    after: '2026-01-01T12:00',
    fires: ['2026-01-02T10:15:00', '2026-01-05T10:15:00', '2026-01-06T10:15:00'],
  },
  {
    expression: '0 15 10 15 * ?',
    says: 'Fire at 10:15am on the 15th day of every month',
    after: '2026-01-16',
    fires: ['2026-02-15T10:15:00', '2026-03-15T10:15:00'],
  },
  {
    expression: '0 15 10 L * ?',
    says: 'Fire at 10:15am on the last day of every month',
    after: '2028-01-01',
    fires: ['2028-01-31T10:15:00', '2028-02-29T10:15:00', '2028-03-31T10:15:00', '2028-04-30T10:15:00'],
  },
  {
    expression: '0 15 10 L-2 * ?',
    says: 'Fire at 10:15am on the 2nd-to-last last day of every month',
    after: '2026-01-01',
    fires: ['2026-01-29T10:15:00', '2026-02-26T10:15:00', '2026-03-29T10:15:00'],
  },
  {
    expression: '0 15 10 ? * 6L',
    says: 'Fire at 10:15am on the last Friday of every month',
    after: '2026-01-01',
    fires: ['2026-01-30T10:15:00', '2026-02-27T10:15:00', '2026-03-27T10:15:00'],
  },
  {
    expression: '0 15 10 ? * 6L 2002-2005',
    says: 'on every last friday of every month during the years 2002, 2003, 2004 and 2005',
    after: '2005-11-01',
    fires: ['2005-11-25T10:15:00', '2005-12-30T10:15:00'],
  },
  {
    expression: '0 15 10 ? * 6#3',
    says: 'Fire at 10:15am on the third Friday of every month',
    after: '2026-01-01',
    fires: ['2026-01-16T10:15:00', '2026-02-20T10:15:00', '2026-03-20T10:15:00'],
  },
  {
    expression: '0 0 12 1/5 * ?',
    says: 'at 12pm (noon) every 5 days every month, starting on the first day of the month',
    after: '2026-01-21T13:00',
    fires: ['2026-01-26T12:00:00', '2026-01-31T12:00:00', '2026-02-01T12:00:00', '2026-02-06T12:00:00'],
  },
  {
    expression: '0 11 11 11 11 ?',
    says: 'Fire every November 11th at 11:11am',
    after: '2026-01-01',
    fires: ['2026-11-11T11:11:00', '2027-11-11T11:11:00'],
  },
]

const LESSON_SIX: readonly Example[] = [
  {
    expression: '0 0 12 ? * WED',
    says: 'every Wednesday at 12:00:00 pm',
    after: '2026-01-01',
    fires: ['2026-01-07T12:00:00', '2026-01-14T12:00:00'],
  },
  {
    expression: '0 0 12 ? * MON,WED,FRI',
    says: '"MON,WED,FRI" in the day of week field',
    after: '2026-01-01',
    fires: ['2026-01-02T12:00:00', '2026-01-05T12:00:00', '2026-01-07T12:00:00'],
  },
  {
    expression: '0 0 12 ? * MON-WED,SAT',
    says: '"MON-WED,SAT" in the day of week field',
    after: '2026-01-01',
    fires: ['2026-01-03T12:00:00', '2026-01-05T12:00:00', '2026-01-06T12:00:00', '2026-01-07T12:00:00'],
  },
  {
    expression: '0 0/15 * * * ?',
    says: "'0/15' in the Minutes field: every 15th minute of the hour, starting at minute zero",
    after: '2026-01-01T00:15',
    fires: ['2026-01-01T00:30:00', '2026-01-01T00:45:00', '2026-01-01T01:00:00'],
  },
  {
    expression: '0 3/20 * * * ?',
    says: "'3/20' in the Minutes field: the same as specifying '3,23,43'",
    after: '2026-01-01T00:00',
    fires: ['2026-01-01T00:03:00', '2026-01-01T00:23:00', '2026-01-01T00:43:00', '2026-01-01T01:03:00'],
  },
  {
    expression: '0 */35 * * * ?',
    says: "'*/35' is the same as specifying '0,35'",
    after: '2026-01-01T00:00',
    fires: ['2026-01-01T00:35:00', '2026-01-01T01:00:00', '2026-01-01T01:35:00'],
  },
  {
    expression: '0 0 0 L * ?',
    says: 'the last day of the month: day 31 for January, day 28 for February on non-leap years',
    after: '2026-01-01',
    fires: ['2026-01-31T00:00:00', '2026-02-28T00:00:00'],
  },
  {
    expression: '0 0 0 ? * L',
    says: 'L in the day-of-week field by itself means "7" or "SAT"',
    after: '2026-01-01',
    fires: ['2026-01-03T00:00:00', '2026-01-10T00:00:00'],
  },
  {
    expression: '0 0 0 ? * FRIL',
    says: '"6L" or "FRIL" both mean the last friday of the month',
    after: '2026-01-01',
    fires: ['2026-01-30T00:00:00', '2026-02-27T00:00:00'],
  },
  {
    expression: '0 0 0 L-3 * ?',
    says: 'the third-to-last day of the calendar month',
    after: '2026-01-01',
    fires: ['2026-01-28T00:00:00', '2026-02-25T00:00:00'],
  },
  {
    expression: '0 0 0 15W * ?',
    says: 'the nearest weekday to the 15th of the month',
    after: '2026-01-01',
    // 15 January is a Thursday, 15 February a Sunday, 15 August a Saturday.
    fires: ['2026-01-15T00:00:00', '2026-02-16T00:00:00', '2026-03-16T00:00:00'],
  },
  {
    expression: '0 0 0 ? * FRI#3',
    says: '"6#3" or "FRI#3" means the third Friday of the month',
    after: '2026-01-01',
    fires: ['2026-01-16T00:00:00', '2026-02-20T00:00:00'],
  },
  {
    expression: '0 0/5 * * * ?',
    says: 'simply fires every 5 minutes',
    after: '2026-01-01T23:54',
    fires: ['2026-01-01T23:55:00', '2026-01-02T00:00:00'],
  },
  {
    expression: '10 0/5 * * * ?',
    says: 'every 5 minutes, at 10 seconds after the minute (i.e. 10:00:10 am, 10:05:10 am, etc.)',
    after: '2026-01-01T10:00',
    fires: ['2026-01-01T10:00:10', '2026-01-01T10:05:10'],
  },
  {
    expression: '0 30 10-13 ? * WED,FRI',
    says: 'at 10:30, 11:30, 12:30, and 13:30, on every Wednesday and Friday',
    after: '2026-01-01',
    fires: [
      '2026-01-02T10:30:00',
      '2026-01-02T11:30:00',
      '2026-01-02T12:30:00',
      '2026-01-02T13:30:00',
      '2026-01-07T10:30:00',
    ],
  },
  {
    expression: '0 0/30 8-9 5,20 * ?',
    says: 'every half hour between 8 am and 10 am on the 5th and 20th; NOT at 10:00 am',
    after: '2026-01-01',
    fires: [
      '2026-01-05T08:00:00',
      '2026-01-05T08:30:00',
      '2026-01-05T09:00:00',
      '2026-01-05T09:30:00',
      '2026-01-20T08:00:00',
    ],
  },
  {
    expression: '0 0/2 8-17 * * ?',
    says: 'every other minute, between 8am and 5pm, every day',
    after: '2026-01-01T17:56',
    fires: ['2026-01-01T17:58:00', '2026-01-02T08:00:00', '2026-01-02T08:02:00'],
  },
  {
    expression: '0 42 10 * * ?',
    says: 'daily at 10:42 am',
    after: '2026-01-01',
    fires: ['2026-01-01T10:42:00', '2026-01-02T10:42:00'],
  },
  {
    expression: '0 42 10 ? * WED',
    says: 'on Wednesdays at 10:42 am',
    after: '2026-01-01',
    fires: ['2026-01-07T10:42:00', '2026-01-14T10:42:00'],
  },
]

const EXAMPLE_THREE: readonly Example[] = [
  {
    expression: '0/20 * * * * ?',
    says: 'every 20 seconds',
    after: '2026-01-01T00:00:20',
    fires: ['2026-01-01T00:00:40', '2026-01-01T00:01:00'],
  },
  {
    expression: '15 0/2 * * * ?',
    says: 'every other minute, starting at 15 seconds past the minute',
    after: '2026-01-01T00:00:15',
    fires: ['2026-01-01T00:02:15', '2026-01-01T00:04:15'],
  },
  {
    expression: '0 0/3 17-23 * * ?',
    says: 'every three minutes but only between 5pm and 11pm',
    after: '2026-01-01T23:55',
    fires: ['2026-01-01T23:57:00', '2026-01-02T17:00:00'],
  },
  {
    expression: '0,30 * * ? * MON-FRI',
    says: 'every 30 seconds on Weekdays',
    after: '2026-01-02T23:59:00',
    fires: ['2026-01-02T23:59:30', '2026-01-05T00:00:00', '2026-01-05T00:00:30'],
  },
  {
    expression: '0,30 * * ? * SAT,SUN',
    says: 'every 30 seconds on Weekends',
    after: '2026-01-04T23:59:00',
    fires: ['2026-01-04T23:59:30', '2026-01-10T00:00:00'],
  },
]

const API: readonly Example[] = [
  {
    expression: '0/15 * * * * ?',
    says: '"0/15" in the seconds field means the seconds 0, 15, 30, and 45',
    after: '2026-01-01T00:00:00',
    fires: ['2026-01-01T00:00:15', '2026-01-01T00:00:30', '2026-01-01T00:00:45', '2026-01-01T00:01:00'],
  },
  {
    expression: '5/15 * * * * ?',
    says: '"5/15" in the seconds field means the seconds 5, 20, 35, and 50',
    after: '2026-01-01T00:00:00',
    fires: ['2026-01-01T00:00:05', '2026-01-01T00:00:20', '2026-01-01T00:00:35', '2026-01-01T00:00:50'],
  },
  {
    expression: '0 0 10-12 * * ?',
    says: '"10-12" in the hour field means the hours 10, 11 and 12',
    after: '2026-01-01',
    fires: ['2026-01-01T10:00:00', '2026-01-01T11:00:00', '2026-01-01T12:00:00', '2026-01-02T10:00:00'],
  },
  {
    expression: '0 0 0 1 7/6 ?',
    says: '"7/6" in the month field only turns on month "7", it does NOT mean every 6th month',
    after: '2026-01-01',
    fires: ['2026-07-01T00:00:00', '2027-07-01T00:00:00'],
  },
  {
    expression: '0 0 0 15W * ?',
    says: 'if the 15th is a Saturday, on Friday the 14th; if a Sunday, on Monday the 16th; if a Tuesday, on the 15th',
    after: '2026-08-01',
    fires: ['2026-08-14T00:00:00', '2026-09-15T00:00:00', '2026-10-15T00:00:00', '2026-11-16T00:00:00'],
  },
  {
    expression: '0 0 0 1W * ?',
    says: 'if the 1st is a Saturday, on Monday the 3rd: it does not jump over the boundary of a month',
    after: '2026-07-15',
    fires: ['2026-08-03T00:00:00', '2026-09-01T00:00:00', '2026-10-01T00:00:00', '2026-11-02T00:00:00'],
  },
  {
    expression: '0 0 0 LW * ?',
    says: 'LW translates to the last weekday of the month',
    after: '2026-01-01',
    fires: ['2026-01-30T00:00:00', '2026-02-27T00:00:00', '2026-03-31T00:00:00', '2026-04-30T00:00:00'],
  },
  {
    expression: '0 0 0 ? * 2#1',
    says: '"2#1" is the first Monday of the month',
    after: '2026-01-01',
    fires: ['2026-01-05T00:00:00', '2026-02-02T00:00:00'],
  },
  {
    expression: '0 0 0 ? * 4#5',
    says: '"4#5" is the fifth Wednesday; without one in the month no firing occurs that month',
    after: '2026-01-01',
    fires: ['2026-04-29T00:00:00', '2026-07-29T00:00:00', '2026-09-30T00:00:00'],
  },
  {
    expression: '0 0 22-2 * * ?',
    says: "overflowing ranges are supported: 22-2 catches 10 o'clock at night until 2 o'clock in the morning",
    after: '2026-01-01T02:30',
    fires: [
      '2026-01-01T22:00:00',
      '2026-01-01T23:00:00',
      '2026-01-02T00:00:00',
      '2026-01-02T01:00:00',
      '2026-01-02T02:00:00',
    ],
  },
  {
    expression: '0 0 0 1 NOV-FEB ?',
    says: 'NOV-FEB',
    after: '2026-10-15',
    fires: [
      '2026-11-01T00:00:00',
      '2026-12-01T00:00:00',
      '2027-01-01T00:00:00',
      '2027-02-01T00:00:00',
      '2027-11-01T00:00:00',
    ],
  },
]

describe.each([
  ['the CronTrigger tutorial', TUTORIAL],
  ['lesson 6 of the tutorials', LESSON_SIX],
  ['example 3', EXAMPLE_THREE],
  ['the API documentation', API],
])('Quartz expressions of %s do what it says', (_source, examples) => {
  it.each(examples)('$expression: $says', ({ expression, after, fires }) => {
    expect(firesOf(expression, { dialect: 'quartz', after, count: fires.length })).toEqual(fires)
  })
})

describe('expressions of the Quartz documentation that need a word', () => {
  it('a year in the past fires no more', () => {
    expect(firesOf('0 15 10 * * ? 2005', { dialect: 'quartz', after: '2005-12-31T12:00', count: 1 })).toEqual(
      [],
    )
  })

  // The tutorial shows it as the simplest one, but it puts ? into the month, which Quartz refuses as well.
  it('* * * * ? * is refused', () => {
    const compiled = compilePattern('* * * * ? *', { dialect: 'quartz' })
    expect(compiled.ok ? [] : compiled.error.map((found) => found.message)).toEqual([
      'month has "?", which stands alone in a day field',
      'neither day-of-month nor day-of-week is "?"',
    ])
  })

  // Example 3: Quartz reads the digits of "10am" and drops the letters, so "10pm" would be 10:00, too.
  it('an hour with am or pm is refused rather than misread', () => {
    const compiled = compilePattern('0 0 10am 1,15 * ?', { dialect: 'quartz' })
    expect(compiled.ok ? [] : compiled.error).toMatchObject([
      { code: 'invalid-cron', message: 'hour has "10am"', expected: '0 to 23', found: '10am' },
    ])
  })
})
