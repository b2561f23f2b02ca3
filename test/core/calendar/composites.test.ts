import { describe, expect, test } from 'vitest'
import { calendarCatalog } from '../../../src/core/calendar/catalog.ts'
import { closedIn, day, iso, memberOf, sourceOf } from './calendars.ts'

const NYSE = {
  timezone: 'America/New_York',
  hours: [{ open: '09:30', close: '16:00' }],
  coverage: { from: 2020, to: 2027 },
  rules: [
    { id: 'new-year', name: "New Year's Day", date: '01-01' },
    { id: 'independence', name: 'Independence Day', date: '07-04', observed: { sat: 'fri', sun: 'mon' } },
    { id: 'eve', name: 'Christmas Eve', date: '12-24', close: '13:00' },
    { id: 'christmas', name: 'Christmas', date: '12-25' },
  ],
  blackouts: [{ from: '03:00', to: '04:00', name: 'nyse upkeep' }],
} as const

const LSE = {
  timezone: 'Europe/London',
  hours: [{ open: '08:00', close: '16:30' }],
  coverage: { from: 2022, to: 2026 },
  rules: [
    { id: 'new-year', name: "New Year's Day", date: '01-01' },
    { id: 'christmas', name: 'Christmas Day', date: '12-25', observed: 'next-business-day' },
    { id: 'boxing-day', name: 'Boxing Day', date: '12-26', observed: 'next-business-day' },
  ],
  blackouts: [{ from: '08:30', to: '09:30', name: 'lse upkeep' }],
} as const

const specs = {
  nyse: NYSE,
  lse: LSE,
  'us-or-uk': { anyClosed: ['nyse', 'lse'] },
  'us-and-uk': { allClosed: ['nyse', 'lse'], timezone: 'UTC' },
  'us-not-uk': { difference: { base: 'nyse', minus: 'lse' } },
  'not-us': { complement: 'nyse' },
  desk: {
    extends: {
      base: 'nyse',
      disable: ['independence'],
      rules: [
        { id: 'outing', name: 'Company outing', date: '07-03' },
        { id: 'after', of: 'independence', offset: 3 },
      ],
    },
  },
} as const

