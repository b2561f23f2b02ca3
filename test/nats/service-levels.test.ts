import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../../src/core/result.ts'
import { defineWorker, type Worker } from '../../src/worker/worker.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const TREE = treeOf(
  ADAPTER_AND_JOB +
    scheduleText(
      'tick',
      'timezone: UTC, triggers: [{every: 1s}], overlap: skip, sla: {startWithin: 1s, finishWithin: 2s}',
    ),
)

describe('a service level on a real server', () => {
  let server: TestServer
  let live: LiveInstances
  let worker: Worker | null = null
  const ending = new AbortController()

  beforeAll(async () => {
    server = await startNatsServer()
    live = await LiveInstances.on(server)
  })
  afterEach(async () => {
    ending.abort()
    await worker?.stop()
    await live.end()
  })
  afterAll(() => server.stop())

  it('is told of when no worker begins in time, and when one that began does not end', async () => {
    const events = new Recorder<{ readonly type: string; readonly facts: { readonly run: string } }>()
    live.connection.nc.subscribe(`${live.prefix}.event.schedule.default.tick.*`, {
      callback: (error, message) => {
        if (error === null) events.push(message.json<{ type: string; facts: { run: string } }>())
      },
    })
    const source = { id: 'main', describe: () => '', load: async () => ok(TREE), watch: () => undefined }
    const belfry = await live.start('one', source)
    await belfry.scheduler.applied(ending.signal)
    const late = (type: string) => events.until((all) => all.some((event) => event.type === type))
    await late('late-start')
    const gates = new Recorder<() => void>()
    worker = defineWorker({
      adapter: 'market',
      instance: 'a',
      nats: { servers: [server.url], prefix: live.prefix },
      handlers: { Import: () => new Promise<void>((resolve) => gates.push(resolve)) },
    })
    await worker.start()
    await late('late-finish')
    const told = events.items.filter(({ type }) => type.startsWith('late-'))
    expect(told.map(({ type }) => type)).toEqual(['late-start', 'late-finish'])
    expect(new Set(told.map(({ facts }) => facts.run)).size).toBe(1)
    for (const gate of gates.items) gate()
  })
})
