import { describe, expect, it } from 'vitest'
import { problem, warning } from '../../src/core/errors.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const everySecond = (name: string) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')

/** Every whole second in (after, to], as ISO text. */
function seconds(after: number, to: number): string[] {
  const all: string[] = []
  for (let at = Math.floor(after / 1000) * 1000 + 1000; at <= to; at += 1000)
    all.push(new Date(at).toISOString())
  return all
}

describe('a leader', () => {
  it('applies its tree and fires each nominal time once', async () => {
    const simulation = new Simulation(START)
    const scheduler = await simulation.started(
      'a',
      new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick'))),
    )
    await simulation.clock.advance(10_000)
    expect(simulation.fires('tick')).toEqual(seconds(Date.parse(START), simulation.clock.now()))
    expect(await simulation.consumers.list()).toMatchObject([{ tenant: 'default', adapter: 'market' }])
    await simulation.during(scheduler.stop())
  })

  it('sends the fires of a partitioned adapter to the lane of their key, and by an edit of the number to another', async () => {
    const partitioned = (partitions: number) =>
      treeOf(
        ADAPTER_AND_JOB.replace('spec: {}', `spec: {partitions: ${partitions}}`).replace(
          'message: Import',
          'message: Import, concurrencyKey: "{{data.portfolio}}"',
        ) + scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}], data: {portfolio: main}'),
      )
    const simulation = new Simulation(START)
    const source = new SimulatedSource(partitioned(16))
    await simulation.started('a', source)
    await simulation.clock.advance(3_000)
    const lanes = () => [...new Set(simulation.records().map(({ target }) => target?.lane))]
    expect(lanes()).toEqual(['p9-16'])
    source.set(partitioned(5))
    await simulation.clock.advance(5_000)
    expect(lanes()).toEqual(['p9-16', 'p3-5'])
  })

  it('never fires a time before the edit that made the schedule', async () => {
    const simulation = new Simulation('2026-01-05T00:00:30Z')
    const tree = treeOf(
      ADAPTER_AND_JOB + scheduleText('daily', 'timezone: UTC, triggers: [{cron: "0 0 * * *"}]'),
    )
    await simulation.started('a', new SimulatedSource(tree))
    await simulation.clock.advance(60_000)
    expect(simulation.records()).toEqual([])
  })

  it('goes on with the last good tree when the new one is not valid, and says so', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    await simulation.started('a', source)
    source.break([
      problem('invalid-yaml', 'broken on purpose', { position: { file: 'a.yaml', line: 3, column: 1 } }),
    ])
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick')).toEqual(seconds(Date.parse(START), simulation.clock.now()))
    const attempted = JSON.parse(simulation.live.get('attempted.main')!.value)
    expect(attempted).toMatchObject({ outcome: 'invalid', message: 'a.yaml:3:1: broken on purpose' })
  })

  it('tells of a broken tree by its first error, whatever warnings come before it', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    await simulation.started('a', source)
    source.break([
      warning('coverage-ending', 'ends soon', { position: { file: 'a.yaml', line: 1, column: 1 } }),
      problem('invalid-yaml', 'broken on purpose', { position: { file: 'b.yaml', line: 3, column: 1 } }),
    ])
    await simulation.clock.advance(1_000)
    const attempted = JSON.parse(simulation.live.get('attempted.main')!.value)
    expect(attempted).toMatchObject({ message: 'b.yaml:3:1: broken on purpose', problemCount: 1 })
  })

  it('that starts with a tree that was applied before leaves it alone, until it sees it change', async () => {
    const simulation = new Simulation(START)
    const older = treeOf(ADAPTER_AND_JOB + everySecond('tick'))
    const newer = treeOf(ADAPTER_AND_JOB + everySecond('tick') + everySecond('more'))
    const source = new SimulatedSource(older)
    const first = await simulation.started('a', source)
    source.set(newer)
    await simulation.clock.advance(1_000)
    await simulation.during(first.stop())
    // Another machine, whose checkout is old. Its watcher reports what it finds when it begins.
    const stale = new SimulatedSource(older)
    await simulation.started('b', stale)
    stale.set(older)
    await simulation.clock.advance(1_000)
    expect(simulation.live.get('Schedule.default.more')).not.toBeNull()
    expect(JSON.parse(simulation.live.get('attempted.main')!.value)).toMatchObject({ outcome: 'behind' })
    stale.set(newer)
    await simulation.clock.advance(1_000)
    stale.set(older)
    await simulation.clock.advance(1_000)
    expect(simulation.live.get('Schedule.default.more')).toBeNull()
  })

  it('writes nothing when the same tree comes again', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    await simulation.started('a', source)
    const before = simulation.live.lastRevision
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    await simulation.clock.advance(1_000)
    expect(simulation.live.lastRevision).toBe(before)
  })

  it('refuses to delete much of what it has, and names the flag that allows it', async () => {
    const simulation = new Simulation(START)
    const many = Array.from({ length: 20 }, (_, index) => everySecond(`tick-${index}`)).join('')
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + many))
    await simulation.started('a', source)
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('tick-0')))
    await simulation.clock.advance(1_000)
    const attempted = JSON.parse(simulation.live.get('attempted.main')!.value)
    expect(attempted.outcome).toBe('refused')
    expect(attempted.message).toContain('--max-prune 19,87%')
    expect(simulation.live.get('Schedule.default.tick-19')).not.toBeNull()
  })

  it('cuts an edited schedule by a marker, and neither forgets nor doubles a time around it', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    await simulation.started('a', source)
    await simulation.clock.advance(4_500)
    const cutAt = simulation.clock.now()
    source.set(treeOf(ADAPTER_AND_JOB + scheduleText('tick', 'timezone: UTC, triggers: [{every: 2s}]')))
    await simulation.clock.advance(6_000)
    const after = seconds(cutAt, simulation.clock.now()).filter((at) => Date.parse(at) % 2000 === 0)
    expect(simulation.fires('tick')).toEqual([...seconds(Date.parse(START), cutAt), ...after])
    expect(simulation.records('tick').filter(({ kind }) => kind === 'marker')).toMatchObject([
      { reason: 'superseded' },
    ])
  })

  it('fires a re-created schedule only from its new creation on', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick') + everySecond('other')))
    await simulation.started('a', source)
    await simulation.clock.advance(3_000)
    const deletedAt = simulation.clock.now()
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('other')))
    await simulation.clock.advance(10_000)
    const createdAt = simulation.clock.now()
    source.set(treeOf(ADAPTER_AND_JOB + everySecond('other') + everySecond('tick')))
    await simulation.clock.advance(3_000)
    const expected = [...seconds(Date.parse(START), deletedAt), ...seconds(createdAt, simulation.clock.now())]
    expect(simulation.fires('tick')).toEqual(expected)
    expect(simulation.fires('other')).toEqual(seconds(Date.parse(START), simulation.clock.now()))
  })

  it('holds a schedule whose calendar ends, and decides the times since when coverage is extended', async () => {
    const simulation = new Simulation('2026-01-05T23:59:50Z')
    const tree = (to: string) =>
      treeOf(
        ADAPTER_AND_JOB +
          calendarText(
            'market-days',
            `timezone: UTC, weekend: [], coverage: {from: 2026-01-01, to: ${to}}, rules: []`,
          ) +
          scheduleText(
            'tick',
            'timezone: UTC, calendar: market-days, triggers: [{every: 5s}], misfire: {policy: fire-all}',
          ),
      )
    const source = new SimulatedSource(tree('2026-01-05'))
    await simulation.started('a', source)
    await simulation.clock.advance(130_000)
    expect(simulation.fires('tick')).toEqual(['2026-01-05T23:59:55.000Z'])
    expect(simulation.events.all.some(({ type }) => type === 'out-of-coverage')).toBe(true)
    source.set(tree('2026-12-31'))
    await simulation.clock.advance(1_000)
    expect(simulation.fires('tick').slice(0, 3)).toEqual([
      '2026-01-05T23:59:55.000Z',
      '2026-01-06T00:00:00.000Z',
      '2026-01-06T00:00:05.000Z',
    ])
  })
})

