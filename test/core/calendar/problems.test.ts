import { describe, expect, test } from 'vitest'
import type { CalendarRule, CalendarSpec } from '../../../src/core/kinds.ts'
import { formatDate } from '../../../src/core/time/civil.ts'
import { calendarOf, day, problemsOf, rulesOnly } from './calendars.ts'

function ofRules(...rules: readonly object[]) {
  return problemsOf({ timezone: 'UTC', rules: rules as readonly CalendarRule[] })
}

function ofSpec(spec: Partial<CalendarSpec>) {
  return problemsOf({ timezone: 'UTC', ...spec })
}

describe('problems of a calendar', () => {
  test('are all reported at once, each at its place', () => {
    const found = problemsOf({
      timezone: 'Asia/Calcuta',
      coverage: { from: 2026, to: 2025 },
      hours: [{ open: '15:30', close: '09:15' }],
      rules: [
        { id: 'a', date: '02-30' },
        { id: 'a', date: '01-01' },
        { id: 'none' },
        { id: 'two', date: '01-01', easter: 1 },
        { id: 'b', of: 'c', offset: 1 },
      ],
      sessions: [{ date: '2026-02-30' }],
      blackouts: [{ from: '25:00' }],
    } as CalendarSpec)
    expect(found.map(({ code, path }) => `${code} ${path?.join('.')}`)).toEqual([
      'unknown-zone spec.timezone',
      'contradiction spec.coverage.to',
      'invalid-date spec.rules.0.date',
      'duplicate-rule spec.rules.1.id',
      'missing-key spec.rules.2',
      'conflicting-keys spec.rules.3.easter',
      'invalid-date spec.sessions.0.date',
      'invalid-hours spec.hours.0.close',
      'invalid-time-of-day spec.blackouts.0.from',
    ])
    expect(found[0]?.suggestion).toBe('Asia/Calcutta')
  })

  test('a rule must say its days in one way, with all that this needs', () => {
    expect(ofRules({ id: 'a', nth: 1, weekday: 'mon' })[0]).toMatchObject({ code: 'missing-key' })
    expect(ofRules({ id: 'a', onOrAfter: '05-01' })[0]).toMatchObject({ code: 'missing-key' })
    expect(ofRules({ id: 'a', date: '05-01', weekday: 'mon' })[0]).toMatchObject({ code: 'conflicting-keys' })
    expect(ofRules({ id: 'a', date: '05-01', offset: 1 })[0]).toMatchObject({ code: 'conflicting-keys' })
    expect(ofRules({ id: 'a', date: '05-01' }, { id: 'b', of: 'a' })[0]).toMatchObject({
      code: 'missing-key',
    })
    expect(
      ofRules({ id: 'a', date: '05-01' }, { id: 'b', of: 'a', offset: 1, businessDays: 1 })[0],
    ).toMatchObject({
      code: 'conflicting-keys',
    })
  })

  test('a rule of an unknown rule is told the nearest id', () => {
    expect(
      ofRules({ id: 'thanksgiving', date: '11-26' }, { id: 'b', of: 'thanksgivin', offset: 1 }),
    ).toMatchObject([
      { code: 'unknown-reference', suggestion: 'thanksgiving', path: ['spec', 'rules', 1, 'of'] },
    ])
  })

  test('rules in a circle are found once, with those that hang on it left alone', () => {
    const found = ofRules(
      { id: 'd', of: 'a', offset: 1 },
      { id: 'a', of: 'b', offset: 1 },
      { id: 'b', of: 'c', offset: 1 },
      { id: 'c', of: 'a', offset: 1 },
      { id: 'self', of: 'self', offset: 1 },
    )
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['rule-cycle', 'rules count from each other in a circle: a -> b -> c -> a'],
      ['rule-cycle', 'rules count from each other in a circle: self -> self'],
    ])
  })

  test('dates need an end of coverage, and must lie within it', () => {
    expect(ofRules({ id: 'a', dates: ['2026-03-03'] })).toMatchObject([
      { code: 'missing-coverage', path: ['spec', 'rules', 0, 'dates'] },
    ])
    const coverage = { from: 2026, to: 2026 }
    expect(
      ofSpec({
        coverage,
        rules: [{ id: 'a', dates: { '2025-12-31': 'Before', '2026-03-03': 'In', '2027-01-01': 'After' } }],
        sessions: [{ date: '2027-01-02' }],
      }).map(({ code, path }) => `${code} ${path?.join('.')}`),
    ).toEqual([
      'outside-coverage spec.rules.0.dates.2025-12-31',
      'outside-coverage spec.rules.0.dates.2027-01-01',
      'outside-coverage spec.sessions.0',
    ])
  })

  test('exceptions and moves must be of days that the rule gives, and are told the nearest', () => {
    expect(
      ofRules({
        id: 'may',
        month: 'may',
        weekday: 'mon',
        nth: 1,
        except: ['2021-05-04'],
        move: { '2020-05-05': '2020-05-08' },
      }),
    ).toMatchObject([
      { code: 'not-a-day-of-rule', suggestion: '2021-05-03', path: ['spec', 'rules', 0, 'except', 0] },
      {
        code: 'not-a-day-of-rule',
        suggestion: '2020-05-04',
        path: ['spec', 'rules', 0, 'move', '2020-05-05'],
      },
    ])
  })

  test('hours must not meet on a day, nor sessions overlap, nor breaks lie outside', () => {
    const hours = (...entries: NonNullable<CalendarSpec['hours']>[number][]) => ofSpec({ hours: entries })
    expect(
      hours({ open: '09:00', close: '15:00', to: 2024 }, { open: '09:00', close: '15:30', from: 2024 }),
    ).toMatchObject([{ code: 'invalid-hours', path: ['spec', 'hours', 1] }])
    expect(
      hours(
        { open: '09:00', close: '15:00', days: ['mon'] },
        { open: '10:00', close: '15:00', days: ['tue'] },
      ),
    ).toEqual([])
    expect(hours({ open: '09:00', close: '15:00', breaks: [{ from: '08:00', to: '10:00' }] })).toMatchObject([
      { code: 'invalid-hours', path: ['spec', 'hours', 0, 'breaks', 0] },
    ])
    expect(
      ofSpec({
        sessions: [
          { date: '2026-03-07', open: '09:00', close: '11:00' },
          { date: '2026-03-07', open: '10:30', close: '12:00' },
        ],
      }),
    ).toMatchObject([{ code: 'invalid-hours', path: ['spec', 'sessions', 1] }])
  })

  test('an early close that leaves nothing of a session is a problem', () => {
    expect(
      ofSpec({
        hours: [{ open: '09:30', close: '16:00' }],
        rules: [{ id: 'eve', date: '12-24', close: '09:00' }],
      }),
    ).toMatchObject([{ code: 'invalid-hours', path: ['spec', 'rules', 0, 'close'] }])
  })

  test('a calendar has rules or combines others, in one way', () => {
    expect(problemsOf({ anyClosed: ['a'], allClosed: ['b'], rules: [] }).map(({ path }) => path)).toEqual([
      ['spec', 'allClosed'],
      ['spec', 'rules'],
    ])
    expect(problemsOf({ rules: [] })).toMatchObject([{ code: 'missing-timezone', path: ['spec'] }])
  })
})

