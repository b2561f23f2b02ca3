import { describe, expect, it } from 'vitest'
import { LogTail } from '../../src/engine/log-tail.ts'
import type { LogRecord, StoredContent } from '../../src/ports/fire-log.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const tick = (name: string, triggers: string) => scheduleText(name, `timezone: UTC, triggers: [${triggers}]`)
const TREE = treeOf(
  ADAPTER_AND_JOB +
    tick('tick', '{every: 1s}') +
    tick('slow', '{every: 7s}') +
    tick('once', '{at: "2026-01-05T00:00:08Z"}'),
)

function multiples(step: number, after: number, to: number): string[] {
  const all: string[] = []
  for (let at = Math.floor(after / step) * step + step; at <= to; at += step)
    all.push(new Date(at).toISOString())
  return all
}

function expectAll(simulation: Simulation, from = Date.parse(START)): void {
  const now = simulation.clock.now()
  expect(simulation.fires('tick')).toEqual(multiples(1_000, from, now))
  expect(simulation.fires('slow')).toEqual(multiples(7_000, from, now))
  expect(simulation.fires('once')).toEqual(['2026-01-05T00:00:08.000Z'])
}

const losses = ({ events }: Simulation) =>
  events.all.flatMap((event) => (event.type === 'alarm' && event.name.startsWith('log-') ? [event] : []))

describe('a log that has lost its newest entries', () => {
  it('gets them again from the leader that wrote them, before anything newer', async () => {
    const simulation = new Simulation(START)
    await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advance(10_500)
    const before = simulation.records()
    simulation.stream.loseTail(4)
    await simulation.clock.advance(3_000)
    expectAll(simulation)
    expect(
      simulation
        .records()
        .slice(0, before.length)
        .map(({ fireId }) => fireId),
    ).toEqual(expect.arrayContaining(before.map(({ fireId }) => fireId)))
    expect(losses(simulation)).toMatchObject([{ name: 'log-lost', facts: { lastKept: 4 } }])
  })

  it('gets them also when it has lost all that it had', async () => {
    const simulation = new Simulation(START)
    await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advance(10_500)
    simulation.stream.loseTail(0)
    await simulation.clock.advance(3_000)
    expectAll(simulation)
  })

  it('gets them again and again, also in the middle of storing them again', async () => {
    const simulation = new Simulation(START)
    const faults = ({ name }: { name: string }) =>
      name === 'append' ? ({ kind: 'delay-answer', ms: 30 } as const) : null
    await simulation.started('a', new SimulatedSource(TREE), { faults })
    await simulation.clock.advance(10_500)
    for (let again = 0; again < 6; again++) {
      simulation.stream.loseTail(4)
      await simulation.clock.advance(330 + again * 40)
    }
    await simulation.clock.advance(3_000)
    expectAll(simulation)
  })

  it('is not told of where the log is only slow to answer while more is stored', async () => {
    const simulation = new Simulation(START)
    const faults = ({ name }: { name: string }) =>
      isSlow && name === 'info' ? ({ kind: 'delay-answer', ms: 2_500 } as const) : null
    let isSlow = false
    await simulation.started('a', new SimulatedSource(TREE), { faults })
    isSlow = true
    await simulation.clock.advance(60_000)
    expect(losses(simulation)).toEqual([])
    expect(simulation.fires('tick').length).toBeGreaterThan(30)
  })

  it('is not given again what has expired by a clock of the server that has jumped meanwhile', async () => {
    const simulation = new Simulation(START)
    await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advance(10_500)
    const before = simulation.clock.now()
    simulation.clock.jump(8 * 86_400_000)
    simulation.stream.loseTail(4)
    await simulation.clock.advance(30_000)
    const now = simulation.clock.now()
    expect(simulation.fires('tick').at(-1)).toBe(multiples(1_000, now - 1_500, now).at(-1))
    expect(simulation.records().filter(({ nominal }) => nominal <= before)).toEqual([])
  })

  it('gets also those of which the leader never had an answer', async () => {
    const simulation = new Simulation(START)
    let answers = 0
    const faults = ({ name }: { name: string }) =>
      name === 'append' && ++answers % 3 === 0 ? ({ kind: 'lose-answer' } as const) : null
    await simulation.started('a', new SimulatedSource(TREE), { faults, timeoutMs: 50 })
    await simulation.clock.advance(10_500)
    simulation.stream.loseTail(1)
    await simulation.clock.advance(3_000)
    expectAll(simulation)
  })

  it('gets them from the standby that takes over, which has only read them', async () => {
    const simulation = new Simulation(START)
    let cut = false
    const faults = () => (cut ? ({ kind: 'lose-request' } as const) : null)
    const source = new SimulatedSource(TREE)
    await simulation.started('a', source, { faults })
    const second = await simulation.started('b', source)
    await simulation.clock.advance(10_500)
    cut = true
    simulation.stream.loseTail(4)
    await simulation.clock.advance(4_000)
    expect(second.term).toBe(2)
    expectAll(simulation)
  })

  it('is not given them twice by two instances that both have them', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(TREE)
    const first = await simulation.started('a', source)
    const second = await simulation.started('b', source)
    await simulation.clock.advance(10_500)
    simulation.stream.loseTail(4)
    await simulation.clock.advance(1_000)
    await simulation.during(first.stop())
    await simulation.clock.advance(3_000)
    expect(second.term).toBe(2)
    expectAll(simulation)
  })

  it('gets them decided anew at a start whose cursors are ahead of it', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(TREE)
    const first = await simulation.started('a', source)
    await simulation.clock.advance(10_500)
    await simulation.during(first.stop())
    simulation.stream.loseTail(4)
    await simulation.started('a', source)
    await simulation.clock.advance(3_000)
    expectAll(simulation)
    expect(losses(simulation)).toMatchObject([{ name: 'log-behind', facts: { found: 'crashed' } }])
  })

  it('is seen through at a start although other entries have the lost sequences by now', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(TREE)
    const first = await simulation.started('a', source)
    await simulation.clock.advance(10_500)
    await simulation.during(first.stop())
    simulation.stream.loseTail(4)
    // This one dies before it has stored a cursor.
    let cut = false
    const faults = () => (cut ? ({ kind: 'lose-request' } as const) : null)
    await simulation.started('b', source, { faults })
    await simulation.clock.advance(10_000)
    cut = true
    await simulation.started('c', source)
    await simulation.clock.advance(5_000)
    expectAll(simulation)
  })

  it('is left as it is where somebody has put an old one back: what was settled stays settled', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(TREE)
    const first = await simulation.started('a', source)
    await simulation.clock.advance(300_500)
    const stoppedAt = simulation.clock.now()
    await simulation.during(first.stop())
    simulation.stream.loseTail(20)
    const kept = simulation.records('tick').at(-1)!.nominal
    await simulation.started('a', source)
    await simulation.clock.advance(3_000)
    expect(simulation.fires('tick')).toEqual([
      ...multiples(1_000, Date.parse(START), kept),
      ...multiples(1_000, stoppedAt, simulation.clock.now()),
    ])
    expect(losses(simulation)).toMatchObject([{ name: 'log-behind', facts: { found: 'restored' } }])
  })

  it('is left as it is by a leader for what is older than three minutes', async () => {
    const simulation = new Simulation(START)
    await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advance(400_500)
    simulation.stream.loseTail(20)
    await simulation.clock.advance(3_000)
    const fires = simulation.fires('tick').map((text) => Date.parse(text))
    const after = fires.filter((at) => at > Date.parse(START) + 400_500 - 179_000)
    expect(after.map((at) => new Date(at).toISOString())).toEqual(
      multiples(1_000, Date.parse(START) + 400_500 - 179_000, simulation.clock.now()),
    )
    expect(new Set(fires).size).toBe(fires.length)
    expect(fires.length).toBeLessThan(210)
  })
})

