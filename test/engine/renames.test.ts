import { describe, expect, it } from 'vitest'
import { storedFireOf } from '../../src/core/run/open-run.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const schedule = (name: string, step: string, more = '') =>
  scheduleText(name, `timezone: UTC, triggers: [{every: ${step}}]${more}`)
const tree = (...schedules: readonly string[]) => treeOf(ADAPTER_AND_JOB + schedules.join(''))
const seconds = (simulation: Simulation, name: string) =>
  simulation.fires(name).map((at) => (Date.parse(at) - Date.parse(START)) / 1_000)
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
const reasons = (simulation: Simulation, name: string) =>
  simulation
    .records(name)
    .filter(({ kind }) => kind === 'marker')
    .map(({ reason, count }) => `${reason} ${count}`)

async function played(...trees: readonly ReturnType<typeof tree>[]) {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(trees[0]!)
  await simulation.started('a', source)
  await simulation.clock.advance(4_200)
  for (const next of trees.slice(1)) {
    source.set(next)
    await simulation.clock.advance(5_000)
  }
  return { simulation, source }
}

describe('a schedule that replaces another', () => {
  it('goes on where that one stood, with its count, and ends its log', async () => {
    const { simulation } = await played(
      tree(schedule('old', '1s')),
      tree(schedule('new', '1s', ', replaces: old')),
    )
    expect([...seconds(simulation, 'old'), ...seconds(simulation, 'new')]).toEqual(from(1, 9))
    expect(simulation.records('new').at(-1)?.count).toBe(9)
    expect(reasons(simulation, 'old')).toEqual(['superseded 4', 'renamed 0'])
    expect(reasons(simulation, 'new')).toEqual(['renamed 4'])
    expect(simulation.live.get('Schedule.default.old')).toBeNull()
  })

  it('keeps to maxFires over the rename', async () => {
    const { simulation } = await played(
      tree(schedule('old', '1s', ', maxFires: 6')),
      tree(schedule('new', '1s', ', maxFires: 6, replaces: old')),
    )
    expect([...seconds(simulation, 'old'), ...seconds(simulation, 'new')]).toEqual(from(1, 6))
  })

  it('may change its timing at the same time', async () => {
    const { simulation } = await played(
      tree(schedule('old', '1s')),
      tree(schedule('new', '2s', ', replaces: old')),
    )
    expect(seconds(simulation, 'old')).toEqual(from(1, 4))
    expect(seconds(simulation, 'new')).toEqual([6, 8])
    expect(simulation.records('new').at(-1)?.count).toBe(6)
  })

  it('may keep saying so, and may be edited again', async () => {
    const { simulation } = await played(
      tree(schedule('old', '1s')),
      tree(schedule('new', '1s', ', replaces: old')),
      tree(schedule('new', '2s', ', replaces: old')),
    )
    expect(reasons(simulation, 'new')).toEqual(['renamed 4', 'superseded 9'])
  })

  it('may be renamed back', async () => {
    const { simulation } = await played(
      tree(schedule('old', '1s')),
      tree(schedule('new', '1s', ', replaces: old')),
      tree(schedule('old', '1s', ', replaces: new')),
    )
    expect([...seconds(simulation, 'old'), ...seconds(simulation, 'new')].sort((a, b) => a - b)).toEqual(
      from(1, 14),
    )
    expect(simulation.records('old').at(-1)?.count).toBe(14)
  })

  it('may be the third name, of which only the first was ever applied', async () => {
    const { simulation } = await played(
      tree(schedule('first', '1s')),
      tree(schedule('third', '1s', ', replaces: [second, first]')),
    )
    expect([...seconds(simulation, 'first'), ...seconds(simulation, 'third')]).toEqual(from(1, 9))
  })

  it('leaves its old name to a new schedule, whose count begins anew', async () => {
    const { simulation } = await played(
      tree(schedule('old', '1s')),
      tree(schedule('new', '1s', ', replaces: old')),
      tree(schedule('new', '1s'), schedule('old', '1s')),
    )
    expect(seconds(simulation, 'old')).toEqual([...from(1, 4), ...from(10, 14)])
    expect(simulation.records('old').at(-1)?.count).toBe(5)
  })

  it('ends its old name once, also where live state is lost in the middle of it', async () => {
    const { simulation, source } = await played(tree(schedule('old', '1s')))
    const write = simulation.live.write.bind(simulation.live)
    simulation.live.write = (key, ...rest) => {
      if (key === 'Schedule.default.new') {
        simulation.live.write = write
        simulation.live.recreate()
      }
      return write(key, ...rest)
    }
    source.set(tree(schedule('new', '1s', ', replaces: old')))
    await simulation.clock.advance(5_000)
    const ended = reasons(simulation, 'old')
    expect(ended.at(-1)).toBe('renamed 0')
    await simulation.clock.advance(660_000)
    expect(reasons(simulation, 'old')).toEqual(ended)
    expect(simulation.live.get('Schedule.default.old')).toBeNull()
    expect(seconds(simulation, 'new').slice(0, 5)).toEqual(from(5, 9))
  })

  it.each([
    { what: 'all of the rename', kept: 4 },
    { what: 'the end of the old name', kept: 5 },
  ])('leaves a new schedule of its old name all its fires, also where the log loses $what', async ({
    kept,
  }) => {
    const { simulation, source } = await played(tree(schedule('old', '1s')))
    source.set(tree(schedule('new', '1s', ', replaces: old')))
    await simulation.clock.advance(100)
    const again = ', maxFires: 3, activeFrom: "2026-01-05T00:00:08Z"'
    source.set(tree(schedule('new', '1s'), schedule('old', '1s', again)))
    await simulation.clock.advance(100)
    expect(simulation.records('old').map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 7])
    simulation.stream.loseTail(kept)
    await simulation.clock.advance(10_000)
    expect(seconds(simulation, 'old')).toEqual([...from(1, 4), ...from(8, 10)])
    expect(reasons(simulation, 'old')).toEqual(['superseded 4', 'renamed 0'])
  })

  describe('under an operator pause', () => {
    const target = (name: string) => ({ kind: 'schedule', tenant: 'default', name }) as const
    const on = ', misfire: {after: 1h}'

    async function renamedUnderPause(missed: 'discard' | 'all', next: string) {
      const simulation = new Simulation(START)
      const source = new SimulatedSource(tree(schedule('old', '1s', on)))
      const scheduler = await simulation.started('a', source)
      await simulation.clock.advance(2_200)
      const wanted = { by: 'ann', reason: 'maintenance', until: null, missed }
      await simulation.during(scheduler.pause(target('old'), wanted))
      await simulation.clock.advance(2_000)
      source.set(tree(next))
      await simulation.clock.advance(3_000)
      return { simulation, scheduler, source }
    }

    it('stays paused, by the same person for the same reason, and its old name is free', async () => {
      const { simulation } = await renamedUnderPause('discard', schedule('new', '1s', `${on}, replaces: old`))
      expect(seconds(simulation, 'old')).toEqual([1, 2])
      expect(seconds(simulation, 'new')).toEqual([])
      expect(simulation.overrides.get('schedule.default.old')).toBeNull()
      expect(JSON.parse(simulation.overrides.get('schedule.default.new')!.value).pause).toMatchObject({
        by: 'ann',
        reason: 'maintenance',
        at: Date.parse(START) + 2_300,
      })
      expect(simulation.events.all).toContainEqual(
        expect.objectContaining({
          type: 'paused',
          target: 'schedule/default/new',
          facts: expect.objectContaining({ by: 'ann', renamedFrom: 'schedule/default/old' }),
        }),
      )
    })

    it('is given back all that was held back under either name when it is resumed', async () => {
      const { simulation, scheduler } = await renamedUnderPause(
        'all',
        schedule('new', '1s', `${on}, replaces: old`),
      )
      await simulation.during(scheduler.resume(target('new'), { by: 'ann', missed: null }))
      await simulation.clock.advance(2_000)
      const last = Math.floor((simulation.clock.now() - Date.parse(START)) / 1_000)
      expect(seconds(simulation, 'new')).toEqual(from(3, last))
    })

    it('stays paused when its timing changes as well', async () => {
      const { simulation } = await renamedUnderPause('all', schedule('new', '2s', `${on}, replaces: old`))
      expect(seconds(simulation, 'new')).toEqual([])
    })

    it.each(
      from(0, 40),
    )('is never without a pause that was answered while it was renamed (%i ms)', async (startMs) => {
      const simulation = new Simulation(START)
      const source = new SimulatedSource(tree(schedule('old', '1s')))
      const faults = () => ({ kind: 'delay-request', ms: 3 }) as const
      const scheduler = await simulation.started('a', source, { faults })
      await simulation.clock.advance(2_200)
      source.set(tree(schedule('new', '1s', ', replaces: old')))
      await simulation.clock.advance(startMs)
      const wanted = { by: 'ann', reason: 'maintenance', until: null, missed: 'discard' } as const
      const answers: string[] = []
      // Asked for again and again while the apply goes on: each is in force under some name, or refused.
      for (let tries = 0; tries < 10; tries++) {
        void scheduler.pause(target('old'), wanted).then(
          ({ outcome }) => answers.push(outcome),
          ({ code }) => answers.push(code),
        )
        await simulation.clock.advance(1)
      }
      await simulation.clock.advance(4_000)
      expect(answers).toHaveLength(10)
      const isPaused = simulation.overrides.get('schedule.default.new') !== null
      expect(isPaused).toBe(answers.includes('paused'))
      expect(seconds(simulation, 'new').length > 0).toBe(!isPaused)
      expect(simulation.overrides.get('schedule.default.old')).toBeNull()
    })
  })

  it('takes over what its calendar holds back', async () => {
    const calendar = (to: string) =>
      calendarText('days', `timezone: UTC, weekend: [], coverage: {from: 2026-01-01, to: ${to}}, rules: []`)
    const on = ', calendar: days, misfire: {after: 1h}'
    const { simulation } = await played(
      tree(calendar('2026-01-04'), schedule('old', '1s', on)),
      tree(calendar('2026-01-04'), schedule('new', '1s', `${on}, replaces: old`)),
      tree(calendar('2026-12-31'), schedule('new', '1s', `${on}, replaces: old`)),
    )
    expect(seconds(simulation, 'old')).toEqual([])
    expect(seconds(simulation, 'new')).toEqual(from(1, 14))
  })

  it('does not overlap the run that began under its old name', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree(schedule('old', '10s', ', overlap: skip')))
    await simulation.started('a', source, { keepsRuns: true })
    await simulation.clock.advance(10_500)
    source.set(tree(schedule('new', '10s', ', overlap: skip, replaces: old')))
    await simulation.clock.advance(25_000)
    expect(seconds(simulation, 'old')).toEqual([10])
    expect(seconds(simulation, 'new')).toEqual([])
    const [record] = simulation.records('old').filter(({ kind }) => kind === 'fire')
    const place = storedFireOf(record!)!
    const facts = { run: place.run, attempt: 1, at: '', instance: 'w', delivery: 1, startedAt: null }
    await simulation.runs.append(place, { type: 'succeeded', ...facts, sequence: record!.sequence }, 0)
    await simulation.clock.advance(10_000)
    expect(seconds(simulation, 'new')).toEqual([40])
  })

  it('fires what waited for the run under its old name as soon as that has ended', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree(schedule('old', '10s', ', overlap: buffer-one')))
    await simulation.started('a', source, { keepsRuns: true })
    await simulation.clock.advance(10_500)
    source.set(tree(schedule('new', '10s', ', overlap: buffer-one, replaces: old')))
    await simulation.clock.advance(12_000)
    expect(seconds(simulation, 'new')).toEqual([])
    const [record] = simulation.records('old').filter(({ kind }) => kind === 'fire')
    const place = storedFireOf(record!)!
    const facts = { run: place.run, attempt: 1, at: '', instance: 'w', delivery: 1, startedAt: null }
    await simulation.runs.append(place, { type: 'succeeded', ...facts, sequence: record!.sequence }, 0)
    await simulation.clock.advance(500)
    expect(seconds(simulation, 'new')).toEqual([20])
  })
})
