import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectBelfry } from '../../src/client/index.ts'
import { examplePrograms } from '../support/example-program.ts'
import { startInstallation } from '../support/installation.ts'

let installation: Awaited<ReturnType<typeof startInstallation>>
let programs: ReturnType<typeof examplePrograms>

beforeAll(async () => {
  installation = await startInstallation({})
  const { server, prefix } = installation
  programs = examplePrograms('embed-in-http-api', { NATS_URL: server.url, BELFRY_PREFIX: prefix, PORT: '0' })
})
afterAll(async () => {
  programs.killAll()
  await installation.stop()
})

function start(program: string) {
  const started = programs.start(program)
  const url = async () => /http:\S+/.exec(await started.said('listens on'))?.[0] ?? ''
  return { ...started, url }
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
    one.kill('SIGKILL')
    const again = await invoice(url, 'acme', 'order-17')
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ run, already: true })
    await two.said('this instance leads')

    const schedules = (await (await fetch(`${url}/schedules`)).json()) as {
      name: string
      condition: string
    }[]
    expect(schedules).toMatchObject([{ name: 'invoices-nightly', condition: 'Ready' }])

    expect(await api.stop()).toBe(0)
    expect(await two.stop()).toBe(0)
    await two.said('stopped')
    const client = await connectBelfry({
      nats: { servers: installation.server.url, prefix: installation.prefix },
    })
    // The lease was released, not left to be found dead.
    expect((await client.look()).leader).toBeNull()
    await client.close()
  })
})
