import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { FireLog, LogRecord } from '../../src/ports/fire-log.ts'
import { someFire } from '../support/entries.ts'
import { connectTo, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

describe('following a stream', () => {
  let server: TestServer
  let proxy: TcpProxy
  let writer: Connection
  let reader: Connection
  let publisher: Publisher
  let log: FireLog
  let ending: AbortController
  let records: Recorder<LogRecord>
  let resets: Recorder<string>
  let stored: number

  beforeEach(async () => {
    server = await startNatsServer({ jetstream: 'sync_interval: always' })
    proxy = await TcpProxy.start(server.port)
    writer = await connectTo(server)
    reader = await connectTo(proxy)
    await ensureLayout(writer, { firesMaxBytes: 16 * 1024 ** 2 })
    publisher = new Publisher(writer)
    log = createNatsFireLog({ connection: writer, publisher })
    ending = new AbortController()
    records = new Recorder()
    resets = new Recorder()
    stored = 0
  })
  afterEach(async () => {
    ending.abort()
    publisher.close()
    await Promise.all([writer.close(), reader.close()])
    await proxy.stop()
    await server.stop()
  })

  async function store(count: number): Promise<void> {
    const schedules = Array.from({ length: count }, () => `s${stored++}`)
    const outcomes = await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
    expect(outcomes.every(({ kind }) => kind === 'stored')).toBe(true)
  }

  function follow(fromSequence = 1): void {
    const following = createNatsFireLog({ connection: reader, publisher })
    following.follow(fromSequence, { onRecord: records.push, onReset: resets.push }, ending.signal)
  }

  const sequences = () => records.items.map((record) => record.sequence)
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

  it('tells everything once and in order over lost connections', async () => {
    follow()
    await store(100)
    await records.count(50)
    proxy.cut()
    await store(100)
    await records.count(150)
    proxy.cut()
    await store(100)
    await records.count(300)
    expect(sequences()).toEqual(upTo(300))
    expect(resets.items).toEqual([])
  })

  it('notices by itself that it hears nothing any more, although the connection stands', async () => {
    follow()
    await store(10)
    await records.count(10)
    proxy.drop('toClient')
    await store(10)
    proxy.mend()
    await records.count(20)
    expect(sequences()).toEqual(upTo(20))
  })

  it('goes on where it was after the server is killed and started again', async () => {
    follow()
    await store(50)
    await records.count(50)
    await server.kill('SIGKILL')
    await server.restart()
    await writer.whenConnected(ending.signal)
    await store(50)
    await records.count(100)
    expect(sequences()).toEqual(upTo(100))
    expect(resets.items).toEqual([])
  })

  it('waits for a stream that is not there yet', async () => {
    await writer.ask(`$JS.API.STREAM.DELETE.${writer.names.fires}`, null, 'deleting the log')
    follow()
    await ensureLayout(writer, { firesMaxBytes: 16 * 1024 ** 2 })
    await store(1)
    await records.count(1)
    expect(sequences()).toEqual([1])
  })

  it('begins anew when the log has lost what was told already', async () => {
    await store(10)
    follow()
    await records.count(10)
    const { fires } = writer.names
    proxy.cut({ stay: true })
    // What a crash does to messages that were not on disk yet, done by a deletion.
    const state = await writer.ask<{ config: object }>(
      `$JS.API.STREAM.INFO.${fires}`,
      null,
      'asking for the log',
    )
    await writer.ask(`$JS.API.STREAM.DELETE.${fires}`, null, 'deleting the log')
    await writer.ask(`$JS.API.STREAM.CREATE.${fires}`, state.config, 'making the log')
    await store(3)
    proxy.mend()
    await records.count(13)
    expect(resets.items).toHaveLength(1)
    expect(sequences().slice(10)).toEqual([1, 2, 3])
  })

  it('reads thousands of records from the middle on without a gap', async () => {
    await store(4_000)
    follow(2_001)
    await records.count(2_000)
    expect(sequences()).toEqual(upTo(4_000).slice(2_000))
  })
})
