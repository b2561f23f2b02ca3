import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../src/core/cron/compile.ts'
import { firesOf } from '../../support/fires.ts'

function times(expression: string, hashSeed: string, count = 3): string[] {
  return firesOf(expression, { hashSeed, after: '2025-12-31T23:59:59', count })
}

describe('H', () => {
  // Schedules keep their hashed times for ever: these must not change in any release.
  it.each([
    ['H H * * *', 'Schedule/default/report', ['2026-01-01T23:21:00', '2026-01-02T23:21:00']],
    ['H(0-29)/10 9 * * *', 'Schedule/default/report', ['2026-01-01T09:01:00', '2026-01-01T09:11:00']],
    ['0 0 H H *', 'Schedule/default/report', ['2026-12-25T00:00:00', '2027-12-25T00:00:00']],
  ])('of %s for %s stays what it is', (expression, seed, fires) => {
    expect(times(expression, seed, 2)).toEqual(fires)
  })

  it('spreads many identities evenly over the field', () => {
    const counts = new Map<string, number>()
    for (let index = 0; index < 6000; index++) {
      const minute = times('H 0 * * *', `Schedule/default/s-${index}`, 1)[0]!.slice(14, 16)
      counts.set(minute, (counts.get(minute) ?? 0) + 1)
    }
    expect(counts.size).toBe(60)
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(50)
      expect(count).toBeLessThan(160)
    }
  })

  it('keeps to its bounds', () => {
    for (let index = 0; index < 200; index++) {
      const [time] = times('H(10-19) H(2-4) * * *', `s-${index}`, 1)
      expect(time).toMatch(/T0[234]:1\d:00$/)
    }
  })

  it('with a step starts at a spread place and keeps the step', () => {
    for (let index = 0; index < 50; index++) {
      const minutes = times('H/15 * * * *', `s-${index}`, 4).map((time) => Number(time.slice(14, 16)))
      const [first] = minutes
      expect(first).toBeLessThan(15)
      expect(minutes).toEqual([0, 15, 30, 45].map((distance) => first! + distance))
    }
  })

  it('in the day of the month is a day that every month has', () => {
    for (let index = 0; index < 100; index++) {
      const days = times('0 0 H * *', `s-${index}`, 12).map((time) => time.slice(5, 7))
      expect(days).toHaveLength(new Set(days).size)
    }
  })

  it('is a wildcard only with a step over the whole field', () => {
    const isWildcard = (expression: string) => {
      const compiled = compilePattern(expression, { hashSeed: 'any' })
      return compiled.ok ? compiled.value.wildcard : undefined
    }
    expect(['H 2 * * *', 'H(0-29)/10 2 * * *', 'H/10 2 * * *'].map(isWildcard)).toEqual([false, false, true])
  })
})
