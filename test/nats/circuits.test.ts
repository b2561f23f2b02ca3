import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readSight } from '../../src/app/look.ts'
import { ok } from '../../src/core/result.ts'
import type { Run } from '../../src/worker/run.ts'
import { defineWorker, type Worker } from '../../src/worker/worker.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { silentLogger, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const BREAKER = '{concurrency: 4, circuitBreaker: {failures: 2, cooldown: 3s}, retry: {maxAttempts: 1}}'
const TREE = treeOf(
  ADAPTER_AND_JOB.replace('spec: {}', `spec: ${BREAKER}`) +
    scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]'),
)

describe('the circuit of an adapter on a real server', () => {
  let server: TestServer
  let live: LiveInstances
  let worker: Worker
  const ending = new AbortController()

  beforeAll(async () => {
    server = await startNatsServer()
    live = await LiveInstances.on(server)
  })
  afterEach(async () => {
    ending.abort()
    await worker.stop()
    await live.end()
  })
  afterAll(() => server.stop())

  it('keeps a failing adapter from its work, lets one run at a time try it, and closes with a success', async () => {
    const events = new Recorder<{ readonly type: string; readonly at: string }>()
    live.connection.nc.subscribe(`${live.prefix}.event.adapter.default.market.*`, {
      callback: (error, message) => {
        if (error === null) events.push(message.json<{ type: string; at: string }>())
      },
    })
    const told = (type: string) => events.until((all) => all.some((event) => event.type === type))
    let mood: 'broken' | 'held' | 'well' = 'broken'
    let inHand = 0
    const most = { whenHeld: 0, whenWell: 0 }
    const begun = new Recorder<number>()
    const gates = new Recorder<() => void>()
    worker = defineWorker({
      adapter: 'market',
      instance: 'a',
      nats: { servers: [server.url], prefix: live.prefix },
      handlers: {
        Import: async (run: Run) => {
          begun.push(run.nominalTime.getTime())
          if (mood === 'broken') throw new Error('the broker is away')
          inHand += 1
          if (mood === 'held') most.whenHeld = Math.max(most.whenHeld, inHand)
          else most.whenWell = Math.max(most.whenWell, inHand)
          await new Promise<void>((resolve) => gates.push(resolve))
          inHand -= 1
        },
      },
    })
    const source = { id: 'main', describe: () => '', load: async () => ok(TREE), watch: () => undefined }
    const belfry = await live.start('one', source)
    await belfry.scheduler.applied(ending.signal)
    await worker.start()

    await told('circuit-opened')
    mood = 'held'
    const sight = async () => readSight({ servers: [server.url], prefix: live.prefix }, silentLogger)
    await expect
      .poll(async () => (await sight()).consumers[0], { timeout: 5_000 })
      .toMatchObject({ paused: true, concurrency: 1 })
    expect((await sight()).circuits).toMatchObject([{ adapter: 'market', because: 'the broker is away' }])

    await told('circuit-half-open')
    const [open] = await gates.count(1)
    // Several more wait meanwhile, and none of them is handed out.
    await live.records.until((all) => all.length >= begun.items.length + 3)
    await live.passed(Date.now() + 1_000)
    expect(most.whenHeld).toBe(1)
    mood = 'well'
    open!()
    await told('circuit-closed')
    await gates.count(5)
    expect(most.whenWell).toBeGreaterThan(1)
    expect((await sight()).circuits).toEqual([])
    for (const gate of gates.items) gate()
    await worker.stop()
  })
})
