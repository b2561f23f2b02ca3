import { describe, expect, it } from 'vitest'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const every = (step: string, more = '') =>
  treeOf(ADAPTER_AND_JOB + scheduleText('tick', `timezone: UTC, triggers: [{every: ${step}}]${more}`))

const activeFromOf = (simulation: Simulation): number =>
  JSON.parse(simulation.live.get('Schedule.default.tick')!.value).activeFrom

describe('an edit', () => {
  it('is followed from its moment on, also when the answer to its writing is lost and the news of it is late', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(every('1s'))
    let lost = false
    let lateMs = 0
    const faults = ({ key, name }: MemoryOperation) => {
      if (key !== 'Schedule.default.tick' || name !== 'update' || lost) return null
      lost = true
      return { kind: 'lose-answer' } as const
    }
    await simulation.started('a', source, { faults, timeoutMs: 50, watchDelayMs: () => lateMs })
    await simulation.clock.advance(10_300)
    lateMs = 2_500
    source.set(every('4s'))
    await simulation.clock.advance(20_000)
    expect(lost).toBe(true)
    const activeFrom = activeFromOf(simulation)
    const after = simulation.fires('tick').filter((at) => Date.parse(at) > activeFrom)
    expect(after.length).toBeGreaterThan(2)
    expect(after.filter((at) => Date.parse(at) % 4_000 !== 0)).toEqual([])
  })

  it('of how late a time may be caught up brings nothing back that fired before it and whose entry has expired since', async () => {
    const simulation = new Simulation('2026-01-04T23:59:59.500Z')
    const hourly = (misfire: string) => every('1h', `, misfire: {policy: fire-all, maxCount: 1000${misfire}}`)
    const source = new SimulatedSource(hourly(''))
    let cut = false
    const faults = () => (cut ? ({ kind: 'lose-request' } as const) : null)
    await simulation.started('a', source, { faults })
    await simulation.clock.advance(2_000)
    expect(simulation.fires('tick')).toEqual(['2026-01-05T00:00:00.000Z'])
    source.set(hourly(', maxLateness: 20d'))
    await simulation.clock.advance(500)
    // It dies before it could store its cursors, and for longer than the entry of that fire is kept nobody leads.
    cut = true
    simulation.clock.jump(8 * 86_400_000)
    await simulation.started('b', source)
    await simulation.clock.advance(5_000)
    expect(simulation.fires('tick')[0]).toBe('2026-01-05T01:00:00.000Z')
    expect(simulation.fires('tick')).toHaveLength(8 * 24)
  })

  it('that takes back a version which is not active yet is followed from its moment on', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(every('1s'))
    await simulation.started('a', source)
    await simulation.clock.advance(2_500)
    source.set(every('1s', ', activeFrom: 2026-01-05T01:00:00Z'))
    await simulation.clock.advance(2_500)
    source.set(every('1s', ', activeFrom: 2026-01-05T00:00:10Z'))
    await simulation.clock.advance(700)
    source.set(every('2s'))
    await simulation.clock.advance(3_000)
    const seconds = simulation.fires('tick').map((at) => (Date.parse(at) - Date.parse(START)) / 1_000)
    expect(seconds).toEqual([1, 2, 6, 8])
  })

  it('is never dated by a clock that has just jumped', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(every('1s'))
    let ahead = 0
    await simulation.started('a', source, { wallAheadMs: () => ahead })
    await simulation.clock.advance(2_000)
    ahead = 3_600_000
    source.set(every('2s'))
    await simulation.clock.advance(100)
    ahead = 0
    await simulation.clock.advance(10_000)
    expect(activeFromOf(simulation)).toBeLessThan(simulation.clock.now())
    const late = simulation.records('tick').filter(({ nominal, storedAt }) => nominal > storedAt + 500)
    expect(late).toEqual([])
    expect(simulation.fires('tick').at(-1)).toBe('2026-01-05T00:00:12.000Z')
  })

  it('that creates a schedule again brings nothing back from before it, however far behind the clock here is', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(every('1s'))
    let ahead = 0
    await simulation.started('a', source, { wallAheadMs: () => ahead })
    await simulation.clock.advance(2_000)
    source.set(treeOf(ADAPTER_AND_JOB))
    await simulation.clock.advance(5_000)
    ahead = -7_200_000
    const createdAt = simulation.clock.now()
    source.set(every('1s'))
    await simulation.clock.advance(200)
    ahead = 0
    await simulation.clock.advance(10_000)
    const fires = simulation.fires('tick').map((at) => Date.parse(at))
    expect(fires.filter((at) => at > Date.parse(START) + 3_000 && at < createdAt - 500)).toEqual([])
    expect(fires.at(-1)).toBeGreaterThan(createdAt + 9_000)
  })

  it('that waits for trust tells what it leaves out once, not again and again', async () => {
    const simulation = new Simulation(START)
    const closed = calendarText(
      'closed',
      'timezone: UTC, weekend: [mon], coverage: {from: 2020-01-01, to: 2035-12-31}, rules: []',
    )
    const tree = (step: string) =>
      treeOf(
        ADAPTER_AND_JOB +
          closed +
          scheduleText('tick', `timezone: UTC, calendar: closed, triggers: [{every: ${step}}]`),
      )
    const source = new SimulatedSource(tree('1s'))
    let trouble = false
    const faults = ({ port }: MemoryOperation) =>
      trouble && port === 'lease' ? ({ kind: 'lose-request' } as const) : null
    await simulation.started('a', source, { faults })
    await simulation.clock.advance(10_000)
    trouble = true
    await simulation.clock.advance(1_500)
    source.set(tree('2s'))
    await simulation.clock.advance(2_000)
    trouble = false
    await simulation.clock.advance(10_000)
    expect(activeFromOf(simulation)).toBeGreaterThan(Date.parse(START) + 11_000)
    expect(simulation.events.all.filter(({ type }) => type === 'not-fired').length).toBeLessThan(5)
  })

  it('of an earlier term is not carried on in a later one', async () => {
    const simulation = new Simulation(START)
    let slow = false
    const faults = ({ key }: MemoryOperation) =>
      slow && key === 'Adapter.default.market' ? ({ kind: 'delay-answer', ms: 3_000 } as const) : null
    const scheduler = await simulation.started('a', null, { faults })
    slow = true
    const limit = { count: 100, percent: 100 }
    const outcome = scheduler.applyTree({ source: 'billing', tree: every('1s'), limit })
    await simulation.clock.advance(500)
    const somebody = { holder: 'b', nonce: 'other', term: 2, renewedAt: 0, released: true }
    simulation.lease.write('leader', JSON.stringify(somebody), 'anything')
    await simulation.clock.advance(1_000)
    expect(scheduler.term).toBe(3)
    expect(await simulation.during(outcome)).toEqual({ kind: 'moved' })
    expect(simulation.live.get('Schedule.default.tick')).toBeNull()
  })
})

