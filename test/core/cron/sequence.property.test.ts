import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCron } from '../../../src/core/cron/compile.ts'
import type { DstOption } from '../../../src/core/time/dst.ts'
import type { Recurrence } from '../../../src/core/time/recurrence.ts'
import { type Expression, expressions } from '../../support/cron-expressions.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { ODD_ZONES } from '../../support/slow-zone.ts'

const zones = fc.constantFrom(...ODD_ZONES)

const dst: fc.Arbitrary<DstOption> = fc.oneof(
  fc.constant('auto' as const),
  fc.record({
    gap: fc.constantFrom('next-valid' as const, 'shift' as const, 'skip' as const),
    overlap: fc.constantFrom('first' as const, 'last' as const, 'both' as const),
  }),
)

/** Milliseconds, so that instants between two seconds are asked about too. */
const instants = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 0, 1) })

function recurrenceOf(
  { text, dialect }: Expression,
  timezone: string,
  option: DstOption,
): Recurrence | undefined {
  const compiled = compileCron(text, { timezone, dialect, dst: option })
  return compiled.ok ? compiled.value : undefined
}

describe('the fires of a cron as one sequence', () => {
  it(
    'every moment between a start and the next fire also ends up at that fire',
    () => {
      const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
      fc.assert(
        fc.property(
          expressions,
          zones,
          dst,
          instants,
          parts,
          (expression, zone, option, start, fractions) => {
            const recurrence = recurrenceOf(expression, zone, option)
            const next = recurrence?.next(start) ?? null
            if (recurrence === undefined || next === null) return
            expect(next).toBeGreaterThan(start)
            expect(Number.isInteger(next / 1000)).toBe(true)
            for (const fraction of [...fractions, 0]) {
              const between = Math.min(next - 1, start + Math.floor((next - start) * fraction))
              expect(recurrence.next(between)).toBe(next)
            }
            // Near the fire really every second, further out only some.
            const nearest = Math.max(start, next - 120_000)
            for (let at = next - 1000; at >= nearest; at -= 1000)
              expect(recurrence.next(at) === next).toBe(true)
            expect(recurrence.next(next)).not.toBe(next)
          },
        ),
        propertyRuns(200),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'next and previous are inverse',
    () => {
      fc.assert(
        fc.property(expressions, zones, dst, instants, (expression, zone, option, start) => {
          const recurrence = recurrenceOf(expression, zone, option)
          const first = recurrence?.next(start) ?? null
          const second = first === null ? null : (recurrence?.next(first) ?? null)
          if (recurrence === undefined || first === null || second === null) return
          expect(recurrence.previous(second)).toBe(first)
          expect(recurrence.previous(first + 1)).toBe(first)
          const before = recurrence.previous(first)
          if (before !== null) {
            expect(before).toBeLessThanOrEqual(start)
            expect(recurrence.next(before)).toBe(first)
          }
        }),
        propertyRuns(200),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it(
    'does not depend on what was asked before',
    () => {
      fc.assert(
        fc.property(
          expressions,
          zones,
          dst,
          fc.array(instants, { minLength: 2, maxLength: 5 }),
          (expression, zone, option, asked) => {
            const used = recurrenceOf(expression, zone, option)
            if (used === undefined) return
            for (const at of asked) {
              expect(used.next(at)).toBe(recurrenceOf(expression, zone, option)!.next(at))
              expect(used.previous(at)).toBe(recurrenceOf(expression, zone, option)!.previous(at))
            }
          },
        ),
        propertyRuns(100),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )
})
