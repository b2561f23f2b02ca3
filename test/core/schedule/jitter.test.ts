import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { instant, scheduled } from './schedules.ts'

const WINDOW = [instant('2026-01-05'), instant('2026-01-12')] as const

function dues(identity: string, jitter: string, every = '1h'): readonly number[] {
  return [...scheduled({ every }, { jitter, identity }).occurrences(...WINDOW)].map(({ due }) => due)
}

describe('jitter', () => {
  it('is the same on every machine and after every restart', () => {
    expect(dues('default/a', '5m')).toEqual(dues('default/a', '5m'))
    const first = scheduled({ every: '1h' }, { jitter: '5m', identity: 'default/a' })
    // Pinned: a change would move the timers of every schedule that is live.
    expect(first.dueOf(WINDOW[0]) - WINDOW[0]).toBe(240_952)
  })

  it('spreads different schedules, and different times of one', () => {
    const together = Array.from(
      { length: 200 },
      (_, index) => dues(`default/s${index}`, '5m')[0]! - WINDOW[0],
    )
    expect(Math.min(...together)).toBeLessThan(30_000)
    expect(Math.max(...together)).toBeGreaterThan(270_000)
    expect(new Set(together).size).toBeGreaterThan(190)
    expect(new Set(dues('default/a', '5m').map((due) => due % 3_600_000)).size).toBeGreaterThan(160)
  })

  it(
    'never moves the nominal time, is less than what is asked for, and keeps the order of fires',
    () => {
      const seconds = fc.integer({ min: 1, max: 20_000 })
      fc.assert(
        fc.property(seconds, seconds, fc.string(), (every, jitter, identity) => {
          const schedule = scheduled({ every: `${every}s` }, { jitter: `${jitter}s`, identity })
          let last = Number.NEGATIVE_INFINITY
          let count = 0
          for (const { nominal, due } of schedule.occurrences(...WINDOW)) {
            expect(nominal % (every * 1000)).toBe(0)
            expect(due).toBeGreaterThanOrEqual(nominal)
            expect(due).toBeLessThan(nominal + Math.min(jitter, every) * 1000)
            expect(due).toBeGreaterThan(last)
            last = due
            if (++count > 200) break
          }
        }),
        propertyRuns(40),
      )
    },
    PROPERTY_TIMEOUT_MS,
  )

  it('is told in the trace of a fire', () => {
    const schedule = scheduled({ every: '1h' }, { jitter: '5m', identity: 'default/a' })
    expect(schedule.nextCandidate(WINDOW[0] - 1)!.trace.at(-1)).toEqual({
      step: 'jitter',
      text: 'jitter: due 4m0.952s after the nominal time',
    })
  })
})
