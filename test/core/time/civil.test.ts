import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import {
  civilOf,
  dayOfMonth,
  daysInMonth,
  epochDayOf,
  FIRST_DAY,
  formatDate,
  isoWeekOf,
  LAST_DAY,
  mondayOf,
  monthOf,
  monthStartOf,
  parseDate,
  quarterStartOf,
  weekdayOf,
  yearOf,
  yearStartOf,
} from '../../../src/core/time/civil.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'

const days = fc.oneof(
  fc.integer({ min: FIRST_DAY, max: LAST_DAY }),
  fc.integer({ min: epochDayOf(1890, 1, 1), max: epochDayOf(2210, 1, 1) }),
)

describe('civil dates', () => {
  it(
    'agree with the Date of JavaScript and with luxon',
    () => {
      fc.assert(
        fc.property(days, (day) => {
          const date = new Date(day * 86_400_000)
          const luxon = DateTime.fromMillis(day * 86_400_000, { zone: 'UTC' })
          const year = date.getUTCFullYear()
          const month = date.getUTCMonth() + 1
          expect(civilOf(day)).toEqual({ year, month, day: date.getUTCDate() })
          expect([yearOf(day), monthOf(day), dayOfMonth(day)]).toEqual([year, month, date.getUTCDate()])
          expect(epochDayOf(year, month, date.getUTCDate())).toBe(day)
          expect(weekdayOf(day)).toBe(date.getUTCDay())
          expect(daysInMonth(year, month)).toBe(luxon.daysInMonth)
          expect(formatDate(day)).toBe(date.toISOString().slice(0, 10))
          expect(parseDate(formatDate(day))).toBe(day)
          expect(isoWeekOf(day)).toEqual({ year: luxon.weekYear, week: luxon.weekNumber })
          expect(mondayOf(day)).toBe(luxon.startOf('week').toMillis() / 86_400_000)
          expect(monthStartOf(day)).toBe(luxon.startOf('month').toMillis() / 86_400_000)
          expect(quarterStartOf(day)).toBe(luxon.startOf('quarter').toMillis() / 86_400_000)
          expect(yearStartOf(day)).toBe(luxon.startOf('year').toMillis() / 86_400_000)
        }),
        propertyRuns(300),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it('know every first day of a month from year 1 to 9999', () => {
    const date = new Date(Date.UTC(2000, 0, 1))
    for (let year = 1; year <= 9999; year++) {
      for (let month = 1; month <= 12; month++) {
        date.setUTCFullYear(year, month - 1, 1)
        const day = date.getTime() / 86_400_000
        if (
          epochDayOf(year, month, 1) !== day ||
          monthOf(day) !== month ||
          monthOf(day - 1) !== ((month + 10) % 12) + 1
        ) {
          expect([year, month]).toBe('right')
        }
      }
    }
  })

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '0000-01-01',
    '26-01-01',
    '2026-1-1',
    '',
  ])('"%s" is no date', (text) => {
    expect(parseDate(text)).toBeNull()
  })

  it.each(['2000-02-29', '2024-02-29', '0001-01-01', '9999-12-31'])('%s is one', (text) => {
    expect(formatDate(parseDate(text)!)).toBe(text)
  })
})
