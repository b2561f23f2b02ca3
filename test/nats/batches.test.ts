import { setMaxListeners } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ScheduleKey } from '../../src/core/names.ts'
import { FireWriter, type LogPosition } from '../../src/engine/fire-writer.ts'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { BatchMode } from '../../src/nats/appender.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { AppendOutcome, FireLog, LogRecord, StoredContent } from '../../src/ports/fire-log.ts'
import { NOON, someFire } from '../support/entries.ts'
import { startNatsCluster } from '../support/nats-cluster.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const MINUTE = 60_000
const NOWHERE: LogPosition = { lastSequence: 0, lastNominal: 0, count: 0 }
const { signal } = new AbortController()
// A thousand writers wait on it.
setMaxListeners(0, signal)

interface Opened {
  readonly connection: Connection
  readonly prefix: string
  readonly log: FireLog
  /** Everything that the log stores, as it stores it. */
  readonly records: Recorder<LogRecord>
  readonly writer: FireWriter
}

const closing: (() => unknown)[] = []

async function openLog(options: {
  readonly url: string
  readonly prefix?: string
  readonly timeoutMs?: number
  readonly replicas?: number
  readonly batches?: BatchMode
  readonly batchSize?: number
  /** Whether the log is asked what leads it, as an instance does every ten seconds. */
  readonly asksInfo?: boolean
}): Promise<Opened> {
  const {
    url,
    prefix = freshPrefix(),
    timeoutMs = 5_000,
    replicas = 1,
    batches = 'always',
    batchSize,
    asksInfo = true,
  } = options
  const connection = await connectTo({ url }, { prefix })
  closing.push(() => connection.close())
  // A cluster that has just begun may not have met all its nodes.
  await vi.waitFor(() => ensureLayout(connection, { firesMaxBytes: 64 * 1024 ** 2, replicas }), 30_000)
  const publisher = new Publisher(connection, { timeoutMs })
  closing.push(() => publisher.close())
  const log = createNatsFireLog({
    connection,
    publisher,
    batches,
    ...(batchSize === undefined ? {} : { batchSize }),
  })
  if (asksInfo) await log.info()
  const records = new Recorder<LogRecord>()
  const following = new AbortController()
  closing.push(() => following.abort())
  log.follow(1, { onRecord: records.push, onReset: () => undefined }, following.signal)
  const writer = new FireWriter({
    log,
    clock: systemClock,
    mayWrite: () => true,
    onAlarm: () => undefined,
    onBehind: async () => true,
  })
  return { connection, prefix, log, records, writer }
}

async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close()
}

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `s${index}`)
}

function kindsOf(outcomes: readonly AppendOutcome[]): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {}
  for (const { kind } of outcomes) kinds[kind] = (kinds[kind] ?? 0) + 1
  return kinds
}

/** Each of the schedules has just these nominal times in the log, each once. */
function expectOnce(
  records: readonly LogRecord[],
  schedules: readonly string[],
  nominals: readonly number[],
): void {
  const found = new Map<string, number[]>()
  for (const { key, nominal } of records)
    found.set(key.schedule, [...(found.get(key.schedule) ?? []), nominal])
  for (const schedule of schedules)
    expect({ schedule, at: found.get(schedule) }).toEqual({ schedule, at: nominals })
  expect(records).toHaveLength(schedules.length * nominals.length)
}

