import { describe, expect, test } from 'vitest'
import type { CalendarBlackout } from '../../../src/core/kinds.ts'
import { calendarOf, iso } from './calendars.ts'

function blackout(timezone: string, ...blackouts: CalendarBlackout[]) {
  const calendar = calendarOf({ timezone, weekend: [], blackouts })
  return {
    at: (instant: string) => calendar.blackoutAt(Date.parse(instant))?.name ?? null,
    end: (instant: string) => {
      const end = calendar.blackoutEnd(Date.parse(instant))
      return end === null ? null : iso(end)
    },
  }
}

describe('a blackout', () => {
  test('holds from its begin, included, to its end, excluded, on the clock of the calendar zone', () => {
    const { at, end } = blackout('Asia/Kolkata', {
      days: ['sun'],
      from: '01:00',
      to: '05:00',
      name: 'upkeep',
    })
    // 2026-06-07 is a Sunday; Kolkata is 5:30 ahead.
    expect(at('2026-06-06T19:29:59Z')).toBeNull()
    expect(at('2026-06-06T19:30:00Z')).toBe('upkeep')
    expect(at('2026-06-06T23:29:59Z')).toBe('upkeep')
    expect(at('2026-06-06T23:30:00Z')).toBeNull()
    expect(at('2026-06-07T19:30:00Z')).toBeNull()
    expect(end('2026-06-06T20:00:00Z')).toBe('2026-06-06T23:30:00Z')
    expect(end('2026-06-06T12:00:00Z')).toBe('2026-06-06T12:00:00Z')
  })

  test('that ends at or before its begin ends on the next day', () => {
    const { at, end } = blackout('UTC', { days: ['sat'], from: '22:00', to: '02:00' })
    expect(at('2026-06-06T21:59:59Z')).toBeNull()
    expect(at('2026-06-06T22:00:00Z')).toBe('blackout')
    expect(at('2026-06-07T01:59:59Z')).toBe('blackout')
    expect(at('2026-06-07T22:30:00Z')).toBeNull()
    expect(end('2026-06-06T23:00:00Z')).toBe('2026-06-07T02:00:00Z')
  })

  test('without times holds all day, and within dates only when it begins on one of them', () => {
    const { at, end } = blackout('UTC', { dates: { from: '2026-12-24', to: '2026-12-26' } })
    expect(at('2026-12-23T23:59:59Z')).toBeNull()
    expect(at('2026-12-24T00:00:00Z')).toBe('blackout')
    expect(at('2026-12-26T23:59:59Z')).toBe('blackout')
    expect(at('2026-12-27T00:00:00Z')).toBeNull()
    expect(end('2026-12-24T12:00:00Z')).toBe('2026-12-27T00:00:00Z')
  })

  test('that meets another is waited out with it', () => {
    const { end } = blackout('UTC', { from: '10:00', to: '12:00' }, { from: '11:00', to: '14:00' })
    expect(end('2026-06-06T10:30:00Z')).toBe('2026-06-06T14:00:00Z')
  })

  test('that never ends has no first instant after it', () => {
    const { end } = blackout('UTC', { from: '00:00', to: '24:00' })
    expect(end('2026-06-06T10:30:00Z')).toBeNull()
  })

  test('covers both passes of an hour that happens twice', () => {
    // New York, 2026-11-01: 01:00 to 02:00 is read from 05:00Z and again from 06:00Z.
    const { at, end } = blackout('America/New_York', { from: '01:00', to: '02:00' })
    expect(at('2026-11-01T05:30:00Z')).toBe('blackout')
    expect(at('2026-11-01T06:30:00Z')).toBe('blackout')
    expect(end('2026-11-01T05:30:00Z')).toBe('2026-11-01T07:00:00Z')
  })

  test('that begins in a skipped hour begins at the first reading after it', () => {
    // New York, 2026-03-08: 02:00 to 03:00 does not exist; 03:00 is 07:00Z.
    const { at, end } = blackout('America/New_York', { from: '02:30', to: '04:00' })
    expect(at('2026-03-08T06:59:59Z')).toBeNull()
    expect(at('2026-03-08T07:00:00Z')).toBe('blackout')
    expect(end('2026-03-08T07:00:00Z')).toBe('2026-03-08T08:00:00Z')
  })

  test('that ends in a skipped hour is over when the clocks have gone forward', () => {
    const { end } = blackout('America/New_York', { from: '01:00', to: '02:30' })
    expect(end('2026-03-08T06:30:00Z')).toBe('2026-03-08T07:00:00Z')
  })
})
