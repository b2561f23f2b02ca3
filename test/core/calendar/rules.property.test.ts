import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CalendarRule, Month, Weekday } from '../../../src/core/kinds.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { day, rulesOnly } from './calendars.ts'

const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') as Month[]
const DAY_MS = 86_400_000

const weekday = fc.constantFrom(...WEEKDAYS)
const monthDay = fc
  .record({ month: fc.integer({ min: 1, max: 12 }), date: fc.integer({ min: 1, max: 28 }) })
  .map(({ month, date }) => `${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`)
const days = fc.oneof(
  monthDay.map((date) => ({ date })),
  fc.record({
    month: fc.uniqueArray(fc.constantFrom(...MONTHS), { minLength: 1, maxLength: 4 }),
    weekday,
    nth: fc.constantFrom(1, 2, 3, 4, 5, -1, -2, -3, -4, -5),
  }),
  fc.record({ weekday, onOrAfter: monthDay }),
  fc.record({ weekday, onOrBefore: monthDay }),
)
const year = fc.integer({ min: 1995, max: 2030 })
const rule = fc
  .tuple(
    days,
    fc.record(
      { from: year, to: year, only: fc.uniqueArray(weekday, { minLength: 1 }) },
      { requiredKeys: [] },
    ),
  )
  .map(([of, limits]) => ({ id: 'r', ...of, ...limits }) as CalendarRule)
  .filter(({ from, to }) => from === undefined || to === undefined || from <= to)

/** The same rule, read for one day alone with the arithmetic of `Date`. */
function holds(of: CalendarRule, date: Date): boolean {
  const years = date.getUTCFullYear()
  if (of.from !== undefined && years < (of.from as number)) return false
  if (of.to !== undefined && years > (of.to as number)) return false
  const name = WEEKDAYS[date.getUTCDay()] as Weekday
  if (of.only !== undefined && !of.only.includes(name)) return false
  if (of.date !== undefined) return date.toISOString().slice(5, 10) === of.date
  if (of.weekday !== name) return false
  if (of.nth !== undefined) {
    if (!(of.month as readonly Month[]).includes(MONTHS[date.getUTCMonth()] as Month)) return false
    const length = new Date(Date.UTC(years, date.getUTCMonth() + 1, 0)).getUTCDate()
    const fromStart = Math.ceil(date.getUTCDate() / 7)
    const fromEnd = Math.ceil((length - date.getUTCDate() + 1) / 7)
    return of.nth > 0 ? fromStart === of.nth : fromEnd === -of.nth
  }
  return [years - 1, years, years + 1].some((each) => {
    const anchor = Date.parse(`${each}-${of.onOrAfter ?? of.onOrBefore}`)
    const distance = (date.getTime() - anchor) / DAY_MS
    return of.onOrAfter === undefined ? distance <= 0 && distance > -7 : distance >= 0 && distance < 7
  })
}

test(
  'a rule closes exactly the days that it means, read one by one',
  () => {
    fc.assert(
      fc.property(rule, fc.integer({ min: day('1994-01-01'), max: day('2032-12-31') }), (of, start) => {
        const calendar = rulesOnly([of], { coverage: { from: 1990, to: 2040 } })
        const wrong: string[] = []
        for (let each = start; each < start + 400; each++) {
          const date = new Date(each * DAY_MS)
          if (calendar.isClosed(each) !== holds(of, date)) wrong.push(date.toISOString())
        }
        expect(wrong).toEqual([])
      }),
      propertyRuns(100),
    )
  },
  PROPERTY_TIMEOUT_MS,
)
