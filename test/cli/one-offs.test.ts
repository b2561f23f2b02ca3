import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { belfry } from '../support/command-line.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { connectTo, freshPrefix } from '../support/nats-server.ts'

/** The same names in two tenants, so that whoever mixes them up is seen. */
const manifests = (tenant: string) => `
apiVersion: belfry/v1
kind: Adapter
metadata: {name: market, tenant: ${tenant}}
spec: {}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: import, tenant: ${tenant}}
spec:
  adapter: market
  message: Import
  data: {portfolio: main, mode: full, nested: {a: 1, b: 2}}
  dataSchema:
    type: object
    properties: {portfolio: {type: string}}
    required: [portfolio]
---
apiVersion: belfry/v1
kind: Job
metadata: {name: stopped, tenant: ${tenant}}
spec: {adapter: market, message: Stopped, suspend: true}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: hourly, tenant: ${tenant}}
spec: {job: import, timezone: UTC, triggers: [{every: 1h}], data: {mode: hourly}}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: import, tenant: ${tenant}}
spec: {job: import, timezone: UTC, triggers: [{at: "2099-01-01T00:00:00Z"}]}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: held, tenant: ${tenant}}
spec: {job: import, timezone: UTC, triggers: [{every: 1h}], suspend: true}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: tick, tenant: ${tenant}}
spec: {job: import, timezone: UTC, triggers: [{every: 1s}]}
`

let installation: Installation
beforeAll(async () => {
  const tree = `${manifests('default')}---${manifests('other')}`
  installation = await startInstallation({ 'tree.yaml': tree })
  await installation.serve('only').said('the tree is applied')
})
afterAll(() => installation.stop())

function run(...args: readonly string[]) {
  const { server, prefix, tree } = installation
  return belfry(tree, ...args, '--nats', server.url, '--prefix', prefix)
}

/** What the log holds of a one-off, told by its id. */
async function stored(run: string): Promise<{ readonly record: LogRecord; readonly data: unknown }> {
  const records = await installation.records.until((items) => items.some(({ fireId }) => fireId === run))
  const record = records.find(({ fireId }) => fireId === run)
  const fire = await installation.log.fire(record?.sequence ?? 0)
  if (record === undefined || fire === null) throw new Error(`${run} is not in the log`)
  return { record, data: JSON.parse(fire.payload) }
}

const countOf = (base: string, tenant = 'default') =>
  installation.records.items.filter(({ key }) => key.tenant === tenant && key.schedule.startsWith(`${base}~`))
    .length

const backfilled = (tenant: string) =>
  installation.records.items.filter(({ key, reason }) => key.tenant === tenant && reason === 'backfill')
    .length

