import { describe, expect, it } from 'vitest'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const STEPS = { tick: 1_000, slow: 3_000 }
const TREE = treeOf(
  ADAPTER_AND_JOB +
    Object.entries(STEPS)
      .map(([name, step]) => scheduleText(name, `timezone: UTC, triggers: [{every: ${step / 1000}s}]`))
      .join(''),
)

/** Every multiple of `step` in (after, to], as ISO text. */
function multiples(step: number, after: number, to: number): string[] {
  const all: string[] = []
  for (let at = Math.floor(after / step) * step + step; at <= to; at += step)
    all.push(new Date(at).toISOString())
  return all
}

describe('an instance that leads again', () => {
  it('goes on firing, although an append of its earlier term is still unanswered', async () => {
    const simulation = new Simulation(START)
    let trouble = false
    const faults = ({ name, key }: MemoryOperation) =>
      trouble && name === 'append' && key === 'default/tick' ? ({ kind: 'lose-answer' } as const) : null
    const scheduler = await simulation.started('a', new SimulatedSource(TREE), { faults })
    await simulation.clock.advance(2_500)
    trouble = true
    await simulation.clock.advance(1_000)
    trouble = false
    const somebody = { holder: 'b', nonce: 'other', term: 2, renewedAt: 0, released: true }
    simulation.lease.write('leader', JSON.stringify(somebody), 'anything')
    await simulation.clock.advance(1_000)
    expect(scheduler.term).toBe(3)
    await simulation.clock.advance(10_000)
    for (const [name, step] of Object.entries(STEPS))
      expect(simulation.fires(name)).toEqual(multiples(step, Date.parse(START), simulation.clock.now()))
  })
})

describe('a stop', () => {
  it('leaves nothing running, also when the lease is won while it goes on', async () => {
    const simulation = new Simulation(START)
    let slow = true
    const faults = ({ port, name }: MemoryOperation) =>
      slow && port === 'lease' && name === 'write' ? ({ kind: 'delay-answer', ms: 500 } as const) : null
    const scheduler = simulation.instance('a', null, { faults })
    await simulation.during(scheduler.start())
    await simulation.clock.advance(100)
    slow = false
    const stopped = simulation.during(scheduler.stop())
    await stopped
    expect(JSON.parse(simulation.lease.get('leader')!.value)).toMatchObject({ released: true })
    expect(simulation.clock.untilNext()).toBeNull()
  })
})

describe('a leader whose clock is far off', () => {
  it('gives the lease up, and a standby with a good clock goes on', async () => {
    const simulation = new Simulation(START)
    let ahead = 0
    const source = new SimulatedSource(TREE)
    const first = await simulation.started('a', source, { wallAheadMs: () => ahead })
    const second = await simulation.started('b', source)
    await simulation.clock.advance(2_000)
    ahead = -3_600_000
    await simulation.clock.advance(1_000)
    expect(first.term).toBeNull()
    expect(second.term).toBe(2)
    await simulation.clock.advance(5_000)
    for (const [name, step] of Object.entries(STEPS))
      expect(simulation.fires(name)).toEqual(multiples(step, Date.parse(START), simulation.clock.now()))
  })
})
