import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DeadLetterDetail, DeadLetterView } from '../../src/client/dead-letters.ts'
import type { RunDetail } from '../../src/client/run-views.ts'
import { PermanentError } from '../../src/worker/outcome-errors.ts'
import type { Run } from '../../src/worker/run.ts'
import { type Operated, startOperated } from '../support/operated.ts'
import { Recorder } from '../support/recorder.ts'

const TREE = `
apiVersion: belfry/v1
kind: Adapter
metadata: {name: market}
spec: {retry: {maxAttempts: 3, backoff: {initial: 1s, factor: 1, max: 1s}}}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: import}
spec: {adapter: market, message: Import}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: export}
spec: {adapter: market, message: Export}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: daily}
spec: {job: import, timezone: UTC, triggers: [{at: "2099-01-01T00:00:00Z"}], data: {portfolio: main}}
`

let operated: Operated
beforeAll(async () => {
  operated = await startOperated(TREE)
})
afterEach(async () => {
  await operated.restWorkers()
  await operated.run('dead', 'discard', '--all', '--yes')
})
afterAll(() => operated.stop())

const list = async (...args: readonly string[]) =>
  (await operated.json<{ letters: readonly DeadLetterView[] }>('dead', 'list', ...args)).letters

/** The leader buries a run soon after its end. */
const buried = (run: string) =>
  expect.poll(async () => (await list()).some((letter) => letter.run === run), { timeout: 20_000 }).toBe(true)

/** A run whose letter is there: its worker refuses it for good. */
async function dead(target = 'daily'): Promise<string> {
  const run = (await operated.run('trigger', target)).stdout.trim()
  await operated.until(run, 'dead')
  await buried(run)
  return run
}

const refusing = () =>
  operated.work('refusing', () => {
    throw new PermanentError('no such portfolio')
  })

describe('belfry dead', () => {
  it('has a run after its last attempt, with its reason; requeued it runs', async () => {
    const runs = new Recorder<Run>()
    const isMended = { now: false }
    await operated.work('a', (run) => {
      runs.push(run)
      if (!isMended.now) throw new Error('the bank is away')
    })
    const run = await dead()
    expect(runs.items.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(await list()).toMatchObject([
      { run, reason: 'attempts', attempts: 3, error: 'the bank is away', job: 'import', adapter: 'market' },
    ])
    isMended.now = true
    const { code, stdout } = await operated.run('dead', 'requeue', run)
    const again = /runs again as (\S+)/.exec(stdout)?.[1] ?? ''
    expect(code).toBe(0)
    await operated.until(again, 'succeeded')
    expect(runs.items.at(-1)).toMatchObject({
      id: again,
      attempt: 1,
      reason: 'requeue',
      data: { portfolio: 'main' },
      nominalTime: runs.items[0]!.nominalTime,
    })
    expect(await list()).toEqual([])
    expect(await operated.json<RunDetail>('runs', 'show', run)).toMatchObject({
      state: 'dead',
      requeuedAs: again,
    })
  })

  it('requeues once, however often it is asked', async () => {
    const worker = await refusing()
    const run = await dead()
    await worker.stop()
    await operated.work('a', () => 1)
    const first = await operated.json<object[]>('dead', 'requeue', run)
    const [second, third] = await Promise.all([
      operated.json<object[]>('dead', 'requeue', run),
      operated.json<object[]>('dead', 'requeue', run),
    ])
    await operated.until((first[0] as { run: string }).run, 'succeeded')
    expect(first).toMatchObject([{ of: run, already: false }])
    expect(second).toEqual([{ ...first[0], already: true }])
    expect(third).toEqual(second)
    const requeued = operated.live.records.items.filter(
      ({ reason, fireId }) => reason === 'requeue' && fireId === (first[0] as { run: string }).run,
    )
    expect(requeued).toHaveLength(1)
  })

  it('has a run again that dies again, and it can be requeued again', async () => {
    await refusing()
    const first = await dead()
    const [again] = await operated.json<{ run: string }[]>('dead', 'requeue', first)
    await operated.until(again!.run, 'dead')
    await buried(again!.run)
    const [third] = await operated.json<{ run: string; already: boolean }[]>('dead', 'requeue', again!.run)
    expect(third!.already).toBe(false)
    expect(new Set([first, again!.run, third!.run]).size).toBe(3)
    await operated.until(third!.run, 'dead')
  })

  it('shows a letter with the message that it keeps', async () => {
    await refusing()
    const run = await dead()
    expect(await operated.json<DeadLetterDetail>('dead', 'show', run)).toMatchObject({
      run,
      reason: 'permanent',
      attempts: 1,
      message: 'Import',
      data: { portfolio: 'main' },
    })
    expect((await operated.run('dead', 'show', run)).stdout).toContain('no such portfolio')
  })

  it('says what it discarded, and then neither shows nor requeues it', async () => {
    await refusing()
    const run = await dead()
    const { code, stdout } = await operated.run('dead', 'discard', run)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `discarded ${run}: import on market, dead of permanent after 1 attempt: no such portfolio\n`,
    })
    expect(await list()).toEqual([])
    for (const command of ['requeue', 'discard', 'show']) {
      const refused = await operated.run('dead', command, run)
      expect(refused, command).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain('[unknown-run]')
    }
  })

  it('requeues what a filter finds only when that is confirmed', async () => {
    const worker = await refusing()
    const [one, two, other] = [await dead(), await dead(), await dead('job/export')]
    await worker.stop()
    expect((await list('--job', 'export')).map(({ run }) => run)).toEqual([other])
    expect((await list('--reason', 'attempts')).map(({ run }) => run)).toEqual([])
    expect((await list('--until', '1h')).map(({ run }) => run)).toEqual([])
    const asked = await operated.run('dead', 'requeue', '--job', 'import')
    expect(asked).toMatchObject({ code: 1, stdout: '' })
    expect(asked.stderr).toContain('2 dead letters are found; nothing was changed: --yes')
    expect(await list()).toHaveLength(3)
    await operated.work('a', () => 1)
    const done = await operated.json<{ of: string; run: string }[]>(
      'dead',
      'requeue',
      '--job',
      'import',
      '--yes',
    )
    for (const { run } of done) await operated.until(run, 'succeeded')
    expect(done.map(({ of }) => of)).toEqual([one, two])
    expect((await list()).map(({ run }) => run)).toEqual([other])
  })

  it('does to the others what it cannot do to one', async () => {
    const worker = await refusing()
    const run = await dead()
    await worker.stop()
    await operated.work('a', () => 1)
    const { code, stdout, stderr } = await operated.run('dead', 'requeue', 'default/daily~mnothing', run)
    expect(code).toBe(1)
    expect(stderr).toContain('default/daily~mnothing has no dead letter')
    expect(stdout).toContain(`${run} runs again as `)
  })

  it.each([
    ['no run and no filter', ['requeue'], 2],
    ['runs and a filter', ['discard', 'default/daily~m1', '--job', 'import'], 2],
    ['a reason that nothing dies of', ['list', '--reason', 'boredom'], 2],
    ['a name that would match others', ['list', '--adapter', '>'], 2],
    ['an id that is none', ['discard', 'daily'], 2],
  ])('refuses %s', async (_, args, code) => {
    expect(await operated.run('dead', ...args)).toMatchObject({ code, stdout: '' })
  })
})
