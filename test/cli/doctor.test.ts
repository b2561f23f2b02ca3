import { createServer } from 'node:http'
import { headers } from '@nats-io/nats-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bucketStream } from '../../src/nats/names.ts'
import { streamState } from '../../src/nats/streams.ts'
import type { BelfryProcess } from '../support/belfry-process.ts'
import { belfry } from '../support/command-line.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { connectTo, freshPrefix, startNatsServer } from '../support/nats-server.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'

const TREE = ADAPTER_AND_JOB + scheduleText('tick', 'timezone: UTC, triggers: [{every: 1s}]')

let installation: Installation
let serve: BelfryProcess
beforeAll(async () => {
  installation = await startInstallation({ 'tree.yaml': TREE })
  serve = installation.serve('one')
  await serve.said('the tree is applied')
})
afterAll(() => installation.stop())

/** What doctor says, by check: verdict and message. */
async function doctor(url: string, prefix: string, ...more: readonly string[]) {
  const access = ['--nats', url, '--prefix', prefix, '--format', 'json']
  const { code, stdout } = await belfry(installation.tree, 'doctor', ...more, ...access)
  const { findings, healthy } = JSON.parse(stdout) as {
    healthy: boolean
    findings: { check: string; verdict: string; message: string; cure: string | null }[]
  }
  expect(healthy).toBe(code === 0)
  // Whatever is not well comes with what to do about it.
  expect(findings.filter(({ verdict, cure }) => (verdict === 'ok') !== (cure === null))).toEqual([])
  return {
    code,
    said: Object.fromEntries(
      findings.map(({ check, verdict, message }) => [check, `${verdict}: ${message}`]),
    ),
  }
}
const here = (...more: readonly string[]) => doctor(installation.server.url, installation.prefix, ...more)

describe('belfry doctor', () => {
  it('finds nothing wrong with what runs, and warns of what could go wrong', async () => {
    const { code, said } = await here('.')
    expect(code).toBe(0)
    expect(said).toMatchObject({
      tree: 'ok: 3 valid manifests',
      server: expect.stringMatching(/^ok: .* version 2\./),
      layout: expect.stringMatching(/^ok: /),
      replicas: expect.stringMatching(/^warn: one copy/),
      clock: expect.stringMatching(/^ok: /),
      leader: expect.stringMatching(/^ok: one leads/),
      instances: expect.stringMatching(/^warn: 1 of 1/),
      sources: expect.stringMatching(/^ok: /),
      drift: expect.stringMatching(/^ok: /),
    })
  })

  it('has no word about instances any more when a second one stands by', async () => {
    const second = installation.serve('two')
    await second.said('ready')
    const { said } = await here()
    expect(said.instances).toBe('ok: 2 are there, of the same version')
    expect(await second.stop()).toBe(0)
  })

  it('says that a server cannot be reached', async () => {
    const { code, said } = await doctor('nats://127.0.0.1:1', 'belfry')
    expect(code).toBe(1)
    expect(said.server).toMatch(/^fail: .*cannot be reached/)
  })

  it('says that a server has no JetStream', async () => {
    const server = await startNatsServer({ jetstream: null })
    const { code, said } = await doctor(server.url, 'belfry')
    await server.stop()
    expect(code).toBe(1)
    expect(said.server).toMatch(/^fail: .*JetStream/)
  })

  it('says that nothing is set up, and sets nothing up', async () => {
    const prefix = freshPrefix()
    const { code, said } = await doctor(installation.server.url, prefix)
    expect(code).toBe(1)
    expect(said.layout).toBe('fail: nothing of belfry is there')
    const connection = await connectTo(installation.server, { prefix })
    expect(await streamState(connection, bucketStream(connection.names.live))).toBeNull()
    await connection.close()
  })

  it('names the field of a stream that somebody has changed', async () => {
    const connection = await connectTo(installation.server, { prefix: installation.prefix })
    const { fires } = connection.names
    const { config } = (await streamState(connection, fires))!
    const change = (discard: string) =>
      connection.ask(`$JS.API.STREAM.UPDATE.${fires}`, { ...config, discard }, 'changing the log')
    await change('old')
    const { code, said } = await here()
    await change('new')
    await connection.close()
    expect(code).toBe(1)
    expect(said.layout).toBe(`fail: not as they must be: stream ${fires} (discard)`)
  })

  it('names what another hand has put into live state, until it is taken out', async () => {
    const connection = await connectTo(installation.server, { prefix: installation.prefix })
    const subject = `$KV.${connection.names.live}.Schedule.default.other`
    await connection.nc.request(subject, 'oops')
    const { code, said } = await here()
    expect(code).toBe(0)
    expect(said.drift).toBe('warn: changed by another hand: the live entry Schedule/default/other')
    const removal = headers()
    removal.set('KV-Operation', 'DEL')
    await connection.nc.request(subject, '', { timeout: 5_000, headers: removal })
    await connection.close()
    expect((await here()).said.drift).toMatch(/^ok: /)
  })

  it('tells a tree that is not valid, on disk and as it was tried', async () => {
    const from = serve.lines.items.length
    installation.write('broken.yaml', 'kind: Nothing\n')
    await serve.said('the tree is not valid: the last good one keeps firing', from)
    const { code, said } = await here('.')
    expect(code).toBe(1)
    expect(said.tree).toMatch(/^fail: /)
    expect(said.sources).toMatch(/^fail: main is invalid/)
    const later = serve.lines.items.length
    installation.remove('broken.yaml')
    await serve.said('the tree is good again, and live state is equal to it', later)
  })

  it('asks the monitoring port when the server writes to disk', async () => {
    for (const [sync_always, expected] of [
      [true, /^ok: .*before it acknowledges/],
      [false, /^warn: .*up to 120 s/],
    ] as const) {
      const jetstream = { config: { sync_interval: 120e9, sync_always } }
      const monitor = createServer((_, response) => response.end(JSON.stringify({ jetstream })))
      await new Promise<void>((resolve) => monitor.listen(0, '127.0.0.1', resolve))
      const { port } = monitor.address() as { port: number }
      const { said } = await here('--monitor', `http://127.0.0.1:${port}`)
      expect(said.sync).toMatch(expected)
      await new Promise((resolve) => monitor.close(resolve))
    }
  })

  it('is not deceived by the last words of a leader that hangs', async () => {
    serve.signal('SIGSTOP')
    const { code, said } = await here()
    serve.signal('SIGCONT')
    expect(code).toBe(1)
    expect(said.leader).toMatch(/^fail: one leads by its last word/)
  })
})
