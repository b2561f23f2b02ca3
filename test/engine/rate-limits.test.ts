import { describe, expect, it } from 'vitest'
import { storedFireOf } from '../../src/core/run/open-run.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const BEGIN = Date.parse(START)

const head = (kind: string, name: string) =>
  `apiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const adapter = (spec: string) => `${head('Adapter', 'market')}spec: ${spec}\n`
const JOB = `---\n${head('Job', 'import')}spec: {adapter: market, message: Import}\n`
const schedule = (name: string, spec: string) =>
  `---\n${head('Schedule', name)}spec: {job: import, timezone: UTC, ${spec}}\n`
const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `s${String(index).padStart(2, '0')}`)

/** So many schedules that are all due in every minute, each at its own second from the tenth on. */
const burst = (count: number, limit: string) =>
  treeOf(
    adapter(limit) +
      JOB +
      names(count)
        .map((name, index) =>
          schedule(name, `triggers: [{at: "2026-01-05T00:00:${10 + Math.floor(index / 4)}"}]`),
        )
        .join(''),
  )

const stored = (simulation: Simulation) => simulation.records().filter(({ kind }) => kind === 'fire')
const secondsOf = (records: readonly LogRecord[]) => records.map(({ storedAt }) => (storedAt - BEGIN) / 1_000)

/** The most fires that any half-open span holds. */
function mostIn(records: readonly LogRecord[], spanMs: number): number {
  const times = records.map(({ storedAt }) => storedAt).sort((a, b) => a - b)
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + spanMs).length))
}

async function begun(tree: ReturnType<typeof treeOf>) {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(tree)
  const scheduler = await simulation.started('a', source, { keepsRuns: true })
  return { simulation, source, scheduler }
}

describe('the rate limit of an adapter', () => {
  it('lets no span hold more fires than it says, and every fire comes', async () => {
    const { simulation } = await begun(burst(24, '{rateLimit: {runs: 5, per: 10s}}'))
    await simulation.clock.advance(70_000)
    const fires = stored(simulation)
    expect(fires).toHaveLength(24)
    expect(mostIn(fires, 10_000)).toBe(5)
    expect(new Set(fires.map(({ reason }) => reason))).toEqual(new Set(['scheduled']))
  })

  it('has those wait that came last: they go in the order of their nominal times', async () => {
    const { simulation } = await begun(burst(24, '{rateLimit: {runs: 5, per: 10s}}'))
    await simulation.clock.advance(70_000)
    const nominals = stored(simulation).map(({ nominal }) => nominal)
    expect(nominals).toHaveLength(24)
    expect(nominals).toEqual([...nominals].sort((a, b) => a - b))
  })

  it('takes waiting for no lateness: what waits for longer than the misfire policy allows still fires each time', async () => {
    const tree = treeOf(
      adapter('{rateLimit: {runs: 1, per: 1m}}') +
        JOB +
        schedule(
          'tick',
          'triggers: [{every: 10s}], maxFires: 6, misfire: {policy: skip, after: 15s, maxLateness: 20s}',
        ),
    )
    const { simulation } = await begun(tree)
    await simulation.clock.advance(400_000)
    expect(simulation.fires('tick')).toEqual(
      [10, 20, 30, 40, 50, 60].map((second) => new Date(BEGIN + second * 1_000).toISOString()),
    )
    expect(simulation.records('tick').filter(({ kind }) => kind === 'marker')).toEqual([])
  })

  it.each([
    'stopped',
    'crashed',
  ])('holds over a take-over from a leader that was %s: nothing that waits is lost, doubled, missed or sent too fast', async (how) => {
    const tree = treeOf(
      adapter('{rateLimit: {runs: 4, per: 20s}}') +
        JOB +
        names(24)
          .map((name) =>
            schedule(
              name,
              'triggers: [{at: "2026-01-05T00:00:10"}], misfire: {policy: skip, after: 35s, maxLateness: 35s}',
            ),
          )
          .join(''),
    )
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree)
    let isCut = false
    const first = await simulation.started('a', source, {
      keepsRuns: true,
      faults: () => (isCut ? { kind: 'lose-request' } : null),
    })
    await simulation.clock.advance(60_000)
    const before = stored(simulation).length
    expect(before).toBe(12)
    if (how === 'stopped') await simulation.during(first.stop())
    else isCut = true
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(100_000)
    const fires = stored(simulation)
    expect(fires.map(({ key }) => key.schedule).sort()).toEqual(names(24))
    expect(new Set(fires.map(({ reason }) => reason))).toEqual(new Set(['scheduled']))
    expect(mostIn(fires, 20_000)).toBe(4)
  })

  it('takes the time when nobody led for lateness, also of what waited', async () => {
    const tree = treeOf(
      adapter('{rateLimit: {runs: 1, per: 20s}}') +
        JOB +
        names(3)
          .map((name) =>
            schedule(
              name,
              'triggers: [{at: "2026-01-05T00:00:10"}], misfire: {policy: skip, after: 35s, maxLateness: 35s}',
            ),
          )
          .join(''),
    )
    const { simulation, source, scheduler } = await begun(tree)
    await simulation.clock.advance(20_000)
    await simulation.during(scheduler.stop())
    await simulation.clock.advance(300_000)
    await simulation.started('b', source, { keepsRuns: true })
    await simulation.clock.advance(60_000)
    expect(stored(simulation)).toHaveLength(1)
    expect(simulation.records().filter(({ reason }) => reason === 'misfire')).toHaveLength(2)
  })

  it('counts a run that somebody asks for, and holds none back', async () => {
    const tree = treeOf(
      adapter('{rateLimit: {runs: 2, per: 30s}}') +
        JOB +
        schedule('tick', 'triggers: [{at: "2026-01-05T00:00:10"}]'),
    )
    const { simulation, scheduler } = await begun(tree)
    await simulation.clock.advance(5_000)
    for (const key of ['a', 'b', 'c']) {
      const request = {
        kind: 'job',
        tenant: 'default',
        name: 'import',
        key,
        data: null,
        force: false,
        author: 'ops',
        at: null,
      }
      await simulation.during(scheduler.trigger(request as never))
    }
    expect(stored(simulation)).toHaveLength(3)
    await simulation.clock.advance(60_000)
    const [, second, , tick] = secondsOf(stored(simulation))
    expect(tick! - second!).toBeGreaterThanOrEqual(30)
    expect(tick! - second!).toBeLessThan(31)
  })

  it('keeps the times that follow on runs in it too', async () => {
    const tree = treeOf(
      adapter('{rateLimit: {runs: 1, per: 30s}}') +
        JOB +
        schedule('tick', 'triggers: [{at: "2026-01-05T00:00:10"}]') +
        schedule('next', 'triggers: [{after: {schedule: tick}}]'),
    )
    const { simulation } = await begun(tree)
    await simulation.clock.advance(11_000)
    const record = simulation.records('tick')[0]!
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
    await simulation.runs.append(place, { type: 'succeeded', ...facts }, 0)
    await simulation.clock.advance(20_000)
    expect(stored(simulation)).toHaveLength(1)
    await simulation.clock.advance(30_000)
    const [first, chained] = stored(simulation)
    expect(chained).toMatchObject({ reason: 'chained' })
    expect(chained!.storedAt - first!.storedAt).toBeGreaterThanOrEqual(30_000)
  })

  it('goes with an edit of the adapter: what waits fires', async () => {
    const { simulation, source } = await begun(burst(24, '{rateLimit: {runs: 5, per: 10m}}'))
    await simulation.clock.advance(30_000)
    expect(stored(simulation)).toHaveLength(5)
    source.set(burst(24, '{}'))
    await simulation.clock.advance(5_000)
    expect(stored(simulation)).toHaveLength(24)
  })

  it('lets a schedule that is renamed while it waits fire under its new name', async () => {
    const tree = (suffix: string) =>
      treeOf(
        adapter('{rateLimit: {runs: 2, per: 30s}}') +
          JOB +
          names(5)
            .map((name) =>
              schedule(
                name + suffix,
                `triggers: [{at: "2026-01-05T00:00:10"}]${suffix === '' ? '' : `, replaces: ${name}`}`,
              ),
            )
            .join(''),
      )
    const { simulation, source } = await begun(tree(''))
    await simulation.clock.advance(20_000)
    source.set(tree('-new'))
    await simulation.clock.advance(100_000)
    const fires = stored(simulation)
    expect(fires.map(({ key }) => key.schedule.slice(0, 3)).sort()).toEqual(names(5))
    expect(fires.filter(({ key }) => key.schedule.endsWith('-new'))).toHaveLength(3)
    expect(mostIn(fires, 30_000)).toBe(2)
  })

  it('is kept by an edit of times: what waits is recorded as not fired', async () => {
    const tree = (time: string) =>
      treeOf(
        adapter('{rateLimit: {runs: 2, per: 10m}}') +
          JOB +
          names(5)
            .map((name) => schedule(name, `triggers: [{at: "2026-01-05T00:00:10"}, {at: "${time}"}]`))
            .join(''),
      )
    const { simulation, source } = await begun(tree('2026-01-06T00:00:00'))
    await simulation.clock.advance(30_000)
    source.set(tree('2026-01-07T00:00:00'))
    await simulation.clock.advance(5_000)
    expect(stored(simulation)).toHaveLength(2)
    const cuts = simulation.records().filter(({ reason }) => reason === 'superseded')
    expect(cuts).toHaveLength(5)
  })
})
