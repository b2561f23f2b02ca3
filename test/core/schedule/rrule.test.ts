import { describe, expect, it } from 'vitest'
import { fires, refused, scheduled } from './schedules.ts'

/** The examples of RFC 5545, section 3.8.5.3, of days, weeks, months and years, with the dates that it lists. */
interface Example {
  readonly start: string
  readonly rule: string
  /** `1997-09: 2 3 4`, the days of a month; the whole list, or what the RFC prints of an endless one. */
  readonly days: readonly string[]
  readonly endless?: true
}

const SEPTEMBER_2 = '1997-09-02T09:00'

const EXAMPLES: readonly Example[] = [
  { start: SEPTEMBER_2, rule: 'FREQ=DAILY;COUNT=10', days: ['1997-09: 2 3 4 5 6 7 8 9 10 11'] },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=DAILY;INTERVAL=2',
    days: ['1997-09: 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30', '1997-10: 2 4 6 8 10'],
    endless: true,
  },
  { start: SEPTEMBER_2, rule: 'FREQ=DAILY;INTERVAL=10;COUNT=5', days: ['1997-09: 2 12 22', '1997-10: 2 12'] },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=WEEKLY;COUNT=10',
    days: ['1997-09: 2 9 16 23 30', '1997-10: 7 14 21 28', '1997-11: 4'],
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=WEEKLY;UNTIL=19971224T000000Z',
    days: ['1997-09: 2 9 16 23 30', '1997-10: 7 14 21 28', '1997-11: 4 11 18 25', '1997-12: 2 9 16 23'],
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=WEEKLY;INTERVAL=2;WKST=SU',
    days: ['1997-09: 2 16 30', '1997-10: 14 28', '1997-11: 11 25', '1997-12: 9 23', '1998-01: 6 20'],
    endless: true,
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH',
    days: ['1997-09: 2 4 9 11 16 18 23 25 30', '1997-10: 2'],
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH',
    days: ['1997-09: 2 4 9 11 16 18 23 25 30', '1997-10: 2'],
  },
  {
    start: '1997-09-01T09:00',
    rule: 'FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR',
    days: [
      '1997-09: 1 3 5 15 17 19 29',
      '1997-10: 1 3 13 15 17 27 29 31',
      '1997-11: 10 12 14 24 26 28',
      '1997-12: 8 10 12 22',
    ],
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH',
    days: ['1997-09: 2 4 16 18 30', '1997-10: 2 14 16'],
  },
  {
    start: '1997-09-05T09:00',
    rule: 'FREQ=MONTHLY;COUNT=10;BYDAY=1FR',
    days: [
      ...['1997-09: 5', '1997-10: 3', '1997-11: 7', '1997-12: 5', '1998-01: 2'],
      ...['1998-02: 6', '1998-03: 6', '1998-04: 3', '1998-05: 1', '1998-06: 5'],
    ],
  },
  {
    start: '1997-09-05T09:00',
    rule: 'FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR',
    days: ['1997-09: 5', '1997-10: 3', '1997-11: 7', '1997-12: 5'],
  },
  {
    start: '1997-09-07T09:00',
    rule: 'FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU',
    days: ['1997-09: 7 28', '1997-11: 2 30', '1998-01: 4 25', '1998-03: 1 29', '1998-05: 3 31'],
  },
  {
    start: '1997-09-22T09:00',
    rule: 'FREQ=MONTHLY;COUNT=6;BYDAY=-2MO',
    days: ['1997-09: 22', '1997-10: 20', '1997-11: 17', '1997-12: 22', '1998-01: 19', '1998-02: 16'],
  },
  {
    start: '1997-09-28T09:00',
    rule: 'FREQ=MONTHLY;BYMONTHDAY=-3',
    days: ['1997-09: 28', '1997-10: 29', '1997-11: 28', '1997-12: 29', '1998-01: 29', '1998-02: 26'],
    endless: true,
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15',
    days: ['1997-09: 2 15', '1997-10: 2 15', '1997-11: 2 15', '1997-12: 2 15', '1998-01: 2 15'],
  },
  {
    start: '1997-09-30T09:00',
    rule: 'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1',
    days: ['1997-09: 30', '1997-10: 1 31', '1997-11: 1 30', '1997-12: 1 31', '1998-01: 1 31', '1998-02: 1'],
  },
  {
    start: '1997-09-10T09:00',
    rule: 'FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15',
    days: ['1997-09: 10 11 12 13 14 15', '1999-03: 10 11 12 13'],
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=MONTHLY;INTERVAL=2;BYDAY=TU',
    days: ['1997-09: 2 9 16 23 30', '1997-11: 4 11 18 25', '1998-01: 6 13 20 27', '1998-03: 3 10 17 24 31'],
    endless: true,
  },
  {
    start: '1997-06-10T09:00',
    rule: 'FREQ=YEARLY;COUNT=10;BYMONTH=6,7',
    days: [1997, 1998, 1999, 2000, 2001].flatMap((year) => [`${year}-06: 10`, `${year}-07: 10`]),
  },
  {
    start: '1997-03-10T09:00',
    rule: 'FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3',
    days: [
      '1997-03: 10',
      ...[1999, 2001, 2003].flatMap((year) => [`${year}-01: 10`, `${year}-02: 10`, `${year}-03: 10`]),
    ],
  },
  {
    start: '1997-01-01T09:00',
    rule: 'FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200',
    days: [
      ...['1997-01: 1', '1997-04: 10', '1997-07: 19', '2000-01: 1', '2000-04: 9', '2000-07: 18'],
      ...['2003-01: 1', '2003-04: 10', '2003-07: 19', '2006-01: 1'],
    ],
  },
  {
    start: '1997-05-19T09:00',
    rule: 'FREQ=YEARLY;BYDAY=20MO',
    days: ['1997-05: 19', '1998-05: 18', '1999-05: 17'],
    endless: true,
  },
  {
    start: '1997-05-12T09:00',
    rule: 'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO',
    days: ['1997-05: 12', '1998-05: 11', '1999-05: 17'],
    endless: true,
  },
  {
    start: '1997-03-13T09:00',
    rule: 'FREQ=YEARLY;BYMONTH=3;BYDAY=TH',
    days: ['1997-03: 13 20 27', '1998-03: 5 12 19 26', '1999-03: 4 11 18 25'],
    endless: true,
  },
  {
    start: '1997-06-05T09:00',
    rule: 'FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8',
    days: [
      ...['1997-06: 5 12 19 26', '1997-07: 3 10 17 24 31', '1997-08: 7 14 21 28'],
      ...['1998-06: 4 11 18 25', '1998-07: 2 9 16 23 30', '1998-08: 6 13 20 27'],
      ...['1999-06: 3 10 17 24', '1999-07: 1 8 15 22 29', '1999-08: 5 12 19 26'],
    ],
    endless: true,
  },
  {
    start: SEPTEMBER_2,
    rule: 'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    days: ['1998-02: 13', '1998-03: 13', '1998-11: 13', '1999-08: 13', '2000-10: 13'],
    endless: true,
  },
  {
    start: '1997-09-13T09:00',
    rule: 'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13',
    days: [
      ...['1997-09: 13', '1997-10: 11', '1997-11: 8', '1997-12: 13', '1998-01: 10'],
      ...['1998-02: 7', '1998-03: 7', '1998-04: 11', '1998-05: 9', '1998-06: 13'],
    ],
    endless: true,
  },
  {
    start: '1996-11-05T09:00',
    rule: 'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
    days: ['1996-11: 5', '2000-11: 7', '2004-11: 2'],
    endless: true,
  },
  {
    start: '1997-09-04T09:00',
    rule: 'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3',
    days: ['1997-09: 4', '1997-10: 7', '1997-11: 6'],
  },
  {
    start: '1997-09-29T09:00',
    rule: 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2',
    days: [
      ...['1997-09: 29', '1997-10: 30', '1997-11: 27', '1997-12: 30'],
      ...['1998-01: 29', '1998-02: 26', '1998-03: 30'],
    ],
    endless: true,
  },
  {
    start: '1997-08-05T09:00',
    rule: 'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
    days: ['1997-08: 5 10 19 24'],
  },
  {
    start: '1997-08-05T09:00',
    rule: 'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
    days: ['1997-08: 5 17 19 31'],
  },
  {
    start: '2007-01-15T09:00',
    rule: 'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5',
    days: ['2007-01: 15 30', '2007-02: 15', '2007-03: 15 30'],
  },
]

