import { describe, expect, test } from 'vitest'
import type {
  CalendarDay,
  CompiledCalendar,
  Session,
} from '../../../../src/core/calendar/compiled-calendar.ts'
import { formatDate, parseDate, weekdayOf } from '../../../../src/core/time/civil.ts'
import { formatLocal } from '../../../../src/core/time/instant.ts'
import { type PublishedList, publishedList } from './published-list.ts'
import { shippedCalendar, shippedCatalog, shippedDocuments } from './shipped-calendars.ts'

const EXCHANGES = ['nyse', 'lse', 'xetra', 'target2', 'jpx', 'nse'] as const

const catalog = shippedCatalog()

function dayOf(date: string): number {
  const day = parseDate(date)
  if (day === null) throw new Error(`${date} is no date`)
  return day
}

function isWeekend(date: string): boolean {
  const weekday = weekdayOf(dayOf(date))
  return weekday === 0 || weekday === 6
}

function undisputed(list: PublishedList, dates: Iterable<string>): string[] {
  return [...new Set(dates)].filter((date) => !(date in list.disputed)).sort()
}

/** The times of a session on the clock of the exchange. */
function timesOf(calendar: CompiledCalendar, session: Session): { open: string; close: string } {
  const time = (instant: number) => formatLocal(instant, calendar.zone).slice(11, 16)
  return { open: time(session.open), close: time(session.close) }
}

function unusualDays(calendar: CompiledCalendar, list: PublishedList): CalendarDay[] {
  return [...calendar.days(dayOf(list.from), dayOf(list.to))]
}

describe.each(EXCHANGES)('%s', (name) => {
  const list = publishedList(name)
  const calendar = shippedCalendar(catalog, name)

  test('covers the published list from its first day to its last', () => {
    expect([
      list.calendar,
      formatDate(calendar.coverage.from ?? 0),
      formatDate(calendar.coverage.to ?? 0),
    ]).toEqual([name, list.from, list.to])
  })

  test('is closed on exactly the published days', () => {
    const closed: string[] = []
    for (let day = dayOf(list.from); day <= dayOf(list.to); day += 1) {
      const date = formatDate(day)
      if (!isWeekend(date) && calendar.isClosed(day)) closed.push(date)
    }
    expect(undisputed(list, closed)).toEqual(undisputed(list, list.closed))
  })

  test('closes early on exactly the published days, at the published times', () => {
    const early = unusualDays(calendar, list).filter((day) => day.kind === 'early')
    const found = undisputed(
      list,
      early.map((day) => day.date),
    )
    const closes = found.map((date) => [date, ...lastClose(calendar, date)])
    const published = undisputed(list, Object.keys(list.early))
    expect(closes).toEqual(published.map((date) => [date, list.early[date]]))
  })

  test('opens late on exactly the published days, at the published times', () => {
    const shortened = unusualDays(calendar, list).filter((day) => day.kind === 'early' || day.kind === 'late')
    const late = shortened.filter((day) => calendar.isShortened(dayOf(day.date)).late)
    const opens = undisputed(
      list,
      late.map((day) => day.date),
    ).map((date) => [date, ...firstOpen(calendar, date)])
    const published = undisputed(list, Object.keys(list.late))
    expect(opens).toEqual(published.map((date) => [date, list.late[date]]))
  })

  test('holds exactly the published special sessions, at the published times', () => {
    const dates = undisputed(
      list,
      unusualDays(calendar, list)
        .filter((day) => day.kind === 'session')
        .map((day) => day.date),
    )
    const held = dates.flatMap((date) =>
      calendar.sessionsOn(dayOf(date)).map((session) => ({
        date,
        ...timesOf(calendar, session),
        ...(calendar.isClosed(dayOf(date)) ? { closed: true } : {}),
      })),
    )
    const published = list.sessions.filter(({ date }) => !(date in list.disputed))
    expect(held).toEqual(published)
  })

  test('is open on weekends for published sessions only', () => {
    const open: string[] = []
    for (let day = dayOf(list.from); day <= dayOf(list.to); day += 1) {
      if (isWeekend(formatDate(day)) && calendar.dayState(day) === 'open') open.push(formatDate(day))
    }
    const published = list.sessions.filter(({ date, closed }) => isWeekend(date) && closed !== true)
    expect(undisputed(list, open)).toEqual(
      undisputed(
        list,
        published.map(({ date }) => date),
      ),
    )
  })

  test('names two sources or more, each with the date on which it was compared', () => {
    const document = shippedDocuments().find((candidate) => candidate.name === name)
    const sources = document?.manifest.kind === 'Calendar' ? (document.manifest.spec.sources ?? []) : []
    expect(sources.length).toBeGreaterThanOrEqual(2)
    expect(sources.filter((source) => source.checked === undefined)).toEqual([])
    expect(list.sources.length).toBeGreaterThanOrEqual(2)
  })
})

