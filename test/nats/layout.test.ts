import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/nats/connection.ts'
import { ensureLayout, layoutError } from '../../src/nats/layout.ts'
import { type StreamState, streamState } from '../../src/nats/streams.ts'
import type { Logger } from '../../src/ports/telemetry.ts'
import { startNatsCluster } from '../support/nats-cluster.ts'
import {
  connectTo,
  freshPrefix,
  silentLogger,
  startNatsServer,
  type TestServer,
} from '../support/nats-server.ts'

const SMALL = { firesMaxBytes: 1_000_000 }

describe('the layout', () => {
  let server: TestServer
  let connection: Connection

  beforeAll(async () => {
    server = await startNatsServer({ jetstream: 'max_file_store: 100MB' })
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    connection = await connectTo(server, { prefix: freshPrefix() })
  })
  afterEach(() => connection.close())

  async function configuration(stream: string): Promise<StreamState['config']> {
    const state = await streamState(connection, stream)
    if (state === null) throw new Error(`there is no stream ${stream}`)
    return state.config
  }

  /** Deletes a stream and makes another of its name. */
  async function replace(stream: string, config: object): Promise<void> {
    await connection.ask(`$JS.API.STREAM.DELETE.${stream}`, null, 'deleting a stream')
    await connection.ask(`$JS.API.STREAM.CREATE.${stream}`, { name: stream, ...config }, 'making a stream')
  }

  const change = (stream: string, config: object) =>
    connection.ask(`$JS.API.STREAM.UPDATE.${stream}`, config, 'changing a stream')

  it('is made where nothing is, and left alone where it is right', async () => {
    const first = await ensureLayout(connection, SMALL)
    expect(first.created).toHaveLength(15)
    expect(first.differences).toEqual([])
    const second = await ensureLayout(connection, SMALL)
    expect(second).toEqual({ created: [], updated: [], unchanged: first.created, differences: [] })
    expect(layoutError(second)).toBeNull()
  })

  it('makes the log so that nothing in it is dropped, purged or swallowed', async () => {
    await ensureLayout(connection, SMALL)
    expect(await configuration(connection.names.fires)).toMatchObject({
      subjects: [`${connection.names.prefix}.fire.>`],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      max_bytes: 1_000_000,
      deny_purge: true,
      deny_delete: true,
      allow_msg_ttl: true,
      allow_atomic: true,
      allow_direct: true,
      max_age: 0,
      num_replicas: 1,
    })
  })

  it("makes the lease so that every read of it is the leader's", async () => {
    await ensureLayout(connection, SMALL)
    expect((await configuration(`KV_${connection.names.lease}`)).allow_direct).toBe(false)
    expect((await configuration(`KV_${connection.names.live}`)).allow_direct).toBe(true)
  })

  it('is made once by instances that start at the same moment', async () => {
    const others = await Promise.all(
      [1, 2, 3].map(() => connectTo(server, { prefix: connection.names.prefix })),
    )
    const reports = await Promise.all([connection, ...others].map((each) => ensureLayout(each, SMALL)))
    expect(reports.flatMap((report) => report.created).length).toBeGreaterThanOrEqual(13)
    expect(reports.flatMap((report) => report.differences)).toEqual([])
    await Promise.all(others.map((other) => other.close()))
  })

  it('puts a safe setting of its own streams back', async () => {
    await ensureLayout(connection, SMALL)
    const { fires } = connection.names
    await change(fires, { ...(await configuration(fires)), discard: 'old', max_age: 3_600_000_000_000 })
    expect((await ensureLayout(connection, SMALL)).updated).toEqual([`stream ${fires}`])
    expect(await configuration(fires)).toMatchObject({ discard: 'new', max_age: 0 })
  })

  it('leaves what the operator chose, until the operator chooses again', async () => {
    await ensureLayout(connection, SMALL)
    const { fires } = connection.names
    await change(fires, { ...(await configuration(fires)), max_bytes: 2_000_000 })
    expect((await ensureLayout(connection)).updated).toEqual([])
    expect((await configuration(fires)).max_bytes).toBe(2_000_000)
    expect((await ensureLayout(connection, { firesMaxBytes: 3_000_000 })).updated).toEqual([
      `stream ${fires}`,
    ])
    expect((await configuration(fires)).max_bytes).toBe(3_000_000)
  })

  it('reports every field of a stream that somebody else made, and changes none', async () => {
    await ensureLayout(connection, SMALL)
    const { fires, prefix } = connection.names
    await replace(fires, {
      subjects: [`${prefix}.fire.>`],
      storage: 'memory',
      discard: 'old',
      max_bytes: 1_000_000,
    })
    const report = await ensureLayout(connection, SMALL)
    const fields = report.differences.map(({ field }) => field)
    expect(fields).toEqual(
      expect.arrayContaining(['storage', 'discard', 'deny_purge', 'deny_delete', 'allow_msg_ttl']),
    )
    expect(report.differences[0]).toMatchObject({
      object: `stream ${fires}`,
      reason: 'made by somebody else',
    })
    expect(await configuration(fires)).toMatchObject({ storage: 'memory', discard: 'old' })
    const error = layoutError(report)
    expect(error).toMatchObject({ code: 'nats-layout' })
    expect(error?.message).toContain(`stream ${fires}: storage is "memory", expected "file"`)
  })

  it('takes a stream that somebody else made exactly right', async () => {
    await ensureLayout(connection, SMALL)
    const { fires } = connection.names
    const { metadata: _, name: __, ...config } = await configuration(fires)
    await replace(fires, config)
    expect((await ensureLayout(connection, SMALL)).differences).toEqual([])
  })

  it('reports what cannot be changed in a stream of its own', async () => {
    await ensureLayout(connection, SMALL)
    const { fires, prefix } = connection.names
    const { metadata, deny_delete, deny_purge } = await configuration(fires)
    await replace(fires, {
      subjects: [`${prefix}.fire.*.>`],
      metadata,
      deny_delete,
      deny_purge,
      max_bytes: 1_000_000,
    })
    const report = await ensureLayout(connection, SMALL)
    expect(report.differences).toEqual([
      {
        object: `stream ${fires}`,
        field: 'subjects',
        expected: [`${prefix}.fire.>`],
        found: [`${prefix}.fire.*.>`],
        reason: 'cannot be changed',
      },
    ])
  })

  it('says what to do when the server has no room for the log', async () => {
    await expect(ensureLayout(connection, { firesMaxBytes: 1_000_000_000 })).rejects.toMatchObject({
      code: 'nats-refused',
      message: expect.stringContaining('choose a smaller limit for the log'),
    })
  })
})

