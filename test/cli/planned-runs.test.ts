import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PlannedRunView } from '../../src/client/planned-runs.ts'
import type { Run } from '../../src/worker/run.ts'
import { type Operated, startOperated } from '../support/operated.ts'
import { Recorder } from '../support/recorder.ts'

/** The tenant's calendar knows of no day to come: it binds schedules, and nobody who asks for an instant. */
const TREE = `
apiVersion: belfry/v1
kind: Tenant
metadata: {name: default}
spec: {defaults: {calendar: ended, roll: skip}}
---
apiVersion: belfry/v1
kind: Calendar
metadata: {name: ended}
spec: {timezone: UTC, weekend: [sat, sun], coverage: {from: 2020-01-01, to: 2020-12-31, afterEnd: hold}}
---
apiVersion: belfry/v1
kind: Adapter
metadata: {name: market}
spec: {}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: import}
spec:
  adapter: market
  message: Import
  data: {portfolio: main}
  dataSchema: {type: object, properties: {portfolio: {type: string}}}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: daily}
spec: {job: import, timezone: UTC, triggers: [{cron: "0 9 * * *"}]}
`

let operated: Operated
beforeAll(async () => {
  operated = await startOperated(TREE)
})
afterEach(() => operated.restWorkers())
afterAll(() => operated.stop())

const FAR = '2099-01-01T09:00:00Z'
const planned = () => operated.json<PlannedRunView[]>('runs', 'planned')
/** An instant that comes soon, but not before it is planned on a machine that is busy. */
const soon = () => new Date(operated.live.connection.clock.now() + 5_000).toISOString()
const trigger = (...args: readonly string[]) =>
  operated.json<{ run: string; at: string; already: boolean }>('trigger', ...args)

describe('belfry trigger --at', () => {
  it('runs at that instant, whatever the calendar, with that nominal time, and then is planned no more', async () => {
    const runs = new Recorder<Run>()
    await operated.work('a', runs.push)
    const { run, at } = await trigger('daily', '--at', soon(), '--data', '{"portfolio":"second"}')
    const [ran] = await runs.count(1)
    expect(ran).toMatchObject({ id: run, reason: 'manual', data: { portfolio: 'second' } })
    expect(ran!.nominalTime).toEqual(new Date(at))
    const records = await operated.live.records.until((all) => all.some(({ fireId }) => fireId === run))
    const record = records.find(({ fireId }) => fireId === run)
    expect(record!.storedAt).toBeGreaterThanOrEqual(Date.parse(at))
    await expect.poll(planned, { timeout: 20_000 }).toEqual([])
  })

  it('is listed, and cancelled it never runs', async () => {
    const { run } = await trigger('job/import', '--at', FAR, '--as', 'ann')
    expect(await planned()).toMatchObject([
      { run, at: '2099-01-01T09:00:00.000Z', kind: 'job', author: 'ann' },
    ])
    const { stdout } = await operated.run('runs', 'planned')
    expect(stdout).toMatch(new RegExp(`^${run} +2099-01-01T09:00:00Z .* ann$`, 'm'))
    expect(await operated.run('runs', 'cancel', run, '--reason', 'not needed')).toMatchObject({ code: 0 })
    expect(await planned()).toEqual([])
    expect(await operated.run('runs', 'cancel', run, '--reason', 'again')).toMatchObject({ code: 1 })
  })

  it('is one run for one key, however often it is asked for, and whenever', async () => {
    const first = await trigger('daily', '--at', FAR, '--key', 'order-17')
    const second = await trigger('daily', '--at', '2098-01-01', '--key', 'order-17')
    expect(second).toMatchObject({ run: first.run, at: first.at, already: true })
    expect(await planned()).toHaveLength(1)
    const now = await trigger('daily', '--key', 'order-17')
    expect(now.run).toBe(first.run)
    await operated.run('runs', 'cancel', first.run, '--reason', 'done')
  })

  it('is kept over a change of the leader', async () => {
    const { live } = operated
    await operated.instance.stop()
    const next = await live.start('two', operated.source)
    await next.scheduler.applied(new AbortController().signal)
    const { run } = await trigger('daily', '--at', soon())
    await next.stop()
    const third = await live.start('three', operated.source)
    await third.scheduler.applied(new AbortController().signal)
    await live.records.until((items) => items.some(({ fireId }) => fireId === run))
    await expect.poll(planned, { timeout: 20_000 }).toEqual([])
    expect(live.records.items.filter(({ fireId }) => fireId === run)).toHaveLength(1)
  })

  it.each([
    ['an instant that is past', ['daily', '--at', '2026-01-01'], 'is past'],
    ['an instant that is none', ['daily', '--at', 'tomorrow'], 'is not an instant'],
    ['data that does not fit', ['daily', '--at', FAR, '--data', '{"portfolio":7}'], 'portfolio'],
    ['what is not there', ['nothing', '--at', FAR], 'nothing'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stdout, stderr } = await operated.run('trigger', ...args)
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(await planned()).toEqual([])
  })
})
