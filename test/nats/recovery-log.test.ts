import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatLocal } from '../../src/core/time/instant.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { zoneNamed } from '../support/fires.ts'
import { LiveInstances, LOG_BYTES } from '../support/live-instances.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { SimulatedSource } from '../support/simulation.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const UTC = zoneNamed('UTC')
const iso = (at: number) => new Date(at).toISOString()
const tick = scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]')
const at = (...instants: readonly number[]) => {
  const triggers = instants.map((instant) => `{at: "${formatLocal(instant, UTC).slice(0, 19)}Z"}`)
  return scheduleText('once', `timezone: UTC, triggers: [${triggers.join(', ')}]`)
}

let server: TestServer
let instances: LiveInstances
let source: SimulatedSource
const closing: (() => unknown)[] = []

beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  instances = await LiveInstances.on(server)
  source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + tick))
})
afterEach(async () => {
  await instances.end()
  for (const close of closing.splice(0)) await close()
})

/** Everything that any log ever stored: each second once, none left out. */
function expectWhole(): void {
  const nominals = instances.records.items
    .filter(({ key, kind }) => kind === 'fire' && key.schedule === 'tick')
    .map(({ nominal }) => nominal)
  const owed: number[] = []
  for (let each = nominals[0]!; each <= Math.max(...nominals); each += 1_000) owed.push(each)
  expect(nominals.map(iso)).toEqual(owed.map(iso))
}

const fires = (inMs: number) => instances.untilFired('tick', Date.now() + inMs)

async function recreate(): Promise<void> {
  const { connection } = instances
  const { fires: stream } = connection.names
  // Nothing may come in between that the follower here would not see.
  const { lastSequence } = await instances.log.info()
  await instances.records.until((items) => items.some(({ sequence }) => sequence >= lastSequence))
  await connection.ask(`$JS.API.STREAM.DELETE.${stream}`, null, 'deleting the log')
  await ensureLayout(connection, { firesMaxBytes: LOG_BYTES })
}

describe('a log that is deleted and made anew behind our back', () => {
  it('goes on where the old one ended, under the same leader', async () => {
    await instances.start('a', source)
    await fires(1_500)
    await recreate()
    await fires(1_500)
    expectWhole()
  }, 30_000)

  it('goes on where the old one ended, under a standby that takes over afterwards', async () => {
    const first = await instances.start('a', source)
    const second = await instances.start('b', source)
    await fires(1_500)
    await recreate()
    await first.stop()
    await fires(1_500)
    expect(second.scheduler.term).not.toBeNull()
    expectWhole()
  }, 30_000)

  it('goes on where the old one ended, although nobody ran at the time', async () => {
    const first = await instances.start('a', source)
    await fires(1_500)
    await first.stop()
    await recreate()
    await instances.start('b', source)
    await fires(1_500)
    expectWhole()
  }, 30_000)
})

describe('a start', () => {
  it('without cursors reads where each schedule stands from the log', async () => {
    const first = await instances.start('a', source)
    await fires(1_500)
    await first.stop()
    const { cursors } = instances.connection.names
    await instances.connection.ask(`$JS.API.STREAM.DELETE.KV_${cursors}`, null, 'deleting the cursors')
    await instances.start('b', source)
    await fires(1_500)
    expectWhole()
  }, 30_000)

  it('with cursors reads only what the log holds after them', async () => {
    const first = await instances.start('a', source)
    await fires(1_500)
    await first.stop()
    await instances.start('b', source)
    await fires(1_500)
    expectWhole()
    expect(instances.alarms.items).toEqual([])
  }, 30_000)
})

describe('a log that is full', () => {
  it('gets everything once, late, as soon as there is room', async () => {
    const { connection } = instances
    await instances.start('a', source)
    await fires(1_500)
    const before = (await instances.log.info()).lastSequence
    // What is there stays, and nothing more finds room.
    await ensureLayout(connection, { firesMaxBytes: 1_024 })
    await instances.alarms.until((names) => names.includes('log-refuses'))
    const since = Date.now()
    await instances.passed(since + 2_500)
    expect((await instances.log.info()).lastSequence - before).toBeLessThan(4)
    await ensureLayout(connection, { firesMaxBytes: LOG_BYTES })
    await fires(1_500)
    expectWhole()
    const late = instances.records.items.filter(({ storedAt, nominal }) => storedAt - nominal > 1_000)
    expect(late.length).toBeGreaterThan(0)
  }, 30_000)
})

describe('a log that somebody edits', () => {
  it('that takes no fires for a while gets them all once, late', async () => {
    const { connection } = instances
    const { fires: stream } = connection.names
    await instances.start('a', source)
    await fires(1_500)
    const { config } = await connection.ask<{ config: object }>(
      `$JS.API.STREAM.INFO.${stream}`,
      null,
      'asking',
    )
    const update = (changes: object) =>
      connection.ask(`$JS.API.STREAM.UPDATE.${stream}`, { ...config, ...changes }, 'editing')
    await update({ subjects: [`${connection.names.prefix}.elsewhere.>`] })
    await instances.alarms.until((names) => names.includes('log-silent'))
    await update({})
    await fires(1_500)
    expectWhole()
  }, 30_000)

  it('cannot be purged, nor a message of it deleted', async () => {
    const { connection } = instances
    const { fires: stream } = connection.names
    await instances.start('a', source)
    await fires(500)
    const purged = await connection.request(`$JS.API.STREAM.PURGE.${stream}`, {}, 'purging')
    const deleted = await connection.request(`$JS.API.STREAM.MSG.DELETE.${stream}`, { seq: 1 }, 'deleting')
    expect([purged.ok, deleted.ok]).toEqual([false, false])
    const { config } = await connection.ask<{ config: object }>(
      `$JS.API.STREAM.INFO.${stream}`,
      null,
      'asking',
    )
    const allowed = { ...config, deny_purge: false, deny_delete: false }
    const updated = await connection.request(`$JS.API.STREAM.UPDATE.${stream}`, allowed, 'allowing')
    expect(updated.ok).toBe(false)
  }, 30_000)

  it('that lets entries go early is not given them again', async () => {
    const proxy = await TcpProxy.start(server.port)
    closing.push(() => proxy.stop())
    const { connection } = instances
    const { fires: stream } = connection.names
    const now = Math.ceil(Date.now() / 1_000) * 1_000
    const [first, second] = [now + 2_000, now + 7_000]
    source.set(treeOf(ADAPTER_AND_JOB + at(first, second)))
    await instances.start('a', source, { url: proxy.url })
    const { config } = await connection.ask<{ config: object }>(
      `$JS.API.STREAM.INFO.${stream}`,
      null,
      'asking',
    )
    const edited = { ...config, max_age: 1_000_000_000, duplicate_window: 1_000_000_000 }
    await connection.ask(`$JS.API.STREAM.UPDATE.${stream}`, edited, 'editing')
    await instances.untilFired('once', first)
    await expect
      .poll(() => instances.log.last({ tenant: 'default', schedule: 'once' }), { timeout: 10_000 })
      .toBeNull()
    proxy.cut()
    await instances.untilFired('once', second)
    const stored = instances.records.items.map(({ nominal }) => iso(nominal))
    expect(stored).toEqual([iso(first), iso(second)])
    expect(instances.alarms.items).not.toContain('log-lost')
  }, 30_000)
})
