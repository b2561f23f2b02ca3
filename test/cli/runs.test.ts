import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunDetail, RunPage } from '../../src/client/run-views.ts'
import { PermanentError } from '../../src/worker/outcome-errors.ts'
import type { Run } from '../../src/worker/run.ts'
import { type Operated, startOperated } from '../support/operated.ts'
import { Recorder } from '../support/recorder.ts'

const TREE = `
apiVersion: belfry/v1
kind: Adapter
metadata: {name: market}
spec: {retry: {maxAttempts: 2, backoff: {initial: 1s, factor: 1, max: 1s}}}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: import}
spec: {adapter: market, message: Import, data: {portfolio: main}}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: daily}
spec: {job: import, timezone: UTC, triggers: [{at: "2099-01-01T00:00:00Z"}]}
`

let operated: Operated
beforeAll(async () => {
  operated = await startOperated(TREE)
})
afterEach(() => operated.restWorkers())
afterAll(() => operated.stop())

const trigger = async (...args: readonly string[]): Promise<string> =>
  (await operated.run('trigger', ...args)).stdout.trim()
const show = (run: string) => operated.json<RunDetail>('runs', 'show', run)
const list = async (...args: readonly string[]) =>
  (await operated.json<RunPage>('runs', 'list', ...args)).runs

