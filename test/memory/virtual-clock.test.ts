import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'

const START = Date.UTC(2026, 0, 1)
const forever = new AbortController().signal

describe('the virtual clock', () => {
  it('moves only when told to, and wakes sleepers at exactly their times', async () => {
    const clock = new VirtualClock(START)
    const woken: [string, number][] = []
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms, forever)
      woken.push([name, clock.now() - START])
    }
    void sleep('b', 20)
    void sleep('a', 10)
    void sleep('c', 31)
    await clock.advance(30)
    expect(woken).toEqual([
      ['a', 10],
      ['b', 20],
    ])
    expect([clock.now() - START, clock.monotonic(), clock.untilNext()]).toEqual([30, 30, 1])
  })

  it('wakes those of the same time in the order in which they went to sleep', async () => {
    const clock = new VirtualClock(START)
    const woken: number[] = []
    for (const index of [1, 2, 3]) void clock.sleep(5, forever).then(() => woken.push(index))
    await clock.advance(5)
    expect(woken).toEqual([1, 2, 3])
  })

  it('also wakes those who went to sleep on the way, in one advance', async () => {
    const clock = new VirtualClock(START)
    const ticks: number[] = []
    void (async () => {
      while (await clock.sleep(10, forever)) ticks.push(clock.monotonic())
    })()
    await clock.advance(35)
    expect(ticks).toEqual([10, 20, 30])
  })

  it('ends a sleep with false when its signal aborts, and forgets the sleeper', async () => {
    const clock = new VirtualClock(START)
    const ending = new AbortController()
    const sleeping = clock.sleep(10, ending.signal)
    ending.abort()
    expect(await sleeping).toBe(false)
    expect(clock.untilNext()).toBeNull()
    expect(await clock.sleep(10, ending.signal)).toBe(false)
  })

  it('lets the wall clock jump without the monotonic one noticing', async () => {
    const clock = new VirtualClock(START)
    await clock.advance(100)
    clock.jump(-3_600_000)
    expect([clock.now() - START, clock.monotonic()]).toEqual([100 - 3_600_000, 100])
  })

  it('stands still like a stopped process: what was due in between comes late, at the end', async () => {
    const clock = new VirtualClock(START)
    const woken: number[] = []
    void clock.sleep(10, forever).then(() => woken.push(clock.monotonic()))
    await clock.freeze(1_000)
    expect(woken).toEqual([1_000])
  })

  it('steps from one sleeper to the next until nobody sleeps', async () => {
    const clock = new VirtualClock(START)
    void clock.sleep(7, forever)
    void clock.sleep(9, forever)
    expect([await clock.step(), clock.monotonic()]).toEqual([true, 7])
    expect([await clock.step(), clock.monotonic()]).toEqual([true, 9])
    expect(await clock.step()).toBe(false)
  })
})
