import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/nats/connection.ts'
import { NOON, someFire, someMarker } from '../support/entries.ts'
import { connectTo, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { openNatsPorts, type Ports } from '../support/ports.ts'
import { Recorder } from '../support/recorder.ts'

const program = fileURLToPath(new URL('../../examples/worker-plain-nats/worker.mjs', import.meta.url))

describe('the program of the worker without belfry', () => {
  let server: TestServer
  let connection: Connection
  let ports: Ports

  beforeAll(async () => {
    server = await startNatsServer()
    connection = await connectTo(server)
    ports = await openNatsPorts(connection)
  })
  afterAll(async () => {
    await ports.close()
    await server.stop()
  })

  function run(adapter: string) {
    const child = spawn(process.execPath, [program, adapter], {
      env: { ...process.env, NATS_URL: server.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const printed = new Recorder<string>()
    const said = new Recorder<string>()
    createInterface({ input: child.stdout }).on('line', printed.push)
    createInterface({ input: child.stderr }).on('line', said.push)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { child, printed, said, ended }
  }

  it('imports nothing of belfry', () => {
    const imports = [...readFileSync(program, 'utf8').matchAll(/^import .* from '(.*)'$/gm)].map(
      (match) => match[1],
    )
    expect(imports).toEqual(['@nats-io/jetstream', '@nats-io/transport-node'])
  })

  it('receives exactly the fires of its adapter, as CloudEvents, acknowledges them, and ends cleanly', async () => {
    const consumer = { tenant: 'default', concurrency: 4, ackWaitMs: 60_000, paused: false, digest: 'd' }
    await ports.consumers.ensure({ ...consumer, adapter: 'zerodha' })
    await ports.consumers.ensure({ ...consumer, adapter: 'kite' })
    const worker = run('zerodha')
    await worker.said.count(1)
    const { log } = ports
    await log.append(someFire('a', NOON, { payload: '{"portfolio":"Zürich"}', message: 'Run Import' }), 0)
    await log.append(someFire('b', NOON, { adapter: 'kite' }), 0)
    await log.append(someMarker('c'), 0)
    await log.append(someFire('d'), 0)
    const lines = await worker.printed.count(2)
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toBe(0)
    expect(worker.printed.items).toHaveLength(2)
    const [first, second] = lines.map((line) => JSON.parse(line))
    expect(first).toMatchObject({
      specversion: '1.0',
      id: 'default/a@2026-01-27T12:00:00Z',
      type: 'Run Import',
      time: '2026-01-27T12:00:00Z',
      datacontenttype: 'application/json',
      'belfry-reason': 'scheduled',
      data: { portfolio: 'Zürich' },
    })
    expect(second.id).toBe('default/d@2026-01-27T12:00:00Z')
    expect((await ports.consumers.list()).map(({ adapter, pending }) => [adapter, pending]).sort()).toEqual([
      ['kite', 1],
      ['zerodha', 0],
    ])
  })

  it('says what is missing when its adapter is not there', async () => {
    const worker = run('nobody')
    expect(await worker.ended).toBe(1)
    expect(worker.said.items[0]).toContain('there is no consumer default_nobody on BELFRY_FIRES')
  })
})
