import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectBelfry } from '../../src/client/client.ts'
import type { DeadLetterView } from '../../src/client/dead-letters.ts'
import type { RunPage } from '../../src/client/run-views.ts'
import type { WorkerView } from '../../src/client/worker-views.ts'
import { createNatsAdapterConsumers } from '../../src/nats/adapter-consumers.ts'
import { PermanentError } from '../../src/worker/outcome-errors.ts'
import type { Run } from '../../src/worker/run.ts'
import { type Operated, startOperated } from '../support/operated.ts'
import { Recorder } from '../support/recorder.ts'

const TENANTS = ['red', 'blue'] as const
type Tenant = (typeof TENANTS)[number]

/** All names are the same in both. */
const manifests = (tenant: Tenant) => `
apiVersion: belfry/v1
kind: Tenant
metadata: {name: ${tenant}, tenant: ${tenant}}
spec: {limits: {schedules: 3}}
---
apiVersion: belfry/v1
kind: Adapter
metadata: {name: market, tenant: ${tenant}}
spec: {concurrency: ${tenant === 'red' ? 4 : 5}}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: import, tenant: ${tenant}}
spec: {adapter: market, message: Import, concurrencyKey: portfolio, data: {portfolio: main, of: ${tenant}}}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: daily, tenant: ${tenant}}
spec: {job: import, timezone: UTC, triggers: [{at: "2099-01-01T00:00:00Z"}]}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: tick, tenant: ${tenant}}
spec: {job: import, timezone: UTC, triggers: [{every: 1s}], overlap: skip}
`

let operated: Operated
beforeAll(async () => {
  operated = await startOperated(...TENANTS.map(manifests))
  for (const tenant of TENANTS) await operated.run('pause', `schedule/${tenant}/tick`, '--reason', 'not yet')
})
afterEach(() => operated.restWorkers())
afterAll(() => operated.stop())

const trigger = async (tenant: Tenant, ...args: readonly string[]): Promise<string> =>
  (await operated.run('trigger', 'daily', '--tenant', tenant, ...args)).stdout.trim()
const work = (tenant: Tenant, handler: (run: Run) => unknown) => operated.work('vm-1', handler, { tenant })
const firesOf = (tenant: Tenant) =>
  operated.live.records.items.filter(
    ({ key, kind }) => key.tenant === tenant && key.schedule === 'tick' && kind === 'fire',
  )

describe('two tenants with the same names', () => {
  it('have fires of their own, and a run of one that goes on stands in no way of the other', async () => {
    const red = new Recorder<{ readonly run: Run; readonly end: () => void }>()
    const blue = new Recorder<Run>()
    await work('red', (run) => new Promise<void>((end) => red.push({ run, end })))
    await work('blue', (run) => blue.push(run))
    for (const tenant of TENANTS) await operated.run('resume', `schedule/${tenant}/tick`)
    const [going] = await red.count(1)
    await blue.count(3)
    for (const tenant of TENANTS) await operated.run('pause', `schedule/${tenant}/tick`, '--reason', 'done')
    going!.end()
    expect(red.items.map(({ run }) => run.tenant)).toEqual(['red'])
    expect(red.items[0]!.run.data).toMatchObject({ of: 'red' })
    expect(new Set(blue.items.map(({ tenant, data }) => `${tenant} ${(data as { of: string }).of}`))).toEqual(
      new Set(['blue blue']),
    )
    expect(firesOf('red')).toHaveLength(1)
    expect(firesOf('blue').length).toBeGreaterThanOrEqual(3)
    await operated.until(going!.run.id, 'succeeded')
  })

  it('have pauses of their own: of a schedule, of the tenant, of an adapter', async () => {
    const ids = new Recorder<string>()
    for (const tenant of TENANTS) await work(tenant, ({ id }) => ids.push(id))
    for (const target of ['schedule/red/daily', 'job/red/import', 'tenant/red']) {
      await operated.run('pause', target, '--reason', 'release')
      expect(await operated.run('trigger', 'red/daily'), target).toMatchObject({ code: 1, stdout: '' })
      expect(await operated.run('trigger', 'blue/daily'), target).toMatchObject({ code: 0 })
      await operated.run('resume', target)
    }
    await operated.run('pause', 'adapter/red/market', '--reason', 'release')
    const held = await trigger('red')
    const delivered = await trigger('blue')
    await operated.until(delivered, 'succeeded')
    expect(ids.items).not.toContain(held)
    await operated.run('resume', 'adapter/red/market')
    await operated.until(held, 'succeeded')
  })

  it('have runs of their own: one key is a run in each, and neither sees those of the other', async () => {
    for (const tenant of TENANTS) await work(tenant, () => 1)
    const red = await trigger('red', '--key', 'order-17')
    const blue = await trigger('blue', '--key', 'order-17')
    expect([red.split('/')[0], blue.split('/')[0]]).toEqual(['red', 'blue'])
    expect(red.split('/')[1]).toBe(blue.split('/')[1])
    await operated.until(red, 'succeeded')
    await operated.until(blue, 'succeeded')
    const { runs } = await operated.json<RunPage>('runs', 'list', '--tenant', 'red', '--limit', '100')
    expect(runs.map(({ run }) => run)).toContain(red)
    expect(new Set(runs.map(({ tenant }) => tenant))).toEqual(new Set(['red']))
  })

  it('have dead letters of their own', async () => {
    for (const tenant of TENANTS)
      await work(tenant, () => {
        throw new PermanentError(`of ${tenant}`)
      })
    const dead = [await trigger('red', '--key', 'dies'), await trigger('blue', '--key', 'dies')]
    const letters = async (tenant: Tenant) =>
      (await operated.json<{ letters: DeadLetterView[] }>('dead', 'list', '--tenant', tenant)).letters
    for (const [index, tenant] of TENANTS.entries()) {
      const found = expect.poll(() => letters(tenant), { timeout: 20_000 })
      await found.toMatchObject([{ run: dead[index], tenant, error: `of ${tenant}` }])
    }
    await operated.run('dead', 'discard', '--tenant', 'red', '--yes')
    expect(await letters('red')).toEqual([])
    expect(await letters('blue')).toHaveLength(1)
  })

  it('have locks of their own: one concurrency key holds nobody up in the other', async () => {
    const gates = new Recorder<{ readonly tenant: string; readonly end: () => void }>()
    for (const tenant of TENANTS)
      await work(tenant, () => new Promise<void>((end) => gates.push({ tenant, end })))
    const runs = [await trigger('red'), await trigger('blue')]
    // Both are in hand at once.
    const both = await gates.count(2)
    expect(new Set(both.map(({ tenant }) => tenant))).toEqual(new Set(TENANTS))
    for (const { end } of both) end()
    for (const run of runs) await operated.until(run, 'succeeded')
  })

  it('have workers and consumers of their own', async () => {
    for (const tenant of TENANTS) await work(tenant, () => 1)
    const workers = await operated.json<WorkerView[]>('workers', '--tenant', 'blue')
    expect(workers.map(({ tenant, adapter, instance }) => [tenant, adapter, instance])).toEqual([
      ['blue', 'market', 'vm-1'],
    ])
    const consumers = await createNatsAdapterConsumers({ connection: operated.live.connection }).list()
    expect(consumers.map(({ tenant, adapter }) => `${tenant}/${adapter}`).sort()).toEqual([
      'blue/market',
      'red/market',
    ])
  })

  it('have events of their own', async () => {
    const { events } = await operated.json<{ events: { tenant?: string; target?: string }[] }>(
      'events',
      '--tenant',
      'red',
    )
    expect(events.length).toBeGreaterThan(0)
    expect(events.filter(({ tenant, target }) => (tenant ?? target?.split('/')[1]) !== 'red')).toEqual([])
  })
})

