import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { BelfryProcess } from '../support/belfry-process.ts'
import { startNatsCluster, type TestCluster } from '../support/nats-cluster.ts'
import { connectTo, freshPrefix } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'
import { isClean, judge, percentile } from '../support/verdict.ts'
import { keep } from './report.ts'

const DUE = 2_000
const STEP_MS = 30_000
const BURSTS = 4
const SCHEDULES = Array.from({ length: DUE }, (_, index) => `burst-${index}`)

const records = new Recorder<LogRecord>()
const following = new AbortController()
const tree = mkdtempSync(join(tmpdir(), 'belfry-burst-'))
let cluster: TestCluster
let connection: Connection
let serve: BelfryProcess

beforeAll(async () => {
  cluster = await startNatsCluster()
  connection = await connectTo(cluster, { prefix: freshPrefix() })
  await ensureLayout(connection, { replicas: 3, firesMaxBytes: 1024 ** 3 })
  await cluster.untilReady([connection.names.fires])
  createNatsFireLog({ connection, publisher: new Publisher(connection) }).follow(
    1,
    { onRecord: records.push, onReset: () => undefined },
    following.signal,
  )
  const schedules = SCHEDULES.map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 30s}]'))
  writeFileSync(join(tree, 'tree.yaml'), ADAPTER_AND_JOB + schedules.join(''))
  const { prefix } = connection.names
  serve = BelfryProcess.serve({ server: cluster, prefix, instance: 'only', tree })
  await serve.said('the tree is applied')
}, 180_000)
afterAll(async () => {
  await serve?.kill()
  following.abort()
  await connection?.close()
  await cluster?.stop()
  rmSync(tree, { recursive: true, force: true })
}, 60_000)

it(`${DUE} fires of one second are stored once by three replicas although a node is killed amid them`, async () => {
  const { fires } = connection.names
  const lines: string[] = []
  const nominals: number[] = []
  for (let burst = 0; burst < BURSTS; burst++) {
    await cluster.untilReady([fires])
    // Half of the times the node that leads the log, else one that follows it.
    const leading = await cluster.leaderOf(fires)
    const victim = burst % 2 === 0 ? leading : cluster.nodes.find((node) => node !== leading)!
    const nominal = (Math.floor(systemClock.now() / STEP_MS) + 1) * STEP_MS
    nominals.push(nominal)
    const stored = (items: readonly LogRecord[]) => {
      let count = 0
      for (let index = items.length - 1; index >= 0 && items[index]!.nominal >= nominal; index--) count += 1
      return count
    }
    await records.until((items) => stored(items) >= 200)
    await victim.kill()
    const atKill = stored(records.items)
    await records.until((items) => stored(items) >= DUE)
    await victim.start()
    const late = records.items
      .filter((record) => record.nominal === nominal)
      .map(({ storedAt }) => storedAt - nominal)
      .sort((a, b) => a - b)
    const [half, most, all] = [0.5, 0.99, 1].map((share) => percentile(late, share))
    const role = victim === leading ? 'leads' : 'follows'
    lines.push(
      `killed the node that ${role} the log with about ${atKill} of ${DUE} stored: p50 ${half} ms, p99 ${most} ms, last ${all} ms after the nominal time`,
    )
  }
  const report = `${lines.join('\n')}\n`
  console.log(report + keep('burst.txt', report))
  const [first, last] = [nominals[0]!, nominals.at(-1)!]
  const seen = records.items.filter(({ nominal }) => nominal >= first && nominal <= last)
  const due = Array.from({ length: (last - first) / STEP_MS + 1 }, (_, index) => first + index * STEP_MS)
  const owed = SCHEDULES.map((schedule) => ({
    schedule,
    nominals: due,
    markers: [],
    misfireAfterMs: 60_000,
  }))
  const found = judge({ seen, surviving: seen, confirmed: new Set(), destructions: [] }, owed)
  expect(isClean(found), JSON.stringify({ ...found, latenessMs: [] }).slice(0, 2_000)).toBe(true)
}, 600_000)
