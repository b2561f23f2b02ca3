import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openCalendar } from '../../../src/core/calendar/open-calendar.ts'
import { rollDate } from '../../../src/core/calendar/roll.ts'
import type { Roll } from '../../../src/core/kinds.ts'
import { formatDate, monthIndexOf } from '../../../src/core/time/civil.ts'
import { zoneOf } from '../../../src/core/time/zone.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { calendarOf, day } from './calendars.ts'

/*
 * The public holidays of South Africa in 2015, as QuantLib's calendar has them: the calendar of the cases below.
 */
const southAfrica = calendarOf({
  timezone: 'Africa/Johannesburg',
  rules: [
    { id: 'new-year', date: '01-01', observed: { sun: 'mon' } },
    { id: 'human-rights', date: '03-21', observed: { sun: 'mon' } },
    { id: 'good-friday', easter: -2 },
    { id: 'family', easter: 1 },
    { id: 'freedom', date: '04-27', observed: { sun: 'mon' } },
    { id: 'workers', date: '05-01', observed: { sun: 'mon' } },
    { id: 'youth', date: '06-16', observed: { sun: 'mon' } },
    { id: 'women', date: '08-09', observed: { sun: 'mon' } },
    { id: 'heritage', date: '09-24', observed: { sun: 'mon' } },
    { id: 'reconciliation', date: '12-16', observed: { sun: 'mon' } },
    { id: 'christmas', date: '12-25' },
    { id: 'goodwill', date: '12-26', observed: { sun: 'mon' } },
  ],
})

describe('a roll', () => {
  /*
   * The cases of QuantLib's test-suite/businessdayconventions.cpp: there a period is added to a start date and the sum
   * is adjusted; here the sum is written out.
   */
  test.each<[Roll, string, string]>([
    ['following', '2015-03-03', '2015-03-03'],
    ['following', '2015-02-28', '2015-03-02'],
    ['modified-following', '2015-03-03', '2015-03-03'],
    ['modified-following', '2015-02-28', '2015-02-27'],
    ['modified-following', '2015-04-25', '2015-04-28'],
    ['modified-following', '2015-03-07', '2015-03-09'],
    ['preceding', '2015-02-03', '2015-02-03'],
    ['preceding', '2015-02-01', '2015-01-30'],
    ['modified-preceding', '2015-02-03', '2015-02-03'],
    ['modified-preceding', '2015-02-01', '2015-02-02'],
    ['unadjusted', '2015-03-03', '2015-03-03'],
    ['unadjusted', '2015-02-28', '2015-02-28'],
    ['half-month-modified-following', '2015-03-03', '2015-03-03'],
    ['half-month-modified-following', '2015-02-28', '2015-02-27'],
    ['half-month-modified-following', '2015-01-10', '2015-01-12'],
    ['half-month-modified-following', '2015-03-28', '2015-03-30'],
    ['half-month-modified-following', '2015-03-07', '2015-03-09'],
    ['nearest', '2015-03-03', '2015-03-03'],
    ['nearest', '2015-05-16', '2015-05-15'],
    ['nearest', '2015-05-17', '2015-05-18'],
    ['nearest', '2015-04-04', '2015-04-02'],
    ['nearest', '2015-05-02', '2015-05-04'],
  ])('%s takes %s to %s, as in QuantLib', (convention, from, to) => {
    expect(formatDate(rollDate(southAfrica, day(from), convention) ?? 0)).toBe(to)
  })

  test('by half month does not cross the middle of the month', () => {
    // 15 August 2026 is a Saturday.
    expect(rollDate(southAfrica, day('2026-08-15'), 'half-month-modified-following')).toBe(day('2026-08-14'))
    expect(rollDate(southAfrica, day('2026-08-15'), 'modified-following')).toBe(day('2026-08-17'))
  })

  test('to the nearest day takes the later of two that are equally close', () => {
    const calendar = calendarOf({ timezone: 'UTC', weekend: ['sat', 'sun', 'mon'] })
    expect(rollDate(calendar, day('2026-06-14'), 'nearest')).toBe(day('2026-06-16'))
  })

  test('called skip or unadjusted leaves the date, whatever its day is', () => {
    for (const convention of ['skip', 'unadjusted'] as const) {
      expect(rollDate(southAfrica, day('2026-08-15'), convention)).toBe(day('2026-08-15'))
    }
  })

  test('needs no coverage beyond the month that it may not leave', () => {
    const calendar = calendarOf({
      timezone: 'UTC',
      coverage: { from: 2026, to: 2026 },
      rules: [
        { id: 'new-year', date: '01-01' },
        { id: 'new-years-eve', date: '12-31' },
      ],
    })
    const roll = (date: string, convention: Roll) => rollDate(calendar, day(date), convention)
    expect(roll('2026-12-31', 'modified-following')).toBe(day('2026-12-30'))
    expect(roll('2026-12-31', 'following')).toBeNull()
    expect(roll('2026-12-31', 'nearest')).toBeNull()
    expect(roll('2026-01-01', 'modified-preceding')).toBe(day('2026-01-02'))
    expect(roll('2026-01-01', 'preceding')).toBeNull()
    expect(roll('2027-01-01', 'modified-following')).toBeNull()
  })
})

