import { describe, expect, it } from 'vitest'
import type { Decision, PlannedEntry } from '../../../src/core/trigger/decision.ts'
import { paced, pacedCut } from '../../../src/core/trigger/rate-limit.ts'

const fire = (nominal: number): PlannedEntry => ({
  kind: 'fire',
  nominal,
  reason: 'scheduled',
  asked: null,
  missedCount: null,
})
const marker = (
  nominal: number,
  settledCount: number,
  reason: 'misfire' | 'superseded' = 'misfire',
): PlannedEntry => ({
  kind: 'marker',
  nominal,
  reason,
  settledCount,
})
const decision = (...entries: readonly PlannedEntry[]): Decision => ({
  entries,
  skipped: [],
  settledTo: entries.at(-1)?.nominal ?? 1,
  wakeAt: 99,
  condition: null,
})
const told = ({ entries }: Decision) =>
  entries.map(({ kind, nominal, ...rest }) =>
    kind === 'fire'
      ? `${nominal}`
      : `${rest.reason} to ${nominal} (${'settledCount' in rest ? rest.settledCount : ''})`,
  )

describe('a decision under a rate limit', () => {
  it.each([
    { of: [fire(5)], left: ['5'], settledTo: 5, wakeAt: 99 },
    { of: [fire(5), fire(6), fire(7)], left: ['5'], settledTo: 5, wakeAt: 5 },
    { of: [marker(4, 3), fire(5), fire(6)], left: ['misfire to 4 (3)', '5'], settledTo: 5, wakeAt: 5 },
    { of: [marker(4, 3)], left: ['misfire to 4 (3)'], settledTo: 4, wakeAt: 99 },
  ])('with a place is left with $left', ({ of, left, settledTo, wakeAt }) => {
    const result = paced(decision(...of), { cursor: 1, hasPlace: true })
    expect(told(result)).toEqual(left)
    expect(result).toMatchObject({ settledTo, wakeAt, condition: null })
  })

  it('without a place settles nothing, and waits until it is woken', () => {
    const result = paced(decision(marker(4, 3), fire(5), fire(6)), { cursor: 1, hasPlace: false })
    expect(result).toEqual({
      entries: [],
      skipped: [],
      settledTo: 1,
      wakeAt: null,
      condition: 'rate-limited',
    })
  })
})

describe('the cut of an edit under a rate limit', () => {
  const whole = decision(fire(5), marker(6, 2), fire(7), fire(8), marker(9, 0, 'superseded'))
  it.each([
    { places: 3, left: ['5', 'misfire to 6 (2)', '7', '8', 'superseded to 9 (0)'] },
    { places: 2, left: ['5', 'misfire to 6 (2)', '7', 'superseded to 9 (1)'] },
    { places: 1, left: ['5', 'misfire to 6 (2)', 'superseded to 9 (2)'] },
    { places: 0, left: ['superseded to 9 (5)'] },
  ])('fires as many as there are places ($places), and records the others as not fired', ({
    places,
    left,
  }) => {
    const result = pacedCut(whole, { places, cursor: 1, reason: 'superseded' })
    expect(told(result)).toEqual(left)
    expect(result.settledTo).toBe(9)
  })

  it('leaves what waits to a version with the same times', () => {
    const result = pacedCut(whole, { places: 1, cursor: 1, reason: 'superseded', leavesHeld: true })
    expect(told(result)).toEqual(['5', 'misfire to 6 (2)', 'superseded to 6 (0)'])
    expect(result).toMatchObject({ settledTo: 6, wakeAt: null })
  })
})