const atTimes = (times: Readonly<Record<string, number>>) =>
  treeOf(
    ADAPTER_AND_JOB +
      Object.entries(times)
        .map(([name, second]) => tick(name, `{at: "2026-01-05T00:00:${String(second).padStart(2, '0')}Z"}`))
        .join(''),
  )
const names = (simulation: Simulation) => simulation.records().map(({ key }) => key.schedule)

describe('a log that loses the same entries twice', () => {
  it('gets the markers of one time in their order, whatever places they had when they were stored again', () => {
    const { clock } = new Simulation(START)
    const tail = new LogTail(clock, () => clock.now())
    const key = { tenant: 'default', schedule: 'renamed' }
    const content = { size: 10, ttlSeconds: 604_800 } as StoredContent
    const missing = () => tail.missingAfter(key, null, clock.now()).map(({ count }) => count)
    const store = (count: number, sequence: number) =>
      tail.brought({ key, kind: 'marker', nominal: 5_000, count, content }, sequence, {
        reached: sequence - 1,
        isFirst: false,
      })
    const [cut, end] = [3, 0]
    store(cut, 4)
    store(end, 6)
    tail.lose(1)
    expect(missing()).toEqual([cut, end])
    store(cut, 5)
    store(end, 6)
    tail.forgetLost()
    tail.lose(1)
    expect(missing()).toEqual([cut, end])
  })
})

