import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportIcs } from '../../../src/core/calendar/ics-export.ts'
import { importIcs } from '../../../src/core/calendar/ics-import.ts'
import { parseComponents } from '../../../src/core/calendar/ics-lines.ts'
import type { CalendarRule } from '../../../src/core/kinds.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { calendarOf, closedIn, day } from './calendars.ts'

function ics(...lines: readonly string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n')
}

function event(...lines: readonly string[]): string[] {
  return ['BEGIN:VEVENT', 'UID:1@example.com', 'DTSTAMP:19970901T130000Z', ...lines, 'END:VEVENT']
}

function imported(text: string) {
  const result = importIcs(text, { name: 'diary', timezone: 'UTC' })
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'))
  return result.value
}

function rulesOf(text: string): readonly CalendarRule[] {
  return imported(text).manifest.spec.rules ?? []
}

function reasons(text: string): string[] {
  return imported(text).notCarried.map(({ line, summary, reason }) => `${line} ${summary}: ${reason}`)
}

describe('importing iCalendar text', () => {
  test('takes the events of RFC 5545, section 3.6.1, and lists what is no closure', () => {
    const text = ics(
      'BEGIN:VEVENT',
      'UID:19970901T130000Z-123401@example.com',
      'DTSTAMP:19970901T130000Z',
      'DTSTART:19970903T163000Z',
      'DTEND:19970903T190000Z',
      'SUMMARY:Annual Employee Review',
      'CLASS:PRIVATE',
      'CATEGORIES:BUSINESS,HUMAN RESOURCES',
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:19970901T130000Z-123403@example.com',
      'DTSTAMP:19970901T130000Z',
      'DTSTART;VALUE=DATE:19971102',
      'SUMMARY:Our Blissful Anniversary',
      'TRANSP:TRANSPARENT',
      'CLASS:CONFIDENTIAL',
      'CATEGORIES:ANNIVERSARY,PERSONAL,SPECIAL OCCASION',
      'RRULE:FREQ=YEARLY',
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:20070423T123432Z-541111@example.com',
      'DTSTAMP:20070423T123432Z',
      'DTSTART;VALUE=DATE:20070628',
      'DTEND;VALUE=DATE:20070709',
      'SUMMARY:Festival International de Jazz de Montreal',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    )
    expect(rulesOf(text)).toEqual([
      {
        id: 'our-blissful-anniversary',
        name: 'Our Blissful Anniversary',
        date: '11-02',
        from: '1997-11-02',
      },
      {
        id: 'festival-international-de-jazz-de-montreal-2007',
        name: 'Festival International de Jazz de Montreal',
        range: { from: '2007-06-28', to: '2007-07-08' },
      },
    ])
    expect(reasons(text)).toEqual([
      '4 Annual Employee Review: it has a time of day: only all-day events close days',
    ])
  })

  test('collects single days by year and covers these years', () => {
    const text = ics(
      ...event('DTSTART;VALUE=DATE:20260303', 'DTEND;VALUE=DATE:20260304', 'SUMMARY:Holi'),
      ...event('DTSTART;VALUE=DATE:20260126', 'SUMMARY:Republic Day'),
      ...event('DTSTART;VALUE=DATE:20250815', 'DURATION:P1D', 'SUMMARY:Independence Day'),
    )
    expect(imported(text).manifest).toEqual({
      apiVersion: 'belfry/v1',
      kind: 'Calendar',
      metadata: { name: 'diary' },
      spec: {
        timezone: 'UTC',
        weekend: ['sat', 'sun'],
        coverage: { from: '2025-01-01', to: '2026-12-31' },
        rules: [
          { id: 'dates-2025', dates: { '2025-08-15': 'Independence Day' } },
          { id: 'dates-2026', dates: { '2026-01-26': 'Republic Day', '2026-03-03': 'Holi' } },
        ],
      },
    })
  })

  test('takes zone and title from the file if they are there', () => {
    const text = ics('X-WR-CALNAME:Exchange holidays', 'X-WR-TIMEZONE:Asia/Kolkata')
    const result = importIcs(text, { name: 'nse' })
    expect(result.ok ? result.value.manifest : null).toMatchObject({
      metadata: { name: 'nse', description: 'Exchange holidays' },
      spec: { timezone: 'Asia/Kolkata' },
    })
    const without = importIcs(ics(), { name: 'nse' })
    expect(without.ok ? [] : without.error).toMatchObject([{ code: 'missing-timezone' }])
    const wrong = importIcs(text, { name: 'nse', timezone: 'Asia/Kolkatta' })
    expect(wrong.ok ? [] : wrong.error).toMatchObject([{ code: 'unknown-zone', suggestion: 'Asia/Kolkata' }])
  })

  test('unfolds lines, in the middle of a word too, and reads escaped text and quoted parameters', () => {
    const text = ics(
      ...event(
        'DTSTART;X-NOTE="a;b:c,d";VALUE=DATE:20260303',
        'SUMMARY;LANGUAGE=en:Holi\\, the fest',
        ' ival\\; of ',
        '\tcolours \\\\ spring',
      ),
    )
    expect(rulesOf(text)[0]?.dates).toEqual({ '2026-03-03': 'Holi, the festival; of colours \\ spring' })
  })

  test('reads files whose lines end with LF alone and that begin with a byte order mark', () => {
    const text = `\uFEFF${ics(...event('DTSTART;VALUE=DATE:20260303', 'SUMMARY:Holi')).replaceAll('\r\n', '\n')}`
    expect(rulesOf(text)).toHaveLength(1)
  })

  test('reads all-day events that are written with midnights', () => {
    const text = ics(...event('DTSTART:20261224T000000', 'DTEND:20261227T000000', 'SUMMARY:Freeze'))
    expect(rulesOf(text)).toEqual([
      { id: 'freeze-2026', name: 'Freeze', range: { from: '2026-12-24', to: '2026-12-26' } },
    ])
  })

  test.each<[string, string, Partial<CalendarRule>]>([
    ['20100101', 'FREQ=YEARLY', { date: '01-01', from: '2010-01-01' }],
    ['20101225', 'FREQ=YEARLY;UNTIL=20201225', { date: '12-25', from: '2010-12-25', to: '2020-12-25' }],
    ['20101225', 'FREQ=YEARLY;COUNT=3', { date: '12-25', from: '2010-12-25', to: '2012-12-31' }],
    ['20100704', 'FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=4', { date: '07-04' }],
    ['20101125', 'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH', { month: 'nov', weekday: 'thu', nth: 4 }],
    [
      '20100531',
      'FREQ=YEARLY;INTERVAL=1;BYMONTH=5;BYDAY=-1MO;WKST=SU',
      { month: 'may', weekday: 'mon', nth: -1 },
    ],
    [
      '20101102',
      'FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
      { weekday: 'tue', onOrAfter: '11-02' },
    ],
    ['16010101', 'FREQ=YEARLY', { date: '01-01' }],
  ])('carries a recurrence from %s by %s over as a rule', (start, recurrence, rule) => {
    const [found] = rulesOf(
      ics(...event(`DTSTART;VALUE=DATE:${start}`, 'SUMMARY:Day', `RRULE:${recurrence}`)),
    )
    expect(found).toMatchObject({ id: 'day', ...rule })
  })

  test('carries the third Friday of every month over', () => {
    const [rule] = rulesOf(
      ics(...event('DTSTART;VALUE=DATE:20260116', 'SUMMARY:Expiry', 'RRULE:FREQ=MONTHLY;BYDAY=3FR')),
    )
    expect(rule).toMatchObject({ weekday: 'fri', nth: 3 })
    expect(rule?.month).toHaveLength(12)
  })

  test.each([
    'FREQ=WEEKLY;BYDAY=SA',
    'FREQ=YEARLY;INTERVAL=4;BYMONTH=11',
    'FREQ=YEARLY;BYYEARDAY=100',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=YEARLY;BYMONTH=5;BYDAY=MO,TU',
    'FREQ=MONTHLY;BYMONTHDAY=1',
    'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3',
    'FREQ=YEARLY;UNTIL=19990101',
    'FREQ=YEARLY;BYMONTH=2;COUNT=3',
    'FREQ=YEARLY;COUNT=0',
  ])('lists a recurrence by %s as not carried over', (recurrence) => {
    const text = ics(...event('DTSTART;VALUE=DATE:20260101', 'SUMMARY:Day', `RRULE:${recurrence}`))
    expect(rulesOf(text)).toEqual([])
    expect(imported(text).notCarried).toHaveLength(1)
  })

  test('carries exclusions, additions and moved single days of a recurrence over', () => {
    const text = ics(
      ...event(
        'DTSTART;VALUE=DATE:20180507',
        'SUMMARY:Early May',
        'RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO',
        'EXDATE;VALUE=DATE:20190506',
        'RDATE;VALUE=DATE:20190513',
      ),
      ...event('DTSTART;VALUE=DATE:20200508', 'RECURRENCE-ID;VALUE=DATE:20200504', 'SUMMARY:Early May'),
      ...event('DTSTART;VALUE=DATE:20220502', 'RECURRENCE-ID;VALUE=DATE:20220502', 'STATUS:CANCELLED'),
    )
    const { manifest } = imported(text)
    expect(manifest.spec.rules).toEqual([
      {
        id: 'early-may',
        name: 'Early May',
        month: 'may',
        weekday: 'mon',
        nth: 1,
        from: '2018-05-07',
        except: ['2019-05-06', '2022-05-02'],
        move: { '2020-05-04': '2020-05-08' },
      },
      { id: 'dates-2019', dates: { '2019-05-13': 'Early May' } },
    ])
  })

  test('carries several days that recur over as rules that count from the first', () => {
    const text = ics(
      ...event(
        'DTSTART;VALUE=DATE:20251224',
        'DTEND;VALUE=DATE:20251227',
        'SUMMARY:Christmas',
        'RRULE:FREQ=YEARLY',
      ),
    )
    const calendar = calendarOf({ ...imported(text).manifest.spec, weekend: [] })
    expect(closedIn(calendar, 2026)).toEqual(['2026-12-24', '2026-12-25', '2026-12-26'])
  })

  test('lists cancelled events, other components and exclusions of nothing', () => {
    const text = ics(
      'BEGIN:VTIMEZONE',
      'TZID:Europe/London',
      'END:VTIMEZONE',
      'BEGIN:VTODO',
      'SUMMARY:Pay tax',
      'END:VTODO',
      ...event('DTSTART;VALUE=DATE:20260303', 'SUMMARY:Off', 'STATUS:CANCELLED'),
      ...event('SUMMARY:Nowhere'),
      ...event(
        'DTSTART;VALUE=DATE:20260101',
        'SUMMARY:Day',
        'RRULE:FREQ=YEARLY',
        'EXDATE;VALUE=DATE:20260102',
      ),
    )
    expect(reasons(text)).toEqual([
      '0 Day: 2026-01-02 is excluded or moved, but the recurrence does not have it',
      '7 Pay tax: it is no event',
      '10 Off: it is cancelled',
      '17 Nowhere: it has no DTSTART',
    ])
    expect(rulesOf(text)).toEqual([{ id: 'day', name: 'Day', date: '01-01', from: '2026-01-01' }])
  })

  test('gives events of one name ids of their own', () => {
    const text = ics(
      ...event('DTSTART;VALUE=DATE:20260101', 'SUMMARY:Fête nationale', 'RRULE:FREQ=YEARLY'),
      ...event('DTSTART;VALUE=DATE:20260201', 'SUMMARY:Fete Nationale!', 'RRULE:FREQ=YEARLY'),
      ...event('DTSTART;VALUE=DATE:20260301', 'SUMMARY:元日', 'RRULE:FREQ=YEARLY'),
    )
    expect(rulesOf(text).map(({ id }) => id)).toEqual(['fete-nationale', 'fete-nationale-2', 'event'])
  })

  test.each([
    [
      'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n',
      'line 3: END:VCALENDAR ends nothing that is open',
    ],
    ['BEGIN:VCALENDAR\r\n', 'line 1: VCALENDAR has no END'],
    ['SUMMARY:x\r\n', 'line 1: SUMMARY stands outside of every component'],
    ['BEGIN:VCALENDAR\r\n<html>\r\n', 'line 2: "<html>" is not NAME:VALUE'],
    ['', 'the file has no VCALENDAR'],
  ])('refuses what is no iCalendar text, with the line: %j', (text, message) => {
    const result = importIcs(text, { name: 'x', timezone: 'UTC' })
    expect(result.ok ? [] : result.error).toMatchObject([{ code: 'invalid-ics', message }])
  })
})