function lastClose(calendar: CompiledCalendar, date: string): string[] {
  return calendar.sessionsOn(dayOf(date)).map((session) => timesOf(calendar, session).close)
}

function firstOpen(calendar: CompiledCalendar, date: string): string[] {
  return calendar.sessionsOn(dayOf(date)).map((session) => timesOf(calendar, session).open)
}

describe('why a day is closed', () => {
  test.each([
    ['nyse', '2025-01-09', 'National Day of Mourning for President Carter', 'mourning'],
    ['nyse', '2027-07-05', 'Independence Day', 'independence'],
    ['lse', '2020-05-08', 'Early May bank holiday', 'early-may'],
    ['lse', '2022-06-02', 'Spring bank holiday', 'spring'],
    ['xetra', '2007-05-28', 'Whit Monday', 'one-off'],
    ['jpx', '2021-07-23', 'Sports Day', 'sports'],
    ['nse', '2024-11-20', 'Maharashtra assembly elections', 'declared'],
  ])('%s %s: %s', (name, date, reason, rule) => {
    const why = shippedCalendar(catalog, name).why(dayOf(date))[0]
    expect(why).toMatchObject({ name: reason, rule, position: { file: `calendars/${name}.yaml` } })
  })

  test.each([
    ['2026-09-22', "Citizens' holiday"],
    ['2019-04-30', "Citizens' holiday"],
    ['2019-05-02', "Citizens' holiday"],
    ['2004-05-04', "Citizens' holiday"],
  ])('jpx %s: %s', (date, reason) => {
    expect(shippedCalendar(catalog, 'jpx').why(dayOf(date))[0]?.name).toBe(reason)
  })
})

describe('composites', () => {
  test('us-or-uk is closed when New York or London is', () => {
    const [both, nyse, lse] = (['us-or-uk', 'nyse', 'lse'] as const).map((name) =>
      shippedCalendar(catalog, name),
    )
    for (let day = dayOf('1990-01-01'); day <= dayOf('2028-12-31'); day += 1) {
      const expected = (nyse?.isClosed(day) ?? false) || (lse?.isClosed(day) ?? false)
      if (both?.isClosed(day) !== expected) expect(`${formatDate(day)} differs`).toBe('')
    }
  })

  test('any-major-market is closed on a weekday only when all four are', () => {
    const closed = [
      ...shippedCalendar(catalog, 'any-major-market').days(dayOf('2016-01-01'), dayOf('2026-12-31')),
    ]
      .filter((day) => day.kind === 'closed')
      .map((day) => day.date)
    const lists = (['nyse', 'lse', 'xetra', 'jpx'] as const).map(
      (name) => new Set(publishedList(name).closed),
    )
    const expected = [...(lists[0] ?? [])].filter(
      (date) => date >= '2016-01-01' && date <= '2026-12-31' && lists.every((list) => list.has(date)),
    )
    expect(closed).toEqual(expected)
  })

  test('xetra-only-closures has the days on which the euro settles and Xetra does not trade', () => {
    const calendar = shippedCalendar(catalog, 'xetra-only-closures')
    const closed = [...calendar.days(dayOf('2017-01-01'), dayOf('2019-12-31'))]
      .filter((day) => day.kind === 'closed')
      .map((day) => day.date)
    expect(closed).toEqual([
      '2017-06-05',
      '2017-10-03',
      '2017-10-31',
      '2018-05-21',
      '2018-10-03',
      '2018-12-24',
      '2018-12-31',
      '2019-06-10',
      '2019-10-03',
      '2019-12-24',
      '2019-12-31',
    ])
  })

  test('cover what all their members cover', () => {
    const { coverage } = shippedCalendar(catalog, 'target2-and-nyse')
    expect([formatDate(coverage.from ?? 0), formatDate(coverage.to ?? 0)]).toEqual([
      '1999-01-01',
      '2028-12-31',
    ])
  })
})

test('every document of calendars/ is a calendar that compiles', () => {
  for (const document of shippedDocuments()) {
    expect(document.kind).toBe('Calendar')
    expect(document.tenant).toBe('default')
    shippedCalendar(catalog, document.name)
  }
})