const dates = (days: readonly string[]): readonly string[] =>
  days.flatMap((line) => {
    const [month, list] = line.split(': ') as [string, string]
    return list.split(' ').map((day) => `${month}-${day.padStart(2, '0')}T09:00`)
  })

const NEW_YORK = 'America/New_York'

describe('a recurrence rule of RFC 5545', () => {
  it.each(EXAMPLES)('$rule from $start', ({ start, rule, days, endless }) => {
    const expected = dates(days)
    const schedule = scheduled({ rrule: rule }, { startsAt: start, timezone: NEW_YORK })
    const found = fires(schedule, { from: '1990-01-01', to: '2012-01-01', zone: NEW_YORK })
    expect(endless ? found.slice(0, expected.length) : found).toEqual(expected)
    if (endless) expect(found.length).toBeGreaterThan(expected.length)
  })

  it.each([
    ['FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA'],
    ['FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1'],
  ])('%s is every day in January for three years', (rule) => {
    const schedule = scheduled({ rrule: rule }, { startsAt: '1998-01-01T09:00', timezone: NEW_YORK })
    const found = fires(schedule, { from: '1990-01-01', to: '2012-01-01', zone: NEW_YORK })
    const every = Array.from({ length: 31 }, (_, index) => index + 1).join(' ')
    expect(found).toEqual(dates([`1998-01: ${every}`, `1999-01: ${every}`, `2000-01: ${every}`]))
  })

  it('has each day until an UNTIL in UTC, which excludes the day of its midnight', () => {
    const schedule = scheduled(
      { rrule: 'FREQ=DAILY;UNTIL=19971224T000000Z' },
      { startsAt: SEPTEMBER_2, timezone: NEW_YORK },
    )
    const found = fires(schedule, { from: '1990-01-01', to: '2012-01-01', zone: NEW_YORK })
    expect(found).toHaveLength(113)
    expect(found.at(-1)).toBe('1997-12-23T09:00')
  })

  it('lists times of day, every 20 minutes from 9:00 to 16:40', () => {
    const schedule = scheduled(
      { rrule: 'FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40' },
      { startsAt: SEPTEMBER_2, timezone: NEW_YORK },
    )
    const found = fires(schedule, { from: '1997-09-02', to: '1997-09-03', zone: NEW_YORK })
    expect(found).toHaveLength(24)
    expect([found[0], found[1], found.at(-1)]).toEqual([
      '1997-09-02T09:00',
      '1997-09-02T09:20',
      '1997-09-02T16:40',
    ])
  })

  it('counts positions over the times of day too', () => {
    const schedule = scheduled(
      { rrule: 'FREQ=MONTHLY;BYMONTHDAY=1,2;BYHOUR=8,20;BYMINUTE=0;BYSETPOS=2,-1' },
      { startsAt: '1997-09-01T00:00' },
    )
    expect(fires(schedule, { from: '1997-09-01', to: '1997-11-01' })).toEqual([
      '1997-09-01T20:00',
      '1997-09-02T20:00',
      '1997-10-01T20:00',
      '1997-10-02T20:00',
    ])
  })

  it('needs no start for what does not count from one, and takes its time from `time`', () => {
    const schedule = scheduled({ rrule: 'FREQ=MONTHLY;BYDAY=-1FR', time: '18:00' })
    expect(fires(schedule, { from: '2026-01-01', to: '2026-04-01' })).toEqual([
      '2026-01-30T18:00',
      '2026-02-27T18:00',
      '2026-03-27T18:00',
    ])
  })

  it('counts from the first time that is not before its start', () => {
    const schedule = scheduled(
      { rrule: 'FREQ=DAILY;COUNT=2', time: '08:00' },
      { startsAt: '2026-01-05T12:00' },
    )
    expect(fires(schedule, { from: '2026-01-01', to: '2026-02-01' })).toEqual([
      '2026-01-06T08:00',
      '2026-01-07T08:00',
    ])
  })

  it('sees a week over the turn of the year whole', () => {
    const schedule = scheduled({ rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1' })
    expect(fires(schedule, { from: '2025-12-20', to: '2026-01-20' })).toEqual([
      '2025-12-21T00:00',
      '2025-12-28T00:00',
      '2026-01-04T00:00',
      '2026-01-11T00:00',
      '2026-01-18T00:00',
    ])
  })

  it.each([
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO', 'counts intervals, but from no start'],
    ['FREQ=DAILY;COUNT=3', 'counts its times, but from no start'],
    ['FREQ=DAILY;UNTIL=20260101', 'has an UNTIL, but no start'],
    ['FREQ=MONTHLY', 'repeats the day of its start, but has none'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'never gives a time'],
    ['FREQ=HOURLY', 'FREQ cannot be "HOURLY"'],
    ['FREQ=DAILY;BYHOURS=3', '"BYHOURS" is not a part of a recurrence rule'],
    ['BYDAY=MO', 'the rule has no FREQ'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'a numbered BYDAY needs FREQ=MONTHLY or YEARLY'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS chooses among the other BY parts'],
    ['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY cannot be "32"'],
  ])('is refused: %s', (rule, message) => {
    const found = refused({ rrule: rule })
    expect(found.map((each) => [each.code, each.path])).toContainEqual([
      'invalid-rrule',
      ['spec', 'triggers', 0, 'rrule'],
    ])
    expect(found.map((each) => each.message).join('\n')).toContain(message)
  })

  it('is refused when it has more times a day than minutes', () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => index).join(',')
    const rule = `FREQ=DAILY;BYHOUR=${numbers(24)};BYMINUTE=${numbers(60)};BYSECOND=${numbers(60)}`
    expect(refused({ rrule: rule })[0]?.message).toContain('has 86400 times a day')
  })
})