describe('after a crash', () => {
  it('a restarted instance catches up in order and loses nothing', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    const first = await simulation.started('a', source)
    await simulation.clock.advance(5_000)
    await simulation.during(first.stop())
    await simulation.clock.advance(20_000)
    await simulation.started('a', source)
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick')).toEqual(seconds(Date.parse(START), simulation.clock.now()))
  })

  it('times missed for longer than misfire.after are settled by policy, and the log says so', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(
      treeOf(ADAPTER_AND_JOB + scheduleText('tick', 'timezone: UTC, triggers: [{every: 30s}]')),
    )
    const first = await simulation.started('a', source)
    await simulation.clock.advance(31_000)
    await simulation.during(first.stop())
    await simulation.clock.advance(600_000)
    await simulation.started('a', source)
    const [first_, marker, caughtUp, ...onTime] = simulation.records('tick')
    expect(first_).toMatchObject({ kind: 'fire', reason: 'scheduled' })
    expect(marker).toMatchObject({ kind: 'marker', reason: 'misfire' })
    expect(caughtUp).toMatchObject({ kind: 'fire', reason: 'misfire' })
    expect(onTime.map(({ reason }) => reason)).toEqual(['scheduled', 'scheduled'])
    expect(caughtUp!.nominal).toBe(onTime[0]!.nominal - 30_000)
    expect(marker!.nominal).toBe(caughtUp!.nominal - 30_000)
  })

  it('a standby goes on within about a second, and nothing is lost or doubled', async () => {
    const simulation = new Simulation(START)
    let cut = false
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    const faults = () => (cut ? ({ kind: 'lose-request' } as const) : null)
    await simulation.started('a', source, { faults })
    const second = await simulation.started('b', source)
    await simulation.clock.advance(5_000)
    expect(second.term).toBeNull()
    cut = true
    const cutAt = simulation.clock.now()
    await simulation.clock.advance(1_500)
    expect(second.term).toBe(2)
    await simulation.clock.advance(3_500)
    expect(simulation.fires('tick')).toEqual(seconds(Date.parse(START), simulation.clock.now()))
    const worst = Math.max(...simulation.records('tick').map(({ storedAt, nominal }) => storedAt - nominal))
    expect(worst).toBeLessThan(1_500)
    expect(cutAt).toBeLessThan(simulation.clock.now())
  })

  it('a clean stop hands over at once', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick')))
    const first = await simulation.started('a', source)
    const second = await simulation.started('b', source)
    await simulation.during(first.stop())
    await simulation.clock.advance(100)
    expect(second.term).toBe(2)
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick')).toEqual(seconds(Date.parse(START), simulation.clock.now()))
  })
})
