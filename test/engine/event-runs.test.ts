import { describe, expect, it } from 'vitest'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const head = (kind: string, name: string) =>
  `---\napiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const BASE =
  `${head('Adapter', 'shop')}spec: {}\n` + `${head('Job', 'ship')}spec: {adapter: shop, message: Ship}\n`
const tree = (rest = '', { name = 'ship', event = 'stream: ORDERS, subject: orders.>' } = {}) =>
  treeOf(
    `${BASE}${head('Schedule', name)}spec: {job: ship, timezone: UTC, triggers: [{event: {${event}}}]${rest}}\n`,
  )

async function begun(given = tree(), { makes = true } = {}) {
  const simulation = new Simulation(START)
  if (makes) simulation.sources.make('ORDERS')
  const source = new SimulatedSource(given)
  const scheduler = await simulation.started('a', source, { keepsRuns: true })
  await simulation.clock.advance(3_000)
  return { simulation, source, scheduler }
}

const oneOffs = (simulation: Simulation) =>
  simulation.records().filter(({ key }) => key.schedule.includes('~e'))
const kinds = (simulation: Simulation) => oneOffs(simulation).map(({ kind, reason }) => `${kind} ${reason}`)
const payloadOf = (simulation: Simulation, sequence: number) =>
  JSON.parse(simulation.stream.fire(sequence, simulation.clock.now())!.payload)
const notFired = (simulation: Simulation) =>
  simulation.events.all.flatMap((event) => (event.type === 'not-fired' ? event.facts.because : []))
const alarms = (simulation: Simulation) =>
  simulation.events.all.flatMap((event) =>
    event.type === 'alarm' && event.name === 'event-source' ? [event.facts.because] : [],
  )

/** Somebody else takes the lease: whoever led learns it at its next renewal. */
function depose(simulation: Simulation): void {
  const taken = { holder: 'x', nonce: 'x', term: 2, renewedAt: 0, released: true }
  simulation.lease.write('leader', JSON.stringify(taken), 'anything')
}

describe('a message on a stream that a schedule waits on', () => {
  it('starts one run, which is told of the message, and is acknowledged', async () => {
    const { simulation } = await begun(tree(', data: {mode: fast}'))
    simulation.sources.publish('ORDERS', 'orders.created', '{"id": 7}')
    await simulation.clock.advance(1_000)
    const [fire] = oneOffs(simulation)
    expect(kinds(simulation)).toEqual(['fire event'])
    expect(payloadOf(simulation, fire!.sequence)).toEqual({
      mode: 'fast',
      event: {
        stream: 'ORDERS',
        subject: 'orders.created',
        sequence: 1,
        time: '2026-01-05T00:00:03.100Z',
        data: { id: 7 },
      },
    })
    expect(simulation.sources.pending('ORDERS')).toBe(0)
  })

  it('that was there before the schedule starts none', async () => {
    const simulation = new Simulation(START)
    simulation.sources.make('ORDERS')
    simulation.sources.publish('ORDERS', 'orders.created', '{}')
    await simulation.clock.advance(10)
    await simulation.started('a', new SimulatedSource(tree()), { keepsRuns: true })
    await simulation.clock.advance(30_000)
    expect(oneOffs(simulation)).toEqual([])
  })

  it('starts one run when the leader dies between the store and the acknowledgement', async () => {
    const simulation = new Simulation(START)
    simulation.sources.make('ORDERS')
    const source = new SimulatedSource(tree())
    // What is stored, the first leader never learns: it cannot acknowledge.
    const faults = ({ name, key }: MemoryOperation) =>
      name === 'append' && key.includes('~e') ? ({ kind: 'lose-answer' } as const) : null
    await simulation.started('a', source, { keepsRuns: true, faults })
    await simulation.clock.advance(3_000)
    simulation.sources.publish('ORDERS', 'orders.created', '{"id": 7}')
    await simulation.clock.advance(1_000)
    expect(kinds(simulation)).toEqual(['fire event'])
    expect(simulation.sources.pending('ORDERS')).toBe(1)
    depose(simulation)
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    expect(simulation.sources.pending('ORDERS')).toBe(0)
    expect(kinds(simulation)).toEqual(['fire event'])
  })

  it('starts its run under the next leader if the first one could not store it', async () => {
    const simulation = new Simulation(START)
    simulation.sources.make('ORDERS')
    const source = new SimulatedSource(tree())
    const faults = ({ name, key }: MemoryOperation) =>
      name === 'append' && key.includes('~e') ? ({ kind: 'lose-request' } as const) : null
    await simulation.started('a', source, { keepsRuns: true, faults })
    await simulation.clock.advance(3_000)
    simulation.sources.publish('ORDERS', 'orders.created', '{"id": 7}')
    await simulation.clock.advance(10_000)
    expect(oneOffs(simulation)).toEqual([])
    expect(simulation.sources.pending('ORDERS')).toBe(1)
    depose(simulation)
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    expect(kinds(simulation)).toEqual(['fire event'])
  })

  it('that came while nobody was up, or before an edit that came then, is not lost', async () => {
    const { simulation, source, scheduler } = await begun()
    await simulation.during(scheduler.stop())
    simulation.sources.publish('ORDERS', 'orders.created', '{"id": 7}')
    await simulation.clock.advance(60_000)
    source.set(tree(', data: {mode: slow}, endsAt: 2030-01-01'))
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(10_000)
    expect(kinds(simulation)).toEqual(['fire event'])
  })

  it('is recorded as not fired while the schedule is suspended, and stays so', async () => {
    const { simulation, source } = await begun(tree(', suspend: true'))
    simulation.sources.publish('ORDERS', 'orders.created', '{}')
    await simulation.clock.advance(1_000)
    source.set(tree())
    await simulation.clock.advance(30_000)
    expect(kinds(simulation)).toEqual(['marker paused'])
    expect(notFired(simulation).join()).toContain('message 1 of the stream ORDERS: ')
  })

  it('that the filter turns down leaves nothing behind', async () => {
    const filter = 'stream: ORDERS, subject: orders.>, filter: {required: [id], properties: {id: {const: 7}}}'
    const { simulation } = await begun(tree('', { event: filter }))
    for (const body of ['{"id": 6}', 'no json', '{}', '{"id": 7}'])
      simulation.sources.publish('ORDERS', 'orders.created', body)
    await simulation.clock.advance(1_000)
    expect(oneOffs(simulation).map(({ key }) => key.schedule.split('-').at(-1))).toEqual(['4'])
    expect(simulation.sources.pending('ORDERS')).toBe(0)
  })

  it('starts one run if several triggers of its schedule take it, and is looked at by each of their filters', async () => {
    const filtered = (id: number) =>
      `{event: {stream: ORDERS, subject: orders.new, filter: {properties: {id: {const: ${id}}}}}}`
    const several = `{event: {stream: ORDERS, subject: "orders.>"}}, ${filtered(1)}, ${filtered(2)}`
    const both = (triggers: string) =>
      treeOf(`${BASE}${head('Schedule', 'ship')}spec: {job: ship, timezone: UTC, triggers: [${triggers}]}\n`)
    const { simulation, source } = await begun(both(several))
    simulation.sources.publish('ORDERS', 'orders.new', '{"id": 1}')
    await simulation.clock.advance(2_000)
    expect(kinds(simulation)).toEqual(['fire event'])
    source.set(both(`${filtered(1)}, ${filtered(2)}`))
    await simulation.clock.advance(5_000)
    for (const id of [1, 2, 3]) simulation.sources.publish('ORDERS', 'orders.new', `{"id": ${id}}`)
    await simulation.clock.advance(2_000)
    expect(oneOffs(simulation).map(({ key }) => key.schedule.split('-').at(-1))).toEqual(['1', '2', '3'])
  })

  it('that asks for a secret, or is too large, is recorded as refused', async () => {
    const { simulation } = await begun()
    simulation.sources.publish('ORDERS', 'orders.created', '{"a": [{"secretRef": "DB_PASSWORD"}]}')
    simulation.sources.publish('ORDERS', 'orders.created', `"${'x'.repeat(300_000)}"`)
    await simulation.clock.advance(1_000)
    expect(kinds(simulation)).toEqual(['marker refused', 'marker refused'])
    expect(notFired(simulation)[0]).toContain('secretRef')
    expect(simulation.sources.pending('ORDERS')).toBe(0)
  })

  it('waits with buffer-one while a run of the schedule is going', async () => {
    const { simulation } = await begun(tree(', overlap: buffer-one'))
    for (const id of [1, 2, 3]) simulation.sources.publish('ORDERS', 'orders.created', `${id}`)
    await simulation.clock.advance(2_000)
    // The first runs, the second waits, and there is no room for the third.
    expect(kinds(simulation)).toEqual(['fire event', 'marker overlap'])
    expect(simulation.sources.pending('ORDERS')).toBe(1)
  })
})

describe('a stream that a schedule waits on', () => {
  it('that is not there is told of once, shown, and waited for', async () => {
    const { simulation } = await begun(tree(), { makes: false })
    await simulation.clock.advance(60_000)
    expect(alarms(simulation)).toEqual(['there is no stream ORDERS'])
    const shown = simulation.tracker.entries().filter(({ key }) => key.startsWith('event.'))
    expect(shown.map(({ value }) => JSON.parse(value).waitsFor)).toEqual(['there is no stream ORDERS'])
    simulation.sources.make('ORDERS')
    simulation.sources.publish('ORDERS', 'orders.created', '{}')
    await simulation.clock.advance(5_000)
    expect(kinds(simulation)).toEqual(['fire event'])
  })

  it('that is made again starts a run for each of its messages, whose sequences begin anew', async () => {
    const { simulation } = await begun()
    simulation.sources.publish('ORDERS', 'orders.created', '{}')
    await simulation.clock.advance(1_000)
    simulation.sources.make('ORDERS')
    simulation.sources.publish('ORDERS', 'orders.created', '{}')
    await simulation.clock.advance(60_000)
    expect(kinds(simulation)).toEqual(['fire event', 'fire event'])
  })

  it('keeps no consumer of a schedule that has left, and keeps it over an edit', async () => {
    const { simulation, source } = await begun()
    source.set(tree(', data: {mode: slow}'))
    await simulation.clock.advance(60_000)
    expect(simulation.sources.consumers('ORDERS')).toHaveLength(1)
    source.set(tree('', { event: 'stream: ORDERS, subject: orders.paid' }))
    await simulation.clock.advance(60_000)
    expect(simulation.sources.consumers('ORDERS')).toEqual(['default_ship_orders.paid'])
    source.set(
      treeOf(
        `${BASE}${head('Schedule', 'other')}spec: {job: ship, timezone: UTC, triggers: [{every: 1h}]}\n`,
      ),
    )
    await simulation.clock.advance(60_000)
    expect(simulation.sources.consumers('ORDERS')).toEqual([])
  })

  it('loses no message and starts none twice when the schedule is renamed', async () => {
    const { simulation, source, scheduler } = await begun()
    simulation.sources.publish('ORDERS', 'orders.created', '1')
    await simulation.clock.advance(1_000)
    await simulation.during(scheduler.stop())
    simulation.sources.publish('ORDERS', 'orders.created', '2')
    source.set(tree(', replaces: ship', { name: 'ship-all' }))
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    const sequences = oneOffs(simulation).map(({ key }) => key.schedule.split('-').at(-1))
    expect(sequences).toEqual(['1', '2'])
    expect(simulation.sources.consumers('ORDERS')).toEqual(['default_ship-all_orders.>'])
  })
})