describe('the layout on three nodes of which one is late', () => {
  it('is made once that one has joined, unless a stop is asked for; a log that does not fit is refused at once', async () => {
    const cluster = await startNatsCluster({ late: 1, jetstream: 'max_file_store: 100MB' })
    try {
      const stopping = new AbortController()
      const impatient = await connectTo(cluster, {
        prefix: freshPrefix(),
        logger: { ...silentLogger, warn: () => stopping.abort() },
      })
      await expect(ensureLayout(impatient, { ...SMALL, replicas: 3 }, stopping.signal)).rejects.toMatchObject(
        {
          code: 'nats-unavailable',
          retryable: true,
        },
      )
      await impatient.close()

      let joining: Promise<void> | undefined
      const logger: Logger = {
        ...silentLogger,
        warn(_, fields) {
          if (String(fields?.error).endsWith('no suitable peers for placement (10005)'))
            joining ??= cluster.nodes[2]!.start()
        },
      }
      const connection = await connectTo(cluster, { prefix: freshPrefix(), logger })
      const { created } = await ensureLayout(connection, { ...SMALL, replicas: 3 })
      expect(created).toHaveLength(15)
      expect(joining).toBeDefined()
      await joining

      await connection.ask(`$JS.API.STREAM.DELETE.${connection.names.fires}`, null, 'deleting a stream')
      const tooBig = ensureLayout(connection, { firesMaxBytes: 1_000_000_000, replicas: 3 })
      await expect(tooBig).rejects.toMatchObject({
        code: 'nats-refused',
        message: expect.stringContaining('choose a smaller limit for the log'),
      })
      await connection.close()
    } finally {
      await cluster.stop()
    }
  }, 60_000)
})
