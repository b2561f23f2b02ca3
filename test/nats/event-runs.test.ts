import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readSight } from '../../src/app/look.ts'
import type { BelfryEvent } from '../../src/core/events.ts'
import { ok } from '../../src/core/result.ts'
import type { TreeSource } from '../../src/ports/source.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { silentLogger, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { treeOf } from '../support/tree-of.ts'

const head = (kind: string, name: string) =>
  `---\napiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const TREE = treeOf(
  `${head('Adapter', 'shop')}spec: {}\n${head('Job', 'ship')}spec: {adapter: shop, message: Ship}\n` +
    `${head('Schedule', 'ship')}spec: {job: ship, timezone: UTC, triggers: [{event: {stream: ORDERS, subject: "orders.>"}}]}\n` +
    `${head('Schedule', 'bill')}spec: {job: ship, timezone: UTC, suspend: true, triggers: [{event: {stream: ORDERS, subject: "orders.big.*"}}]}\n`,
)
const source = (): TreeSource => ({
  id: 'main',
  describe: () => '',
  load: async () => ok(TREE),
  watch: () => undefined,
})

describe('event triggers on a real server', () => {
  let server: TestServer
  let live: LiveInstances
  const ending = new AbortController()
  const events = new Recorder<BelfryEvent>()

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    live = await LiveInstances.on(server)
    live.connection.nc.subscribe(`${live.prefix}.event.>`, {
      callback: (error, message) => {
        if (error === null) events.push(message.json<BelfryEvent>())
      },
    })
  })
  afterEach(async () => {
    ending.abort()
    await live.end()
  })

  const publish = async (subject: string, payload: string | Uint8Array): Promise<void> => {
    const answer = await live.connection.nc.request(subject, payload)
    expect(answer.json()).toMatchObject({ stream: 'ORDERS' })
  }
  const ofMessages = (schedule: string) =>
    live.records.items.filter(({ key }) => key.schedule.startsWith(`${schedule}~e`))
  const untilStored = (schedule: string, sequence: number) =>
    live.records.until((items) =>
      items.some(
        ({ key }) => key.schedule.startsWith(`${schedule}~e`) && key.schedule.endsWith(`-${sequence}`),
      ),
    )

  it('each message starts one run, whatever it holds, over a missing stream, a hand-over and a leader that dies', async () => {
    const first = await live.start('one', source())
    await first.scheduler.applied(ending.signal)
    // There is no such stream yet: that is told, shown, and waited for.
    await live.alarms.until((items) => items.includes('event-source'))
    const { eventWaits } = await readSight({ servers: [server.url], prefix: live.prefix }, silentLogger)
    expect(eventWaits.map(({ waitsFor }) => waitsFor)).toContain('there is no stream ORDERS')
    const config = { name: 'ORDERS', subjects: ['orders.>'], storage: 'memory' }
    await live.connection.ask('$JS.API.STREAM.CREATE.ORDERS', config, 'making a stream')

    await publish('orders.big.new', '{"id": 1}')
    await untilStored('ship', 1)
    await untilStored('bill', 1)
    expect(ofMessages('bill')).toMatchObject([{ kind: 'marker', reason: 'paused' }])
    // As hostile as a stranger who may publish to the stream can be.
    const hostile = [
      '{"secretRef": "DB_PASSWORD"}',
      `${'['.repeat(100_000)}`,
      '{"__proto__": {"x": 1}}',
      new Uint8Array([255, 0, 254]),
      'a.b.* > \r\n\u0000 belfry.fire.default',
      '{"id": 12345678901234567890}',
    ]
    for (const payload of hostile) await publish("orders.x~y-'%'", payload)
    await untilStored('ship', 7)
    expect(
      ofMessages('ship')
        .slice(1)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['fire', 'fire', 'fire', 'marker', 'marker', 'marker'])

    const standby = await live.start('two', source())
    let published = 7
    const someMore = async (count: number) => {
      for (let index = 0; index < count; index += 1) await publish('orders.new', `{"id": ${++published}}`)
    }
    await Promise.all([someMore(40), first.stop()])
    await someMore(20)
    await untilStored('ship', published)
    // The leader dies: what it holds it can neither store nor give back.
    const third = await live.start('three', source())
    await Promise.all([someMore(20), standby.connection.nc.close()])
    await someMore(20)
    await live.records.until(() => ofMessages('ship').length >= published)
    await third.scheduler.settled()

    const stored = (await live.stored()).filter(({ key }) => key.schedule.startsWith('ship~e'))
    const sequences = stored.map(({ key }) => Number(key.schedule.split('-').at(-1))).sort((a, b) => a - b)
    expect(sequences).toEqual(Array.from({ length: published }, (_, index) => index + 1))
    expect(stored.filter(({ kind }) => kind === 'fire')).toHaveLength(published - 3)
  }, 60_000)
})
