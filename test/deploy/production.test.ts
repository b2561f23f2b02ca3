import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsStore } from '../../src/nats/store.ts'
import { type StreamState, streamState } from '../../src/nats/streams.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { BelfryProcess } from '../support/belfry-process.ts'
import { checkFires, everyStep } from '../support/fire-checker.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { connectTo } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { type ShippedCluster, startShippedCluster } from '../support/shipped-cluster.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'

// The procedures of docs/guides/production.md, with real processes.

const SCHEDULES = Array.from({ length: 10 }, (_, index) => `tick-${index}`)
const TREE =
  ADAPTER_AND_JOB +
  SCHEDULES.map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')).join('')

const closing: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Instances on the shipped cluster, and everything that its log stores. */
async function onCluster(cluster: ShippedCluster) {
  const tree = mkdtempSync(join(tmpdir(), 'belfry-tree-'))
  closing.push(() => rmSync(tree, { recursive: true }))
  writeFileSync(join(tree, 'tree.yaml'), TREE)
  /** Starts it again until it runs, as every supervisor does: a cluster that forms has no leader yet. */
  const serve = async (instance: string): Promise<BelfryProcess> => {
    for (;;) {
      const started = BelfryProcess.serve({
        server: cluster,
        prefix: 'belfry',
        instance,
        tree,
        arguments: ['--replicas', '3', '--log-size', '512MiB'],
      })
      const outcome = await Promise.race([started.said('ready'), started.ended])
      if (typeof outcome !== 'object' || outcome === null) continue
      closing.push(() => started.kill())
      return started
    }
  }
  const first = await serve('old-0')
  await first.said('this instance leads')
  const connection = await connectTo({ url: cluster.url }, { servers: cluster.url.split(',') })
  const publisher = new Publisher(connection)
  const following = new AbortController()
  closing.push(() => {
    following.abort()
    return connection.close()
  })
  const records = new Recorder<LogRecord>()
  const log = createNatsFireLog({ connection, publisher })
  log.follow(1, { onRecord: records.push, onReset: () => undefined }, following.signal)
  const live = createNatsStore({ connection, publisher, bucket: connection.names.live })
  return {
    first,
    serve,
    connection,
    more: (count: number) => records.count(records.items.length + count),
    async verdict() {
      const newest = Math.max(...records.items.map(({ nominal }) => nominal)) - 1_000
      const expected = await Promise.all(
        SCHEDULES.map(async (schedule) => {
          const { activeFrom } = JSON.parse((await live.get(`Schedule.default.${schedule}`))!.value)
          return { schedule, nominals: everyStep(1_000, activeFrom, newest) }
        }),
      )
      return checkFires(
        records.items.filter(({ nominal }) => nominal <= newest),
        expected,
      )
    },
  }
}

/** Resolves when every replica of the log has everything. */
async function whole(connection: Connection): Promise<void> {
  const isWhole = (state: StreamState | null) =>
    state?.cluster?.replicas?.length === 2 &&
    state.cluster.replicas.every(({ current, offline }) => current && !offline)
  const forever = new AbortController().signal
  for (;;) {
    const state = await streamState(connection, connection.names.fires).catch(() => null)
    if (isWhole(state)) return
    await systemClock.sleep(100, forever)
  }
}

it('an upgrade of belfry, instance by instance with the leader last, misses no fire and doubles none', async () => {
  const cluster = await startShippedCluster()
  closing.push(() => cluster.stop())
  const { first: leader, serve, more, verdict } = await onCluster(cluster)
  const standby = await serve('old-1')
  await more(30)
  // The new one is warm before the old standby goes, and again before the leader goes.
  const newStandby = await serve('new-1')
  expect(await standby.stop()).toBe(0)
  await more(30)
  await serve('new-0')
  expect(await leader.stop()).toBe(0)
  await more(60)
  const found = await verdict()
  expect(found).toMatchObject({ lost: [], doubled: [], foreign: [], settled: 0 })
  expect(found.fires).toBeGreaterThanOrEqual(100)
  expect(newStandby.lines.items.some(({ message }) => message === 'internal')).toBe(false)
}, 120_000)

it('an upgrade of NATS, node by node, makes fires late at most', async () => {
  const cluster = await startShippedCluster()
  closing.push(() => cluster.stop())
  const { connection, more, verdict } = await onCluster(cluster)
  for (const node of cluster.nodes) {
    await whole(connection)
    await node.end('SIGTERM')
    await more(20)
    await node.start()
  }
  await whole(connection)
  await more(30)
  expect(await verdict()).toMatchObject({ lost: [], doubled: [], foreign: [], settled: 0 })
}, 180_000)

it('a node that is killed takes no fire with it, and comes back whole', async () => {
  const cluster = await startShippedCluster()
  closing.push(() => cluster.stop())
  const { connection, more, verdict } = await onCluster(cluster)
  const lead = (await streamState(connection, connection.names.fires))!.cluster!.leader
  const node = cluster.nodes.find(({ name }) => name === lead)!
  await whole(connection)
  await more(20)
  await node.end('SIGKILL')
  await more(50)
  await node.start()
  await whole(connection)
  expect(await verdict()).toMatchObject({ lost: [], doubled: [], foreign: [], settled: 0 })
}, 120_000)

it('a store that is put back goes on from its last entry: what was fired since fires again, under the same ids', async () => {
  const installation: Installation = await startInstallation({ 'tree.yaml': TREE })
  closing.push(() => installation.stop())
  const { server, records } = installation
  const backup = mkdtempSync(join(tmpdir(), 'belfry-backup-'))
  closing.push(() => rmSync(backup, { recursive: true }))
  const stopAll = async (serve: BelfryProcess) => {
    expect(await serve.stop()).toBe(0)
    await server.kill('SIGTERM')
  }
  const newest = () => Math.max(...records.items.map(({ sequence }) => sequence))

  // Back-up: belfry stops first, then the server; the folder is copied; both start again.
  const first = installation.serve('first')
  await installation.untilFires(30)
  await stopAll(first)
  cpSync(join(server.folder, 'jetstream'), join(backup, 'jetstream'), { recursive: true })
  await server.restart()
  const second = installation.serve('second')
  await second.said('this instance leads')
  const before = newest()
  await records.until((items) => items.filter(({ sequence }) => sequence > before).length >= 40)
  await stopAll(second)
  const idOf = ({ key, nominal }: LogRecord) => `${key.schedule}@${nominal}`
  const since = records.items.filter(({ kind, sequence }) => kind === 'fire' && sequence > before).map(idOf)
  const kept = records.items.length

  // Restore: the old folder is put in place of the new one.
  rmSync(join(server.folder, 'jetstream'), { recursive: true })
  cpSync(join(backup, 'jetstream'), join(server.folder, 'jetstream'), { recursive: true })
  await server.restart()
  installation.serve('third')
  const again = () =>
    records.items.slice(kept).filter(({ kind, sequence }) => kind === 'fire' && sequence > 30)
  await records.until(() => since.every((id) => again().some((record) => idOf(record) === id)))
  const ids = [...new Map(again().map((record) => [record.sequence, idOf(record)])).values()]
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
}, 120_000)
