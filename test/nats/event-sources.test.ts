import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsEventSources } from '../../src/nats/event-sources.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { LOG_BYTES } from '../support/live-instances.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'

const WATCH = { tenant: 'default', schedule: 'ship', subject: 'orders.>' }

describe('a stream that no event trigger can wait on', () => {
  let server: TestServer
  let connection: Connection
  beforeAll(async () => {
    server = await startNatsServer()
    connection = await connectTo(server, { prefix: freshPrefix() })
    await ensureLayout(connection, { firesMaxBytes: LOG_BYTES })
  })
  afterAll(async () => {
    await connection.close()
    await server.stop()
  })

  const make = (name: string, config: object) =>
    connection.ask(`$JS.API.STREAM.CREATE.${name}`, { name, storage: 'memory', ...config }, 'making a stream')
  const ensure = (stream: string) =>
    createNatsEventSources(connection).ensure({ ...WATCH, stream }, { after: Date.UTC(2026, 0, 1) })

  it.each([
    ['is not there', 'NONE', null, 'there is no stream NONE'],
    ['is a work queue', 'WORK', { subjects: ['orders.>'], retention: 'workqueue' }, 'deliver all'],
  ])('because it %s says so', async (_, stream, config, because) => {
    if (config !== null) await make(stream, config)
    expect(await ensure(stream)).toMatchObject({ kind: 'waits', because: expect.stringContaining(because) })
  })

  it("is belfry's own, whatever its prefix, or takes its messages from such a one", async () => {
    const { runs } = connection.names
    await make('COPY', { sources: [{ name: runs }] })
    await make('MIRROR', { mirror: { name: runs } })
    for (const stream of [runs, 'COPY', 'MIRROR'])
      expect(await ensure(stream)).toMatchObject({ kind: 'waits', because: expect.stringContaining(runs) })
  })
})
