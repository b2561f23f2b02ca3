import { headers, type MsgHdrs } from '@nats-io/nats-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BelfryEvent } from '../../src/core/events.ts'
import { createNatsAdapterConsumers } from '../../src/nats/adapter-consumers.ts'
import { consumerName } from '../../src/nats/names.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { SimulatedSource } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

// Somebody changes what belfry keeps on a real server, with what any NATS client can do, while it runs.

const tree = treeOf(ADAPTER_AND_JOB + scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]'))
const SCHEDULE = 'Schedule.default.tick'

describe('another hand on a real server', () => {
  let server: TestServer
  let instances: LiveInstances
  let source: SimulatedSource
  const drifted = new Recorder<{
    readonly object: string
    readonly what: string
    readonly fields: string[]
  }>()

  beforeEach(async () => {
    server = await startNatsServer()
    instances = await LiveInstances.on(server)
    instances.connection.nc.subscribe(`${instances.prefix}.event.source.*.drifted`, {
      callback: (_, message) => drifted.push((message.json() as BelfryEvent & { facts: never }).facts),
    })
    source = new SimulatedSource(tree)
    drifted.items.length = 0
    await instances.start('a', source)
    await firing()
  })
  afterEach(async () => {
    await instances.end()
    await server.stop()
  })

  const firing = (more = 1_000) => instances.untilFired('tick', Date.now() + more)
  const subject = (key: string) => `$KV.${instances.connection.names.live}.${key}`
  const stream = () => `KV_${instances.connection.names.live}`

  async function textOf(key: string): Promise<string | null> {
    const { connection } = instances
    const answer = await connection.nc.request(`$JS.API.DIRECT.GET.${stream()}.${subject(key)}`, '')
    return answer.headers?.code === 404 || answer.headers?.has('KV-Operation') ? null : answer.string()
  }

  /** Every second since the first was fired, once, and nothing else was stored. */
  async function expectUndisturbed(): Promise<void> {
    const records = await instances.stored()
    const nominals = records.map(({ nominal }) => nominal)
    expect(records.every(({ key, kind }) => key.schedule === 'tick' && kind === 'fire')).toBe(true)
    expect(nominals).toEqual(nominals.map((_, index) => nominals[0]! + 1_000 * index))
  }

  it('that edits, deletes and adds keys of live state is told, undone and never obeyed', async () => {
    const { nc } = instances.connection
    const good = (await textOf(SCHEDULE))!
    await nc.request(subject(SCHEDULE), good.replace('"1s"', '"3s"'))
    await drifted.count(1)
    await nc.request(subject(SCHEDULE), '', { timeout: 2_000, headers: headersWith(['KV-Operation', 'DEL']) })
    await drifted.count(2)
    await nc.request(subject(SCHEDULE), '', {
      timeout: 2_000,
      headers: headersWith(['KV-Operation', 'PURGE'], ['Nats-Rollup', 'sub']),
    })
    await drifted.count(3)
    await nc.request(subject('Schedule.default.other'), good.replaceAll('tick', 'other'))
    await drifted.count(4)
    await firing()
    expect(await textOf(SCHEDULE)).toBe(good)
    expect(await textOf('Schedule.default.other')).toBe(good.replaceAll('tick', 'other'))
    expect(drifted.items).toMatchObject([
      { object: 'Schedule/default/tick', what: 'changed', fields: ['manifest.spec.triggers'] },
      { object: 'Schedule/default/tick', what: 'removed' },
      { object: 'Schedule/default/tick', what: 'removed' },
      { object: 'Schedule/default/other', what: 'added' },
    ])
    await expectUndisturbed()
  }, 30_000)

  it('that edits or deletes the consumer of an adapter is told and undone, and no fire that waited there is given up', async () => {
    const { connection } = instances
    const { nc, names } = connection
    const consumers = createNatsAdapterConsumers({ connection })
    const name = consumerName('default', 'market')
    const api = (verb: string) => `$JS.API.CONSUMER.${verb}.${names.fires}.${name}`
    const info = (await nc.request(api('INFO'), '')).json() as { config: object }
    const config = { ...info.config, max_ack_pending: 7, ack_wait: 5_000_000_000, max_deliver: 2 }
    const edited = await nc.request(
      api('CREATE'),
      JSON.stringify({ stream_name: names.fires, config, action: 'update' }),
    )
    expect(edited.json()).not.toHaveProperty('error')
    source.set(tree)
    await drifted.count(1)
    await connection.ask(api('DELETE'), null, 'deleting a consumer')
    await firing()
    source.set(tree)
    await drifted.count(2)
    expect(drifted.items).toMatchObject([
      {
        object: 'consumer of Adapter/default/market',
        what: 'changed',
        fields: ['concurrency', 'ackWait', 'max_deliver'],
      },
      { object: 'consumer of Adapter/default/market', what: 'removed' },
    ])
    // No worker has taken any: all that was ever stored waits, also what the deleted one had.
    const stored = await instances.stored()
    const [known] = await consumers.list()
    expect(known).toMatchObject({ altered: [] })
    expect(known!.pending).toBeGreaterThanOrEqual(stored.length)
  }, 30_000)
})

function headersWith(...pairs: readonly (readonly [string, string])[]): MsgHdrs {
  const made = headers()
  for (const [name, value] of pairs) made.set(name, value)
  return made
}