describe('belfry runs', () => {
  it('lists the newest first, from the moment that they are stored, with how they stand', async () => {
    const first = await trigger('daily')
    expect((await list('--limit', '1'))[0]).toMatchObject({ run: first, state: 'pending', attempt: 0 })
    await operated.work('a', () => ({ imported: 3 }))
    const second = await trigger('job/import')
    await operated.until(first, 'succeeded')
    await operated.until(second, 'succeeded')
    expect((await list('--limit', '2')).map(({ run, state }) => ({ run, state }))).toEqual([
      { run: second, state: 'succeeded' },
      { run: first, state: 'succeeded' },
    ])
    const { stdout } = await operated.run('runs', 'list')
    expect(stdout).toMatch(new RegExp(`^${first} +succeeded +1 +market +a `, 'm'))
  })

  it('lists by schedule, job, adapter, tenant, state and time', async () => {
    await operated.work('a', () => 1)
    const run = await trigger('daily')
    await operated.until(run, 'succeeded')
    for (const filter of [
      ['--schedule', 'daily'],
      ['--job', 'import'],
      ['--adapter', 'market'],
      ['--tenant', 'default'],
      ['--state', 'dead', 'succeeded'],
      ['--since', '1h'],
    ])
      expect((await list(...filter))[0], filter.join(' ')).toMatchObject({ run })
    for (const filter of [
      ['--schedule', 'import', '--limit', '1'],
      ['--job', 'export'],
      ['--adapter', 'other'],
      ['--tenant', 'other'],
      ['--state', 'dead'],
      ['--until', '1h'],
    ])
      expect(
        (await list(...filter)).map((each) => each.run),
        filter.join(' '),
      ).not.toContain(run)
  })

  it('shows every attempt with its instance, times and error, the data and the lines', async () => {
    await operated.work('a', ({ log, attempt }) => {
      log.info('reading positions', { attempt })
      if (attempt === 1) throw Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' })
      return { imported: 812 }
    })
    const run = await trigger('daily', '--data', '{"portfolio":"second"}')
    await operated.until(run, 'succeeded')
    const detail = await show(run)
    expect(detail).toMatchObject({
      state: 'succeeded',
      attempt: 2,
      reason: 'manual',
      result: { imported: 812 },
      fire: { message: 'Import', data: { portfolio: 'second' } },
      attempts: [
        { attempt: 1, outcome: 'failed', instance: 'a', error: { code: 'ECONNREFUSED' } },
        { attempt: 2, outcome: 'succeeded', instance: 'a', error: null },
      ],
      lines: [
        { text: 'reading positions', attempt: 1 },
        { text: 'reading positions', attempt: 2 },
      ],
    })
    expect(detail.attempts.every(({ startedAt, endedAt }) => startedAt !== null && endedAt !== null)).toBe(
      true,
    )
    const { stdout } = await operated.run('runs', 'show', run)
    expect(stdout).toMatch(/1 +failed +a .*no connection/)
    expect(stdout).toContain('{"imported":812}')
  })

  it('stops a run that a worker has, and says who asked and why', async () => {
    const running = new Recorder<Run>()
    await operated.work('a', (run) => {
      running.push(run)
      return new Promise((_, reject) =>
        run.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
      )
    })
    const run = await trigger('daily')
    await running.count(1)
    expect(
      await operated.run('runs', 'cancel', run, '--reason', 'wrong portfolio', '--as', 'ann'),
    ).toMatchObject({
      code: 0,
    })
    await operated.until(run, 'cancelled')
    expect(await show(run)).toMatchObject({
      state: 'cancelled',
      cancelledBy: { by: 'ann', reason: 'wrong portfolio' },
    })
    const late = await operated.run('runs', 'cancel', run, '--reason', 'again')
    expect(late).toMatchObject({ code: 1, stdout: `${run} had ended already: cancelled\n` })
  })

  it('runs once more what has ended, with its data and nominal time, once for each key', async () => {
    const runs = new Recorder<Run>()
    await operated.work('a', (run) => {
      runs.push(run)
      if (run.id.includes('~m') && runs.items.length === 1) throw new PermanentError('not yet')
    })
    const run = await trigger('daily', '--data', '{"portfolio":"third"}')
    await operated.until(run, 'dead')
    const again = await operated.json<{ run: string; already: boolean }>('runs', 'retry', run)
    expect(again.already).toBe(false)
    await operated.until(again.run, 'succeeded')
    expect(runs.items[1]).toMatchObject({
      id: again.run,
      data: { portfolio: 'third' },
      nominalTime: runs.items[0]!.nominalTime,
    })
    expect(await operated.json('runs', 'retry', run)).toEqual({ of: run, run: again.run, already: true })
    const other = await operated.json<{ run: string }>('runs', 'retry', run, '--key', 'second')
    expect(other.run).not.toBe(again.run)
    expect((await show(again.run)).fire?.cause).toBe(run)
  })

  it('runs nothing once more that has not ended', async () => {
    const running = new Recorder<() => void>()
    await operated.work('a', () => new Promise<void>((resolve) => running.push(resolve)))
    const run = await trigger('daily')
    const [finish] = await running.count(1)
    const refused = await operated.run('runs', 'retry', run)
    finish!()
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/nothing was stored \[run-not-ended\]/)
    await operated.until(run, 'succeeded')
  })

  it('runs nothing once more that is paused, unless it is forced', async () => {
    await operated.work('a', () => 1)
    const run = await trigger('daily')
    await operated.until(run, 'succeeded')
    await operated.run('pause', 'schedule/daily', '--reason', 'the bank is away')
    const refused = await operated.run('runs', 'retry', run)
    const forced = await operated.run('runs', 'retry', run, '--force')
    await operated.run('resume', 'schedule/daily')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('the bank is away')
    expect(forced.code).toBe(0)
  })

  it.each([
    ['an id that is none', ['show', 'daily'], 2, 'usage'],
    ['an id that would match others', ['show', '*/daily@2026-01-01T00:00:00Z'], 2, 'usage'],
    ['a run that is not known', ['show', 'default/daily@2020-01-01T00:00:00Z'], 1, 'unknown-run'],
    ['to cancel one that is not known', ['cancel', 'default/daily~mx', '--reason', 'x'], 1, 'unknown-run'],
    ['to retry one that is not known', ['retry', 'default/daily~mx'], 1, 'unknown-run'],
    ['a name that would match others', ['list', '--tenant', '*'], 2, 'usage'],
    ['a time that is none', ['list', '--since', 'yesterday'], 2, 'usage'],
  ])('refuses %s', async (_, args, code, error) => {
    const refused = await operated.run('runs', ...args)
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toContain(`[${error}]`)
  })
})
