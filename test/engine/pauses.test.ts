import { describe, expect, it } from 'vitest'
import { type PauseTarget, parsePauseTarget } from '../../src/core/trigger/pause-target.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const everySecond = (name: string, step = 1) =>
  scheduleText(name, `timezone: UTC, triggers: [{every: ${step}s}]`)
const target = (text: string): PauseTarget => {
  const parsed = parsePauseTarget(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
const release = { by: 'ann', reason: 'release', until: null, missed: 'discard' } as const

async function ticking(schedules = everySecond('tick') + everySecond('tock')) {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + schedules))
  const leader = await simulation.started('a', source)
  await simulation.clock.advance(3_000)
  const ask = <T>(work: Promise<T>) => simulation.during(work)
  return { simulation, source, leader, ask }
}

/** Seconds of the nominal times of a schedule's entries, markers as `-s`. */
const entries = (simulation: Simulation, schedule: string) =>
  simulation
    .records(schedule)
    .map(({ kind, nominal }) => (kind === 'marker' ? '-' : '') + (nominal - Date.parse(START)) / 1000)

/** Every second up to the last entry is fired or lies in a marker's range. */
function gapsOf(simulation: Simulation, schedule: string): readonly number[] {
  const gaps: number[] = []
  let settledTo: number | null = null
  for (const { kind, nominal } of simulation.records(schedule)) {
    if (kind === 'fire' && settledTo !== null) {
      for (let at = Math.floor(settledTo / 1000) * 1000 + 1000; at < nominal; at += 1000) gaps.push(at)
    }
    settledTo = nominal
  }
  return gaps
}

