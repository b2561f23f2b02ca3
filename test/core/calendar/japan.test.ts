import { describe, expect, test } from 'vitest'
import { equinoxDay } from '../../../src/core/calendar/equinox.ts'
import type { CalendarRule } from '../../../src/core/kinds.ts'
import { formatDate } from '../../../src/core/time/civil.ts'
import { zoneOf } from '../../../src/core/time/zone.ts'
import { calendarOf, closedIn, day } from './calendars.ts'

/*
 * The national holidays of Japan, those in place of a Sunday and those between two holidays included, as the Cabinet
 * Office publishes them (https://www8.cao.go.jp/chosei/shukujitsu/syukujitsu.csv).
 */
const PUBLISHED: Readonly<Record<number, string>> = {
  2000: '01-01 01-10 02-11 03-20 04-29 05-03 05-04 05-05 07-20 09-15 09-23 10-09 11-03 11-23 12-23',
  2001: '01-01 01-08 02-11 02-12 03-20 04-29 04-30 05-03 05-04 05-05 07-20 09-15 09-23 09-24 10-08 11-03 11-23 12-23 12-24',
  2002: '01-01 01-14 02-11 03-21 04-29 05-03 05-04 05-05 05-06 07-20 09-15 09-16 09-23 10-14 11-03 11-04 11-23 12-23',
  2003: '01-01 01-13 02-11 03-21 04-29 05-03 05-05 07-21 09-15 09-23 10-13 11-03 11-23 11-24 12-23',
  2004: '01-01 01-12 02-11 03-20 04-29 05-03 05-04 05-05 07-19 09-20 09-23 10-11 11-03 11-23 12-23',
  2005: '01-01 01-10 02-11 03-20 03-21 04-29 05-03 05-04 05-05 07-18 09-19 09-23 10-10 11-03 11-23 12-23',
  2006: '01-01 01-02 01-09 02-11 03-21 04-29 05-03 05-04 05-05 07-17 09-18 09-23 10-09 11-03 11-23 12-23',
  2007: '01-01 01-08 02-11 02-12 03-21 04-29 04-30 05-03 05-04 05-05 07-16 09-17 09-23 09-24 10-08 11-03 11-23 12-23 12-24',
  2008: '01-01 01-14 02-11 03-20 04-29 05-03 05-04 05-05 05-06 07-21 09-15 09-23 10-13 11-03 11-23 11-24 12-23',
  2009: '01-01 01-12 02-11 03-20 04-29 05-03 05-04 05-05 05-06 07-20 09-21 09-22 09-23 10-12 11-03 11-23 12-23',
  2010: '01-01 01-11 02-11 03-21 03-22 04-29 05-03 05-04 05-05 07-19 09-20 09-23 10-11 11-03 11-23 12-23',
  2011: '01-01 01-10 02-11 03-21 04-29 05-03 05-04 05-05 07-18 09-19 09-23 10-10 11-03 11-23 12-23',
  2012: '01-01 01-02 01-09 02-11 03-20 04-29 04-30 05-03 05-04 05-05 07-16 09-17 09-22 10-08 11-03 11-23 12-23 12-24',
  2013: '01-01 01-14 02-11 03-20 04-29 05-03 05-04 05-05 05-06 07-15 09-16 09-23 10-14 11-03 11-04 11-23 12-23',
  2014: '01-01 01-13 02-11 03-21 04-29 05-03 05-04 05-05 05-06 07-21 09-15 09-23 10-13 11-03 11-23 11-24 12-23',
  2015: '01-01 01-12 02-11 03-21 04-29 05-03 05-04 05-05 05-06 07-20 09-21 09-22 09-23 10-12 11-03 11-23 12-23',
  2016: '01-01 01-11 02-11 03-20 03-21 04-29 05-03 05-04 05-05 07-18 08-11 09-19 09-22 10-10 11-03 11-23 12-23',
  2017: '01-01 01-02 01-09 02-11 03-20 04-29 05-03 05-04 05-05 07-17 08-11 09-18 09-23 10-09 11-03 11-23 12-23',
  2018: '01-01 01-08 02-11 02-12 03-21 04-29 04-30 05-03 05-04 05-05 07-16 08-11 09-17 09-23 09-24 10-08 11-03 11-23 12-23 12-24',
  2019: '01-01 01-14 02-11 03-21 04-29 04-30 05-01 05-02 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-23 10-14 10-22 11-03 11-04 11-23',
  2020: '01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-23 07-24 08-10 09-21 09-22 11-03 11-23',
  2021: '01-01 01-11 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-22 07-23 08-08 08-09 09-20 09-23 11-03 11-23',
  2022: '01-01 01-10 02-11 02-23 03-21 04-29 05-03 05-04 05-05 07-18 08-11 09-19 09-23 10-10 11-03 11-23',
  2023: '01-01 01-02 01-09 02-11 02-23 03-21 04-29 05-03 05-04 05-05 07-17 08-11 09-18 09-23 10-09 11-03 11-23',
  2024: '01-01 01-08 02-11 02-12 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-22 09-23 10-14 11-03 11-04 11-23',
  2025: '01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24',
  2026: '01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23',
  2027: '01-01 01-11 02-11 02-23 03-21 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23',
}

/** Days of March and September in the same publication, from 1955 to 2027. */
const MARCH_EQUINOXES =
  '21 21 21 21 21 20 21 21 21 20 21 21 21 20 21 21 21 20 21 21 21 20 21 21 21 20 21 21 21 20 21 21 21 20 21 21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 21 21 20 20 20 21'
const SEPTEMBER_EQUINOXES =
  '24 23 23 23 24 23 23 23 24 23 23 23 24 23 23 23 24 23 23 23 24 23 23 23 24 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 23 22 23 23 23 22 23 23 23 22 23 23 23 22 23 23 23'

