import { describe, expect, it } from 'vitest'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const KEY = 'Schedule.default.tick'
const every = (step: string) =>
  treeOf(ADAPTER_AND_JOB + scheduleText('tick', `timezone: UTC, triggers: [{every: ${step}}]`))
const [oldTree, newTree, newestTree] = [every('1s'), every('2s'), every('5s')]

const stepIn = (simulation: Simulation): string =>
  JSON.parse(simulation.live.get(KEY)!.value).manifest.spec.triggers[0].every
const attempted = (simulation: Simulation): { readonly outcome: string; readonly message: string } =>
  JSON.parse(simulation.live.get('attempted.main')!.value)

/** The instance with the new checkout has led and applied it; now one with the old checkout leads. */
async function halfDeployed() {
  const simulation = new Simulation(START)
  const first = await simulation.started('first', new SimulatedSource(oldTree))
  const second = await simulation.started('second', new SimulatedSource(newTree))
  await simulation.during(first.stop())
  await simulation.clock.advance(2_000)
  expect(stepIn(simulation)).toBe('2s')
  const checkout = new SimulatedSource(oldTree)
  const third = await simulation.started('third', checkout)
  await simulation.during(second.stop())
  await simulation.clock.advance(8_000)
  expect(third.term).not.toBeNull()
  return { simulation, checkout }
}

describe('a rolling deploy with two checkouts', () => {
  it('is not rolled back by an instance with the old one that takes over: it says Behind, and goes on with the new', async () => {
    const { simulation } = await halfDeployed()
    expect(stepIn(simulation)).toBe('2s')
    expect(attempted(simulation)).toMatchObject({ outcome: 'behind' })
    expect(simulation.events.all.filter(({ type }) => type === 'behind')).toHaveLength(1)
    // It leads, and fires what is live: every second second, without a gap.
    const fires = simulation.fires('tick').map((at) => Date.parse(at))
    const tail = fires.slice(-4)
    expect(tail).toEqual(tail.map((_, index) => tail[0]! + 2_000 * index))
    expect(tail.at(-1)).toBeGreaterThan(simulation.clock.now() - 2_500)
  })

  it('goes on when the old checkout is seen to change, also back to what was applied before', async () => {
    const { simulation, checkout } = await halfDeployed()
    checkout.set(newestTree)
    await simulation.clock.advance(1_000)
    expect(stepIn(simulation)).toBe('5s')
    expect(attempted(simulation)).toMatchObject({ outcome: 'applied' })
    checkout.set(oldTree)
    await simulation.clock.advance(1_000)
    expect(stepIn(simulation)).toBe('1s')
  })

  it('is not rolled back either when the old checkout is looked at again and again', async () => {
    const { simulation, checkout } = await halfDeployed()
    for (let looks = 0; looks < 3; looks++) {
      checkout.set(oldTree)
      await simulation.clock.advance(301_000)
    }
    expect(stepIn(simulation)).toBe('2s')
    expect(simulation.events.all.filter(({ type }) => type === 'applied')).toHaveLength(2)
  })
})
