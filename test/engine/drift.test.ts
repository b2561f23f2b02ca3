import { describe, expect, it } from 'vitest'
import { problem } from '../../src/core/errors.ts'
import type { Identity } from '../../src/core/names.ts'
import { LiveRecords } from '../../src/engine/live-records.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const KEY = 'Schedule.default.tick'
const tree = treeOf(ADAPTER_AND_JOB + scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]'))

/** The seconds after the start that fired. */
const seconds = (simulation: Simulation) =>
  simulation.fires('tick').map((at) => (Date.parse(at) - Date.parse(START)) / 1_000)
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

async function running(source: SimulatedSource | null = new SimulatedSource(tree)) {
  const simulation = new Simulation(START)
  const scheduler = await simulation.started('a', source)
  await simulation.clock.advance(3_000)
  return { simulation, scheduler, good: simulation.live.get(KEY)! }
}

const drifted = (simulation: Simulation) => simulation.events.all.filter(({ type }) => type === 'drifted')

describe('live state that another hand has changed', () => {
  const foreign: readonly (readonly [string, (good: string) => string | null])[] = [
    ['another timing', (good) => good.replace('"1s"', '"3s"')],
    ['another beginning', (good) => good.replace(/"activeFrom":\d+/, '"activeFrom":1')],
    ['no seal', (good) => good.replace(/,"seal":"[^"]*"/, '')],
    ['nothing that can be read', () => '{"manifest": oops'],
    ['JSON that is no entry', () => 'null'],
    ['an empty value', () => ''],
    ['nothing at all', () => null],
  ]
  for (const [what, change] of foreign) {
    it(`to ${what} is put back as it was, told once, and no fire is moved, doubled or lost`, async () => {
      const { simulation, good } = await running()
      simulation.live.write(KEY, change(good.value), 'anything')
      await simulation.clock.advance(7_000)
      expect(simulation.live.get(KEY)?.value).toBe(good.value)
      expect(drifted(simulation)).toMatchObject([
        { source: 'main', facts: { object: 'Schedule/default/tick' } },
      ])
      expect(seconds(simulation)).toEqual(from(1, 10))
      expect(simulation.records('tick').filter(({ kind }) => kind === 'marker')).toEqual([])
    })
  }

  it('says which fields differ', async () => {
    const { simulation, good } = await running()
    simulation.live.write(KEY, good.value.replace('"1s"', '"3s"'), 'anything')
    await simulation.clock.advance(1_000)
    expect(drifted(simulation)).toMatchObject([
      { facts: { what: 'changed', fields: ['manifest.spec.triggers'] } },
    ])
  })

  it('is put back while the watched tree is invalid', async () => {
    const source = new SimulatedSource(tree)
    const { simulation, good } = await running(source)
    source.break([problem('invalid-yaml', 'broken on purpose')])
    await simulation.clock.advance(1_000)
    simulation.live.write(KEY, null, 'anything')
    await simulation.clock.advance(6_000)
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
    expect(seconds(simulation)).toEqual(from(1, 10))
  })

  it('is put back where no tree is watched', async () => {
    const { simulation, scheduler } = await running(null)
    const limit = { count: 100, percent: 100 }
    await simulation.during(scheduler.applyTree({ source: 'billing', tree, limit }))
    const good = simulation.live.get(KEY)!
    simulation.live.write(KEY, 'garbage', 'anything')
    await simulation.clock.advance(1_000)
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
  })

  it('to an older version of the same entry is put back, and does not come to life', async () => {
    const source = new SimulatedSource(tree)
    const { simulation, good: old } = await running(source)
    source.set(treeOf(ADAPTER_AND_JOB + scheduleText('tick', 'timezone: UTC, triggers: [{every: 2s}]')))
    await simulation.clock.advance(1_000)
    const good = simulation.live.get(KEY)!
    simulation.live.write(KEY, old.value, 'anything')
    await simulation.clock.advance(6_000)
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
    expect(seconds(simulation).filter((at) => at > 4 && at % 2 !== 0)).toEqual([])
  })

  it('by an object that nobody applied never fires it, says so once, and leaves it to whoever put it there', async () => {
    const { simulation, good } = await running()
    simulation.live.write('Schedule.default.other', good.value, 0)
    await simulation.clock.advance(700_000)
    expect(simulation.live.get('Schedule.default.other')?.value).toBe(good.value)
    expect(simulation.records('other')).toEqual([])
    expect(drifted(simulation)).toMatchObject([{ facts: { what: 'added' } }])
    expect(seconds(simulation)).toEqual(from(1, 703))
  })

  it('by an object that nobody applied is rid of it once a tree asks for its name', async () => {
    const source = new SimulatedSource(tree)
    const { simulation } = await running(source)
    simulation.live.write('Schedule.default.other', 'garbage', 0)
    await simulation.clock.advance(1_000)
    const both = ['tick', 'other'].map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]'))
    source.set(treeOf(ADAPTER_AND_JOB + both.join('')))
    await simulation.clock.advance(3_000)
    expect(simulation.fires('other')).toHaveLength(3)
    expect(seconds(simulation)).toEqual(from(1, 7))
  })

  it('by an unreadable record of what was applied has it again', async () => {
    const { simulation } = await running()
    const good = simulation.live.get('applied.main')!
    for (const value of ['oops', '', null]) {
      simulation.live.write('applied.main', value, 'anything')
      simulation.live.write('attempted.main', value, 'anything')
      await simulation.clock.advance(2_000)
      expect(simulation.live.get('applied.main')?.value).toBe(good.value)
    }
  })

  it('and deleted as a whole is filled again from what was applied, without an edit', async () => {
    const { simulation, good } = await running()
    simulation.live.recreate()
    await simulation.clock.advance(7_000)
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
    expect(seconds(simulation)).toEqual(from(1, 10))
  })

  it('is found unreadable by an instance that has never seen it good: the tree is applied as new', async () => {
    const { simulation, scheduler } = await running()
    await simulation.during(scheduler.stop())
    simulation.live.write(KEY, 'garbage', 'anything')
    await simulation.started('b', new SimulatedSource(tree))
    await simulation.clock.advance(5_000)
    const fires = seconds(simulation)
    expect(new Set(fires).size).toBe(fires.length)
    expect(fires.at(-1)).toBe(
      (simulation.clock.now() - Date.parse(START) - ((simulation.clock.now() - Date.parse(START)) % 1_000)) /
        1_000,
    )
  })

  it('writes nothing where nothing differs', async () => {
    const { simulation } = await running()
    const before = simulation.live.lastRevision
    await simulation.clock.advance(700_000)
    expect(simulation.live.lastRevision).toBe(before)
  })
})

