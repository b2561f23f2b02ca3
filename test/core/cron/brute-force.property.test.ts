import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCron, compilePattern } from '../../../src/core/cron/compile.ts'
import type { CronPattern } from '../../../src/core/cron/pattern.ts'
import type { DstPolicy } from '../../../src/core/time/dst.ts'
import { dayExpressions, type Expression, expressions } from '../../support/cron-expressions.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { slowCron } from '../../support/slow-cron.ts'
import { ODD_ZONES, slowFires, slowOffset, slowTransitions } from '../../support/slow-zone.ts'

const policies: fc.Arbitrary<DstPolicy> = fc.record({
  gap: fc.constantFrom('next-valid', 'shift', 'skip'),
  overlap: fc.constantFrom('first', 'last', 'both'),
})

const changes = fc.constantFrom(...ODD_ZONES).chain((zone) => {
  const at = Date.UTC(2026, 0, 15) / 1000
  const unchanged = { at, before: slowOffset(zone, at), after: slowOffset(zone, at) }
  const all = slowTransitions(zone)
  return fc.record({
    zone: fc.constant(zone),
    transition: fc.constantFrom(...(all.length > 0 ? all : [unchanged])),
  })
})

/** Where two lists part: whole lists would fill the screen. */
function difference(actual: readonly number[], expected: readonly number[]): string | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    if (actual[index] !== expected[index]) return `#${index}: ${actual[index]} instead of ${expected[index]}`
  }
  return undefined
}

/** Undefined where the random expression can never match, which the engine says at compile time. */
function patternOf(expression: Expression): CronPattern | undefined {
  const compiled = compilePattern(expression.text, { dialect: expression.dialect })
  if (compiled.ok) return compiled.value
  expect(compiled.error.map((found) => found.code)).toEqual(['cron-never-fires'])
  return undefined
}

describe('cron against a second-by-second reading of the clock', () => {
  it(
    'fires at exactly the seconds that the fields name',
    () => {
      const start = fc.integer({ min: Date.UTC(1960, 0, 1) / 1000, max: Date.UTC(2110, 0, 1) / 1000 })
      fc.assert(
        fc.property(expressions, start, (expression, from) => {
          const pattern = patternOf(expression)
          if (pattern === undefined) return
          const slow = slowCron(expression.text, expression.dialect)
          const to = from + 3 * 3600
          const expected: number[] = []
          for (let local = from; local < to; local++) if (slow.matches(local)) expected.push(local)
          expect(difference(localTimes(pattern, from, to), expected)).toBeUndefined()
          expect(difference(localTimesBack(pattern, from, to), expected)).toBeUndefined()
          expect(pattern.wildcard).toBe(slow.wildcard)
        }),
        propertyRuns(150),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'fires on exactly the days that the day fields name, over centuries and leap years',
    () => {
      const years = fc.oneof(fc.integer({ min: 1900, max: 2199 }), fc.integer({ min: 1, max: 9997 }))
      fc.assert(
        fc.property(dayExpressions, years, (expression, year) => {
          const pattern = patternOf(expression)
          if (pattern === undefined) return
          const slow = slowCron(expression.text, expression.dialect)
          const from = secondsOf(year)
          const to = secondsOf(year + 2)
          const expected: number[] = []
          for (let local = from; local < to; local += 86_400) {
            const date = new Date(local * 1000)
            if (slow.matchesDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()))
              expected.push(local)
          }
          expect(difference(localTimes(pattern, from, to), expected)).toBeUndefined()
          expect(difference(localTimesBack(pattern, from, to), expected)).toBeUndefined()
        }),
        propertyRuns(150),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'follows every daylight-saving policy, forward and back, in zones with odd rules',
    () => {
      const automatic = fc.constant('auto' as const)
      fc.assert(
        fc.property(
          expressions,
          changes,
          fc.oneof(policies, automatic),
          (expression, { zone, transition }, dst) => {
            const compiled = compileCron(expression.text, {
              timezone: zone,
              dialect: expression.dialect,
              dst,
            })
            if (!compiled.ok) {
              expect(compiled.error.map((found) => found.code)).toEqual(['cron-never-fires'])
              return
            }
            const slow = slowCron(expression.text, expression.dialect)
            const fixed = { gap: 'next-valid', overlap: 'first' } as const
            const clock = { gap: 'skip', overlap: 'both' } as const
            const policy = dst !== 'auto' ? dst : slow.wildcard ? clock : fixed
            const width = 2 * Math.abs(transition.after - transition.before) + 1800
            const window = { from: transition.at - width, to: transition.at + width }
            const expected = slowFires((local) => slow.matches(local), transition, policy, window)
            const recurrence = compiled.value

            const forward: number[] = []
            let at = recurrence.next((window.from - 1) * 1000)
            while (at !== null && at < window.to * 1000) {
              forward.push(at / 1000)
              at = recurrence.next(at)
            }
            expect(difference(forward, expected)).toBeUndefined()

            const back: number[] = []
            at = recurrence.previous(window.to * 1000)
            while (at !== null && at >= window.from * 1000) {
              back.push(at / 1000)
              at = recurrence.previous(at)
            }
            expect(difference(back.reverse(), expected)).toBeUndefined()
          },
        ),
        propertyRuns(80),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )
})

function secondsOf(year: number): number {
  const date = new Date(Date.UTC(2000, 0, 1))
  date.setUTCFullYear(year)
  return date.getTime() / 1000
}

function localTimes(pattern: CronPattern, from: number, to: number): number[] {
  const found: number[] = []
  let local = pattern.next(from - 1)
  while (local !== null && local < to) {
    found.push(local)
    local = pattern.next(local)
  }
  return found
}

function localTimesBack(pattern: CronPattern, from: number, to: number): number[] {
  const found: number[] = []
  let local = pattern.previous(to)
  while (local !== null && local >= from) {
    found.push(local)
    local = pattern.previous(local)
  }
  return found.reverse()
}
