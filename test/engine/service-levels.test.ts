import { describe, expect, it } from 'vitest'
import { storedFireOf } from '../../src/core/run/open-run.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const TREE = treeOf(
  ADAPTER_AND_JOB +
    scheduleText(
      'settle',
      'timezone: UTC, triggers: [{at: "2026-01-05T00:00:10"}], sla: {startWithin: 1m, finishWithin: 10m}',
    ),
)

const late = (simulation: Simulation) =>
  simulation.events.all.flatMap((event) => (event.type.startsWith('late-') ? [event] : []))
const types = (simulation: Simulation) => late(simulation).map(({ type }) => type)

async function begun() {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(TREE)
  const scheduler = await simulation.started('a', source, { keepsRuns: true })
  await simulation.clock.advance(11_000)
  return { simulation, source, scheduler }
}

async function tell(simulation: Simulation, type: 'started' | 'succeeded'): Promise<void> {
  const record = simulation.records('settle')[0]!
  const place = storedFireOf(record)!
  const at = new Date(simulation.clock.now()).toISOString()
  const facts = { run: place.run, attempt: 1, at, instance: 'w', sequence: record.sequence, delivery: 1 }
  const last = await simulation.runs.last(place, place.run)
  await simulation.runs.append(
    place,
    type === 'started' ? { type, ...facts } : { type, ...facts, startedAt: at },
    last?.sequence ?? 0,
  )
  await simulation.clock.advance(100)
}

describe('a run of a schedule with a service level', () => {
  it('that nobody begins and nobody ends is told of at each time, once', async () => {
    const { simulation } = await begun()
    await simulation.clock.advance(58_900)
    expect(types(simulation)).toEqual([])
    await simulation.clock.advance(200)
    expect(late(simulation)).toMatchObject([
      {
        type: 'late-start',
        schedule: 'settle',
        facts: { run: 'default/settle@2026-01-05T00:00:10Z', by: '2026-01-05T00:01:10.000Z' },
      },
    ])
    await simulation.clock.advance(3_600_000)
    expect(types(simulation)).toEqual(['late-start', 'late-finish'])
  })

  it('that is begun and ends in time is not told of', async () => {
    const { simulation } = await begun()
    await tell(simulation, 'started')
    await simulation.clock.advance(500_000)
    await tell(simulation, 'succeeded')
    await simulation.clock.advance(3_600_000)
    expect(types(simulation)).toEqual([])
  })

  it('is not told of again by the next leader, which tells what comes due then', async () => {
    const { simulation, scheduler, source } = await begun()
    await simulation.clock.advance(70_000)
    await simulation.during(scheduler.stop())
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(120_000)
    expect(types(simulation)).toEqual(['late-start'])
    await simulation.clock.advance(600_000)
    expect(types(simulation)).toEqual(['late-start', 'late-finish'])
  })

  it('that came and went too late while nobody led is told of by the next leader', async () => {
    const { simulation, scheduler, source } = await begun()
    await simulation.during(scheduler.stop())
    await simulation.clock.advance(700_000)
    await tell(simulation, 'succeeded')
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(1_000)
    expect(types(simulation)).toEqual(['late-start', 'late-finish'])
  })
})
