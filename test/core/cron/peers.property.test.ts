import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCron } from '../../../src/core/cron/compile.ts'
import { commonExpressions } from '../../support/cron-expressions.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { ODD_ZONES, slowTransitions } from '../../support/slow-zone.ts'

const DAY_MS = 86_400_000

const cases = fc.record({
  expression: commonExpressions,
  zone: fc.constantFrom(...ODD_ZONES),
  start: fc
    .integer({ min: Date.UTC(1996, 0, 1) / 1000, max: Date.UTC(2030, 0, 1) / 1000 })
    .map((at) => at * 1000),
})

/** Walks ours and theirs side by side from `start`, up to the first fire near a change of clocks. */
function compare(
  { expression, zone, start }: { expression: string; zone: string; start: number },
  theirNext: (after: number) => number | null,
): void {
  const compiled = compileCron(expression, { timezone: zone })
  if (!compiled.ok) {
    expect(compiled.error.map((found) => found.code)).toEqual(['cron-never-fires'])
    return
  }
  const changes = slowTransitions(zone).map((transition) => transition.at * 1000)
  let at = start
  for (let count = 0; count < 3; count++) {
    const ours = compiled.value.next(at)
    if (ours === null || ours - at > 4 * 366 * DAY_MS) return
    if (changes.some((change) => change > at - 2 * DAY_MS && change < ours + 2 * DAY_MS)) return
    expect(theirNext(at)).toBe(ours)
    at = ours
  }
}

/*
 * Where the semantics agree: see `commonExpressions` for what is left out and docs/spec/cron.md for why. Days around a
 * change of clocks are left out, too: cron-parser and croner each have one fixed rule there, ours is a policy, which is
 * held against the brute-force reading of the clock.
 */
describe('cron beside the libraries that people use', () => {
  it(
    'agrees with cron-parser',
    () => {
      fc.assert(
        fc.property(cases, (one) => {
          compare(one, (after) =>
            CronExpressionParser.parse(one.expression, { tz: one.zone, currentDate: new Date(after) })
              .next()
              .getTime(),
          )
        }),
        propertyRuns(60),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'agrees with croner',
    () => {
      fc.assert(
        fc.property(cases, (one) => {
          const cron = new Cron(one.expression, { timezone: one.zone, paused: true })
          compare(one, (after) => cron.nextRun(new Date(after))?.getTime() ?? null)
        }),
        propertyRuns(60),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )
})
