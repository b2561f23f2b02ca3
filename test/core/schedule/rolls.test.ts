import { describe, expect, it } from 'vitest'
import type { CalendarSpec, Roll } from '../../../src/core/kinds.ts'
import { fires, instant, scheduled, traceOf, verdicts } from './schedules.ts'

/*
 * May 2026: Friday the 1st and Thursday the 14th to Friday the 15th are closed, and so are Friday the 29th and the
 * weekends. So 1 to 3, 14 to 17 and 29 to 31 are closed stretches at the beginning, the middle and the end.
 */
const CALENDAR: CalendarSpec = {
  timezone: 'UTC',
  weekend: ['sat', 'sun'],
  coverage: { from: '2026-01-01', to: '2026-12-31' },
  rules: [
    {
      id: 'days',
      dates: {
        '2026-05-01': 'Labour Day',
        '2026-05-14': 'Feast',
        '2026-05-15': 'Feast',
        '2026-05-29': 'Fast',
      },
    },
  ],
}

const rolled = (dates: readonly string[], roll: Roll, offset = 0) =>
  scheduled(
    { at: dates.map((date) => `2026-${date}T18:00`) },
    { calendar: 'may', calendars: { may: CALENDAR }, roll, offset },
  )

const one = (date: string, roll: Roll, offset = 0): string | undefined =>
  fires(rolled([date], roll, offset), { from: '2026-01-01', to: '2026-12-31' })[0]?.slice(5, 10)

describe('roll', () => {
  // Meanings of QuantLib's BusinessDayConvention, worked out by hand from the calendar above.
  it.each<[Roll, Readonly<Record<string, string | undefined>>]>([
    [
      'skip',
      { '05-01': undefined, '05-14': undefined, '05-17': undefined, '05-31': undefined, '05-20': '05-20' },
    ],
    [
      'unadjusted',
      { '05-01': '05-01', '05-14': '05-14', '05-17': '05-17', '05-31': '05-31', '05-20': '05-20' },
    ],
    [
      'following',
      { '05-01': '05-04', '05-14': '05-18', '05-17': '05-18', '05-31': '06-01', '05-20': '05-20' },
    ],
    [
      'preceding',
      { '05-01': '04-30', '05-14': '05-13', '05-17': '05-13', '05-31': '05-28', '05-20': '05-20' },
    ],
    ['modified-following', { '05-01': '05-04', '05-14': '05-18', '05-17': '05-18', '05-30': '05-28' }],
    ['modified-preceding', { '05-01': '05-04', '05-03': '05-04', '05-14': '05-13', '05-31': '05-28' }],
    [
      'half-month-modified-following',
      { '05-01': '05-04', '05-14': '05-13', '05-15': '05-13', '05-16': '05-18', '05-31': '05-28' },
    ],
    [
      'nearest',
      {
        '05-01': '04-30',
        '05-02': '05-04',
        '05-14': '05-13',
        '05-15': '05-13',
        '05-16': '05-18',
        '05-30': '06-01',
      },
    ],
  ])('%s', (roll, expected) => {
    expect(Object.fromEntries(Object.keys(expected).map((date) => [date, one(date, roll)]))).toEqual(expected)
  })

  it('keeps the time of day, and gathers what meets into one fire that remembers the first date asked for', () => {
    const schedule = rolled(['05-15', '05-16', '05-17', '05-18'], 'following')
    const [found, ...others] = [...schedule.occurrences(instant('2026-05-01'), instant('2026-06-01'))]
    expect(others).toEqual([])
    expect(found).toMatchObject({ nominal: instant('2026-05-18T18:00'), asked: '2026-05-15T18:00:00' })
    expect(traceOf(schedule, '2026-05-18T18:00')).toEqual([
      'pattern: `at` asks for 2026-05-15T18:00:00 (UTC)',
      'roll: may is closed on 2026-05-15: Feast; rolled (following) to 2026-05-18',
      'pattern: `at` asks for 2026-05-16T18:00:00 (UTC)',
      'roll: may is closed on 2026-05-16: Saturday; rolled (following) to 2026-05-18',
      'pattern: `at` asks for 2026-05-17T18:00:00 (UTC)',
      'roll: may is closed on 2026-05-17: Sunday; rolled (following) to 2026-05-18',
      'pattern: `at` asks for 2026-05-18T18:00:00 (UTC)',
    ])
  })

  it('resolves clocks on the day that it rolls to', () => {
    const zone = 'America/New_York'
    const schedule = scheduled(
      { cron: '30 2 * * SAT' },
      {
        timezone: zone,
        calendar: 'c',
        roll: 'following',
        calendars: { c: { timezone: zone, weekend: ['sat'] } },
      },
    )
    expect(fires(schedule, { from: '2026-03-05', to: '2026-03-12', zone })).toEqual(['2026-03-08T03:00'])
  })

  it('rolls elapsed time as the local times that it reads', () => {
    const schedule = scheduled(
      { every: '12h', anchor: '2026-01-01T06:00' },
      { calendar: 'may', calendars: { may: CALENDAR }, roll: 'preceding' },
    )
    expect(fires(schedule, { from: '2026-05-13', to: '2026-05-19' })).toEqual([
      '2026-05-13T06:00',
      '2026-05-13T18:00',
      '2026-05-18T06:00',
      '2026-05-18T18:00',
    ])
  })
})

