import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest } from '../../../src/core/nearest.ts'
import { formatDuration, parseDuration } from '../../../src/core/time/duration.ts'
import { formatInstant, formatLocal, formatOffset, parseInstant } from '../../../src/core/time/instant.ts'
import { formatLocalSeconds, parseLocal } from '../../../src/core/time/local.ts'
import { formatTimeOfDay, parseTimeOfDay } from '../../../src/core/time/time-of-day.ts'
import { zoneNamed } from '../../support/fires.ts'
import { propertyRuns } from '../../support/property-runs.ts'

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1d2h3m4s', 93_784_000],
    ['90m', 5_400_000],
    ['0s', 0],
    ['36525d', 3_155_760_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms })
  })

  it.each([
    '',
    's',
    '5',
    '5 m',
    '1.5h',
    '30s5m',
    '5m5m',
    '1w',
    '5M',
    '-15m',
    '+5m',
    '1h-5m',
    '36526d',
    '1e3s',
    '٣s',
  ])('"%s" is refused', (text) => {
    expect(parseDuration(text)).toMatchObject({ ok: false, error: { code: 'invalid-duration', found: text } })
  })

  it('go back only where that is asked for', () => {
    expect(parseDuration('-15m', { negative: true })).toEqual({ ok: true, value: -900_000 })
    expect(parseDuration('15m', { negative: true })).toEqual({ ok: true, value: 900_000 })
    expect(parseDuration('-0s', { negative: true })).toEqual({ ok: true, value: 0 })
    expect(parseDuration('--5m', { negative: true }).ok).toBe(false)
  })

  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3_000_000_000, max: 3_000_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1000), { negative: true })).toEqual({
          ok: true,
          value: seconds * 1000,
        })
      }),
      propertyRuns(200),
    )
  })

  it('are written with parts of a second where there are some', () => {
    expect([1500, 250, 61_001, 0, -90_000].map(formatDuration)).toEqual([
      '1.5s',
      '0.25s',
      '1m1.001s',
      '0s',
      '-1m30s',
    ])
  })
})

describe('times of day', () => {
  it.each([
    ['00:00', 0],
    ['09:15', 33_300],
    ['23:59:59', 86_399],
  ])('%s is %d s', (text, seconds) => {
    expect(parseTimeOfDay(text)).toEqual({ ok: true, value: seconds })
    expect(formatTimeOfDay(seconds)).toBe(text)
  })

  it.each([
    '24:00',
    '9:15',
    '09:60',
    '09:15:60',
    '0915',
    '09:15 ',
    '-1:00',
    '25:00',
    '',
  ])('"%s" is refused', (text) => {
    expect(parseTimeOfDay(text)).toMatchObject({ ok: false, error: { code: 'invalid-time-of-day' } })
  })

  it('may end at 24:00 where that is asked for', () => {
    expect(parseTimeOfDay('24:00', { endOfDay: true })).toEqual({ ok: true, value: 86_400 })
    expect(parseTimeOfDay('24:00:00', { endOfDay: true })).toEqual({ ok: true, value: 86_400 })
    expect(parseTimeOfDay('24:01', { endOfDay: true }).ok).toBe(false)
    expect(parseTimeOfDay('23:60', { endOfDay: true }).ok).toBe(false)
  })
})

describe('instants', () => {
  const kolkata = zoneNamed('Asia/Kolkata')
  const london = zoneNamed('Europe/London')

  it.each([
    ['2026-01-27T16:30:00Z', '2026-01-27T16:30:00Z'],
    ['2026-01-27T16:30Z', '2026-01-27T16:30:00Z'],
    ['2026-01-27 16:30:00Z', '2026-01-27T16:30:00Z'],
    ['2026-01-27T22:00:00+05:30', '2026-01-27T16:30:00Z'],
    ['2026-01-27T22:00-01:00', '2026-01-27T23:00:00Z'],
    ['2026-01-27T16:30:00.250Z', '2026-01-27T16:30:00.250Z'],
    ['2026-01-27T22:00', '2026-01-27T16:30:00Z'],
    ['2026-01-27', '2026-01-26T18:30:00Z'],
    ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59.500Z'],
  ])('%s in Kolkata is %s', (text, utc) => {
    const instant = parseInstant(text, kolkata)
    expect(instant.ok ? formatInstant(instant.value) : instant.error).toBe(utc)
  })

  it.each([
    '2026-01-27T22:00',
    '2026-01-27',
    '2026-02-30T00:00Z',
    '2026-01-27T24:00Z',
    '2026-01-27Z',
    '2026-01-27T22:00.5Z',
    '2026-01-27T22:00:00+5',
    '2026-01-27T22:00:00+24:00',
    'tomorrow',
    '',
  ])('"%s" without a zone is refused', (text) => {
    expect(parseInstant(text)).toMatchObject({ ok: false, error: { code: 'invalid-instant', found: text } })
  })

  it('of a local time that does not exist are the first one after the gap', () => {
    expect(parseInstant('2026-03-29T01:30', london)).toEqual({ ok: true, value: Date.UTC(2026, 2, 29, 1) })
  })

  it('of a local time that happens twice are its first pass', () => {
    expect(parseInstant('2026-10-25T01:30', london)).toEqual({
      ok: true,
      value: Date.UTC(2026, 9, 25, 0, 30),
    })
  })

  it('are written in a zone with its offset', () => {
    expect(formatLocal(Date.UTC(2026, 0, 27, 16, 30), kolkata)).toBe('2026-01-27T22:00:00+05:30')
    expect(formatLocal(Date.UTC(2026, 0, 27, 16, 30, 0, 5), london)).toBe('2026-01-27T16:30:00.005+00:00')
    expect([0, -12_600, 45_900, 1172, -15_208].map(formatOffset)).toEqual([
      '+00:00',
      '-03:30',
      '+12:45',
      '+00:19:32',
      '-04:13:28',
    ])
  })

  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 }), (ms) => {
        expect(parseInstant(formatInstant(ms))).toEqual({ ok: true, value: ms })
        expect(parseInstant(formatLocal(ms, london))).toEqual({ ok: true, value: ms })
        const local = Math.floor(ms / 1000)
        expect(parseLocal(formatLocalSeconds(local))).toBe(local)
      }),
      propertyRuns(200),
    )
  })
})

describe('did you mean', () => {
  const words = ['nyse', 'nse', 'lse', 'schedule', 'timezone', 'calendar']

  it.each([
    ['nyze', 'nyse'],
    ['tiemzone', 'timezone'],
    ['Calender', 'calendar'],
    ['shedule', 'schedule'],
    ['NSE', 'nse'],
  ])('%s: %s', (text, meant) => {
    expect(nearest(text, words)).toBe(meant)
  })

  it.each(['xetra', 'time', '', 'calendarcalendar'])('"%s" is near to none', (text) => {
    expect(nearest(text, words)).toBeUndefined()
  })
})
