import { describe, expect, it } from 'vitest'
import { idOfFire } from '../../src/core/names.ts'
import { storedFireOf } from '../../src/core/run/open-run.ts'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'

const head = (kind: string, name: string) =>
  `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const BASE = ['extract', 'load', 'report']
  .map((name) => `---\n${head('Job', name)}spec: {adapter: market, message: Run}\n`)
  .join('')
const schedule = (name: string, spec: string) =>
  `---\n${head('Schedule', name)}spec: {timezone: UTC, ${spec}}\n`
const chain = ({ load = '', report = '' } = {}) =>
  treeOf(
    `${head('Adapter', 'market')}spec: {}\n${BASE}` +
      schedule('extract', 'job: extract, triggers: [{at: "2026-01-05T00:00:10"}]') +
      schedule('load', `job: load, triggers: [{after: {schedule: extract}}]${load}`) +
      schedule('report', `job: report, triggers: [{after: {job: load}}]${report}`),
  )

/** Tells the end of the run of a fire, as its worker would. */
async function ends(
  simulation: Simulation,
  record: LogRecord,
  type: 'succeeded' | 'dead' | 'cancelled' | 'started',
) {
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
  const event =
    type === 'dead'
      ? {
          type,
          ...facts,
          reason: 'permanent' as const,
          error: { name: 'Error', message: 'no such portfolio' },
        }
      : type === 'cancelled'
        ? { type, ...facts, by: 'ops', reason: 'not today' }
        : { type, ...facts }
  const last = await simulation.runs.last(place, place.run)
  await simulation.runs.append(place, event, last?.sequence ?? 0)
}

const oneOffs = (simulation: Simulation, base: string) =>
  simulation.records().filter(({ key }) => key.schedule.startsWith(`${base}~`))
const stops = (simulation: Simulation) =>
  simulation.events.all.flatMap((event) => (event.type === 'chain-stopped' ? [event] : []))

async function begun(tree = chain()) {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(tree)
  const scheduler = await simulation.started('a', source, { keepsRuns: true })
  await simulation.clock.advance(10_500)
  const [extract] = simulation.records('extract')
  return { simulation, source, scheduler, extract: extract! }
}

describe('a chain of three schedules', () => {
  it('fires each when the one before has succeeded, under the id of that run, at its end', async () => {
    const { simulation, extract } = await begun()
    expect(oneOffs(simulation, 'load')).toEqual([])
    await ends(simulation, extract, 'succeeded')
    await simulation.clock.advance(100)
    const [load] = oneOffs(simulation, 'load')
    expect(load).toMatchObject({
      kind: 'fire',
      reason: 'chained',
      target: { job: 'load', adapter: 'market' },
    })
    expect(load?.nominal).toBe(Date.parse('2026-01-05T00:00:10Z'))
    const stored = simulation.stream.fire(load!.sequence, simulation.clock.now())
    expect(stored?.cause).toBe(idOfFire(extract.key, extract.nominal))
    await ends(simulation, load!, 'succeeded')
    await simulation.clock.advance(100)
    expect(oneOffs(simulation, 'report')).toHaveLength(1)
    expect(stops(simulation)).toEqual([])
  })

  it('stops where one is dead, and says so, and what is not reached', async () => {
    const { simulation, extract } = await begun()
    await ends(simulation, extract, 'dead')
    await simulation.clock.advance(60_000)
    expect(oneOffs(simulation, 'load')).toEqual([])
    expect(stops(simulation)).toMatchObject([
      {
        schedule: 'load',
        facts: {
          run: 'default/extract@2026-01-05T00:00:10Z',
          because: 'is dead after 1 attempt: no such portfolio',
          notReached: ['report'],
        },
      },
    ])
    expect(simulation.tracker.get('chain.default.load')?.value).toContain('no such portfolio')
  })

  it('does not stand as stopped any more once it goes on', async () => {
    const tree = treeOf(
      `${head('Adapter', 'market')}spec: {}\n${BASE}` +
        schedule('extract', 'job: extract, triggers: [{every: 10s}]') +
        schedule('load', 'job: load, triggers: [{after: {schedule: extract}}]'),
    )
    const { simulation, extract } = await begun(tree)
    await ends(simulation, extract, 'cancelled')
    await simulation.clock.advance(10_000)
    expect(simulation.tracker.get('chain.default.load')?.value).toContain('was cancelled by ops')
    await ends(simulation, simulation.records('extract').at(-1)!, 'succeeded')
    await simulation.clock.advance(100)
    expect(simulation.tracker.get('chain.default.load')?.value).toBe('{"stopped":null}')
  })
})

describe('a chained fire', () => {
  it('is stored once, whoever leads and however often the end of its upstream is told', async () => {
    const { simulation, scheduler, source, extract } = await begun()
    await ends(simulation, extract, 'succeeded')
    await simulation.clock.advance(100)
    await simulation.during(scheduler.stop())
    // As after a crash: nothing is left of what the first leader knew of runs.
    for (const { key } of simulation.tracker.entries()) simulation.tracker.write(key, null, 'anything')
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    expect(oneOffs(simulation, 'load')).toHaveLength(1)
  })

  it('is stored by the next leader if the first one could not', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(chain())
    let trouble = false
    const faults = ({ name, key }: MemoryOperation) =>
      trouble && name === 'append' && key?.includes('~') === true ? ({ kind: 'lose-request' } as const) : null
    await simulation.started('a', source, { keepsRuns: true, faults })
    await simulation.clock.advance(10_500)
    trouble = true
    await ends(simulation, simulation.records('extract')[0]!, 'succeeded')
    await simulation.clock.advance(40_000)
    expect(oneOffs(simulation, 'load')).toEqual([])
    const taken = { holder: 'x', nonce: 'x', term: 2, renewedAt: 0, released: true }
    simulation.lease.write('leader', JSON.stringify(taken), 'anything')
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(5_000)
    trouble = false
    await simulation.clock.advance(10_000)
    expect(oneOffs(simulation, 'load')).toHaveLength(1)
  })

  it('of a run whose end was told before the schedule followed on it never comes', async () => {
    const without = treeOf(
      `${head('Adapter', 'market')}spec: {}\n${BASE}` +
        schedule('extract', 'job: extract, triggers: [{at: "2026-01-05T00:00:10"}]'),
    )
    const { simulation, source, scheduler, extract } = await begun(without)
    await ends(simulation, extract, 'succeeded')
    await simulation.clock.advance(1_000)
    source.set(chain())
    await simulation.clock.advance(1_000)
    await simulation.during(scheduler.stop())
    for (const { key } of simulation.tracker.entries()) simulation.tracker.write(key, null, 'anything')
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    expect(oneOffs(simulation, 'load').filter(({ kind }) => kind === 'fire')).toEqual([])
  })

  it('of a run that ended right before an edit is fired by the version that was live then', async () => {
    const base = (load: string) =>
      treeOf(
        `${head('Adapter', 'market')}spec: {}\n${BASE}` +
          schedule(
            'extract',
            'job: extract, triggers: [{at: ["2026-01-05T00:00:10", "2026-01-05T00:00:11"]}]',
          ) +
          schedule('load', `job: load, triggers: [{after: {schedule: extract}}${load}]`),
      )
    const simulation = new Simulation(START)
    const source = new SimulatedSource(base(''))
    // While the next attempt of another run is on its way, the leader sees to nothing else of runs.
    const faults = ({ name, key }: MemoryOperation) =>
      name === 'append' && key?.includes('~r') === true ? ({ kind: 'delay-request', ms: 400 } as const) : null
    await simulation.started('a', source, { keepsRuns: true, faults })
    await simulation.clock.advance(11_500)
    const [first, second] = simulation.records('extract')
    const place = storedFireOf(first!)!
    const facts = {
      run: place.run,
      attempt: 1,
      at: '',
      instance: 'w',
      sequence: 1,
      delivery: 1,
      startedAt: null,
    }
    const error = { name: 'Error', message: 'away' }
    const retryAt = new Date(simulation.clock.now() + 500).toISOString()
    await simulation.runs.append(place, { type: 'failed', ...facts, error, retryAt, retryBy: 'leader' }, 0)
    await simulation.clock.advance(600)
    await ends(simulation, second!, 'succeeded')
    await simulation.clock.advance(50)
    source.set(base(', {cron: "0 9 * * *"}'))
    await simulation.clock.advance(5_000)
    expect(oneOffs(simulation, 'load')).toMatchObject([{ kind: 'fire', reason: 'chained' }])
  })

  it('that does not fire is recorded in its place, and stays so when the reason is gone', async () => {
    const { simulation, source, scheduler, extract } = await begun(chain({ load: ', suspend: true' }))
    await ends(simulation, extract, 'succeeded')
    await simulation.clock.advance(100)
    expect(oneOffs(simulation, 'load')).toMatchObject([{ kind: 'marker', reason: 'paused' }])
    expect(stops(simulation)).toHaveLength(1)
    source.set(chain())
    await simulation.clock.advance(1_000)
    await simulation.during(scheduler.stop())
    for (const { key } of simulation.tracker.entries()) simulation.tracker.write(key, null, 'anything')
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    expect(oneOffs(simulation, 'load')).toHaveLength(1)
  })

  it('waits for a run of its schedule with buffer-one, one at a time, and fires at its end', async () => {
    const tree = treeOf(
      `${head('Adapter', 'market')}spec: {}\n${BASE}` +
        schedule('extract', 'job: extract, triggers: [{every: 5s}]') +
        schedule('load', 'job: load, overlap: buffer-one, triggers: [{after: {schedule: extract}}]'),
    )
    const { simulation } = await begun(tree)
    const extracts = () => simulation.records('extract')
    await ends(simulation, extracts()[0]!, 'succeeded')
    await simulation.clock.advance(100)
    const [first] = oneOffs(simulation, 'load')
    await ends(simulation, first!, 'started')
    await ends(simulation, extracts()[1]!, 'succeeded')
    await simulation.clock.advance(5_000)
    await ends(simulation, extracts()[2]!, 'succeeded')
    await simulation.clock.advance(5_000)
    const waiting = oneOffs(simulation, 'load')
    expect(waiting.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual(['fire chained', 'marker overlap'])
    await ends(simulation, first!, 'succeeded')
    await simulation.clock.advance(100)
    expect(oneOffs(simulation, 'load').filter(({ kind }) => kind === 'fire')).toHaveLength(2)
  })

  it('never runs beside a run that the times of its schedule have just begun', async () => {
    const tree = treeOf(
      `${head('Adapter', 'market')}spec: {}\n${BASE}` +
        schedule('extract', 'job: extract, triggers: [{at: "2026-01-05T00:00:10"}]') +
        schedule('load', 'job: load, overlap: skip, triggers: [{every: 4s}, {after: {schedule: extract}}]'),
    )
    const simulation = new Simulation(START)
    const faults = ({ name, key }: MemoryOperation) =>
      name === 'append' && key === 'default/load' ? ({ kind: 'delay-request', ms: 300 } as const) : null
    await simulation.started('a', new SimulatedSource(tree), { keepsRuns: true, faults })
    await simulation.clock.advance(11_000)
    const [first] = simulation.records('load')
    await ends(simulation, first!, 'succeeded')
    await simulation.clock.advance(1_000)
    // The next of its own times is on its way into the log.
    await ends(simulation, simulation.records('extract')[0]!, 'succeeded')
    await simulation.clock.advance(1_000)
    expect(simulation.records('load').at(-1)).toMatchObject({
      kind: 'fire',
      nominal: Date.parse(START) + 12_000,
    })
    expect(oneOffs(simulation, 'load')).toMatchObject([{ kind: 'marker', reason: 'overlap' }])
  })
})
