import { describe, expect, it } from 'vitest'
import { storedFireOf } from '../../src/core/run/open-run.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const BEGIN = Date.parse(START)

const tree = (adapter: string) =>
  treeOf(
    ['Adapter', 'Job', 'Schedule']
      .map((kind) => {
        const name = kind === 'Adapter' ? 'market' : kind === 'Job' ? 'import' : 'tick'
        const spec =
          kind === 'Adapter'
            ? adapter
            : kind === 'Job'
              ? '{adapter: market, message: Import}'
              : '{job: import, timezone: UTC, triggers: [{every: 1s}]}'
        return `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: ${spec}\n`
      })
      .join('---\n'),
  )
const BREAKER = '{concurrency: 4, circuitBreaker: {failures: 3, cooldown: 60s}}'

const consumer = async (simulation: Simulation) => (await simulation.consumers.list())[0]!
const told = (simulation: Simulation) =>
  simulation.events.all.flatMap(({ type }) => (type.startsWith('circuit-') ? [type] : []))

/** Tells an end of the run at a nominal time, seconds after the start. */
async function tell(simulation: Simulation, second: number, type: 'succeeded' | 'failed'): Promise<void> {
  const record = simulation.records('tick').find(({ nominal }) => nominal === BEGIN + second * 1_000)!
  const place = storedFireOf(record)!
  const facts = {
    run: place.run,
    attempt: 1,
    at: '',
    instance: 'w',
    sequence: record.sequence,
    delivery: 1,
    startedAt: null,
  }
  const retryAt = new Date(BEGIN + 86_400_000).toISOString()
  await simulation.runs.append(
    place,
    type === 'succeeded'
      ? { type, ...facts }
      : { type, ...facts, error: { name: 'Error', message: 'refused' }, retryAt, retryBy: 'leader' },
    0,
  )
  await simulation.clock.advance(100)
}

async function opened(adapter = BREAKER) {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(tree(adapter))
  const scheduler = await simulation.started('a', source, { keepsRuns: true })
  await simulation.clock.advance(3_500)
  for (const second of [1, 2, 3]) await tell(simulation, second, 'failed')
  return { simulation, source, scheduler, openedAt: simulation.clock.now() - 100 }
}

describe('the circuit of an adapter', () => {
  it('opens after failures in a row: nothing is delivered, fires go on, and an event says so', async () => {
    const { simulation, openedAt } = await opened()
    expect(await consumer(simulation)).toMatchObject({ paused: true, pausedUntil: openedAt + 60_000 })
    expect(told(simulation)).toEqual(['circuit-opened'])
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick')).toHaveLength(8)
  })

  it('lets one run at a time through after its time, closes with a success, and is as wide as before', async () => {
    const { simulation } = await opened()
    await simulation.clock.advance(60_000)
    expect(await consumer(simulation)).toMatchObject({ paused: false, concurrency: 1 })
    expect(told(simulation)).toEqual(['circuit-opened', 'circuit-half-open'])
    await tell(simulation, 10, 'succeeded')
    expect(await consumer(simulation)).toMatchObject({ paused: false, concurrency: 4 })
    expect(told(simulation)).toEqual(['circuit-opened', 'circuit-half-open', 'circuit-closed'])
  })

  it('opens anew with the first failure after its time', async () => {
    const { simulation } = await opened()
    await simulation.clock.advance(60_000)
    await tell(simulation, 10, 'failed')
    expect(await consumer(simulation)).toMatchObject({ paused: true, concurrency: 1 })
    expect(told(simulation)).toEqual(['circuit-opened', 'circuit-half-open', 'circuit-opened'])
  })

  it('stays open over a take-over, and is never let go on the way', async () => {
    const { simulation, source, scheduler, openedAt } = await opened()
    await simulation.during(scheduler.stop())
    await simulation.started('b', source, { keepsRuns: true })
    for (let steps = 0; steps < 50; steps++) {
      expect(await consumer(simulation)).toMatchObject({ paused: true, concurrency: 1 })
      await simulation.clock.advance(100)
    }
    await simulation.clock.advance(openedAt + 60_100 - simulation.clock.now())
    expect(await consumer(simulation)).toMatchObject({ paused: false, concurrency: 1 })
    await tell(simulation, 10, 'succeeded')
    expect(await consumer(simulation)).toMatchObject({ concurrency: 4 })
  })

  it('is heeded by an edit of the adapter, and goes with its breaker', async () => {
    const { simulation, source } = await opened()
    source.set(tree(BREAKER.replace('concurrency: 4', 'concurrency: 8')))
    await simulation.clock.advance(2_000)
    expect(await consumer(simulation)).toMatchObject({ paused: true, concurrency: 1 })
    source.set(tree('{concurrency: 8}'))
    await simulation.clock.advance(2_000)
    expect(await consumer(simulation)).toMatchObject({ paused: false, concurrency: 8 })
  })

  it('lets nothing through that an operator has paused, nor ends a pause', async () => {
    const { simulation, scheduler } = await opened()
    const target = { kind: 'adapter', tenant: 'default', name: 'market' } as const
    const wanted = { by: 'ops', reason: 'x', until: null, missed: 'discard' } as const
    await simulation.during(scheduler.pause(target, wanted))
    await simulation.clock.advance(61_000)
    expect(await consumer(simulation)).toMatchObject({ paused: true, pausedUntil: null, concurrency: 1 })
    await simulation.during(scheduler.resume(target, { by: 'ops', missed: null }))
    expect(await consumer(simulation)).toMatchObject({ paused: false, concurrency: 1 })
  })
})