describe('offset', () => {
  it('moves by business days after the roll', () => {
    expect(one('05-20', 'skip', -2)).toBe('05-18')
    expect(one('05-20', 'skip', 3)).toBe('05-25')
    expect(one('05-18', 'skip', -1)).toBe('05-13')
    expect(one('05-15', 'following', 1)).toBe('05-19')
    expect(one('05-15', 'preceding', 1)).toBe('05-18')
    // Without a roll the days are counted from the closed day itself.
    expect(one('05-16', 'skip', 1)).toBe('05-18')
    expect(one('05-16', 'skip', -1)).toBe('05-13')
  })

  it('is told in the trace', () => {
    expect(traceOf(rolled(['05-15'], 'following', -2), '2026-05-12T18:00')).toEqual([
      'pattern: `at` asks for 2026-05-15T18:00:00 (UTC)',
      'roll: may is closed on 2026-05-15: Feast; rolled (following) to 2026-05-18',
      'offset: offset -2 business days from 2026-05-18 to 2026-05-12',
    ])
  })
})

describe('at the end of coverage', () => {
  const daily = (roll: Roll, offset = 0) =>
    scheduled({ cron: '0 18 * * *' }, { calendar: 'may', calendars: { may: CALENDAR }, roll, offset })
  const end = { from: '2026-12-29', to: '2027-06-01' }

  it('what rolls to a known day fires, and the first that does not is held', () => {
    expect(verdicts(daily('following'), end)).toEqual([
      '2026-12-29T18:00 fires',
      '2026-12-30T18:00 fires',
      '2026-12-31T18:00 fires',
      '2027-01-01T18:00 held',
    ])
  })

  it('an offset that leads beyond holds only what it leads beyond, after all that is known', () => {
    expect(verdicts(daily('following', 2), end)).toEqual([
      '2026-12-29T18:00 fires',
      '2026-12-30T18:00 fires',
      '2026-12-31T18:00 fires',
      '2027-01-01T18:00 held',
    ])
    // The first unknown day is two business days after the 30th, whatever it is itself.
    expect(verdicts(daily('skip', -2), end)).toEqual([
      '2026-12-29T18:00 fires',
      '2026-12-30T18:00 fires',
      '2027-01-02T18:00 held',
    ])
  })

  it('a calendar that is closed for ever records each time that it turns down', () => {
    const closed: CalendarSpec = {
      ...CALENDAR,
      coverage: { from: '2026-01-01', to: '2026-12-31', afterEnd: 'closed' },
    }
    const daily = (roll: Roll, offset = 0) =>
      scheduled({ cron: '0 18 * * *' }, { calendar: 'c', calendars: { c: closed }, roll, offset })
    const turn = { from: '2026-12-30', to: '2027-01-03' }
    for (const [roll, offset] of [
      ['following', 0],
      ['skip', 0],
      ['following', 1],
    ] as const) {
      expect(verdicts(daily(roll, offset), turn)).toEqual([
        '2026-12-30T18:00 fires',
        '2026-12-31T18:00 fires',
        '2027-01-01T18:00 skipped closed',
        '2027-01-02T18:00 skipped closed',
      ])
    }
    expect(traceOf(daily('following'), '2027-01-02T18:00').slice(1)).toEqual([
      'roll: c has no open day any more to which 2027-01-02 could be moved',
      'coverage: c is closed on 2027-01-02: after 2026-12-31, where coverage ends (closed)',
    ])
  })

  it('a calendar that is closed for ever gathers nothing for ever', () => {
    const closed: CalendarSpec = {
      ...CALENDAR,
      coverage: { from: '2026-01-01', to: '2026-12-31', afterEnd: 'closed' },
    }
    for (const roll of ['preceding', 'following', 'nearest', 'skip'] as const) {
      const schedule = scheduled({ cron: '* * * * *' }, { calendar: 'c', calendars: { c: closed }, roll })
      expect(schedule.next(instant('2027-03-01'))).toBeNull()
      expect(schedule.previous(instant('2030-01-01'))).toBe(instant('2026-12-31T23:59'))
    }
  })
})