const RULES: readonly CalendarRule[] = [
  { id: 'new-year', date: '01-01' },
  { id: 'coming-of-age', month: 'jan', weekday: 'mon', nth: 2, from: 2000 },
  { id: 'foundation', date: '02-11' },
  { id: 'emperor-reiwa', date: '02-23', from: 2020 },
  { id: 'vernal-equinox', name: 'Vernal Equinox Day', equinox: 'march' },
  { id: 'showa', date: '04-29' },
  { id: 'constitution', name: 'Constitution Day', date: '05-03' },
  { id: 'greenery', date: '05-04', from: 2007 },
  { id: 'children', date: '05-05' },
  { id: 'marine-fixed', date: '07-20', to: 2002 },
  {
    id: 'marine',
    month: 'jul',
    weekday: 'mon',
    nth: 3,
    from: 2003,
    move: { '2020-07-20': '2020-07-23', '2021-07-19': '2021-07-22' },
  },
  {
    id: 'mountain',
    date: '08-11',
    from: 2016,
    move: { '2020-08-11': '2020-08-10', '2021-08-11': '2021-08-08' },
  },
  { id: 'aged-fixed', date: '09-15', to: 2002 },
  { id: 'aged', name: 'Respect for the Aged Day', month: 'sep', weekday: 'mon', nth: 3, from: 2003 },
  { id: 'autumnal-equinox', equinox: 'september' },
  {
    id: 'sports',
    month: 'oct',
    weekday: 'mon',
    nth: 2,
    from: 2000,
    move: { '2020-10-12': '2020-07-24', '2021-10-11': '2021-07-23' },
  },
  { id: 'culture', date: '11-03' },
  { id: 'labour', date: '11-23' },
  { id: 'emperor-heisei', date: '12-23', to: 2018 },
  { id: 'accession', dates: { '2019-05-01': 'Accession', '2019-10-22': 'Enthronement' } },
]

const japan = calendarOf({
  timezone: 'Asia/Tokyo',
  weekend: ['sun'],
  coverage: { from: 2000, to: 2027 },
  rules: RULES,
  substitute: [
    { days: ['sun'], gives: 'next-day', from: '1973-04-12', to: 2006 },
    { days: ['sun'], gives: 'next-free-day', from: 2007 },
  ],
  sandwich: { name: "Citizens' holiday", from: '1985-12-27' },
})

describe('the holidays of Japan', () => {
  test.each(Object.entries(PUBLISHED))('are those published for %s', (year, published) => {
    const expected = published
      .split(' ')
      .map((monthDay) => `${year}-${monthDay}`)
      .filter((date) => new Date(date).getUTCDay() !== 0)
    const computed = closedIn(japan, Number(year)).filter((date) => new Date(date).getUTCDay() !== 0)
    expect(computed).toEqual(expected)
  })

  test('pass over a holiday when they substitute from 2007 on, and are lost before', () => {
    // 3 May is a Sunday in 2009 and was one in 1998; 4 and 5 May are holidays, 4 May only between two in 1998.
    expect(japan.why(day('2009-05-06'))[0]).toMatchObject({
      name: 'Substitute for Constitution Day',
      rule: 'constitution',
    })
    const ofEither = (from: number) =>
      calendarOf({
        timezone: 'Asia/Tokyo',
        weekend: ['sun'],
        rules: [
          { id: 'first', date: '05-03' },
          { id: 'second', date: '05-04' },
        ],
        substitute: [
          { days: ['sun'], gives: 'next-day', to: from - 1 },
          { days: ['sun'], gives: 'next-free-day', from },
        ],
      })
    expect(ofEither(2007).isClosed(day('2009-05-05'))).toBe(true)
    expect(ofEither(2010).isClosed(day('2009-05-05'))).toBe(false)
  })

  test('name the day between two holidays', () => {
    expect(japan.why(day('2026-09-22'))).toEqual([
      { kind: 'rule', name: "Citizens' holiday", rule: 'aged', calendar: 'test' },
    ])
  })

  test('of rules that are not public give no substitute and close no day between', () => {
    const exchange = calendarOf({
      timezone: 'Asia/Tokyo',
      weekend: ['sun'],
      rules: [
        { id: 'new-year', date: '01-01' },
        { id: 'third', date: '01-03', public: false },
      ],
      substitute: [{ days: ['sun'], gives: 'next-free-day' }],
      sandwich: {},
    })
    // 2022: 1 January is a Saturday. 2027: 3 January is a Sunday.
    expect(exchange.isClosed(day('2025-01-02'))).toBe(false)
    expect(exchange.isClosed(day('2027-01-04'))).toBe(false)
  })
})

describe('the equinoxes', () => {
  const zone = zoneOf('Asia/Tokyo')
  if (!zone.ok) throw new Error(zone.error.message)
  const days = (equinox: 'march' | 'september') =>
    Array.from({ length: 73 }, (_, index) =>
      Number(formatDate(equinoxDay(1955 + index, equinox, zone.value)).slice(8)),
    ).join(' ')

  test('fall on the days published for Japan from 1955 to 2027', () => {
    expect(days('march')).toBe(MARCH_EQUINOXES)
    expect(days('september')).toBe(SEPTEMBER_EQUINOXES)
  })

  test('fall on the day of the calendar zone, which may differ from that of another', () => {
    const inZone = (timezone: string) =>
      closedIn(calendarOf({ timezone, weekend: [], rules: [{ id: 'e', equinox: 'september' }] }), 2024)
    // 2024-09-22T12:44Z.
    expect(inZone('Asia/Tokyo')).toEqual(['2024-09-22'])
    expect(inZone('Pacific/Kiritimati')).toEqual(['2024-09-23'])
  })
})