describe('business days', () => {
  const days = fc.integer({ min: day('1990-01-01'), max: day('2090-12-31') })
  const counts = fc.integer({ min: -60, max: 60 })
  const isOpen = (each: number) => southAfrica.dayState(each) === 'open'

  test(
    'found by rolling are open, and the first in their direction',
    () => {
      fc.assert(
        fc.property(days, (from) => {
          const following = rollDate(southAfrica, from, 'following')!
          const preceding = rollDate(southAfrica, from, 'preceding')!
          expect(isOpen(following) && isOpen(preceding)).toBe(true)
          expect(following >= from && preceding <= from).toBe(true)
          for (let between = preceding + 1; between < following; between++)
            expect(isOpen(between)).toBe(false)
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  test(
    'found by a modified roll lie in the month unless it has none in that direction',
    () => {
      fc.assert(
        fc.property(days, (from) => {
          for (const convention of ['modified-following', 'modified-preceding'] as const) {
            expect(monthIndexOf(rollDate(southAfrica, from, convention)!)).toBe(monthIndexOf(from))
          }
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  test(
    'are inverse, next and previous, from an open day',
    () => {
      fc.assert(
        fc.property(days.filter(isOpen), (from) => {
          expect(southAfrica.previousBusinessDay(southAfrica.nextBusinessDay(from)!)).toBe(from)
          expect(southAfrica.nextBusinessDay(southAfrica.previousBusinessDay(from)!)).toBe(from)
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  test(
    'add up: so many and then so many are as many as both, in one direction and back',
    () => {
      fc.assert(
        fc.property(days.filter(isOpen), counts, counts, (from, a, b) => {
          const step = southAfrica.addBusinessDays(from, a)!
          expect(southAfrica.addBusinessDays(step, b)).toBe(southAfrica.addBusinessDays(from, a + b))
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  test(
    'of a period are its open days, counted from either end',
    () => {
      fc.assert(
        fc.property(days, fc.integer({ min: 0, max: 100 }), (from, length) => {
          const to = from + length
          const all = [...southAfrica.businessDaysIn(from, to)]
          expect(all).toEqual(Array.from({ length: length + 1 }, (_, index) => from + index).filter(isOpen))
          all.forEach((each, index) => {
            expect(southAfrica.nthBusinessDay(from, to, index + 1)).toBe(each)
            expect(southAfrica.nthBusinessDay(from, to, index - all.length)).toBe(each)
          })
          expect(southAfrica.nthBusinessDay(from, to, all.length + 1)).toBe('none')
          expect(southAfrica.nthBusinessDay(from, to, -all.length - 1)).toBe('none')
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  test('are counted from a closed day without counting it', () => {
    // A Saturday.
    expect(southAfrica.addBusinessDays(day('2026-06-13'), 1)).toBe(day('2026-06-15'))
    expect(southAfrica.addBusinessDays(day('2026-06-13'), -1)).toBe(day('2026-06-12'))
    expect(southAfrica.addBusinessDays(day('2026-06-13'), 0)).toBe(day('2026-06-13'))
  })
})

describe('the calendar of a schedule that names none', () => {
  const zone = zoneOf('Asia/Kolkata')
  if (!zone.ok) throw new Error(zone.error.message)
  const calendar = openCalendar(zone.value)

  test('is open every day, weekends included, in any year', () => {
    for (const date of ['2026-06-13', '2026-06-14', '1800-01-01', '2400-01-01']) {
      expect(calendar.dayState(day(date))).toBe('open')
    }
  })

  test('counts every day as a business day', () => {
    expect(calendar.addBusinessDays(day('2026-06-12'), 3)).toBe(day('2026-06-15'))
    expect(calendar.nthBusinessDay(day('2026-06-01'), day('2026-06-30'), -1)).toBe(day('2026-06-30'))
    expect(calendar.nthBusinessDay(day('2026-06-01'), day('2026-06-30'), 31)).toBe('none')
    expect([...calendar.businessDaysIn(day('2026-06-01'), day('2026-06-30'))]).toHaveLength(30)
  })
})
