import { describe, expect, test } from 'vitest'
import type { CalendarAfterEnd } from '../../../src/core/kinds.ts'
import { calendarOf, day, rulesOnly } from './calendars.ts'

function covered(afterEnd: CalendarAfterEnd) {
  return calendarOf({
    timezone: 'Europe/London',
    hours: [{ open: '08:00', close: '16:30' }],
    coverage: { from: 2024, to: '2026-12-31', afterEnd },
    rules: [
      { id: 'christmas', date: '12-25' },
      { id: 'listed', dates: { '2026-06-15': 'Listed' } },
    ],
  })
}

describe('coverage', () => {
  test('leaves days before it and, with hold, after it undecided', () => {
    const calendar = covered('hold')
    expect(
      ['2023-12-31', '2024-01-01', '2026-12-31', '2027-01-01'].map((date) => calendar.dayState(day(date))),
    ).toEqual(['uncovered', 'open', 'open', 'uncovered'])
    expect(calendar.isClosed(day('2027-01-02'))).toBe(false)
    expect(calendar.why(day('2027-01-02'))).toEqual([
      {
        kind: 'coverage',
        name: 'after 2026-12-31, where coverage ends (hold)',
        rule: null,
        calendar: 'test',
      },
    ])
    expect(calendar.coverage).toEqual({ from: day('2024-01-01'), to: day('2026-12-31'), afterEnd: 'hold' })
  })

  test('with open counts every later day as open, with regular hours', () => {
    const calendar = covered('open')
    // A Saturday, and Christmas.
    expect(['2027-01-02', '2027-12-25'].map((date) => calendar.dayState(day(date)))).toEqual(['open', 'open'])
    expect(calendar.sessionsOn(day('2027-01-02'))).toHaveLength(1)
    expect(calendar.why(day('2027-12-25')).map(({ kind }) => kind)).toEqual(['coverage'])
  })

  test('with closed counts every later day as closed', () => {
    const calendar = covered('closed')
    expect(calendar.dayState(day('2027-06-15'))).toBe('closed')
    expect(calendar.sessionsOn(day('2027-06-15'))).toEqual([])
    expect(calendar.nextBusinessDay(day('2026-12-31'))).toBeNull()
  })

  test('with rules-only goes on by the rules', () => {
    const calendar = covered('rules-only')
    expect(['2028-12-25', '2027-01-02', '2027-06-15'].map((date) => calendar.dayState(day(date)))).toEqual([
      'closed',
      'closed',
      'open',
    ])
    expect(calendar.sessionsOn(day('2027-06-15'))).toHaveLength(1)
  })

  test('has no end of its own where none is given, but calendars know 1900 to 2200 only', () => {
    const calendar = rulesOnly([{ id: 'new-year', date: '01-01' }])
    expect(['1900-01-01', '2200-01-01'].map((date) => calendar.dayState(day(date)))).toEqual([
      'closed',
      'closed',
    ])
    expect(['1899-12-31', '2201-01-01'].map((date) => calendar.dayState(day(date)))).toEqual([
      'uncovered',
      'uncovered',
    ])
    expect(calendar.why(day('1899-12-31'))[0]?.kind).toBe('coverage')
    expect(calendar.coverage).toEqual({ from: null, to: null, afterEnd: 'hold' })
  })

  test('ends the search for business days without an answer', () => {
    const calendar = covered('hold')
    expect(calendar.nextBusinessDay(day('2026-12-31'))).toBeNull()
    expect(calendar.previousBusinessDay(day('2024-01-01'))).toBeNull()
    expect(calendar.addBusinessDays(day('2026-12-30'), 5)).toBeNull()
    expect(calendar.nthBusinessDay(day('2026-12-01'), day('2026-12-31'), -1)).toBe(day('2026-12-31'))
    expect(calendar.nthBusinessDay(day('2027-01-01'), day('2027-01-31'), 1)).toBe('uncovered')
    expect(calendar.nthBusinessDay(day('2026-12-28'), day('2027-01-03'), 3)).toBe(day('2026-12-30'))
    expect(calendar.nthBusinessDay(day('2026-12-28'), day('2027-01-03'), 5)).toBe('uncovered')
    expect(calendar.nthBusinessDay(day('2026-12-28'), day('2027-01-03'), -1)).toBe('uncovered')
    expect([...calendar.businessDaysIn(day('2026-12-30'), day('2027-01-10'))]).toEqual(
      ['2026-12-30', '2026-12-31'].map(day),
    )
  })
})