describe('fires in atomic batches, on a real server', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  afterEach(closeAll)

  it('tells each member the sequence that it is stored with', async () => {
    const { log, records } = await openLog({ url: server.url, batchSize: 100 })
    const schedules = names(1_050)
    const outcomes = await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
    await records.count(schedules.length)
    const stored = new Map(records.items.map(({ key, sequence }) => [key.schedule, sequence]))
    expect(outcomes).toEqual(
      schedules.map((schedule) => ({ kind: 'stored', sequence: stored.get(schedule) })),
    )
  })

  it('sends what is decided in one go as one batch, and few as messages of their own', async () => {
    const { prefix, log } = await openLog({ url: server.url })
    const watching = await connectTo(server, { prefix })
    closing.push(() => watching.close())
    const batched: string[] = []
    const seen = new Recorder<string>()
    watching.nc.subscribe(`${prefix}.fire.>`, {
      callback: (_, message) => {
        if (message.headers?.get('Nats-Batch-Id')) batched.push(message.headers.get('Nats-Batch-Sequence'))
        seen.push(message.subject)
      },
    })
    await watching.nc.flush()
    await Promise.all(names(20).map((schedule) => log.append(someFire(schedule), 0)))
    await seen.count(20)
    expect(batched).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 1)))
    await Promise.all(names(3).map((schedule) => log.append(someFire(`few-${schedule}`), 0)))
    await seen.count(23)
    expect(batched).toHaveLength(20)
  })

  it('stores the others when one member of a batch is refused, and answers that one for itself', async () => {
    const { log, records } = await openLog({ url: server.url })
    await log.append(someFire('s70'), 0)
    const schedules = names(200)
    const outcomes = await Promise.all(
      schedules.map((schedule) => log.append(someFire(schedule, NOON + MINUTE), 0)),
    )
    expect(kindsOf(outcomes)).toEqual({ stored: 199, conflict: 1 })
    expect(outcomes[70]).toEqual({ kind: 'conflict' })
    await records.count(200)
    expect(records.items.filter(({ key }) => key.schedule === 's70').map(({ nominal }) => nominal)).toEqual([
      NOON,
    ])
  })

  it('stores the others when one member is larger than the server takes', async () => {
    const { log } = await openLog({ url: server.url })
    const payload = JSON.stringify('x'.repeat(1_100_000))
    const outcomes = await Promise.all(
      names(50).map((schedule, index) =>
        log.append(someFire(schedule, NOON, index === 20 ? { payload } : {}), 0),
      ),
    )
    expect(kindsOf(outcomes)).toEqual({ stored: 49, refused: 1 })
    expect(outcomes[20]).toMatchObject({ kind: 'refused' })
  })

  it('lets exactly one of two instances store each nominal time, whichever ways they go', async () => {
    const one = await openLog({ url: server.url, batchSize: 100 })
    const { prefix } = one
    const two = await openLog({ url: server.url, prefix, batchSize: 70 })
    const three = await openLog({ url: server.url, prefix, batches: 'never' })
    const schedules = names(400)
    const positions = new Map<string, LogPosition>()
    const nominals = [0, 1, 2].map((step) => NOON + step * MINUTE)
    for (const nominal of nominals) {
      // Each in an order of its own, so that batches overlap in part.
      const orders = [
        schedules,
        [...schedules].reverse(),
        [...schedules.slice(150), ...schedules.slice(0, 150)],
      ]
      const written = await Promise.all(
        [one, two, three].flatMap(({ writer }, index) =>
          (orders[index] ?? []).map(async (schedule) => {
            const position = positions.get(schedule) ?? NOWHERE
            const outcome = await writer.write(someFire(schedule, nominal), position, signal)
            return { schedule, outcome }
          }),
        ),
      )
      const winners = written.filter(({ outcome }) => outcome.kind === 'stored')
      expect(new Set(winners.map(({ schedule }) => schedule)).size).toBe(schedules.length)
      expect(winners).toHaveLength(schedules.length)
      for (const { schedule, outcome } of winners) {
        if (outcome.kind === 'stored') positions.set(schedule, outcome.position)
      }
    }
    await one.records.count(schedules.length * nominals.length)
    expectOnce(one.records.items, schedules, nominals)
  })

  it('stores again what came in a batch and was lost, alone or in another batch', async () => {
    const { connection, log } = await openLog({ url: server.url })
    const told = new Recorder<{ readonly key: ScheduleKey; readonly content: StoredContent }>()
    const following = new AbortController()
    closing.push(() => following.abort())
    log.follow(
      1,
      { onRecord: ({ key }, content) => told.push({ key, content }), onReset: () => undefined },
      following.signal,
    )
    const schedules = names(20)
    await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
    const stored = [...(await told.count(20))]
    following.abort()
    await connection.ask(`$JS.API.STREAM.DELETE.${connection.names.fires}`, null, 'deleting the log')
    await ensureLayout(connection, { firesMaxBytes: 64 * 1024 ** 2 })
    const alone = stored.slice(0, 1).map(({ key, content }) => log.restore(key, content, 0))
    expect(kindsOf(await Promise.all(alone))).toEqual({ stored: 1 })
    const together = stored.slice(1).map(({ key, content }) => log.restore(key, content, 0))
    expect(kindsOf(await Promise.all(together))).toEqual({ stored: 19 })
    expect((await log.lastOfAll()).map(({ key }) => key.schedule).sort()).toEqual([...schedules].sort())
  })

  it('takes a batch without an answer as unknown for each member, and the same again finds all of them', async () => {
    const proxy = await TcpProxy.start(server.port)
    closing.push(() => proxy.stop())
    const { log } = await openLog({ url: proxy.url, timeoutMs: 300 })
    closing.push(() => proxy.mend())
    const schedules = names(100)
    const send = () => Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
    proxy.drop('toClient')
    expect(kindsOf(await send())).toEqual({ unknown: 100 })
    proxy.mend()
    expect(kindsOf(await send())).toEqual({ conflict: 100 })
    expect((await log.info()).lastSequence).toBe(100)
  })

  it('loses and doubles nothing when the connection breaks again and again in the middle of batches', async () => {
    const proxy = await TcpProxy.start(server.port)
    closing.push(() => proxy.stop())
    const { prefix, writer } = await openLog({ url: proxy.url, timeoutMs: 500, batchSize: 50 })
    const { records } = await openLog({ url: server.url, prefix })
    const schedules = names(1_000)
    const writing = Promise.all(
      schedules.map((schedule) => writer.write(someFire(schedule), NOWHERE, signal)),
    )
    for (const stored of [50, 200, 350]) {
      await records.until((items) => items.length >= stored)
      proxy.cut()
    }
    await writing
    await records.count(schedules.length)
    expectOnce(records.items, schedules, [NOON])
  })
})