describe('hostile calendars', () => {
  test('with a range of ten thousand years are computed for the years that calendars have', () => {
    const calendar = rulesOnly([{ id: 'ever', range: { from: '0001-01-01', to: '9999-12-31' } }])
    expect(calendar.isClosed(day('1900-01-01')) && calendar.isClosed(day('2200-12-31'))).toBe(true)
    expect(calendar.nextBusinessDay(day('2000-01-01'))).toBeNull()
    expect(calendar.previousBusinessDay(day('2000-01-01'))).toBeNull()
  })

  test('with a hundred thousand dates answer as fast as others', () => {
    const from = day('1910-01-01')
    const dates = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, index) => [formatDate(from + index), `Day ${index}`]),
    )
    const calendar = calendarOf({
      timezone: 'UTC',
      weekend: [],
      coverage: { from: 1900, to: 2200 },
      rules: [{ id: 'all', dates }],
    })
    expect(calendar.why(from + 99_999)[0]?.name).toBe('Day 99999')
    expect(calendar.dayState(from - 1)).toBe('open')
    expect(calendar.nextBusinessDay(from)).toBe(from + 100_000)
  })

  test('with more days than anyone means are refused', () => {
    const rules = Array.from({ length: 20 }, (_, index) => ({
      id: `r${index}`,
      range: { from: '1900-01-01', to: '2200-12-31' },
    }))
    expect(ofRules(...rules)).toMatchObject([{ code: 'limit-exceeded' }])
  })

  test('with rules that count from each other over thousands of steps are refused, not followed', () => {
    const chain = Array.from({ length: 5000 }, (_, index) =>
      index === 0 ? { id: 'r0', date: '01-01' } : { id: `r${index}`, of: `r${index - 1}`, offset: 366 },
    )
    expect(ofRules(...chain.reverse()).every(({ code }) => code === 'limit-exceeded')).toBe(true)
  })

  test('that are never open give up looking for a business day', () => {
    const calendar = calendarOf({
      timezone: 'UTC',
      weekend: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      rules: [
        { id: 'new-year', date: '01-01', observed: 'next-business-day' },
        { id: 'after', of: 'new-year', businessDays: 3 },
      ],
    })
    expect(calendar.nextBusinessDay(day('2026-01-01'))).toBeNull()
    expect(calendar.why(day('2026-01-01')).map(({ kind }) => kind)).toEqual(['weekend'])
  })
})
