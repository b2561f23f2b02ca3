import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { laneOf } from '../../src/core/run/lane.ts'
import type { RunEvent } from '../../src/core/run/run-event.ts'
import { createNatsAdapterConsumers } from '../../src/nats/adapter-consumers.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { WorkerProcess } from '../support/worker-process.ts'
import { openStage, type Stage } from '../support/worker-stage.ts'

const ADAPTER = {
  tenant: 'default',
  adapter: 'zerodha',
  concurrency: 4,
  ackWaitMs: 1_500,
  paused: false,
  digest: 'd1',
}

describe('a partitioned adapter', { timeout: 120_000 }, () => {
  let server: TestServer
  let stage: Stage
  let processes: WorkerProcess[]

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    processes = []
  })
  afterEach(async () => {
    for (const each of processes) each.signal('SIGKILL')
    await Promise.all(processes.map((each) => each.ended))
    await stage.close()
  })

  const start = (instance: string): WorkerProcess => {
    const started = new WorkerProcess(stage, instance)
    processes.push(started)
    return started
  }

  const fire = (key: string, step: number, partitions: number) =>
    stage.fire(`${key}-${step}`, {
      message: 'Step',
      payload: JSON.stringify({ key, step }),
      lane: laneOf(key, partitions),
      policy: { key, maxAttempts: 20 },
    })

  const succeeded = (items: readonly RunEvent[]) =>
    items.flatMap((event) =>
      event.type === 'succeeded' ? [{ ...event, ...(event.result as { key: string; step: number }) }] : [],
    )
  const done = async (count: number) =>
    succeeded(await stage.events.until((items) => succeeded(items).length >= count))

  /** Of every key each step once, in order, and each begun when the one before had ended. */
  function expectOrder(runs: Awaited<ReturnType<typeof done>>, keys: readonly string[], steps: number): void {
    for (const key of keys) {
      const own = runs.filter((run) => run.key === key)
      expect(own.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, step) => step))
      for (const [index, run] of own.entries()) {
        const before = own[index - 1]
        if (before !== undefined)
          expect(Date.parse(run.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before.at))
      }
    }
  }

  it('of 16 partitions keeps the order of each key while instances are killed and added', async () => {
    stage = await openStage(server, { ...ADAPTER, partitions: 16 })
    const keys = Array.from({ length: 24 }, (_, index) => `portfolio-${index}`)
    const STEPS = 15
    const fireSteps = async (from: number, to: number) => {
      for (let step = from; step < to; step += 1) await Promise.all(keys.map((key) => fire(key, step, 16)))
    }
    const [a, b] = [start('a'), start('b')]
    await fireSteps(0, 5)
    await done(30)
    a.signal('SIGKILL')
    await start('c').said('asked')
    await fireSteps(5, 10)
    await done(130)
    b.signal('SIGKILL')
    const d = start('d')
    await d.said('asked')
    await fireSteps(10, STEPS)
    await done(250)
    d.signal('SIGTERM')
    start('e')
    const runs = await done(keys.length * STEPS)
    expectOrder(runs, keys, STEPS)
    expect(new Set(runs.map(({ instance }) => instance)).size).toBeGreaterThan(1)
    expect(stage.events.items.some(({ type }) => type === 'failed')).toBe(true)
    expect(await d.ended).toBe(0)
  })

  it('keeps the order of each key over a change of their number, and what is behind it waits', async () => {
    stage = await openStage(server, { ...ADAPTER, partitions: 4 })
    const { connection } = stage
    const consumers = createNatsAdapterConsumers({ connection, lanesEmptyMs: 200 })
    const keys = Array.from({ length: 12 }, (_, index) => `portfolio-${index}`)
    for (let step = 0; step < 6; step += 1) await Promise.all(keys.map((key) => fire(key, step, 4)))
    await consumers.ensure({ ...ADAPTER, partitions: 16, digest: 'd2' })
    for (let step = 6; step < 10; step += 1) await Promise.all(keys.map((key) => fire(key, step, 16)))
    start('a')
    start('b')
    const ended = new AbortController()
    const turning = (async () => {
      do await consumers.turnLanes()
      while (await connection.clock.sleep(50, ended.signal))
    })()
    const runs = await done(keys.length * 10)
    ended.abort()
    await turning
    expectOrder(runs, keys, 10)
    const lanes = (await consumers.list()).flatMap((known) => known.lanes)
    expect(lanes).toHaveLength(1 + 4 + 16)
    expect(await consumers.list()).toMatchObject([{ digest: 'd2', paused: false, pending: 0 }])
  })
})