describe('exporting iCalendar text', () => {
  const calendar = calendarOf({
    timezone: 'Europe/London',
    coverage: { from: 2020, to: 2030 },
    rules: [
      { id: 'christmas', name: 'Christmas, and more; see "notice"', date: '12-25' },
      {
        id: 'freeze',
        name: `Freeze ${'für alle '.repeat(12)}`,
        range: { from: '2026-12-28', to: '2026-12-31' },
      },
      { id: 'eve', date: '12-24', close: '12:30' },
      { id: 'diwali', dates: { '2025-10-21': 'Diwali' } },
    ],
    sessions: [{ date: '2025-10-21', open: '13:45', close: '14:45' }],
  })
  const options = {
    from: day('2025-01-01'),
    to: day('2026-12-31'),
    madeAt: Date.parse('2026-01-05T12:30:00Z'),
  }
  const text = exportIcs(calendar, options)

  test('has an all-day event for each closure, DTEND excluded, and one for days in a row', () => {
    expect(text.split('\r\n').slice(0, 15)).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//belfry//calendar//EN',
      'CALSCALE:GREGORIAN',
      'X-WR-CALNAME:test',
      'X-WR-TIMEZONE:Europe/London',
      'BEGIN:VEVENT',
      'UID:2025-12-25-christmas@test.belfry',
      'DTSTAMP:20260105T123000Z',
      'DTSTART;VALUE=DATE:20251225',
      'DTEND;VALUE=DATE:20251226',
      'SUMMARY:Christmas\\, and more\\; see "notice"',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      'BEGIN:VEVENT',
    ])
    expect(text).toContain('DTSTART;VALUE=DATE:20261228\r\nDTEND;VALUE=DATE:20270101')
  })

  test('leaves out shortened days, and closed days that a dated session opens', () => {
    expect(text).not.toContain('20251224')
    expect(text).not.toContain('20251021')
  })

  test('has no line of more than 75 octets', () => {
    for (const line of text.split('\r\n'))
      expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
  })

  test('comes back from an import with the same closed days and names', () => {
    const { manifest, notCarried } = imported(text)
    const again = calendarOf(manifest.spec)
    expect(notCarried).toEqual([])
    const named = (of: typeof calendar) =>
      [...of.days(options.from, options.to)]
        .filter(({ date, kind }) => kind === 'closed' && of.isClosed(day(date)))
        .map(({ date, name }) => [date, name.trim()])
    expect(named(again)).toEqual(named(calendar))
  })

  test(
    'of any text is read back as it was',
    () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
          const summary = `x${name.replace(/[\p{Cc}\p{Cf}]/gu, '')}x`
          const one = calendarOf({
            timezone: 'UTC',
            weekend: [],
            rules: [{ id: 'a', name: summary, date: '06-15' }],
          })
          const parsed = parseComponents(exportIcs(one, { ...options, to: day('2025-12-31') }))
          const value = parsed.ok
            ? parsed.value[0]?.components[0]?.properties.find((line) => line.name === 'SUMMARY')?.value
            : undefined
          expect(value?.replace(/\\([\\;,])/g, '$1')).toBe(summary)
        }),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )
})
