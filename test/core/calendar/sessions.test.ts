import { describe, expect, test } from 'vitest'
import type { CompiledCalendar } from '../../../src/core/calendar/compiled-calendar.ts'
import { calendarOf, day, iso } from './calendars.ts'

function sessionsOn(calendar: CompiledCalendar, date: string) {
  return calendar
    .sessionsOn(day(date))
    .map(({ kind, open, close }) => ({ kind, open: iso(open), close: iso(close) }))
}

const nse = calendarOf({
  timezone: 'Asia/Kolkata',
  hours: [{ open: '09:15', close: '15:30', from: '2010-01-04' }],
  coverage: { from: 2005, to: 2026 },
  rules: [
    { id: 'republic-day', name: 'Republic Day', date: '01-26' },
    { id: 'diwali', dates: { '2025-10-21': 'Diwali Laxmi Pujan' } },
  ],
  sessions: [
    { date: '2026-02-01', name: 'Budget Sunday' },
    { date: '2025-10-21', name: 'Muhurat', open: '13:45', close: '14:45' },
    { date: '2024-03-02', name: 'Recovery drill', open: '11:30', close: '12:30' },
    { date: '2024-03-02', name: 'Recovery drill', open: '09:15', close: '10:00' },
    { date: '2021-02-24', name: 'Outage', open: '09:15', close: '11:40' },
  ],
})