describe('belfry trigger', () => {
  it('answers with the id of a run that is stored, with the data merged over that of schedule and job', async () => {
    const { code, stdout } = await run('trigger', 'hourly', '--data', '{"nested":{"b":3}}')
    expect(code).toBe(0)
    const { record, data } = await stored(stdout.trim())
    expect(record).toMatchObject({
      kind: 'fire',
      reason: 'manual',
      target: { job: 'import', adapter: 'market' },
    })
    expect(data).toEqual({ portfolio: 'main', mode: 'hourly', nested: { a: 1, b: 3 } })
  })

  it('runs a job by itself with the data of a file', async () => {
    writeFileSync(join(installation.tree, 'given.json'), '{"portfolio": "second"}')
    const { code, stdout } = await run('trigger', 'job/import', '--data', '@given.json')
    expect(code).toBe(0)
    expect((await stored(stdout.trim())).data).toMatchObject({ portfolio: 'second', mode: 'full' })
  })

  it('gives the same run for the same key, and stores nothing the second time', async () => {
    const first = await run('trigger', 'job/import', '--key', 'order 17')
    const second = await run('trigger', 'job/import', '--key', 'order 17', '--data', '{"portfolio":"x"}')
    expect(second).toMatchObject({ code: 0, stdout: first.stdout })
    expect(second.stderr).toContain('stored before')
    expect((await stored(first.stdout.trim())).data).toMatchObject({ portfolio: 'main' })
  })

  it('makes two runs of two keys, of none, and of one key for a job and a schedule of the same name', async () => {
    const asked = [
      ['schedule/import', '--key', 'k'],
      ['job/import', '--key', 'k'],
      ['job/import', '--key', 'l'],
      ['job/import'],
      ['job/import'],
    ]
    const runs = await Promise.all(asked.map((args) => run('trigger', ...args)))
    expect(new Set(runs.map(({ stdout }) => stdout.trim())).size).toBe(asked.length)
  })

  it('asks which is meant where a job and a schedule have one name', async () => {
    const { code, stderr, stdout } = await run('trigger', 'import')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('schedule/default/import or job/default/import')
    expect(stderr).toContain('[ambiguous-target]')
  })

  it('refuses data that does not fit the dataSchema of the job, and says where', async () => {
    const before = countOf('hourly')
    const { code, stderr } = await run('trigger', 'hourly', '--data', '{"portfolio": 7}')
    expect(code).toBe(1)
    expect(stderr).toMatch(/portfolio.*\[data-refused\]/s)
    expect(countOf('hourly')).toBe(before)
  })

  it('runs what is suspended or paused only by force, and says what holds it', async () => {
    expect(await run('trigger', 'held')).toMatchObject({ code: 1 })
    const refused = await run('trigger', 'job/stopped')
    expect(refused.stderr).toMatch(/suspended by its manifest.*\[held-back\]/s)
    await run('pause', 'job/import', '--reason', 'the bank is away')
    const paused = await run('trigger', 'hourly')
    expect(paused).toMatchObject({ code: 1 })
    expect(paused.stderr).toContain('the bank is away')
    const forced = await run('trigger', 'hourly', '--force')
    expect(forced.code).toBe(0)
    await stored(forced.stdout.trim())
    await run('resume', 'job/import')
    expect(await run('trigger', 'hourly')).toMatchObject({ code: 0 })
  })

  it('gives a run that was stored before a pause to whoever asks with its key during the pause', async () => {
    const first = await run('trigger', 'hourly', '--key', 'before')
    await run('pause', 'schedule/hourly', '--reason', 'look')
    const second = await run('trigger', 'hourly', '--key', 'before')
    await run('resume', 'schedule/hourly')
    expect(second).toMatchObject({ code: 0, stdout: first.stdout })
  })

  it('says that the run waits where its adapter is paused', async () => {
    await run('pause', 'adapter/market', '--reason', 'maintenance')
    const { code, stderr } = await run('trigger', 'hourly')
    await run('resume', 'adapter/market')
    expect(code).toBe(0)
    expect(stderr).toContain('the run waits')
  })

  it('keeps tenants apart: the same name and key are another run', async () => {
    const mine = await run('trigger', 'hourly', '--key', 'tenants')
    const others = await run('trigger', 'hourly', '--key', 'tenants', '--tenant', 'other')
    expect(mine.stdout).toMatch(/^default\//)
    expect(others.stdout).toMatch(/^other\//)
    expect((await stored(others.stdout.trim())).record.key.tenant).toBe('other')
    expect(await run('trigger', 'other/hourly', '--tenant', 'default')).toMatchObject({ code: 2 })
    const missing = await run('trigger', 'hourly', '--tenant', 'third')
    expect(missing.stderr).toContain('[unknown-object]')
  })

  it.each([
    ['a subject', ['trigger', 'hourly.>'], 2],
    ['a wildcard', ['trigger', 'schedule/*'], 2],
    ['a one-off', ['trigger', 'hourly~mabc'], 2],
    ['a tenant that is a subject', ['trigger', 'hourly', '--tenant', 'a.b'], 2],
    ['text that is not JSON', ['trigger', 'hourly', '--data', '{'], 2],
    ['a list', ['trigger', 'hourly', '--data', '[]'], 2],
    ['a prototype', ['trigger', 'job/import', '--data', '{"__proto__":{"portfolio":"x"}}'], 1],
    [
      'a secret with something beside it',
      ['trigger', 'hourly', '--data', '{"p":{"secretRef":"A","x":1}}'],
      1,
    ],
    ['a key of two lines', ['trigger', 'hourly', '--key', 'a\nb'], 1],
    ['an empty key', ['trigger', 'hourly', '--key', ''], 1],
    ['data that is too large', ['trigger', 'hourly', '--data', `{"a":"${'x'.repeat(600_000)}"}`], 1],
    ['data larger than a message', ['trigger', 'hourly', '--data', `{"a":"${'x'.repeat(1_100_000)}"}`], 1],
    [
      'data without end',
      ['trigger', 'hourly', '--data', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
      1,
    ],
  ])('refuses %s', async (_, args, code) => {
    const before = countOf('hourly')
    const refused = await run(...args)
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).not.toContain('[internal]')
    expect(refused.stderr.length).toBeLessThan(2_000)
    expect(countOf('hourly')).toBe(before)
  })

  it.each([
    ['kind', { kind: 'adapter' }],
    ['tenant', { tenant: 'a.b' }],
    ['name', { name: '>' }],
    ['key', { key: 7 }],
    ['data', { data: [1] }],
    ['force', { force: 'yes' }],
    ['more', { more: 1 }],
  ])('a request over the wire with a wrong field (%s) is refused as invalid', async (_, wrong) => {
    const { server, prefix } = installation
    const connection = await connectTo(server, { prefix })
    try {
      const leader = (await connection.nc.request(`${prefix}.control.leader`)).json<{ subject: string }>()
      const right = {
        kind: null,
        tenant: 'default',
        name: 'hourly',
        key: 'k',
        data: null,
        force: false,
        author: 'me',
      }
      const answers = await connection.nc.requestMany(
        `${leader.subject}.call.trigger`,
        JSON.stringify({ version: 1, request: { ...right, ...wrong } }),
        { strategy: 'count', maxMessages: 2, maxWait: 5_000 },
      )
      const texts: string[] = []
      for await (const answer of answers) texts.push(answer.string())
      expect(texts.at(-1)).toContain('invalid-request')
    } finally {
      await connection.close()
    }
  })

  it('fails with a clear message where there is no server, and where nobody leads', async () => {
    const unreachable = await belfry(installation.tree, 'trigger', 'hourly', '--nats', 'nats://127.0.0.1:1')
    expect(unreachable.code).toBe(1)
    expect(unreachable.stderr).toMatch(/127\.0\.0\.1:1.*\[nats-unreachable\]/s)
    const { server, tree } = installation
    const alone = ['--nats', server.url, '--prefix', freshPrefix()]
    const nobody = await belfry(tree, 'trigger', 'hourly', ...alone)
    expect(nobody.code).toBe(1)
    expect(nobody.stderr).toMatch(/start `belfry serve`.*\[no-leader\]/s)
  })
})

describe('belfry backfill', () => {
  const DAY = ['--from', '2026-01-27', '--to', '2026-01-28']

  it('asks before it fires times of which the log cannot tell whether they fired', async () => {
    const { code, stderr } = await run('backfill', 'hourly', ...DAY)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^24 of these times are before .*--yes/)
    expect(backfilled('default')).toBe(0)
  })

  it('of a month fires each nominal time once, and a second time nothing', async () => {
    const month = ['--from', '2026-01-01', '--to', '2026-02-01', '--yes']
    const first = await run('backfill', 'hourly', ...month)
    expect(first).toMatchObject({ code: 0 })
    expect(first.stdout).toContain('744 fired')
    expect(first.stderr).toContain('500 fired')
    const second = await run('backfill', 'hourly', ...month)
    expect(second.stdout).toContain('0 fired, 744 backfilled before')
    const fires = installation.records.items.filter(({ reason }) => reason === 'backfill')
    expect(fires).toHaveLength(744)
    expect(new Set(fires.map(({ nominal }) => nominal)).size).toBe(744)
    expect(Math.min(...fires.map(({ nominal }) => nominal))).toBe(Date.UTC(2026, 0, 1))
    const { data } = await stored(`default/hourly~b${Date.UTC(2026, 0, 1) / 1000}`)
    expect(data).toMatchObject({ mode: 'hourly' })
  })

  it('fires again when that is asked for, and each repetition once', async () => {
    const again = ['backfill', 'hourly', ...DAY, '--yes', '--again', 'second look']
    expect((await run(...again)).stdout).toContain('24 fired')
    expect((await run(...again)).stdout).toContain('0 fired, 24 backfilled before')
    expect((await run('backfill', 'hourly', ...DAY, '--yes')).stdout).toContain('0 fired')
  })

  it('lists without storing anything in a dry run', async () => {
    const before = installation.records.items.length
    const range = ['--from', '2026-02-01', '--to', '2026-02-01T02:00:00Z']
    const { code, stdout } = await run('backfill', 'other/hourly', ...range, '--dry-run', '--format', 'json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { 'beyond-log': 2, fired: 0 },
      times: [{ at: '2026-02-01T00:00:00Z' }, { at: '2026-02-01T01:00:00Z' }],
    })
    expect(installation.records.items.slice(before).filter(({ reason }) => reason === 'backfill')).toEqual([])
  })

  it('leaves alone what the log shows as fired and what the schedule has yet to decide', async () => {
    // Of a tenant in which nothing is ever paused: what a pause held back may well be fired.
    const isTick = ({ key, kind }: LogRecord) =>
      key.schedule === 'tick' && key.tenant === 'other' && kind === 'fire'
    const ticks = (await installation.records.until((items) => items.filter(isTick).length >= 3)).filter(
      isTick,
    )
    const from = new Date(ticks[0]?.nominal ?? 0).toISOString()
    const to = new Date((ticks[2]?.nominal ?? 0) + 3_600_000).toISOString()
    const { code, stdout } = await run(
      'backfill',
      'other/tick',
      '--from',
      from,
      '--to',
      to,
      '--dry-run',
      '--format',
      'json',
    )
    expect(code).toBe(0)
    const { counts, times } = JSON.parse(stdout) as {
      counts: Record<string, number>
      times: { at: string; outcome: string }[]
    }
    expect(counts).toMatchObject({ fired: 0, already: 0, 'beyond-log': 0 })
    expect(times.slice(0, 3).map(({ outcome }) => outcome)).toEqual(['in-log', 'in-log', 'in-log'])
    expect(times.at(-1)?.outcome).toBe('pending')
    expect(await run('backfill', 'other/tick', '--from', from, '--to', to)).toMatchObject({ code: 0 })
    expect(countOf('tick', 'other')).toBe(0)
  })

  it('keeps tenants apart', async () => {
    const range = ['--from', '2026-03-01', '--to', '2026-03-01T05:00:00Z', '--yes']
    const { stdout } = await run('backfill', 'hourly', '--tenant', 'other', ...range)
    expect(stdout).toContain('5 fired')
    await installation.records.until(() => backfilled('other') === 5)
    expect((await run('backfill', 'hourly', ...range)).stdout).toContain('5 fired')
  })

  it('asks before it fires very many', async () => {
    const { code, stderr } = await run(
      'backfill',
      'tick',
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-02',
      '--again',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/more than 1000 times would be fired; nothing was stored: --yes/)
  })

  it.each([
    ['a job', ['job/import', ...DAY], 2],
    ['a range that ends before it begins', ['hourly', '--from', '2026-01-28', '--to', '2026-01-27'], 1],
    ['an instant that is none', ['hourly', '--from', 'yesterday', '--to', '2026-01-27'], 2],
    ['a suspended schedule', ['held', ...DAY], 1],
    ['a schedule that is not there', ['nothing', ...DAY], 1],
  ])('refuses %s', async (_, args, code) => {
    expect(await run('backfill', ...args)).toMatchObject({ code, stdout: '' })
  })
})
