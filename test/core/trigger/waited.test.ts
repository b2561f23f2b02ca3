import { describe, expect, it } from 'vitest'
import { lateBefore, latenessOf, type WaitingSpell } from '../../../src/core/trigger/waited.ts'
import { Random } from '../../support/random.ts'

const spells = (...ends: readonly number[]): readonly WaitingSpell[] =>
  ends.flatMap((since, index) => (index % 2 === 0 ? [{ since, until: ends[index + 1]! }] : []))

describe('lateness', () => {
  it.each([
    { due: 10, now: 100, waited: [], late: 90 },
    { due: 10, now: 100, waited: [20, 50], late: 60 },
    { due: 30, now: 100, waited: [20, 50], late: 50 },
    { due: 60, now: 100, waited: [20, 50], late: 40 },
    { due: 10, now: 100, waited: [20, 50, 70, 100], late: 30 },
    { due: 10, now: 100, waited: [0, 100], late: 0 },
  ])('of $due at $now is $late after waiting $waited', ({ due, now, waited, late }) => {
    expect(latenessOf(due, now, spells(...waited))).toBe(late)
  })

  it('is more than a span exactly for what was due before a moment', () => {
    const random = new Random(7)
    for (let round = 0; round < 500; round++) {
      const ends = Array.from({ length: 2 * random.between(0, 3) }, () => random.between(0, 60)).sort(
        (a, b) => a - b,
      )
      const waited = spells(...ends)
      const now = random.between(60, 80)
      const ms = random.between(0, 40)
      const moment = lateBefore(now, ms, waited)
      const wrong = Array.from({ length: now + 61 }, (_, index) => index - 60).filter(
        (due) => due < moment !== latenessOf(due, now, waited) > ms,
      )
      expect(wrong, `now ${now}, ms ${ms}, waited ${ends.join()}`).toEqual([])
    }
  })
})