describe('a pause', () => {
  it.each([
    'schedule/tick',
    'job/import',
    'tenant/default',
    'everything',
  ])('of %s has stopped the firing when it is answered', async (what) => {
    const { simulation, leader, ask } = await ticking()
    expect(await ask(leader.pause(target(what), release))).toMatchObject({ outcome: 'paused' })
    const before = entries(simulation, 'tick')
    const others = entries(simulation, 'tock').length
    await simulation.clock.advance(10_000)
    expect(entries(simulation, 'tick')).toEqual(before)
    if (what === 'schedule/tick') expect(entries(simulation, 'tock').length).toBeGreaterThan(others + 8)
  })

  it('is over when it is resumed, also if the clock of the leader was far ahead when it was asked for', async () => {
    const simulation = new Simulation(START)
    let aheadMs = 0
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    const leader = await simulation.started('a', source, { wallAheadMs: () => aheadMs })
    await simulation.clock.advance(3_000)
    aheadMs = 3_600_000
    await simulation.during(leader.pause(target('everything'), { ...release, missed: 'all' }))
    aheadMs = 0
    await simulation.clock.advance(5_000)
    await simulation.during(leader.resume(target('everything'), { by: 'ann', missed: null }))
    await simulation.clock.advance(5_000)
    expect(gapsOf(simulation, 'tick')).toEqual([])
    expect(simulation.fires('tick').at(-1)).toBe(
      new Date(Math.floor(simulation.clock.now() / 1000) * 1000).toISOString(),
    )
  })

  it('settles what it held back by one marker when it is resumed, and fires on', async () => {
    const { simulation, leader, ask } = await ticking()
    await ask(leader.pause(target('schedule/tick'), release))
    await simulation.clock.advance(10_000)
    const how = { by: 'bob', missed: null }
    expect(await ask(leader.resume(target('schedule/tick'), how))).toEqual({
      outcome: 'resumed',
      stillPausedBy: [],
    })
    await simulation.clock.advance(3_000)
    expect(simulation.records('tick').filter(({ reason }) => reason === 'resumed')).toHaveLength(1)
    expect(gapsOf(simulation, 'tick')).toEqual([])
    expect(Number(entries(simulation, 'tick').at(-1))).toBeGreaterThan(14)
  })

  it('catches up what it held back if the resume says so', async () => {
    const { simulation, leader, ask } = await ticking(everySecond('tick', 5))
    await ask(leader.pause(target('schedule/tick'), release))
    await simulation.clock.advance(12_000)
    await ask(leader.resume(target('schedule/tick'), { by: 'bob', missed: 'all' }))
    await simulation.clock.advance(1_000)
    expect(
      entries(simulation, 'tick')
        .filter((each) => !each.startsWith('-'))
        .slice(-3),
    ).toEqual(['5', '10', '15'])
  })

  it('holds over a take-over, and is resumed by whoever leads then', async () => {
    const { simulation, source, leader, ask } = await ticking()
    await ask(leader.pause(target('everything'), release))
    const before = entries(simulation, 'tick')
    await ask(leader.stop())
    const second = await simulation.started('b', source)
    await simulation.clock.advance(10_000)
    expect(second.term).not.toBeNull()
    expect(entries(simulation, 'tick')).toEqual(before)
    await ask(second.resume(target('everything'), { by: 'bob', missed: null }))
    await simulation.clock.advance(2_000)
    expect(gapsOf(simulation, 'tick')).toEqual([])
    expect(entries(simulation, 'tick').length).toBeGreaterThan(before.length)
  })

  it('is known to a standby that hears late before it fires anything', async () => {
    const { simulation, leader, source, ask } = await ticking()
    const late = simulation.instance('b', source, { watchDelayMs: () => 3_000 })
    await ask(late.start())
    await simulation.clock.advance(8_000)
    await ask(leader.pause(target('everything'), release))
    const before = entries(simulation, 'tick')
    await ask(leader.stop())
    await simulation.clock.advance(20_000)
    expect(late.term).not.toBeNull()
    expect(entries(simulation, 'tick')).toEqual(before)
  })

  it('ends by itself, also while nobody is there, and what is missed after it is missed', async () => {
    const { simulation, leader, source, ask } = await ticking()
    const until = simulation.clock.now() + 5_000
    await ask(leader.pause(target('schedule/tick'), { ...release, until }))
    await ask(leader.stop())
    await simulation.clock.advance(20_000)
    await simulation.started('b', source)
    await simulation.clock.advance(2_000)
    const [resumed] = simulation.records('tick').filter(({ reason }) => reason === 'resumed')
    expect(resumed?.nominal).toBe(until - 1)
    expect(gapsOf(simulation, 'tick')).toEqual([])
    // Twenty seconds are not late enough to be missed: all of them fire, from the very end of the pause on.
    expect(simulation.fires('tick')).toContain(new Date(Math.ceil(until / 1000) * 1000).toISOString())
  })

  it('leaves nothing on record once everybody has settled it', async () => {
    const { simulation, leader, ask } = await ticking()
    await ask(leader.pause(target('everything'), release))
    await simulation.clock.advance(5_000)
    await ask(leader.resume(target('everything'), { by: 'bob', missed: null }))
    await simulation.clock.advance(15_000)
    expect(simulation.overrides.get('everything')).toBeNull()
  })

  it('holds over edits, deletion and return of its schedule', async () => {
    const { simulation, source, leader, ask } = await ticking()
    await ask(leader.pause(target('schedule/tick'), release))
    const fires = simulation.fires('tick').length
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('tick', 2) + everySecond('tock')))
    await simulation.clock.advance(5_000)
    expect(simulation.records('tick').at(-1)).toMatchObject({ kind: 'marker', reason: 'superseded' })
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('tock')))
    await simulation.clock.advance(5_000)
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('tick') + everySecond('tock')))
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick')).toHaveLength(fires)
  })

  it('of a job brings nothing up as missed when its schedule goes to another job', async () => {
    const other =
      '---\napiVersion: belfry/v1\nkind: Job\nmetadata: {name: other}\nspec: {adapter: market, message: Other}\n'
    const { simulation, source, leader, ask } = await ticking()
    source.set(treeOf(ADAPTER_AND_JOB + other + everySecond('tick')))
    await simulation.clock.advance(2_000)
    await ask(leader.pause(target('job/import'), release))
    await simulation.clock.advance(5_000)
    const moved = everySecond('tick').replace('job: import', 'job: other')
    source.set(treeOf(ADAPTER_AND_JOB + other + moved))
    await simulation.clock.advance(3_000)
    const cut = simulation.records('tick').findIndex(({ reason }) => reason === 'superseded')
    expect(cut).toBeGreaterThan(0)
    expect(simulation.records('tick').slice(cut + 1).length).toBeGreaterThan(0)
    expect(gapsOf(simulation, 'tick')).toEqual([])
  })

  it('of an adapter stops its delivery and not the firing, until it is resumed', async () => {
    const { simulation, leader, ask } = await ticking()
    await ask(leader.pause(target('adapter/market'), release))
    expect(simulation.consumers.deliverable('default', 'market')).toEqual([])
    const fires = simulation.fires('tick').length
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick').length).toBeGreaterThan(fires + 3)
    expect(simulation.consumers.deliverable('default', 'market')).toEqual([])
    await ask(leader.resume(target('adapter/market'), { by: 'bob', missed: null }))
    expect(simulation.consumers.deliverable('default', 'market').length).toBeGreaterThan(5)
  })

  it('of an adapter is not undone by a deploy', async () => {
    const { simulation, source, leader, ask } = await ticking()
    await ask(leader.pause(target('adapter/market'), release))
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    await simulation.clock.advance(5_000)
    expect(simulation.consumers.deliverable('default', 'market')).toEqual([])
  })

  it('of what is not live is refused, with what may be meant', async () => {
    const { leader } = await ticking()
    const asking: Promise<unknown> = leader.pause(target('schedule/tik'), release)
    await expect(asking).rejects.toMatchObject({
      code: 'unknown-object',
      message: 'nothing live is schedule/default/tik; did you mean tick?',
    })
  })

  it('stands in the audit trail once, with its end', async () => {
    const { simulation, leader, ask } = await ticking()
    await ask(leader.pause(target('everything'), release))
    await ask(leader.resume(target('everything'), { by: 'bob', missed: null }))
    await simulation.clock.advance(5_000)
    const told = simulation.events.all.filter((event) => 'target' in event)
    expect(told).toMatchObject([
      { type: 'paused', target: 'everything', facts: { by: 'ann', reason: 'release', missed: 'discard' } },
      { type: 'resumed', target: 'everything', facts: { by: 'bob' } },
    ])
    expect(simulation.events.all.filter(({ type }) => type === 'resumed')).toHaveLength(1)
  })

  it('that somebody wrote by hand and cannot be read changes nothing', async () => {
    const { simulation, leader, ask } = await ticking()
    await ask(leader.pause(target('schedule/tick'), release))
    const before = entries(simulation, 'tick')
    simulation.overrides.write('schedule.default.tick', 'unpause please', 'anything')
    simulation.overrides.write('nonsense', '{}', 'anything')
    await simulation.clock.advance(5_000)
    expect(entries(simulation, 'tick')).toEqual(before)
  })
})