describe("a tenant's limit", () => {
  const schedule = (tenant: Tenant, name: string, trigger: object) => ({
    apiVersion: 'belfry/v1',
    kind: 'Schedule',
    metadata: { name, tenant },
    spec: { job: 'own', timezone: 'UTC', triggers: [trigger] },
  })
  const own = (tenant: Tenant) => [
    { apiVersion: 'belfry/v1', kind: 'Adapter', metadata: { name: 'own', tenant }, spec: {} },
    {
      apiVersion: 'belfry/v1',
      kind: 'Job',
      metadata: { name: 'own', tenant },
      spec: { adapter: 'own', message: 'Run' },
    },
  ]
  const apply = async (source: string, manifests: readonly unknown[]) => {
    const { server, live } = operated
    const client = await connectBelfry({ nats: { servers: server.url, prefix: live.prefix } })
    try {
      return await client.apply({ source, manifests })
    } finally {
      await client.close()
    }
  }

  it('on schedules holds over all sources together when a tree is applied, and holds nobody else', async () => {
    const daily = { cron: '0 9 * * *' }
    const more = (tenant: Tenant, count: number) => [
      ...own(tenant),
      ...Array.from({ length: count }, (_, index) => schedule(tenant, `more-${index}`, daily)),
    ]
    expect(await apply('billing', more('red', 2))).toMatchObject({ outcome: 'refused', code: 'tenant-limit' })
    expect(await apply('billing', more('red', 1))).toMatchObject({ outcome: 'applied' })
    expect(await apply('billing-blue', more('blue', 1))).toMatchObject({ outcome: 'applied' })
  })

  it('is held when a tree is validated', async () => {
    const limits = { limits: { minInterval: '1h', firesPerDay: 20 } }
    const tenant = {
      apiVersion: 'belfry/v1',
      kind: 'Tenant',
      metadata: { name: 'green', tenant: 'green' },
      spec: limits,
    }
    const green = (trigger: object) => [
      tenant,
      ...(own('green' as Tenant) as object[]),
      schedule('green' as Tenant, 'often', trigger),
    ]
    expect(await apply('green', green({ every: '30m' }))).toMatchObject({
      outcome: 'refused',
      code: 'invalid',
    })
    expect(await apply('green', green({ every: '1h' }))).toMatchObject({
      outcome: 'refused',
      code: 'invalid',
    })
    expect(await apply('green', green({ every: '2h' }))).toMatchObject({ outcome: 'applied' })
  })
})