describe('fires in atomic batches, when servers fail', () => {
  afterEach(closeAll)

  it('loses and doubles nothing when the server is killed in the middle of batches and started again', async () => {
    const server = await startNatsServer()
    closing.push(() => server.stop())
    const { records, writer } = await openLog({ url: server.url, batchSize: 50 })
    const schedules = names(1_000)
    const writing = Promise.all(
      schedules.map((schedule) => writer.write(someFire(schedule), NOWHERE, signal)),
    )
    await records.count(100)
    await server.kill('SIGKILL')
    await server.restart()
    await writing
    await records.count(schedules.length)
    expectOnce(records.items, schedules, [NOON])
  }, 60_000)

  it('measures, and goes over to batches where each answer waits for the disk, if the server is known to keep them apart', async () => {
    const server = await startNatsServer({ jetstream: 'sync_interval: always' })
    closing.push(() => server.stop())
    const prefix = freshPrefix()
    const known = await openLog({ url: server.url, prefix, batches: 'measured' })
    const unknown = await openLog({ url: server.url, prefix, batches: 'measured', asksInfo: false })
    const watching = await connectTo(server, { prefix })
    closing.push(() => watching.close())
    let batched = 0
    watching.nc.subscribe(`${prefix}.fire.>`, {
      callback: (_, message) => {
        if (message.headers?.get('Nats-Batch-Id')) batched += 1
      },
    })
    const store = async ({ log }: Opened, schedules: readonly string[]) => {
      await watching.nc.flush()
      const outcomes = await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
      await watching.nc.flush()
      expect(kindsOf(outcomes)).toEqual({ stored: schedules.length })
    }
    await store(unknown, names(1_500))
    expect(batched).toBe(0)
    await store(
      known,
      names(4_000).map((name) => `known-${name}`),
    )
    // It finds out with some hundreds, not with most of a burst.
    expect(batched).toBeGreaterThan(2_000)
  }, 60_000)

  it('stores each once on three nodes, two instances racing, while another node comes to lead the log', async () => {
    const cluster = await startNatsCluster()
    closing.push(() => cluster.stop())
    const one = await openLog({ url: cluster.url, replicas: 3, timeoutMs: 1_000, batchSize: 100 })
    const two = await openLog({
      url: cluster.url,
      prefix: one.prefix,
      replicas: 3,
      timeoutMs: 1_000,
      batchSize: 70,
    })
    const stream = `${one.prefix.toUpperCase()}_FIRES`
    await cluster.untilReady([stream])
    const schedules = names(1_000)
    const orders = [schedules, [...schedules].reverse()]
    const writing = Promise.all(
      [one, two].flatMap(({ writer }, index) =>
        (orders[index] ?? []).map((schedule) => writer.write(someFire(schedule), NOWHERE, signal)),
      ),
    )
    await one.records.count(200)
    await cluster.stepDown(stream)
    await one.records.until((items) => items.length >= 500)
    await cluster.stepDown(stream)
    const outcomes = await writing
    expect(outcomes.every(({ kind }) => kind !== 'stopped')).toBe(true)
    await one.records.count(schedules.length)
    expect((await one.log.info()).lastSequence).toBe(schedules.length)
    expectOnce(one.records.items, schedules, [NOON])
  }, 120_000)
})
