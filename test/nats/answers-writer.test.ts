import { setMaxListeners } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LogEntry } from '../../src/core/trigger/log-entry.ts'
import { FireWriter, type LogPosition, type WriteOutcome } from '../../src/engine/fire-writer.ts'
import { NOWHERE } from '../../src/engine/log-positions.ts'
import { systemClock } from '../../src/lifecycle/clock.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { AppendOutcome, FireLog } from '../../src/ports/fire-log.ts'
import { NOON, someFire, someMarker } from '../support/entries.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

// Each row of the answer table (docs/spec/wire.md, Answers): the real server gives the answer, and the writer makes of it
// that the entry is stored once, however late.

const SECOND = 1_000
const KEY = { tenant: 'default', schedule: 'a' }
const MIB = 1024 ** 2

interface Rig {
  readonly connection: Connection
  readonly log: FireLog
  /** The log's answers, in order. */
  readonly answers: Recorder<AppendOutcome>
  readonly alarms: Recorder<string>
  readonly proxy: TcpProxy
  write(entry: LogEntry, position?: LogPosition): Promise<WriteOutcome>
  /** Whether the writer may send. */
  allow(allowed: boolean): void
}

describe('what the writer makes of each answer of the log', () => {
  let server: TestServer
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function begin(
    options: { readonly on?: TestServer; readonly timeoutMs?: number } = {},
  ): Promise<Rig> {
    const { on = server, timeoutMs = 5_000 } = options
    const proxy = await TcpProxy.start(on.port)
    closing.push(() => proxy.stop())
    const connection = await connectTo(proxy, { prefix: freshPrefix() })
    closing.push(() => connection.close())
    await ensureLayout(connection, { firesMaxBytes: 4 * MIB })
    const publisher = new Publisher(connection, { timeoutMs })
    await connection.nc.flush()
    closing.push(() => publisher.close())
    const real = createNatsFireLog({ connection, publisher })
    const answers = new Recorder<AppendOutcome>()
    const alarms = new Recorder<string>()
    const log: FireLog = {
      ...real,
      async append(entry, expected) {
        const answer = await real.append(entry, expected)
        answers.push(answer)
        return answer
      },
    }
    let allowed = true
    const ending = new AbortController()
    setMaxListeners(0, ending.signal)
    closing.push(() => ending.abort())
    const writer = new FireWriter({
      log,
      clock: systemClock,
      mayWrite: () => allowed,
      onAlarm: alarms.push,
      onBehind: () => Promise.resolve(true),
    })
    return {
      connection,
      log: real,
      answers,
      alarms,
      proxy,
      write: (entry, position = NOWHERE) => writer.write(entry, position, ending.signal),
      allow: (now) => {
        allowed = now
      },
    }
  }

  const kinds = ({ answers }: Rig) => answers.items.map(({ kind }) => kind)

  /** Edits the stream of the log behind belfry's back; returns a way back. */
  async function edit({ connection }: Rig, changes: object): Promise<() => Promise<unknown>> {
    const { fires } = connection.names
    const info = await connection.ask<{ config: object }>(`$JS.API.STREAM.INFO.${fires}`, null, 'asking')
    const update = (config: object) => connection.ask(`$JS.API.STREAM.UPDATE.${fires}`, config, 'editing')
    await update({ ...info.config, ...changes })
    return () => update(info.config)
  }

  it('an acknowledgement: stored, at its sequence', async () => {
    const rig = await begin()
    expect(await rig.write(someFire('a'))).toEqual({
      kind: 'stored',
      position: { lastSequence: 1, lastNominal: NOON, count: 1 },
    })
  })

  describe('10071, the last entry is another', () => {
    it('and is this very fire: settled, by whomever', async () => {
      const rig = await begin()
      await rig.log.append(someFire('a'), 0)
      expect(await rig.write(someFire('a'))).toEqual({
        kind: 'settled',
        position: { lastSequence: 1, lastNominal: NOON, count: 1 },
      })
      expect(kinds(rig)).toEqual(['conflict'])
      expect(rig.alarms.items).toEqual([])
    })

    it('and is a marker of this time: settled as not fired', async () => {
      const rig = await begin()
      await rig.log.append(someMarker('a'), 0)
      expect(await rig.write(someFire('a'))).toMatchObject({ kind: 'settled' })
      expect((await rig.log.info()).lastSequence).toBe(1)
    })

    it('and has this time but an id that belfry does not give: settled, with an alarm', async () => {
      const rig = await begin()
      const { connection } = rig
      const headers = `NATS/1.0\r\nbelfry-nominal: ${NOON}\r\nce-id: somebody/else\r\n\r\n`
      const raw = { encode: () => Buffer.from(headers, 'latin1') }
      await connection.nc.request(`${connection.names.prefix}.fire.default.a.import.zerodha.0`, '{}', {
        headers: raw as never,
        timeout: 5_000,
      })
      expect(await rig.write(someFire('a'))).toMatchObject({ kind: 'settled' })
      expect(rig.alarms.items).toEqual(['foreign-entry'])
    })

    it('and is newer: settled up to there, and nothing is stored behind it', async () => {
      const rig = await begin()
      await rig.log.append(someFire('a', NOON + 5 * SECOND, { count: 6 }), 0)
      expect(await rig.write(someFire('a'))).toEqual({
        kind: 'settled',
        position: { lastSequence: 1, lastNominal: NOON + 5 * SECOND, count: 6 },
      })
      expect((await rig.log.info()).lastSequence).toBe(1)
    })

    it('and is older: the same again after it, counted on', async () => {
      const rig = await begin()
      await rig.log.append(someFire('a', NOON - SECOND, { count: 4 }), 0)
      expect(await rig.write(someFire('a', NOON, { count: 1 }))).toEqual({
        kind: 'stored',
        position: { lastSequence: 2, lastNominal: NOON, count: 5 },
      })
      expect(kinds(rig)).toEqual(['conflict', 'stored'])
      expect(await rig.log.last(KEY)).toMatchObject({ nominal: NOON, count: 5 })
    })

    it('and has expired: the same again with nothing before it, its cursor kept', async () => {
      const rig = await begin()
      await rig.log.append(someFire('a', NOON - SECOND, { ttlSeconds: 1, count: 4 }), 0)
      await expect.poll(() => rig.log.last(KEY), { timeout: 10_000 }).toBeNull()
      const position = { lastSequence: 1, lastNominal: NOON - SECOND, count: 4 }
      expect(await rig.write(someFire('a', NOON, { count: 5 }), position)).toEqual({
        kind: 'stored',
        position: { lastSequence: 2, lastNominal: NOON, count: 5 },
      })
      expect(rig.answers.items[0]).toEqual({ kind: 'conflict' })
    })
  })

  describe('unknown', () => {
    it('after a time-out whose request came through: found there, stored once', async () => {
      const rig = await begin({ timeoutMs: 200 })
      rig.proxy.drop('toClient')
      const written = rig.write(someFire('a'))
      await rig.answers.count(2)
      rig.proxy.mend()
      expect(await written).toMatchObject({ kind: 'settled', position: { lastSequence: 1 } })
      expect((await rig.log.info()).lastSequence).toBe(1)
    })

    it('after a time-out whose request was lost: sent again until it is stored', async () => {
      const rig = await begin({ timeoutMs: 200 })
      rig.proxy.drop('toServer')
      const written = rig.write(someFire('a'))
      await rig.answers.count(2)
      rig.proxy.mend()
      expect(await written).toMatchObject({ position: { lastSequence: 1 } })
      expect((await rig.log.info()).lastSequence).toBe(1)
    })

    it('after a lost connection: sent again on the next, with an alarm if it lasts', async () => {
      const rig = await begin({ timeoutMs: 200 })
      rig.proxy.cut({ stay: true })
      const written = rig.write(someFire('a'))
      await rig.alarms.until((names) => names.includes('log-silent'))
      rig.proxy.mend()
      expect(await written).toMatchObject({ kind: 'stored', position: { lastSequence: 1 } })
      expect(
        kinds(rig)
          .slice(0, -1)
          .every((kind) => kind === 'unknown'),
      ).toBe(true)
    })

    it('while there is no stream (503): stored as soon as it is back', async () => {
      const rig = await begin()
      const { connection } = rig
      await connection.ask(`$JS.API.STREAM.DELETE.${connection.names.fires}`, null, 'deleting the log')
      const written = rig.write(someFire('a'))
      await rig.answers.count(2)
      expect(rig.answers.items[0]).toEqual({ kind: 'unknown', cause: 'no stream takes this subject' })
      await ensureLayout(connection, { firesMaxBytes: 4 * MIB })
      expect(await written).toMatchObject({ kind: 'stored', position: { lastSequence: 1 } })
    })

    it('while the server has too much to do (429): each stored once all the same', async () => {
      const busy = await startNatsServer({ jetstream: 'max_buffered_msgs: 1' })
      closing.push(() => busy.stop())
      const rig = await begin({ on: busy })
      const payload = JSON.stringify('x'.repeat(2_000))
      const schedules = Array.from({ length: 24 }, (_, index) => `s${index}`)
      const outcomes = await Promise.all(
        schedules.map((schedule) => rig.write(someFire(schedule, NOON, { payload }))),
      )
      expect(outcomes.every(({ kind }) => kind === 'stored' || kind === 'settled')).toBe(true)
      expect((await rig.log.info()).lastSequence).toBe(24)
      expect(rig.answers.items).toContainEqual({ kind: 'unknown', cause: 'too many requests' })
    })
  })

  describe('refused, nothing is stored', () => {
    it('10077, the log is full: held with an alarm, stored when there is room', async () => {
      const rig = await begin()
      await rig.log.append(someFire('b', NOON, { payload: JSON.stringify('x'.repeat(2_000)) }), 0)
      const mend = await edit(rig, { max_bytes: 1_024 })
      const written = rig.write(someFire('a'))
      await rig.alarms.count(2)
      expect(rig.answers.items[0]).toMatchObject({ kind: 'refused', code: 10077 })
      expect(await rig.log.last(KEY)).toBeNull()
      await mend()
      expect(await written).toMatchObject({ kind: 'stored', position: { lastSequence: 2 } })
      expect(rig.alarms.items).toContain('log-refuses')
    })

    it('10054, larger than the stream takes: held with an alarm, stored when it is put right', async () => {
      const rig = await begin()
      const mend = await edit(rig, { max_msg_size: 64 })
      const written = rig.write(someFire('a'))
      await rig.alarms.count(2)
      expect(rig.answers.items[0]).toMatchObject({ kind: 'refused', code: 10054 })
      await mend()
      expect(await written).toMatchObject({ kind: 'stored', position: { lastSequence: 1 } })
    })

    it('10002, the account has no room left: held with an alarm, stored when it has', async () => {
      const narrow = await startNatsServer({
        configuration:
          'accounts { A: { jetstream { max_file: 6M }, users: [{user: a, password: a}] } }\nno_auth_user: a',
      })
      closing.push(() => narrow.stop())
      const rig = await begin({ on: narrow })
      const { connection } = rig
      const filler = { name: 'FILLER', subjects: ['filler'], storage: 'file', retention: 'limits' }
      await connection.ask('$JS.API.STREAM.CREATE.FILLER', filler, 'filling')
      // Until not even the smallest finds room.
      for (const size of [512 * 1024, 32 * 1024, 2 * 1024, 128]) {
        const chunk = new Uint8Array(size)
        while (!(await connection.nc.request('filler', chunk)).string().includes('"error"'));
      }
      const written = rig.write(someFire('a'))
      await rig.alarms.count(1)
      expect(rig.answers.items[0]).toMatchObject({ kind: 'refused', code: 10002 })
      await connection.ask('$JS.API.STREAM.DELETE.FILLER', null, 'making room')
      expect(await written).toMatchObject({ kind: 'stored', position: { lastSequence: 1 } })
    })

    it('and whoever may not write any more stops, and stores nothing', async () => {
      const rig = await begin()
      const mend = await edit(rig, { max_msg_size: 64 })
      const written = rig.write(someFire('a'))
      await rig.alarms.count(1)
      rig.allow(false)
      await mend()
      expect(await written).toEqual({ kind: 'stopped' })
      expect((await rig.log.info()).lastSequence).toBe(0)
    })
  })
})
