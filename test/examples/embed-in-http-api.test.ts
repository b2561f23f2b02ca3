import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectBelfry } from '../../src/client/index.ts'
import { startInstallation } from '../support/installation.ts'
import { Recorder } from '../support/recorder.ts'

const FOLDER = fileURLToPath(new URL('../../examples/embed-in-http-api', import.meta.url))

let installation: Awaited<ReturnType<typeof startInstallation>>
const children: ChildProcess[] = []

beforeAll(async () => {
  installation = await startInstallation({})
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await installation.stop()
})

/** Runs a program of the example; its output as lines, and its exit code. */
function start(program: string) {
  const { server, prefix } = installation
  const env = { ...process.env, NATS_URL: server.url, BELFRY_PREFIX: prefix, PORT: '0' }
  const child = spawn(process.execPath, [program], { cwd: FOLDER, env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const lines = new Recorder<string>()
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) lines.push(part)
    })
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  const said = async (text: string, count = 1): Promise<string> => {
    const found = (all: readonly string[]) => all.filter((line) => line.includes(text))
    return found(await lines.until((all) => found(all).length >= count))[count - 1] ?? ''
  }
  const url = async () => /http:\S+/.exec(await said('listens on'))?.[0] ?? ''
  return { child, ended, said, url }
}

const invoice = (url: string, customer: unknown, key: string) =>
  fetch(`${url}/invoice-runs`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
    body: JSON.stringify({ customer }),
  })

describe('belfry inside an HTTP API', () => {
  it('fires what another process asks for, over the change of the host that leads, and stops cleanly', async () => {
    const one = start('host.mjs')
    const hostUrl = await one.url()
    await one.said('the tree is applied')
    expect(await (await fetch(`${hostUrl}/health`)).json()).toEqual({ status: 'ok', leads: true })
    const two = start('host.mjs')
    await two.said('"ready"')
    const api = start('api.mjs')
    const url = await api.url()

    const first = await invoice(url, 'acme', 'order-17')
    expect(first.status).toBe(202)
    const { run } = (await first.json()) as { run: string }
    const records = await installation.records.until((items) => items.some(({ fireId }) => fireId === run))
    const sequence = records.find(({ fireId }) => fireId === run)?.sequence ?? 0
    expect(JSON.parse((await installation.log.fire(sequence))?.payload ?? '')).toEqual({
      customer: 'acme',
      dryRun: false,
    })
    expect((await invoice(url, 7, 'order-18')).status).toBe(422)

    // The host that leads is killed; the next call waits for the other one, and finds the same run.
    one.child.kill('SIGKILL')
    const again = await invoice(url, 'acme', 'order-17')
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ run, already: true })
    await two.said('this instance leads')

    const schedules = (await (await fetch(`${url}/schedules`)).json()) as {
      name: string
      condition: string
    }[]
    expect(schedules).toMatchObject([{ name: 'invoices-nightly', condition: 'Ready' }])

    api.child.kill('SIGTERM')
    expect(await api.ended).toBe(0)
    two.child.kill('SIGTERM')
    expect(await two.ended).toBe(0)
    await two.said('stopped')
    const client = await connectBelfry({
      nats: { servers: installation.server.url, prefix: installation.prefix },
    })
    // The lease was released, not left to be found dead.
    expect((await client.look()).leader).toBeNull()
    await client.close()
  })
})