describe('a log whose lost entries somebody else has stored again, and that loses them once more', () => {
  it('gets the markers of one time in their order', () => {
    const { clock } = new Simulation(START)
    const tail = new LogTail(clock, () => clock.now())
    const key = { tenant: 'default', schedule: 'renamed' }
    const content = { size: 10, ttlSeconds: 604_800 } as StoredContent
    const record = (count: number, sequence: number) =>
      ({ key, kind: 'marker', nominal: 5_000, count, sequence, storedAt: clock.now() }) as LogRecord
    const [cut, end] = [3, 0]
    tail.told(record(cut, 4), content)
    tail.told(record(end, 6), content)
    tail.lose(0)
    tail.told(record(cut, 7), content)
    tail.told(record(end, 9), content)
    tail.found(record(end, 9))
    tail.forgetLost()
    tail.lose(0)
    expect(tail.missingAfter(key, null, clock.now()).map(({ count }) => count)).toEqual([cut, end])
  })
})

describe('a log that gives the places of lost entries to others before anybody notices', () => {
  it('gets back all that is lost, and keeps the others', async () => {
    const simulation = new Simulation(START)
    // The server of a cluster to which the leader is connected was never away.
    simulation.stream.onReturn = () => undefined
    const tree = atTimes({ a: 3, b: 4, c: 5, d: 6, e: 6, f: 7 })
    await simulation.started('leader', new SimulatedSource(tree))
    await simulation.clock.advance(5_400)
    simulation.stream.loseTail(1)
    await simulation.clock.advance(20_000)
    expect([...names(simulation)].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('sends nothing more until what is lost is back', async () => {
    const simulation = new Simulation(START)
    simulation.stream.onReturn = () => undefined
    await simulation.started('leader', new SimulatedSource(atTimes({ a: 3, b: 4, c: 5, d: 6, e: 7 })))
    await simulation.clock.advance(5_400)
    simulation.stream.loseTail(1)
    await simulation.clock.advance(20_000)
    expect(names(simulation)).toEqual(['a', 'd', 'b', 'c', 'e'])
  })
})

describe('a log that was deleted and made anew', () => {
  it('keeps what was stored in it before anybody noticed, also when it is lost at once', async () => {
    const simulation = new Simulation(START)
    let isSilent = false
    const faults = ({ name }: { name: string }) =>
      name === 'info' && isSilent ? ({ kind: 'lose-request' } as const) : null
    const tree = atTimes({ before: 3, meanwhile: 12, after: 15 })
    await simulation.started('leader', new SimulatedSource(tree), { faults, timeoutMs: 50 })
    await simulation.clock.advance(11_000)
    simulation.stream.recreate()
    isSilent = true
    await simulation.clock.advance(1_200)
    expect(names(simulation)).toEqual(['meanwhile'])
    simulation.stream.loseTail(0)
    isSilent = false
    await simulation.clock.advance(10_000)
    expect(names(simulation)).toEqual(['meanwhile', 'after'])
  })

  it('keeps the first that anybody stored at all', async () => {
    const simulation = new Simulation(START)
    await simulation.started('leader', new SimulatedSource(atTimes({ first: 3, after: 15 })))
    await simulation.clock.advance(1_000)
    simulation.stream.recreate()
    await simulation.clock.advance(3_500)
    expect(names(simulation)).toEqual(['first'])
    simulation.stream.loseTail(0)
    await simulation.clock.advance(20_000)
    expect(names(simulation)).toEqual(['first', 'after'])
  })

  it('keeps all that was stored in a row before anybody noticed', async () => {
    const simulation = new Simulation(START)
    await simulation.started('leader', new SimulatedSource(TREE))
    await simulation.clock.advance(400)
    simulation.stream.recreate()
    simulation.clock.jump(5_000)
    await simulation.clock.advance(700)
    expect(simulation.fires('tick')).toHaveLength(6)
    simulation.stream.loseTail(0)
    await simulation.clock.advance(10_000)
    expectAll(simulation)
  })

  it('gets all of that again should it be lost with that log as well, whatever places it had in either', () => {
    const { clock } = new Simulation(START)
    for (const offset of [0, 5]) {
      const tail = new LogTail(clock, () => clock.now())
      const key = { tenant: 'default', schedule: 'tick' }
      const content = { size: 10, ttlSeconds: 604_800 } as StoredContent
      const store = (before: number) => {
        for (let count = 1; count <= 3; count++) {
          const entry = { key, kind: 'fire', nominal: count * 1_000, count, content } as const
          const reached = count === 1 ? 0 : before + count - 1
          tail.brought(entry, before + count, { reached, isFirst: count === 1 })
        }
        tail.forgetLost()
        tail.renew()
        return tail.missingAfter(key, null, clock.now()).map(({ count }) => count)
      }
      expect([store(0), store(offset), store(offset)]).toEqual([
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ])
    }
  })

  it('gets nothing of what the old one held', async () => {
    const simulation = new Simulation(START)
    await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advance(10_500)
    const deletedAt = simulation.clock.now()
    simulation.stream.recreate()
    await simulation.clock.advance(25_000)
    expect(simulation.fires('tick')).toEqual(multiples(1_000, deletedAt, simulation.clock.now()))
    expect(simulation.fires('slow')).toEqual(multiples(7_000, deletedAt, simulation.clock.now()))
  })
})