describe('a calendar that combines others', () => {
  test('with anyClosed is closed when one of them is, and says which', () => {
    const joint = memberOf(specs, 'us-or-uk')
    expect(['2025-07-04', '2025-12-26', '2025-12-25'].map((date) => joint.dayState(day(date)))).toEqual([
      'closed',
      'closed',
      'closed',
    ])
    expect(joint.why(day('2025-07-04'))).toEqual([
      { kind: 'rule', name: 'Independence Day', rule: 'independence', calendar: 'nyse' },
    ])
    expect(joint.why(day('2025-12-25')).map(({ calendar }) => calendar)).toEqual(['nyse', 'lse'])
    expect(joint.zone.name).toBe('America/New_York')
  })

  test('with anyClosed has the hours in which all of them trade', () => {
    const joint = memberOf(specs, 'us-or-uk')
    const [session] = joint.sessionsOn(day('2025-06-10'))
    expect([session?.open, session?.close].map((at) => iso(at ?? 0))).toEqual([
      '2025-06-10T13:30:00Z',
      '2025-06-10T15:30:00Z',
    ])
    expect(joint.sessionsOn(day('2025-07-04'))).toEqual([])
    expect(joint.isShortened(day('2025-12-24'))).toEqual({ early: true, late: false })
  })

  test('with allClosed is closed when all of them are, and open as long as one of them', () => {
    const either = memberOf(specs, 'us-and-uk')
    expect(
      ['2025-07-04', '2025-12-26', '2025-12-25', '2025-12-27'].map((date) => either.dayState(day(date))),
    ).toEqual(['open', 'open', 'closed', 'closed'])
    expect(either.why(day('2025-07-04')).map(({ kind, name }) => [kind, name])).toEqual([
      ['composite', 'lse open'],
      ['rule', 'Independence Day'],
    ])
    const [session] = either.sessionsOn(day('2025-06-10'))
    expect([session?.open, session?.close].map((at) => iso(at ?? 0))).toEqual([
      '2025-06-10T07:00:00Z',
      '2025-06-10T20:00:00Z',
    ])
    expect(either.sessionsOn(day('2025-07-04'))).toHaveLength(1)
  })

  test('with difference is closed when only the base is, weekends included', () => {
    const only = memberOf(specs, 'us-not-uk')
    expect(closedIn(only, 2025)).toEqual(['2025-07-04'])
    expect(only.sessionsOn(day('2025-12-26')).map(({ open }) => iso(open))).toEqual(['2025-12-26T14:30:00Z'])
    expect(only.why(day('2025-12-25'))[0]).toMatchObject({ kind: 'composite', name: 'lse is closed too' })
  })

  test('with complement is open when the other is closed', () => {
    const inverse = memberOf(specs, 'not-us')
    expect(['2025-07-04', '2025-07-05', '2025-07-07'].map((date) => inverse.dayState(day(date)))).toEqual([
      'open',
      'open',
      'closed',
    ])
    expect(inverse.sessionsOn(day('2025-07-04'))).toEqual([])
    expect(inverse.why(day('2025-07-07'))).toEqual([
      { kind: 'composite', name: 'nyse is open', rule: null, calendar: 'not-us' },
    ])
  })

  test('with extends has the base without what it disables, and its own rules', () => {
    const desk = memberOf(specs, 'desk')
    expect(
      [...desk.days(day('2025-07-01'), day('2025-07-31'))].map(({ date, rule, calendar }) => [
        date,
        rule,
        calendar,
      ]),
    ).toEqual([
      ['2025-07-03', 'outing', 'desk'],
      ['2025-07-07', 'after', 'desk'],
    ])
    expect(desk.why(day('2025-12-25'))[0]).toMatchObject({ rule: 'christmas', calendar: 'nyse' })
    expect(desk.sessionsOn(day('2025-07-04'))).toHaveLength(1)
  })

  test('with extends may replace a rule that it disables', () => {
    const later = memberOf(
      {
        nyse: NYSE,
        desk: {
          extends: {
            base: 'nyse',
            disable: ['independence'],
            rules: [{ id: 'independence', date: '07-02' }],
            sessions: [{ date: '2025-12-25', name: 'Christmas shift' }],
            hours: [{ open: '07:00', close: '18:00' }],
          },
        },
        again: { extends: { base: 'desk', disable: ['eve'] } },
      },
      'again',
    )
    expect(later.isClosed(day('2025-07-04'))).toBe(false)
    expect(later.isClosed(day('2025-07-02'))).toBe(true)
    expect(later.isShortened(day('2025-12-24')).early).toBe(false)
    expect(later.sessionsOn(day('2025-12-25')).map(({ open }) => iso(open))).toEqual(['2025-12-25T12:00:00Z'])
  })

  test('is covered where all of them are', () => {
    const joint = memberOf(specs, 'us-or-uk')
    expect(joint.coverage).toEqual({ from: day('2022-01-01'), to: day('2026-12-31'), afterEnd: 'hold' })
    expect(joint.dayState(day('2021-12-31'))).toBe('uncovered')
    expect(joint.dayState(day('2027-01-01'))).toBe('uncovered')
    expect(joint.why(day('2027-06-15'))[0]).toMatchObject({ kind: 'coverage', calendar: 'lse' })
  })

  test('may narrow coverage and say what comes after it', () => {
    const joint = memberOf(
      {
        ...specs,
        narrow: { anyClosed: ['nyse', 'lse'], coverage: { from: 2023, to: 2025, afterEnd: 'open' } },
      },
      'narrow',
    )
    expect(
      ['2022-06-15', '2023-06-15', '2025-12-25', '2026-12-25'].map((date) => joint.dayState(day(date))),
    ).toEqual(['uncovered', 'open', 'closed', 'open'])
    expect(joint.why(day('2026-12-25'))[0]).toMatchObject({ kind: 'coverage', calendar: 'narrow' })
  })

  test('has the blackouts of its members as it has their closures, and its own', () => {
    const own = memberOf(
      {
        ...specs,
        own: { anyClosed: ['nyse', 'lse'], blackouts: [{ from: '20:00', to: '21:00', name: 'own' }] },
      },
      'own',
    )
    const at = (instant: string) => own.blackoutAt(Date.parse(instant))?.name ?? null
    // June: New York is at -4, London at +1.
    expect(
      ['2025-06-10T07:10:00Z', '2025-06-10T08:10:00Z', '2025-06-11T00:30:00Z', '2025-06-10T12:00:00Z'].map(
        at,
      ),
    ).toEqual(['nyse upkeep', 'lse upkeep', 'own', null])
    // 07:00 to 08:00 in New York's blackout, then 07:30 to 08:30 in London's.
    expect(iso(own.blackoutEnd(Date.parse('2025-06-10T07:10:00Z')) ?? 0)).toBe('2025-06-10T08:30:00Z')
    const both = memberOf(specs, 'us-and-uk')
    expect(both.blackoutAt(Date.parse('2025-06-10T07:10:00Z'))).toBeNull()
    expect(both.blackoutAt(Date.parse('2025-06-10T07:40:00Z'))?.name).toBe('nyse upkeep')
  })

  test('lists its days with the calendar that each comes from', () => {
    const joint = memberOf(specs, 'us-or-uk')
    expect(
      [...joint.days(day('2025-12-20'), day('2025-12-31'))].map(({ date, kind, calendar }) => [
        date,
        kind,
        calendar,
      ]),
    ).toEqual([
      ['2025-12-24', 'early', 'nyse'],
      ['2025-12-25', 'closed', 'nyse'],
      ['2025-12-26', 'closed', 'lse'],
    ])
  })

  test('can be combined again', () => {
    const deep = memberOf({ ...specs, deep: { allClosed: ['us-or-uk', 'not-us'] } }, 'deep')
    expect(deep.depth).toBe(3)
    // NYSE closed: the complement is open. NYSE open: the joint calendar is closed only for London.
    expect(deep.dayState(day('2025-07-04'))).toBe('open')
    expect(deep.dayState(day('2025-12-26'))).toBe('closed')
  })
})