describe('live state of a belfry that knew no seals', () => {
  const unsealed = (text: string) => text.replace(/,"seal":"[^"]*"}$/, '}')
  /** Everything as that one would have left it. */
  function strip(simulation: Simulation): void {
    for (const { key, value } of simulation.live.entries()) {
      const plain = unsealed(value)
      simulation.live.write(
        key,
        key === 'applied.main' ? plain.replace('"format":2', '"format":1') : plain,
        'anything',
      )
    }
  }

  it('goes on where it stood, and is sealed', async () => {
    const { simulation, scheduler, good } = await running()
    await simulation.during(scheduler.stop())
    strip(simulation)
    expect(simulation.live.get(KEY)?.value).toBe(unsealed(good.value))
    await simulation.started('b', new SimulatedSource(tree))
    await simulation.clock.advance(5_000)
    expect(seconds(simulation)).toEqual(
      from(1, Math.floor((simulation.clock.now() - Date.parse(START)) / 1_000)),
    )
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
    expect(JSON.parse(simulation.live.get('applied.main')!.value)).toMatchObject({
      format: 2,
      seal: expect.anything(),
    })
    expect(drifted(simulation)).toEqual([])
    expect(simulation.records('tick').filter(({ kind }) => kind === 'marker')).toEqual([])
  })

  it('is sealed also while the tree is invalid, and then no hand without a seal is obeyed', async () => {
    const { simulation, scheduler, good } = await running()
    await simulation.during(scheduler.stop())
    strip(simulation)
    const source = new SimulatedSource(tree)
    source.break([problem('invalid-yaml', 'broken on purpose')])
    await simulation.started('b', source)
    await simulation.clock.advance(1_000)
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
    strip(simulation)
    await simulation.clock.advance(1_000)
    expect(simulation.live.get(KEY)?.value).toBe(good.value)
    expect(drifted(simulation).length).toBeGreaterThan(0)
  })

  it('is followed by a standby as the old version leads, edits and removals included', () => {
    const { value: applied } = APPLIED
    const records = new LiveRecords()
    const entry = (appliedAt: number) => JSON.stringify({ ...PLAIN, appliedAt })
    records.take({ key: KEY, value: entry(1), revision: 1 })
    expect(records.all.size).toBe(0)
    expect(records.take({ key: 'applied.main', value: applied, revision: 2 })).toEqual([
      'Schedule/default/tick',
    ])
    expect(records.strange.size).toBe(0)
    records.take({ key: KEY, value: entry(5), revision: 3 })
    expect(records.all.get('Schedule/default/tick' as Identity)?.entry.appliedAt).toBe(5)
    records.take({ key: KEY, value: null, revision: 4 })
    expect(records.all.size + records.strange.size).toBe(0)
  })
})

const PLAIN = {
  manifest: { apiVersion: 'belfry/v1', kind: 'Schedule', metadata: { name: 'tick' }, spec: {} },
  digest: 'd',
  timingDigest: 't',
  generation: 1,
  source: 'main',
  revision: 'r',
  file: 'a.yaml',
  line: 1,
  activeFrom: 1,
}
const APPLIED = {
  value: JSON.stringify({
    revision: 'r',
    digest: 'd',
    counts: { created: 1, updated: 0, unchanged: 0, deleted: 0 },
    format: 1,
    appliedAt: 1,
    digests: ['d'],
  }),
}
