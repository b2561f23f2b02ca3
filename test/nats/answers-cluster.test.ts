import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FireWriter } from '../../src/engine/fire-writer.ts'
import { NOWHERE } from '../../src/engine/log-positions.ts'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { FireLog } from '../../src/ports/fire-log.ts'
import { NOON, someFire } from '../support/entries.ts'
import { startNatsCluster, type TestCluster } from '../support/nats-cluster.ts'
import { connectTo, freshPrefix } from '../support/nats-server.ts'

// What only a log with three replicas answers, and what only such a one can tell wrongly.

const SECOND = 1_000
const KEY = { tenant: 'default', schedule: 'a' }
const LAYOUT = { replicas: 3, firesMaxBytes: 16 * 1024 ** 2 }

describe('the answers of a log with three replicas', () => {
  let cluster: TestCluster
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    cluster = await startNatsCluster({ cuttable: true })
  }, 60_000)
  afterAll(() => cluster.stop())
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function open(url: string, prefix: string): Promise<{ connection: Connection; log: FireLog }> {
    const connection = await connectTo({ url }, { prefix })
    closing.push(() => connection.close())
    const publisher = new Publisher(connection)
    closing.push(() => publisher.close())
    return { connection, log: createNatsFireLog({ connection, publisher }) }
  }

  async function begin(): Promise<{ prefix: string; fires: string; connection: Connection; log: FireLog }> {
    const prefix = freshPrefix()
    const opened = await open(cluster.nodes[0]!.url, prefix)
    await ensureLayout(opened.connection, LAYOUT)
    const { fires } = opened.connection.names
    await cluster.untilReady([fires])
    return { prefix, fires, ...opened }
  }

  it('10164, another write is under way: the same again in a moment, and each step is stored once', async () => {
    const { prefix, log } = await begin()
    let busy = 0
    const writers = await Promise.all(
      [0, 1, 2, 0, 1, 2].map(async (node) => {
        const { log: real } = await open(cluster.nodes[node]!.url, prefix)
        const counting: FireLog = {
          ...real,
          async append(entry, expected) {
            const answer = await real.append(entry, expected)
            if (answer.kind === 'busy') busy += 1
            return answer
          },
        }
        return new FireWriter({
          log: counting,
          clock: systemClock,
          mayWrite: () => true,
          onAlarm: () => undefined,
          onBehind: () => Promise.resolve(true),
        })
      }),
    )
    const never = new AbortController().signal
    let position = NOWHERE
    let steps = 0
    // How often two meet within one round of the replicas is theirs to decide: as many steps as it takes.
    for (; steps < 20 || (busy === 0 && steps < 500); steps += 1) {
      const entry = someFire('a', NOON + steps * SECOND, { count: steps + 1 })
      const from = position
      const outcomes = await Promise.all(writers.map((writer) => writer.write(entry, from, never)))
      expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1)
      expect(outcomes.filter(({ kind }) => kind === 'settled')).toHaveLength(writers.length - 1)
      const [first] = outcomes
      if (first !== undefined && first.kind !== 'stopped') position = first.position
    }
    expect((await log.info()).lastSequence).toBe(steps)
    expect(busy).toBeGreaterThan(0)
  }, 60_000)

  it('are never those of a replica that has fallen behind: who reaches only it hears nothing, and waits', async () => {
    const { prefix, fires, log } = await begin()
    await log.append(someFire('a'), 0)
    const leader = await cluster.leaderOf(fires)
    const behind = cluster.nodes.find(({ name }) => name !== leader.name)!
    const stale = await open(behind.url, prefix)
    const current = await open(leader.url, prefix)
    expect(await stale.log.last(KEY)).toMatchObject({ sequence: 1 })
    await cluster.cutOff(behind)
    expect(await current.log.append(someFire('a', NOON + SECOND), 1)).toMatchObject({ kind: 'stored' })
    await expect(stale.log.last(KEY)).rejects.toMatchObject({ retryable: true })
    expect(await current.log.last(KEY)).toMatchObject({ nominal: NOON + SECOND })
    cluster.mend()
    await cluster.untilReady([fires])
    expect(await stale.log.last(KEY)).toMatchObject({ nominal: NOON + SECOND })
  }, 60_000)
})
