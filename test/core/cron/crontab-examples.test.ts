import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/core/cron/compile.ts'
import { firesOf } from '../../support/fires.ts'

/**
 * Every expression that crontab(5) gives as an example, with what it says, turned into the fires that follow from
 * those words. Sources: the manual pages of Vixie cron 3.0 (with Debian's additions) and of cronie 1.7.
 */
const EXAMPLES = [
  {
    expression: '5 0 * * *',
    says: 'run five minutes after midnight, every day',
    after: '2026-02-27T12:00',
    fires: ['2026-02-28T00:05:00', '2026-03-01T00:05:00'],
  },
  {
    expression: '15 14 1 * *',
    says: 'run at 2:15pm on the first of every month',
    after: '2026-01-01T14:15',
    fires: ['2026-02-01T14:15:00', '2026-03-01T14:15:00'],
  },
  {
    expression: '0 22 * * 1-5',
    says: 'run at 10 pm on weekdays, annoy Joe',
    after: '2026-01-02T12:00',
    fires: ['2026-01-02T22:00:00', '2026-01-05T22:00:00', '2026-01-06T22:00:00'],
  },
  {
    expression: '23 0-23/2 * * *',
    says: 'run 23 minutes after midn, 2am, 4am ..., everyday',
    after: '2026-01-01T21:00',
    fires: ['2026-01-01T22:23:00', '2026-01-02T00:23:00', '2026-01-02T02:23:00'],
  },
  {
    expression: '5 4 * * sun',
    says: 'run at 5 after 4 every Sunday',
    after: '2026-01-01',
    fires: ['2026-01-04T04:05:00', '2026-01-11T04:05:00'],
  },
  {
    expression: '0 */4 1 * mon',
    says: 'run every 4th hour on the 1st and on every Monday',
    after: '2026-01-01T19:00',
    fires: ['2026-01-01T20:00:00', '2026-01-05T00:00:00', '2026-01-05T04:00:00'],
  },
  {
    expression: '0 0 */2 * sun',
    says: "run at midn on every Sunday that's an uneven date",
    after: '2026-01-01',
    fires: ['2026-01-11T00:00:00', '2026-01-25T00:00:00', '2026-02-01T00:00:00'],
  },
  {
    expression: '0 4 8-14 * *',
    says: 'every day from the 8th to the 14th (the command picks the second Saturday)',
    after: '2026-01-13T12:00',
    fires: ['2026-01-14T04:00:00', '2026-02-08T04:00:00'],
  },
  {
    expression: '0 10 * * *',
    says: 'every day at 10:00 am',
    after: '2026-01-01T10:00',
    fires: ['2026-01-02T10:00:00', '2026-01-03T10:00:00'],
  },
  {
    expression: '30 4 1,15 * 5',
    says: 'at 4:30 am on the 1st and 15th of each month, plus every Friday',
    after: '2026-01-01',
    fires: ['2026-01-01T04:30:00', '2026-01-02T04:30:00', '2026-01-09T04:30:00', '2026-01-15T04:30:00'],
  },
  {
    expression: '0 8-11 * * *',
    says: '8-11 for an hours entry specifies execution at hours 8, 9, 10 and 11',
    after: '2026-01-01T08:30',
    fires: ['2026-01-01T09:00:00', '2026-01-01T10:00:00', '2026-01-01T11:00:00', '2026-01-02T08:00:00'],
  },
  {
    expression: '0 1,2,5,9 * * *',
    says: 'a list: 1,2,5,9',
    after: '2026-01-01T01:30',
    fires: ['2026-01-01T02:00:00', '2026-01-01T05:00:00', '2026-01-01T09:00:00', '2026-01-02T01:00:00'],
  },
  {
    expression: '0 0-4,8-12 * * *',
    says: 'a list of ranges: 0-4,8-12',
    after: '2026-01-01T03:30',
    fires: ['2026-01-01T04:00:00', '2026-01-01T08:00:00', '2026-01-01T09:00:00'],
  },
  {
    expression: '0 0-23/2 * * *',
    says: 'every other hour',
    after: '2026-01-01T20:30',
    fires: ['2026-01-01T22:00:00', '2026-01-02T00:00:00'],
  },
  {
    expression: '0 0,2,4,6,8,10,12,14,16,18,20,22 * * *',
    says: 'the alternative to 0-23/2 in the V7 standard',
    after: '2026-01-01T20:30',
    fires: ['2026-01-01T22:00:00', '2026-01-02T00:00:00'],
  },
  {
    expression: '0 */2 * * *',
    says: 'every two hours',
    after: '2026-01-01T20:30',
    fires: ['2026-01-01T22:00:00', '2026-01-02T00:00:00'],
  },
  {
    expression: '* * * * *',
    says: 'a job in /etc/cron.d: every minute',
    after: '2026-01-01T23:58:30',
    fires: ['2026-01-01T23:59:00', '2026-01-02T00:00:00'],
  },
  {
    expression: '0-59 * * * *',
    says: 'the example for SELinux: every minute',
    after: '2026-01-01T23:58:30',
    fires: ['2026-01-01T23:59:00', '2026-01-02T00:00:00'],
  },
  {
    expression: '0 0 * * 7',
    says: 'day of week 0-7 (0 or 7 is Sunday)',
    after: '2026-01-01',
    fires: ['2026-01-04T00:00:00', '2026-01-11T00:00:00'],
  },
  {
    expression: '0 0 1 JaN *',
    says: 'the first three letters of the particular day or month, case does not matter',
    after: '2026-01-01T12:00',
    fires: ['2027-01-01T00:00:00', '2028-01-01T00:00:00'],
  },
] as const

describe('expressions of crontab(5) do what it says', () => {
  it.each(EXAMPLES)('$expression: $says', ({ expression, after, fires }) => {
    expect(firesOf(expression, { after, count: fires.length })).toEqual(fires)
  })
})

const NICKNAMES = [
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
] as const

describe('nicknames of crontab(5) stand for what it says', () => {
  it.each(NICKNAMES)('%s is %s', (nickname, expression) => {
    const asked = { after: '2026-01-31T12:30', count: 4 }
    expect(firesOf(nickname, asked)).toEqual(firesOf(expression, asked))
  })

  it('@reboot is refused: a schedule has no reboot', () => {
    const compiled = compilePattern('@reboot')
    expect(compiled.ok ? [] : compiled.error).toMatchObject([
      { code: 'invalid-cron', found: '@reboot', cure: 'A schedule has no reboot; give a time.' },
    ])
  })

  it('a random value of cronie is refused, with the spread that stays the same instead', () => {
    const compiled = compilePattern('0~30 1 * * *')
    expect(compiled.ok ? [] : compiled.error).toMatchObject([
      {
        message: 'minute has "0~30", a random value',
        expected: 'H or H(a-b), which spreads but stays the same',
      },
    ])
  })
})