describe('problems of combined calendars', () => {
  test('an unknown member is named with the nearest name and the place of the reference', () => {
    const result = calendarCatalog(sourceOf({ nyse: NYSE, joint: { anyClosed: ['nyse', 'nyze'] } })).compile(
      'joint',
    )
    expect(result.ok ? [] : result.error).toMatchObject([
      { code: 'unknown-reference', suggestion: 'nyse', path: ['spec', 'anyClosed', 1] },
    ])
  })

  test('a circle is named with all its members', () => {
    const catalog = calendarCatalog(
      sourceOf({ a: { anyClosed: ['b'] }, b: { complement: 'c' }, c: { extends: { base: 'a' } } }),
    )
    const result = catalog.compile('a')
    expect(result.ok ? [] : result.error).toMatchObject([
      { code: 'broken-calendar', path: ['spec', 'anyClosed', 0] },
    ])
    const last = catalog.compile('c')
    expect(last.ok ? [] : last.error).toMatchObject([
      { code: 'calendar-cycle', found: 'a, b, c, a', path: ['spec', 'extends', 'base'] },
    ])
  })

  test('more than sixteen levels are refused, and a chain of thousands does not end the process', () => {
    const chain: Record<string, { complement: string } | typeof NYSE> = { c0: NYSE }
    for (let index = 1; index <= 5000; index++) chain[`c${index}`] = { complement: `c${index - 1}` }
    const catalog = calendarCatalog(sourceOf(chain))
    expect(catalog.compile('c15').ok).toBe(true)
    const seventeenth = catalog.compile('c16')
    expect(seventeenth.ok ? [] : seventeenth.error).toMatchObject([
      { code: 'limit-exceeded', path: ['spec', 'complement'] },
    ])
    expect(calendarCatalog(sourceOf(chain)).compile('c5000').ok).toBe(false)
  })

  test('a member with problems is mentioned, its problems are not repeated', () => {
    const catalog = calendarCatalog(
      sourceOf({ bad: { timezone: 'Nowhere/None' }, joint: { allClosed: ['bad'] } }),
    )
    const joint = catalog.compile('joint')
    expect(joint.ok ? [] : joint.error.map(({ code }) => code)).toEqual(['broken-calendar'])
    const bad = catalog.compile('bad')
    expect(bad.ok ? [] : bad.error.map(({ code }) => code)).toEqual(['unknown-zone'])
  })

  test('extending a combined calendar, unknown ids and ids of the base are refused', () => {
    const of = (extension: object) => {
      const result = calendarCatalog(sourceOf({ ...specs, x: { extends: extension } as never })).compile('x')
      return result.ok ? [] : result.error
    }
    expect(of({ base: 'us-or-uk' })).toMatchObject([
      { code: 'contradiction', path: ['spec', 'extends', 'base'] },
    ])
    expect(of({ base: 'nyse', disable: ['indepedence'] })).toMatchObject([
      { code: 'unknown-reference', suggestion: 'independence', path: ['spec', 'extends', 'disable', 0] },
    ])
    expect(of({ base: 'nyse', rules: [{ id: 'christmas', date: '12-25' }] })).toMatchObject([
      { code: 'duplicate-rule', path: ['spec', 'extends', 'rules', 0, 'id'] },
    ])
  })
})
