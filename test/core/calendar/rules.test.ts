import { describe, expect, test } from 'vitest'
import { calendarOf, closedIn, day, rulesOnly } from './calendars.ts'

describe('a rule', () => {
  test('by date closes that date every year, 29 February in leap years only', () => {
    const calendar = rulesOnly([
      { id: 'republic-day', date: '01-26' },
      { id: 'leap', date: '02-29' },
    ])
    expect(closedIn(calendar, 2023)).toEqual(['2023-01-26'])
    expect(closedIn(calendar, 2024)).toEqual(['2024-01-26', '2024-02-29'])
    expect(closedIn(calendar, 1900)).toEqual(['1900-01-26'])
  })

  test('by the nth weekday counts from the start or the end of the month', () => {
    const calendar = rulesOnly([
      { id: 'thanksgiving', month: 'nov', weekday: 'thu', nth: 4 },
      { id: 'memorial', month: 'may', weekday: 'mon', nth: -1 },
      { id: 'second-last', month: 'may', weekday: 'fri', nth: -2 },
    ])
    expect(closedIn(calendar, 2024)).toEqual(['2024-05-24', '2024-05-27', '2024-11-28'])
    expect(closedIn(calendar, 2026)).toEqual(['2026-05-22', '2026-05-25', '2026-11-26'])
  })

  test('by a fifth weekday is left out in months that have only four', () => {
    const calendar = rulesOnly([{ id: 'fifth', month: ['jan', 'feb', 'mar'], weekday: 'fri', nth: 5 }])
    expect(closedIn(calendar, 2026)).toEqual(['2026-01-30'])
    expect(closedIn(rulesOnly([{ id: 'fifth', month: 'may', weekday: 'fri', nth: -5 }]), 2026)).toEqual([
      '2026-05-01',
    ])
  })

  test('by several months holds in each of them', () => {
    const expiry = rulesOnly([{ id: 'expiry', month: ['mar', 'jun', 'sep', 'dec'], weekday: 'fri', nth: 3 }])
    expect(closedIn(expiry, 2026)).toEqual(['2026-03-20', '2026-06-19', '2026-09-18', '2026-12-18'])
  })

  test('by a weekday on or after, on or before a date includes the date itself', () => {
    const calendar = rulesOnly([
      { id: 'after', weekday: 'mon', onOrAfter: '05-25' },
      { id: 'before', weekday: 'mon', onOrBefore: '05-24' },
    ])
    // 25 May 2026 is a Monday, 24 May 2027 too.
    expect(closedIn(calendar, 2026)).toEqual(['2026-05-18', '2026-05-25'])
    expect(closedIn(calendar, 2027)).toEqual(['2027-05-24', '2027-05-31'])
  })

  test('by a weekday on or after a date in late December reaches into the next year', () => {
    const calendar = rulesOnly([{ id: 'late', weekday: 'mon', onOrAfter: '12-29', from: 2024 }])
    expect(closedIn(calendar, '2025-12-20', '2026-01-10')).toEqual(['2025-12-29'])
    expect(closedIn(calendar, '2026-12-20', '2027-01-10')).toEqual(['2027-01-04'])
  })

  test('by Easter counts days from Easter Sunday, western or orthodox', () => {
    const calendar = rulesOnly([
      { id: 'good-friday', easter: -2 },
      { id: 'ascension', easter: 39 },
      { id: 'orthodox-good-friday', orthodoxEaster: -2 },
    ])
    expect(closedIn(calendar, 2024)).toEqual(['2024-03-29', '2024-05-03', '2024-05-09'])
  })

  test('of another rule lies so many days from it, over several steps', () => {
    const calendar = rulesOnly([
      { id: 'black-friday', of: 'thanksgiving', offset: 1 },
      { id: 'cyber-monday', of: 'black-friday', offset: 3 },
      { id: 'thanksgiving', month: 'nov', weekday: 'thu', nth: 4 },
    ])
    expect(closedIn(calendar, 2026)).toEqual(['2026-11-26', '2026-11-27', '2026-11-30'])
  })

  test('of another rule happens only when that one does, and moves with it', () => {
    const calendar = rulesOnly([
      { id: 'base', date: '05-04', from: 2019, move: { '2020-05-04': '2020-05-08' }, except: ['2021-05-04'] },
      { id: 'after', of: 'base', offset: 1 },
    ])
    expect(closedIn(calendar, '2018-01-01', '2021-12-31')).toEqual([
      '2019-05-04',
      '2019-05-05',
      '2020-05-08',
      '2020-05-09',
    ])
  })

  test('of another rule in business days counts by weekend and the other rules', () => {
    const calendar = calendarOf({
      timezone: 'Europe/London',
      rules: [
        { id: 'christmas', date: '12-25' },
        { id: 'boxing-day', date: '12-26' },
        { id: 'second-after', of: 'christmas', businessDays: 2 },
        { id: 'last-before', of: 'christmas', businessDays: -1 },
      ],
    })
    // 25 December 2023 is a Monday.
    expect(
      [...calendar.days(day('2023-12-01'), day('2023-12-31'))].map(({ date, rule }) => [date, rule]),
    ).toEqual([
      ['2023-12-22', 'last-before'],
      ['2023-12-25', 'christmas'],
      ['2023-12-26', 'boxing-day'],
      ['2023-12-28', 'second-after'],
    ])
  })

  test('by dates closes exactly these, with a name for each where it has one', () => {
    const coverage = { from: 2026, to: 2026 }
    const named = rulesOnly([{ id: 'lunar', dates: { '2026-03-03': 'Holi', '2026-03-26': 'Ram Navami' } }], {
      coverage,
    })
    expect(
      [...named.days(day('2026-01-01'), day('2026-12-31'))].map(({ date, name }) => [date, name]),
    ).toEqual([
      ['2026-03-03', 'Holi'],
      ['2026-03-26', 'Ram Navami'],
    ])
    const listed = rulesOnly([{ id: 'mourning', name: 'Mourning', dates: ['2026-06-11'] }], { coverage })
    expect(listed.why(day('2026-06-11'))).toEqual([
      { kind: 'date', name: 'Mourning', rule: 'mourning', calendar: 'test' },
    ])
  })

  test('by range closes all its days, both ends included', () => {
    const calendar = rulesOnly([{ id: 'freeze', range: { from: '2026-12-24', to: '2026-12-26' } }])
    expect(closedIn(calendar, 2026)).toEqual(['2026-12-24', '2026-12-25', '2026-12-26'])
  })
})