describe('sessions', () => {
  test('are the regular hours on an open day, in the zone of the calendar', () => {
    expect(sessionsOn(nse, '2026-01-27')).toEqual([
      { kind: 'regular', open: '2026-01-27T03:45:00Z', close: '2026-01-27T10:00:00Z' },
    ])
  })

  test('are none on a closed day and on days before the hours are known', () => {
    expect(sessionsOn(nse, '2026-01-26')).toEqual([])
    expect(sessionsOn(nse, '2026-01-24')).toEqual([])
    expect(sessionsOn(nse, '2009-06-01')).toEqual([])
    expect(nse.dayState(day('2009-06-01'))).toBe('open')
  })

  test('are none on an uncovered day', () => {
    expect(sessionsOn(nse, '2027-01-04')).toEqual([])
    expect(sessionsOn(nse, '2004-12-31')).toEqual([])
  })

  test('that are dated outrank weekend, rules and regular hours', () => {
    expect(sessionsOn(nse, '2026-02-01')).toEqual([
      { kind: 'special', open: '2026-02-01T03:45:00Z', close: '2026-02-01T10:00:00Z' },
    ])
    expect(sessionsOn(nse, '2025-10-21')).toEqual([
      { kind: 'special', open: '2025-10-21T08:15:00Z', close: '2025-10-21T09:15:00Z' },
    ])
    expect(sessionsOn(nse, '2021-02-24')).toEqual([
      { kind: 'special', open: '2021-02-24T03:45:00Z', close: '2021-02-24T06:10:00Z' },
    ])
    expect(nse.dayState(day('2026-02-01'))).toBe('open')
    expect(nse.dayState(day('2025-10-21'))).toBe('open')
  })

  test('of one day come in order', () => {
    expect(sessionsOn(nse, '2024-03-02').map(({ open }) => open)).toEqual([
      '2024-03-02T03:45:00Z',
      '2024-03-02T06:00:00Z',
    ])
  })

  test('with `day: closed` are held on a day that stays closed', () => {
    const calendar = calendarOf({
      timezone: 'Asia/Kolkata',
      coverage: { from: 2025, to: 2025 },
      rules: [{ id: 'diwali', dates: { '2025-10-21': 'Diwali' } }],
      sessions: [{ date: '2025-10-21', name: 'Muhurat', open: '13:45', close: '14:45', day: 'closed' }],
    })
    expect(calendar.dayState(day('2025-10-21'))).toBe('closed')
    expect(calendar.sessionsOn(day('2025-10-21'))).toHaveLength(1)
    expect(calendar.why(day('2025-10-21')).map(({ kind }) => kind)).toEqual(['date', 'session'])
  })

  test('change with the periods of the hours and have intervals between their breaks', () => {
    const jpx = calendarOf({
      timezone: 'Asia/Tokyo',
      hours: [
        { open: '09:00', close: '15:00', breaks: [{ from: '11:30', to: '12:30' }], to: '2024-11-04' },
        { open: '09:00', close: '15:30', breaks: [{ from: '11:30', to: '12:30' }], from: '2024-11-05' },
      ],
    })
    expect(sessionsOn(jpx, '2024-11-01')[0]?.close).toBe('2024-11-01T06:00:00Z')
    const [session] = jpx.sessionsOn(day('2024-11-05'))
    expect(session?.intervals.map(({ open, close }) => [iso(open), iso(close)])).toEqual([
      ['2024-11-05T00:00:00Z', '2024-11-05T02:30:00Z'],
      ['2024-11-05T03:30:00Z', '2024-11-05T06:30:00Z'],
    ])
    expect([session?.open, session?.close].map((at) => iso(at ?? 0))).toEqual([
      '2024-11-05T00:00:00Z',
      '2024-11-05T06:30:00Z',
    ])
  })

  test('may have other hours on some weekdays, and close at midnight', () => {
    const calendar = calendarOf({
      timezone: 'UTC',
      weekend: [],
      hours: [
        { open: '09:00', close: '17:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] },
        { open: '20:00', close: '24:00', days: ['sun'] },
      ],
    })
    expect(sessionsOn(calendar, '2026-06-07')).toEqual([
      { kind: 'regular', open: '2026-06-07T20:00:00Z', close: '2026-06-08T00:00:00Z' },
    ])
    expect(sessionsOn(calendar, '2026-06-08')[0]?.close).toBe('2026-06-08T17:00:00Z')
    expect(sessionsOn(calendar, '2026-06-06')).toEqual([])
  })

  test('that open in a daylight saving gap open at the first instant after it', () => {
    const calendar = calendarOf({
      timezone: 'America/New_York',
      weekend: [],
      hours: [{ open: '02:30', close: '16:00' }],
    })
    expect(sessionsOn(calendar, '2026-03-08')[0]?.open).toBe('2026-03-08T07:00:00Z')
    expect(sessionsOn(calendar, '2026-11-01')[0]?.open).toBe('2026-11-01T07:30:00Z')
  })
})

describe('early closes and late opens', () => {
  const nyse = calendarOf({
    timezone: 'America/New_York',
    hours: [{ open: '09:30', close: '16:00' }],
    coverage: { from: 2000, to: 2030 },
    rules: [
      { id: 'thanksgiving', name: 'Thanksgiving', month: 'nov', weekday: 'thu', nth: 4 },
      { id: 'day-after', name: 'Day after Thanksgiving', of: 'thanksgiving', offset: 1, close: '13:00' },
      { id: 'eve', name: 'Christmas Eve', date: '12-24', close: '13:00' },
      { id: 'christmas', name: 'Christmas', date: '12-25' },
      { id: 'silence', date: '06-11', open: '11:00' },
      { id: 'storm', dates: { '2003-12-24': 'Storm' }, close: '14:00' },
      { id: 'mourning', dates: { '2004-06-11': 'Mourning' } },
      { id: 'both', date: '08-13', open: '10:30', close: '15:00' },
    ],
  })

  test('shorten the regular session and say so', () => {
    expect(sessionsOn(nyse, '2026-11-27')).toEqual([
      { kind: 'early', open: '2026-11-27T14:30:00Z', close: '2026-11-27T18:00:00Z' },
    ])
    expect(sessionsOn(nyse, '2026-06-11')).toEqual([
      { kind: 'late', open: '2026-06-11T15:00:00Z', close: '2026-06-11T20:00:00Z' },
    ])
    expect(nyse.why(day('2026-11-27'))).toEqual([
      {
        kind: 'early-close',
        name: 'Day after Thanksgiving',
        rule: 'day-after',
        calendar: 'test',
        time: '13:00',
      },
    ])
    expect(nyse.isShortened(day('2026-11-27'))).toEqual({ early: true, late: false })
  })

  test('have no effect on a day that is closed anyway', () => {
    // 24 December 2022 is a Saturday; 11 June 2004 is closed for mourning.
    expect(nyse.sessionsOn(day('2022-12-24'))).toEqual([])
    expect(nyse.isShortened(day('2022-12-24'))).toEqual({ early: false, late: false })
    expect(nyse.why(day('2022-12-24')).map(({ kind }) => kind)).toEqual(['weekend'])
    expect(nyse.why(day('2004-06-11')).map(({ kind }) => kind)).toEqual(['date'])
    expect([...nyse.days(day('2004-06-11'), day('2004-06-11'))].map(({ kind }) => kind)).toEqual(['closed'])
  })

  test('combine on one day', () => {
    expect(sessionsOn(nyse, '2026-08-13')).toEqual([
      { kind: 'early', open: '2026-08-13T14:30:00Z', close: '2026-08-13T19:00:00Z' },
    ])
    expect(nyse.isShortened(day('2026-08-13'))).toEqual({ early: true, late: true })
  })

  test('by a dated rule outrank those by a yearly one', () => {
    expect(sessionsOn(nyse, '2003-12-24')[0]?.close).toBe('2003-12-24T19:00:00Z')
    expect(sessionsOn(nyse, '2002-12-24')[0]?.close).toBe('2002-12-24T18:00:00Z')
  })

  test('of equal rank leave the shorter session', () => {
    const calendar = calendarOf({
      timezone: 'UTC',
      hours: [{ open: '08:00', close: '16:00' }],
      rules: [
        { id: 'a', date: '06-15', close: '14:00', open: '09:00' },
        { id: 'b', date: '06-15', close: '12:00' },
        { id: 'c', date: '06-15', open: '10:00' },
      ],
    })
    expect(sessionsOn(calendar, '2026-06-15')).toEqual([
      { kind: 'early', open: '2026-06-15T10:00:00Z', close: '2026-06-15T12:00:00Z' },
    ])
  })

  test('cut off what lies beyond them, breaks included', () => {
    const calendar = calendarOf({
      timezone: 'UTC',
      hours: [{ open: '09:00', close: '15:00', breaks: [{ from: '11:30', to: '12:30' }] }],
      rules: [
        { id: 'half', date: '06-15', close: '12:00' },
        { id: 'late', date: '06-16', open: '12:00' },
        { id: 'later', date: '06-17', open: '13:00' },
      ],
    })
    expect(sessionsOn(calendar, '2026-06-15')[0]?.close).toBe('2026-06-15T11:30:00Z')
    expect(sessionsOn(calendar, '2026-06-16')[0]?.open).toBe('2026-06-16T12:30:00Z')
    expect(calendar.sessionsOn(day('2026-06-17'))[0]?.intervals).toHaveLength(1)
  })
})

describe('the list of days', () => {
  test('has closures, shortened days and dated sessions in order, and no plain weekends', () => {
    expect([...nse.days(day('2025-10-01'), day('2026-02-28'))]).toEqual([
      { date: '2025-10-21', kind: 'closed', name: 'Diwali Laxmi Pujan', rule: 'diwali', calendar: 'test' },
      {
        date: '2025-10-21',
        kind: 'session',
        name: 'Muhurat',
        rule: null,
        calendar: 'test',
        open: '13:45',
        close: '14:45',
      },
      { date: '2026-01-26', kind: 'closed', name: 'Republic Day', rule: 'republic-day', calendar: 'test' },
      {
        date: '2026-02-01',
        kind: 'session',
        name: 'Budget Sunday',
        rule: null,
        calendar: 'test',
        open: '09:15',
        close: '15:30',
      },
    ])
  })

  test('leaves out holidays on a weekend, which close nothing', () => {
    // 26 January 2025 is a Sunday.
    expect([...nse.days(day('2025-01-01'), day('2025-02-01'))]).toEqual([])
    expect(nse.why(day('2025-01-26')).map(({ name }) => name)).toEqual(['Republic Day', 'Sunday'])
  })
})

describe('precedence', () => {
  test('is dated session, then dates and moves, then rules, then weekend', () => {
    const calendar = calendarOf({
      timezone: 'UTC',
      coverage: { from: 2026, to: 2026 },
      rules: [
        { id: 'yearly', name: 'Yearly', date: '08-15' },
        { id: 'listed', dates: { '2026-08-15': 'Listed' } },
      ],
      sessions: [{ date: '2026-08-15', name: 'Drill' }],
    })
    // A Saturday.
    expect(calendar.why(day('2026-08-15')).map(({ kind, name }) => [kind, name])).toEqual([
      ['session', 'Drill'],
      ['date', 'Listed'],
      ['rule', 'Yearly'],
      ['weekend', 'Saturday'],
    ])
    expect(calendar.dayState(day('2026-08-15'))).toBe('open')
  })

  test('shows in why where each reason is written, to the line of a single date', () => {
    const calendar = calendarOf(
      {
        timezone: 'UTC',
        coverage: { from: 2026, to: 2026 },
        rules: [
          { id: 'listed', dates: { '2026-08-13': 'Listed' } },
          { id: 'moved', date: '08-10', move: { '2026-08-10': '2026-08-11' } },
          { id: 'yearly', date: '08-12' },
        ],
      },
      { locate: (path) => ({ file: path.join('.'), line: 1, column: 1 }) },
    )
    const files = ['2026-08-13', '2026-08-11', '2026-08-12', '2026-08-15', '2027-01-01'].map(
      (date) => calendar.why(day(date))[0]?.position?.file,
    )
    expect(files).toEqual([
      'spec.rules.0.dates.2026-08-13',
      'spec.rules.1.move.2026-08-10',
      'spec.rules.2',
      'spec.weekend',
      'spec.coverage',
    ])
  })
})
