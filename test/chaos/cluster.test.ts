import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { someFire } from '../support/entries.ts'
import { startNatsCluster, type TestCluster } from '../support/nats-cluster.ts'
import { connectTo, freshPrefix } from '../support/nats-server.ts'

let cluster: TestCluster
let connection: Connection
let stream: string

beforeAll(async () => {
  cluster = await startNatsCluster({ cuttable: true })
  connection = await connectTo(cluster, { prefix: freshPrefix() })
  await ensureLayout(connection, { replicas: 3, firesMaxBytes: 16 * 1024 ** 2 })
  stream = connection.names.fires
  await cluster.untilReady([stream])
}, 60_000)
afterAll(async () => {
  await connection?.close()
  await cluster?.stop()
})

describe('three NATS nodes', () => {
  it('go on without the one that is cut off, which alone stores nothing', async () => {
    const before = await cluster.leaderOf(stream)
    const alone = await connectTo(before, { prefix: connection.names.prefix })
    await cluster.cutOff(before)
    const log = createNatsFireLog({
      connection: alone,
      publisher: new Publisher(alone, { timeoutMs: 1_000 }),
    })
    expect(await log.append(someFire('tick'), 0)).toMatchObject({ kind: 'unknown' })
    await alone.close()
    const leader = await cluster.leaderOf(stream)
    expect(leader.name).not.toBe(before.name)
    cluster.mend()
    await cluster.untilReady([stream])
  }, 60_000)
})
