import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BelfryEvent } from '../../src/core/events.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { NatsEventSink } from '../../src/nats/events.ts'
import { followStream } from '../../src/nats/feed.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

type Stored = { readonly subject: string; readonly event: Record<string, unknown> }

function alarm(index: number): BelfryEvent {
  return { type: 'alarm', name: 'log-full', facts: { index } }
}

describe('the event stream', () => {
  let server: TestServer
  let proxy: TcpProxy
  let connection: Connection
  let publisher: Publisher
  let ending: AbortController

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    proxy = await TcpProxy.start(server.port)
    connection = await connectTo(proxy, { prefix: freshPrefix() })
    await ensureLayout(connection, { firesMaxBytes: 1_000_000 })
    publisher = new Publisher(connection, { timeoutMs: 500 })
    ending = new AbortController()
  })
  afterEach(async () => {
    ending.abort()
    publisher.close()
    await connection.close()
    await proxy.stop()
  })

  function stored(): Recorder<Stored> {
    const recorder = new Recorder<Stored>()
    const { names } = connection
    followStream(
      {
        connection,
        stream: names.events,
        filter: names.eventSubjects,
        from: 1,
        headersOnly: false,
        onMessage: ({ subject, message }) => recorder.push({ subject, event: message.json() }),
      },
      ending.signal,
    )
    return recorder
  }

  it('has each event under a subject that says what it is about', async () => {
    const sink = new NatsEventSink({ connection, publisher, instance: 'one' })
    sink.emit({ type: 'applied', source: 'main', revision: 'r1', facts: { created: 1 } })
    sink.emit({ type: 'leader-changed', instance: 'one', term: 2 })
    sink.emit({ type: 'suspended', tenant: 'acme', schedule: 'a', facts: {} })
    sink.emit(alarm(1))
    await sink.flush(5_000)
    const events = await stored().count(4)
    expect(events.map(({ subject }) => subject.slice(connection.names.prefix.length))).toEqual([
      '.event.source.main.applied',
      '.event.leader.leader-changed',
      '.event.schedule.acme.a.suspended',
      '.event.alarm.log-full',
    ])
    expect(events[0]?.event).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      instance: 'one',
      type: 'applied',
      source: 'main',
      revision: 'r1',
      facts: { created: 1 },
    })
  })

  it('has all events once and in order, also those emitted while the server was away or its answers were lost', async () => {
    const sink = new NatsEventSink({ connection, publisher })
    for (let index = 0; index < 100; index += 1) sink.emit(alarm(index))
    await sink.flush(5_000)
    proxy.drop('toClient')
    for (let index = 100; index < 200; index += 1) sink.emit(alarm(index))
    await sink.flush(700)
    proxy.cut({ stay: true })
    for (let index = 200; index < 300; index += 1) sink.emit(alarm(index))
    proxy.mend()
    await sink.flush(20_000)
    const events = await stored().count(300)
    expect(events.map(({ event }) => (event.facts as { index: number }).index)).toEqual(
      Array.from({ length: 300 }, (_, index) => index),
    )
    expect(sink.dropped).toBe(0)
  })

  it('gives the newest up, and counts them, when too many wait', async () => {
    const sink = new NatsEventSink({ connection, publisher, capacity: 10 })
    proxy.cut({ stay: true })
    for (let index = 0; index < 15; index += 1) sink.emit(alarm(index))
    expect(sink.dropped).toBe(5)
    sink.close()
  })

  it('waits no longer for the server than it is told to', async () => {
    const sink = new NatsEventSink({ connection, publisher })
    proxy.cut({ stay: true })
    sink.emit(alarm(1))
    await sink.flush(20)
    sink.close()
    expect(sink.dropped).toBe(0)
  })
})
