import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'

describe('the system clock', () => {
  it('sleeps at least as long as asked, by its own monotonic reading', async () => {
    const start = systemClock.monotonic()
    expect(await systemClock.sleep(12.5, new AbortController().signal)).toBe(true)
    expect(systemClock.monotonic() - start).toBeGreaterThanOrEqual(12.5)
  })

  it('ends a sleep with false as soon as its signal aborts', async () => {
    const ending = new AbortController()
    const sleeping = systemClock.sleep(3_600_000, ending.signal)
    ending.abort()
    expect(await sleeping).toBe(false)
  })

  it('does not sleep at all on a signal that has aborted', async () => {
    expect(await systemClock.sleep(3_600_000, AbortSignal.abort())).toBe(false)
  })

  it('accepts sleeps longer than a timer can hold', async () => {
    const ending = new AbortController()
    const sleeping = systemClock.sleep(2 ** 40, ending.signal)
    // A timer that overflowed would have fired by the next turn of the event loop but one.
    await systemClock.sleep(5, new AbortController().signal)
    ending.abort()
    expect(await sleeping).toBe(false)
  })
})
