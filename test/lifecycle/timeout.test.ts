import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { describeMs, withTimeout } from '../../src/lifecycle/timeout.ts'

const clock = systemClock

describe('a timeout', () => {
  it('names what was late, and aborts its work', async () => {
    let seen: AbortSignal | undefined
    const waiting = withTimeout({ name: 'reading the lease', ms: 5, clock }, (signal) => {
      seen = signal
      return new Promise(() => undefined)
    })
    await expect(waiting).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
      message: 'reading the lease timed out after 5ms',
    })
    expect(seen?.aborted).toBe(true)
  })

  it('gives the result of work that is in time', async () => {
    expect(await withTimeout({ name: 'work', ms: 60_000, clock }, async () => 7)).toBe(7)
  })

  it('passes on the failure of its work, and an abort from outside', async () => {
    const outside = new AbortController()
    const waiting = withTimeout(
      { name: 'work', ms: 60_000, clock, signal: outside.signal },
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    outside.abort(new Error('stopping'))
    await expect(waiting).rejects.toThrow('stopping')
  })

  it('describes durations as people write them', () => {
    expect([250, 2000, 1500, 120_000, 90_000].map(describeMs)).toEqual(['250ms', '2s', '1.5s', '2m', '90s'])
  })
})
