import { describe, expect, it } from 'vitest'
import { createBackoff } from '../../src/lifecycle/backoff.ts'

describe('a backoff', () => {
  it('doubles its wait up to the maximum, and begins again after a success', () => {
    const backoff = createBackoff({ initialMs: 2, maxMs: 50, jitter: 0 })
    const waits = [1, 2, 3, 4, 5, 6, 7].map(() => backoff.next())
    expect(waits).toEqual([2, 4, 8, 16, 32, 50, 50])
    backoff.reset()
    expect(backoff.next()).toBe(2)
  })

  it('draws only the part of a wait that jitter allows', () => {
    expect(createBackoff({ initialMs: 100, maxMs: 1000, jitter: 0.2 }, () => 1).next()).toBe(80)
    expect(createBackoff({ initialMs: 100, maxMs: 1000, jitter: 1 }, () => 0.25).next()).toBe(75)
  })
})
