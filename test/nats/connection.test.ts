import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const forever = new AbortController().signal

describe('a connection', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startNatsServer({
      configuration: `
        accounts {
          A { jetstream: enabled, users: [{ user: "belfry", password: "s3cret" }] }
          B { users: [{ user: "plain", password: "s3cret" }] }
        }`,
    })
  })
  afterAll(() => server.stop())

  const url = (credentials: string) => `nats://${credentials}@127.0.0.1:${server.port}`

  it('takes user and password from the URL, and never shows them', async () => {
    const connection = await connectTo({ url: url('belfry:s3cret') })
    expect(connection.connected).toBe(true)
    expect(connection.server).not.toContain('s3cret')
    await connection.close()
    const refused = await connectTo({ url: url('belfry:wr0ng') }).catch((error: Error) => error)
    expect(refused).toMatchObject({ code: 'nats-unauthorized' })
    expect((refused as Error).message).not.toContain('wr0ng')
  })

  it('says that nobody is there, and where', async () => {
    await expect(connectTo({ url: 'nats://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'nats-unreachable',
      retryable: true,
      message: expect.stringContaining('nats://127.0.0.1:1'),
    })
  })

  it('says that an account has no JetStream', async () => {
    await expect(connectTo({ url: url('plain:s3cret') })).rejects.toMatchObject({ code: 'nats-no-jetstream' })
  })

  it('refuses what is not the URL of a NATS server', async () => {
    for (const wrong of ['http://127.0.0.1:4222', 'nats://', 'not a url']) {
      await expect(connectTo({ url: wrong }), wrong).rejects.toMatchObject({ code: 'usage' })
    }
  })

  it('comes back after any number of cuts, and tells who listens', async () => {
    const proxy = await TcpProxy.start(server.port)
    const connection = await connectTo({ url: proxy.url.replace('//', '//belfry:s3cret@') })
    const told: boolean[] = []
    connection.onChange((connected) => told.push(connected), forever)
    for (let round = 0; round < 3; round += 1) {
      const lost = new Promise<void>((resolve) => {
        const once = new AbortController()
        connection.onChange((connected) => {
          if (connected) return
          once.abort()
          resolve()
        }, once.signal)
      })
      proxy.cut()
      await lost
      expect(await connection.whenConnected(forever)).toBe(true)
      await connection.ask('$JS.API.INFO', null, 'asking for JetStream')
    }
    expect(told).toEqual([false, true, false, true, false, true])
    await connection.close()
    await proxy.stop()
  })

  it('ends a wait for it when the wait is aborted', async () => {
    const proxy = await TcpProxy.start(server.port)
    const connection = await connectTo({ url: proxy.url.replace('//', '//belfry:s3cret@') })
    const lost = new Promise<void>((resolve) =>
      connection.onChange((connected) => !connected && resolve(), forever),
    )
    proxy.cut({ stay: true })
    await lost
    const ending = new AbortController()
    const waiting = connection.whenConnected(ending.signal)
    ending.abort()
    expect(await waiting).toBe(false)
    await connection.close()
    await proxy.stop()
  })
})