describe('live state that is recreated', () => {
  it('is filled again from the tree, and what is in flight meanwhile is not sent twice at once', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(every('1s'))
    let slow = false
    const faults = ({ name }: MemoryOperation) =>
      slow && name === 'append' ? ({ kind: 'delay-answer', ms: 2_500 } as const) : null
    await simulation.started('a', source, { faults })
    slow = true
    await simulation.clock.advance(2_100)
    slow = false
    simulation.live.recreate()
    await simulation.clock.advance(10)
    source.set(every('1s'))
    await simulation.clock.advance(8_000)
    expect(simulation.fires('tick').at(-1)).toBe('2026-01-05T00:00:10.000Z')
  })

  it('in the middle of an edit does not stop its schedules for ever', async () => {
    const simulation = new Simulation(START)
    const calendars = ['one', 'two', 'three', 'four']
      .map((name) => calendarText(name, 'timezone: UTC, weekend: []'))
      .join('')
    const withCalendars = (step: string) =>
      treeOf(
        ADAPTER_AND_JOB + calendars + scheduleText('tick', `timezone: UTC, triggers: [{every: ${step}}]`),
      )
    const source = new SimulatedSource(withCalendars('2s'))
    let isLost = false
    const faults = ({ key, name }: MemoryOperation) => {
      if (key !== 'Schedule.default.tick' || name !== 'create' || isLost) return null
      isLost = true
      // Half of the tree is written; the rest goes into the bucket that takes its place, and revisions begin again.
      simulation.live.recreate()
      return null
    }
    await simulation.started('a', source, { faults })
    await simulation.clock.advance(2_300)
    source.set(withCalendars('3s'))
    await simulation.clock.advance(10_000)
    expect(isLost).toBe(true)
    expect(simulation.fires('tick').at(-1)).toBe('2026-01-05T00:00:12.000Z')
  })
})
