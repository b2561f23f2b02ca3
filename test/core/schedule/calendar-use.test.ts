import { describe, expect, it } from 'vitest'
import type { CalendarSpec } from '../../../src/core/kinds.ts'
import { fires, instant, local, MARKET, refused, scheduled, traceOf, verdicts } from './schedules.ts'

const market = (more = {}) => scheduled({ cron: '0 18 * * *' }, { calendar: 'market', ...more })

describe('a calendar', () => {
  it('lets a schedule fire on its open days only, special sessions among them', () => {
    expect(verdicts(market(), { from: '2026-01-24', to: '2026-02-03' })).toEqual([
      '2026-01-24T18:00 skipped closed',
      '2026-01-25T18:00 skipped closed',
      '2026-01-26T18:00 skipped closed',
      '2026-01-27T18:00 fires',
      '2026-01-28T18:00 fires',
      '2026-01-29T18:00 fires',
      '2026-01-30T18:00 fires',
      '2026-01-31T18:00 skipped closed',
      '2026-02-01T18:00 fires',
      '2026-02-02T18:00 fires',
    ])
  })

  it('is told of in the trace, with rule and place', () => {
    const locate = () => ({ file: 'a.yaml', line: 7, column: 3 })
    const schedule = market({ locate })
    const trace = schedule.nextCandidate(instant('2026-01-26'))!.trace
    expect(trace).toEqual([
      {
        step: 'pattern',
        text: 'cron "0 18 * * *" asks for 2026-01-26T18:00:00 (UTC)',
        position: { file: 'a.yaml', line: 7, column: 3 },
      },
      { step: 'calendar', text: 'market is closed on 2026-01-26: Founders Day', name: 'Founders Day' },
    ])
    expect(traceOf(market(), '2026-12-24T18:00').at(-1)).toBe(
      'calendar: market is open on 2026-12-24: Christmas Eve, closes at 13:00',
    )
  })

  it('is asked for the date in the schedule’s zone, or in its own', () => {
    const calendars = { market: { ...MARKET, timezone: 'Asia/Tokyo' } }
    const options = { calendar: 'market', calendars, timezone: 'America/New_York' }
    const window = { from: '2026-01-08', to: '2026-01-13', zone: 'America/New_York' }
    expect(fires(scheduled({ cron: '0 18 * * *' }, options), window)).toEqual([
      '2026-01-08T18:00',
      '2026-01-09T18:00',
      '2026-01-12T18:00',
    ])
    // 18:00 in New York is the next morning in Tokyo.
    const byCalendar = scheduled({ cron: '0 18 * * *' }, { ...options, calendarDate: 'calendar' })
    expect(fires(byCalendar, window)).toEqual(['2026-01-08T18:00', '2026-01-11T18:00', '2026-01-12T18:00'])
  })
})

describe('runOn', () => {
  it('holidays fires on closed days that are more than a weekend', () => {
    expect(fires(market({ runOn: 'holidays' }), { from: '2026-01-01', to: '2026-12-31' })).toEqual([
      '2026-01-01T18:00',
      '2026-01-26T18:00',
      '2026-12-25T18:00',
    ])
  })

  it('sessions fires on days with a session of their own', () => {
    expect(fires(market({ runOn: 'sessions' }), { from: '2026-01-01', to: '2026-12-31' })).toEqual([
      '2026-02-01T18:00',
    ])
  })

  it('early-closes fires on days that close early, also in a calendar without hours', () => {
    const { hours: _, ...withoutHours } = MARKET
    for (const calendar of [MARKET, withoutHours]) {
      const schedule = market({ runOn: 'early-closes', calendars: { market: calendar } })
      expect(fires(schedule, { from: '2026-01-01', to: '2026-12-31' })).toEqual(['2026-12-24T18:00'])
    }
  })

  it('says what it asks for', () => {
    expect(traceOf(market({ runOn: 'holidays' }), '2026-01-24T18:00').at(-1)).toBe(
      'selection: runs on holidays only, and 2026-01-24 is not one of market: Saturday',
    )
  })
})

describe('a blackout', () => {
  it('keeps a time of day from firing, end excluded, whatever roll says', () => {
    const schedule = scheduled({ every: '30m' }, { calendar: 'market', roll: 'unadjusted' })
    expect(verdicts(schedule, { from: '2026-01-06T09:30', to: '2026-01-06T11:30' })).toEqual([
      '2026-01-06T09:30 fires',
      '2026-01-06T10:00 skipped blackout',
      '2026-01-06T10:30 skipped blackout',
      '2026-01-06T11:00 fires',
    ])
  })

  it('is stepped over in both directions, to the second', () => {
    const calendar: CalendarSpec = {
      timezone: 'UTC',
      weekend: [],
      blackouts: [
        { days: ['mon'], from: '00:00', to: '12:00', name: 'first' },
        { days: ['mon'], from: '12:00:30', to: '24:00', name: 'second' },
      ],
    }
    const schedule = scheduled({ cron: '* * * * * *' }, { calendar: 'c', calendars: { c: calendar } })
    expect(local(schedule.next(instant('2026-01-05T00:00'))!)).toBe('2026-01-05T12:00')
    expect(local(schedule.next(instant('2026-01-05T12:00:29'))!)).toBe('2026-01-06T00:00')
    expect(local(schedule.previous(instant('2026-01-06T00:00'))!)).toBe('2026-01-05T12:00:29')
    expect(local(schedule.previous(instant('2026-01-05T12:00'))!)).toBe('2026-01-04T23:59:59')
  })
})