describe('a modifier', () => {
  test('`from` and `to` limit a rule by year or by date', () => {
    const calendar = rulesOnly([
      { id: 'years', date: '01-26', from: 2020, to: 2021 },
      { id: 'dates', date: '06-15', from: '2020-06-16', to: '2022-06-15' },
    ])
    expect(closedIn(calendar, '2019-01-01', '2023-12-31')).toEqual([
      '2020-01-26',
      '2021-01-26',
      '2021-06-15',
      '2022-06-15',
    ])
  })

  test('`only` asks for the weekday before the day is observed elsewhere', () => {
    const calendar = rulesOnly([
      { id: 'eve', date: '12-24', only: ['mon', 'tue', 'wed', 'thu'] },
      { id: 'wednesdays', range: { from: '2026-06-01', to: '2026-06-14' }, only: ['wed'] },
    ])
    // 24 December is a Wednesday in 2025, a Thursday in 2026, a Friday in 2027.
    expect(closedIn(calendar, '2025-12-01', '2027-12-31')).toEqual([
      '2025-12-24',
      '2026-06-03',
      '2026-06-10',
      '2026-12-24',
    ])
  })

  test('`observed` by weekday moves to the nearest such weekday; others stay', () => {
    const calendar = calendarOf({
      timezone: 'America/New_York',
      rules: [
        { id: 'new-year', date: '01-01', observed: { sun: 'mon' } },
        { id: 'independence', date: '07-04', observed: { sat: 'fri', sun: 'mon' } },
      ],
    })
    const holidays = (year: number) =>
      [...calendar.days(day(`${year}-01-01`), day(`${year}-12-31`))].map(({ date }) => date)
    // 2022: 1 January is a Saturday and not observed. 2023: a Sunday.
    expect(holidays(2021)).toEqual(['2021-01-01', '2021-07-05'])
    expect(holidays(2022)).toEqual(['2022-07-04'])
    expect(holidays(2023)).toEqual(['2023-01-02', '2023-07-04'])
    expect(holidays(2026)).toEqual(['2026-01-01', '2026-07-03'])
  })

  test('`observed` by number moves by so many days', () => {
    const calendar = rulesOnly([
      { id: 'bridge', date: '10-12', observed: { tue: -1, wed: -2, thu: 4, fri: 3 } },
    ])
    // 12 October: Thursday 2023, Saturday 2024, Sunday 2025, Monday 2026, Tuesday 2027.
    expect([2023, 2024, 2025, 2026, 2027].flatMap((year) => closedIn(calendar, year))).toEqual([
      '2023-10-16',
      '2024-10-12',
      '2025-10-12',
      '2026-10-12',
      '2027-10-11',
    ])
  })

  test('`observed: next-business-day` gives each holiday a day of its own', () => {
    const calendar = calendarOf({
      timezone: 'Europe/London',
      rules: [
        { id: 'christmas', date: '12-25', observed: 'next-business-day' },
        { id: 'boxing-day', date: '12-26', observed: 'next-business-day' },
      ],
    })
    const holidays = (year: number) =>
      [...calendar.days(day(`${year}-12-20`), day(`${year}-12-31`))].map(({ date, rule }) => [date, rule])
    // 25 December: Saturday in 2021, Sunday in 2022, Friday in 2020.
    expect(holidays(2020)).toEqual([
      ['2020-12-25', 'christmas'],
      ['2020-12-28', 'boxing-day'],
    ])
    expect(holidays(2021)).toEqual([
      ['2021-12-27', 'christmas'],
      ['2021-12-28', 'boxing-day'],
    ])
    expect(holidays(2022)).toEqual([
      ['2022-12-26', 'boxing-day'],
      ['2022-12-27', 'christmas'],
    ])
  })

  test('`observed: previous-business-day` puts an early close before a closed day', () => {
    const calendar = calendarOf({
      timezone: 'Europe/London',
      hours: [{ open: '08:00', close: '16:30' }],
      rules: [
        { id: 'christmas', date: '12-25' },
        { id: 'eve', date: '12-24', observed: 'previous-business-day', close: '12:30' },
        { id: 'strike', range: { from: '2024-12-23', to: '2024-12-24' } },
      ],
    })
    const early = (year: number) =>
      [...calendar.days(day(`${year}-12-01`), day(`${year}-12-31`))]
        .filter(({ kind }) => kind === 'early')
        .map(({ date }) => date)
    // 24 December: Saturday in 2022, Sunday in 2023, closed with the day before it in 2024.
    expect([2022, 2023, 2024, 2025].flatMap(early)).toEqual([
      '2022-12-23',
      '2023-12-22',
      '2024-12-20',
      '2025-12-24',
    ])
  })

  test('`move` takes single dates elsewhere, where they are not observed again', () => {
    const calendar = calendarOf({
      timezone: 'Europe/London',
      rules: [
        {
          id: 'early-may',
          name: 'Early May bank holiday',
          month: 'may',
          weekday: 'mon',
          nth: 1,
          observed: 'next-business-day',
          move: { '2020-05-04': '2020-05-09' },
        },
      ],
    })
    expect(calendar.isClosed(day('2020-05-04'))).toBe(false)
    expect(calendar.isClosed(day('2020-05-11'))).toBe(false)
    expect(calendar.why(day('2020-05-09'))[0]).toMatchObject({ kind: 'date', name: 'Early May bank holiday' })
    expect(closedIn(calendar, '2021-05-03', '2021-05-07')).toEqual(['2021-05-03'])
  })

  test('`except` takes single dates out', () => {
    const calendar = rulesOnly([{ id: 'june', date: '06-15', except: ['2025-06-15'] }])
    expect(closedIn(calendar, '2024-01-01', '2026-12-31')).toEqual(['2024-06-15', '2026-06-15'])
  })

  test('`weekend` by period lets the weekly days off change', () => {
    const calendar = calendarOf({
      timezone: 'Asia/Dubai',
      weekend: [
        { days: ['fri', 'sat'], to: '2021-12-31' },
        { days: ['sat', 'sun'], from: 2022 },
      ],
    })
    expect(closedIn(calendar, '2021-12-27', '2022-01-09')).toEqual([
      '2021-12-31',
      '2022-01-01',
      '2022-01-02',
      '2022-01-08',
      '2022-01-09',
    ])
  })
})
