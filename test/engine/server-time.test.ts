import { describe, expect, it } from 'vitest'
import { ServerTime } from '../../src/engine/server-time.ts'
import type { Fault } from '../../src/memory/faults.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import { NOON } from '../support/entries.ts'
import { silent } from '../support/simulation.ts'

/** Half a second, and what a round trip in memory takes. */
const AHEAD_MS = 500

function timing() {
  const clock = new VirtualClock(NOON)
  const faults: (Fault | null)[] = []
  const log = createMemoryFireLog(new MemoryLogStream(), { clock, faults: () => faults.shift() ?? null })
  const skews: number[] = []
  const time = new ServerTime({ log, clock, logger: silent, onSkew: (ms) => skews.push(ms) })
  const measure = async (fault: Fault | null = null) => {
    faults.push(fault)
    const measured = time.measure()
    await clock.advance(5_000)
    await measured
    return (time.horizon() ?? Number.NaN) - clock.now()
  }
  return { clock, time, skews, measure }
}

describe('up to when fires may go out', () => {
  it.each<[string, Fault]>([
    ['the request', { kind: 'delay-request', ms: 1_500 }],
    ['the answer', { kind: 'delay-answer', ms: 1_500 }],
  ])('is never beyond half a second after the time of the server, where %s was long on its way', async (_, fault) => {
    const { measure } = timing()
    expect(await measure(fault)).toBeLessThanOrEqual(AHEAD_MS)
  })

  it('stays exact where a later measurement says less and contradicts nothing', async () => {
    const { measure } = timing()
    expect(await measure()).toBe(AHEAD_MS)
    expect(await measure({ kind: 'delay-answer', ms: 1_500 })).toBe(AHEAD_MS)
  })

  it('follows a server whose clock has moved, also where the answer says less than the one before', async () => {
    const { clock, measure } = timing()
    await measure()
    clock.jump(60_000)
    const beyond = await measure({ kind: 'delay-answer', ms: 1_500 })
    expect(beyond).toBeLessThanOrEqual(AHEAD_MS)
    expect(beyond).toBeGreaterThanOrEqual(AHEAD_MS - 1_500)
  })
})