describe('beyond coverage', () => {
  const ending = (afterEnd: 'hold' | 'open' | 'closed' | 'rules-only') =>
    market({
      calendars: { market: { ...MARKET, coverage: { from: '2020-01-01', to: '2026-12-31', afterEnd } } },
    })
  const window = { from: '2026-12-31', to: '2027-01-05' }

  it('hold decides nothing, and ends what can be asked', () => {
    expect(verdicts(ending('hold'), window)).toEqual(['2026-12-31T18:00 fires', '2027-01-01T18:00 held'])
    expect(ending('hold').next(instant('2026-12-31T18:00'))).toBeNull()
    expect(local(ending('hold').previous(instant('2028-01-01'))!)).toBe('2026-12-31T18:00')
    expect(ending('hold').admission(instant('2027-01-04'))).toEqual({ admitted: false, admittedFrom: null })
  })

  it('open takes every day as open', () => {
    expect(verdicts(ending('open'), window)).toEqual([
      '2026-12-31T18:00 fires',
      ...['01', '02', '03', '04'].map((day) => `2027-01-${day}T18:00 fires`),
    ])
    expect(traceOf(ending('open'), '2027-01-02T18:00').at(-1)).toBe(
      'coverage: market is open on 2027-01-02: after 2026-12-31, where coverage ends (open)',
    )
  })

  it('closed records every time as not fired, with the reason', () => {
    expect(verdicts(ending('closed'), window)).toEqual([
      '2026-12-31T18:00 fires',
      ...['01', '02', '03', '04'].map((day) => `2027-01-${day}T18:00 skipped closed`),
    ])
    expect(traceOf(ending('closed'), '2027-01-04T18:00').at(-1)).toBe(
      'coverage: market is closed on 2027-01-04: after 2026-12-31, where coverage ends (closed)',
    )
  })

  it('rules-only goes on with the rules', () => {
    expect(verdicts(ending('rules-only'), window)).toEqual([
      '2026-12-31T18:00 fires',
      '2027-01-01T18:00 skipped closed',
      '2027-01-02T18:00 skipped closed',
      '2027-01-03T18:00 skipped closed',
      '2027-01-04T18:00 fires',
    ])
  })

  it('before its beginning nothing is decided either', () => {
    expect(verdicts(ending('hold'), { from: '2019-12-30', to: '2020-01-05' })).toEqual([
      '2019-12-30T18:00 held',
    ])
  })
})

describe('bounds', () => {
  it('include startsAt and exclude endsAt', () => {
    const schedule = scheduled({ every: '6h' }, { startsAt: '2026-01-05T06:00', endsAt: '2026-01-06T06:00' })
    expect(fires(schedule, { from: '2026-01-01', to: '2026-02-01' })).toEqual([
      '2026-01-05T06:00',
      '2026-01-05T12:00',
      '2026-01-05T18:00',
      '2026-01-06T00:00',
    ])
    expect(schedule.previous(instant('2026-01-05T06:00'))).toBeNull()
    expect(local(schedule.previous(instant('2027-01-01'))!)).toBe('2026-01-06T00:00')
  })

  it('read a bare date as midnight of the schedule’s zone', () => {
    const schedule = scheduled({ every: '6h' }, { startsAt: '2026-01-05', timezone: 'Asia/Kolkata' })
    expect(schedule.next(0)).toBe(instant('2026-01-04T18:30:00Z'))
  })

  it('that contradict each other are refused', () => {
    const found = refused({ every: '1h' }, { startsAt: '2026-01-05', endsAt: '2026-01-05' })
    expect(found).toMatchObject([{ code: 'contradiction', path: ['spec', 'endsAt'] }])
  })
})

describe('a missed fire', () => {
  it('is admitted by the calendar’s present, or told from when', () => {
    const schedule = market()
    expect(schedule.admission(instant('2026-01-27T03:00'))).toMatchObject({ admitted: true })
    expect(schedule.admission(instant('2026-01-24T03:00'))).toEqual({
      admitted: false,
      admittedFrom: instant('2026-01-27T00:00'),
    })
    expect(schedule.admission(instant('2026-01-27T10:20'))).toEqual({
      admitted: false,
      admittedFrom: instant('2026-01-27T11:00'),
    })
  })
})
