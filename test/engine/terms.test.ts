import { describe, expect, it } from 'vitest'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import { someFire } from '../support/entries.ts'
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

describe('a term that ends before it could begin', () => {
  it('takes nothing from the one after it, however late its last answer comes', async () => {
    const simulation = new Simulation(START)
    let trouble = false
    const faults = ({ name }: MemoryOperation) =>
      trouble && name === 'lastRevision' ? ({ kind: 'lose-request' } as const) : null
    const scheduler = await simulation.started('a', new SimulatedSource(TREE), { faults })
    await simulation.clock.advance(2_000)
    const takeAway = async (term: number) => {
      const somebody = { holder: 'b', nonce: `other-${term}`, term, renewedAt: 0, released: true }
      simulation.lease.write('leader', JSON.stringify(somebody), 'anything')
      await simulation.clock.advance(400)
    }
    trouble = true
    await takeAway(2)
    expect(scheduler.term).toBe(3)
    trouble = false
    await takeAway(4)
    expect(scheduler.term).toBe(5)
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

describe('an instance whose clock is right again', () => {
  it('leads within about a second', async () => {
    const simulation = new Simulation(START)
    let ahead = 3_600_000
    const scheduler = await simulation.started('a', new SimulatedSource(TREE), { wallAheadMs: () => ahead })
    await simulation.clock.advance(1_000)
    expect(scheduler.term).toBeNull()
    ahead = 0
    await simulation.clock.advance(2_000)
    expect(scheduler.term).toBe(1)
  })
})

describe('a log that was made anew while an instance led', () => {
  it('is not taken for the old one when the instance leads again: nothing is stored twice', async () => {
    const simulation = new Simulation(START)
    const scheduler = await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advance(3_600)
    const remembered = simulation.records('tick').at(-1)!
    simulation.stream.recreate()
    // Another instance leads and fires into the new log, until its last sequence is the one that the first remembers.
    const lease = (released: boolean) => {
      const record = { holder: 'b', nonce: 'other', term: 2, renewedAt: 0, released }
      simulation.lease.write('leader', JSON.stringify(record), 'anything')
    }
    let last = 0
    while (last < remembered.sequence) {
      const nominal = remembered.nominal + (last + 1) * 1_000
      last = simulation.stream.append(someFire('tick', nominal), last, nominal)!
      for (let renewals = 0; renewals < 4; renewals++) {
        lease(false)
        await simulation.clock.advance(250)
      }
    }
    lease(true)
    await simulation.clock.advance(3_000)
    expect(scheduler.term).toBe(3)
    expect(simulation.fires('tick')).toEqual(multiples(1_000, remembered.nominal, simulation.clock.now()))
  })
})
