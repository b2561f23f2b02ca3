import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import type { EventPage } from '../../src/client/event-reading.ts'
import type { WorkerView } from '../../src/client/worker-views.ts'
import { belfry } from '../support/command-line.ts'
import { type Operated, startOperated } from '../support/operated.ts'
import { Recorder } from '../support/recorder.ts'

const TREE = `
apiVersion: belfry/v1
kind: Adapter
metadata: {name: market}
spec: {}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: import}
spec: {adapter: market, message: Import}
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

describe('belfry workers', () => {
  const workers = (...args: readonly string[]) =>
    operated.json<(WorkerView & { running?: readonly string[] })[]>('workers', ...args)

  it('shows each worker, how it is, and which runs it has in hand', async () => {
    const gates = new Recorder<() => void>()
    await operated.work('vm-7', () => new Promise<void>((resolve) => gates.push(resolve)))
    const run = (await operated.run('trigger', 'daily')).stdout.trim()
    const [finish] = await gates.count(1)
    await operated.until(run, 'started')
    expect(await workers('--runs', '--adapter', 'market')).toMatchObject([
      { tenant: 'default', adapter: 'market', instance: 'vm-7', health: 'healthy', running: [run] },
    ])
    const { stdout } = await operated.run('workers', '--runs')
    expect(stdout).toMatch(/^default\/market +vm-7 +healthy +/m)
    expect(stdout).toContain(`\n  ${run}\n`)
    finish!()
    expect(await workers('--tenant', 'other')).toEqual([])
  })

  it('leaves out those that have stopped, unless they are asked for', async () => {
    const worker = await operated.work('vm-8', () => 1)
    expect((await workers()).map(({ instance }) => instance)).toEqual(['vm-8'])
    await worker.stop()
    expect(await workers()).toEqual([])
    expect(await workers('--all')).toContainEqual(
      expect.objectContaining({ instance: 'vm-8', state: 'stopped', health: 'stopped' }),
    )
  })
})

describe('belfry events', () => {
  const events = async (...args: readonly string[]) => {
    const page = await operated.json<EventPage>('events', ...args)
    return page.events.map(({ type, facts }) => ({ type, facts: facts as Record<string, unknown> }))
  }
  const stored = (type: string) => expect.poll(() => events('--type', type), { timeout: 20_000 })

  it('tells what belfry did and what people had it do, with who it was', async () => {
    const run = (await operated.run('trigger', 'daily', '--as', 'ann')).stdout.trim()
    await operated.run('pause', 'schedule/daily', '--reason', 'release', '--as', 'ben')
    await operated.run('resume', 'schedule/daily')
    await stored('triggered').toContainEqual({
      type: 'triggered',
      facts: expect.objectContaining({ run, by: 'ann' }),
    })
    await stored('paused').toMatchObject([{ facts: { by: 'ben', reason: 'release' } }])
    expect(await events('--type', 'applied')).toMatchObject([{ facts: { created: 3 } }])
    const { stdout } = await operated.run('events')
    expect(stdout).toMatch(/^\S+Z {2}applied +main +created: 3/m)
    expect(stdout).toMatch(/^\S+Z {2}paused +schedule\/default\/daily +.*reason: release/m)
  })

  it('tells of one schedule, source or tenant, and the newest of them', async () => {
    await operated.run('trigger', 'daily')
    await stored('triggered').not.toEqual([])
    const types = async (...args: readonly string[]) =>
      new Set((await events(...args)).map(({ type }) => type))
    expect(await types('--schedule', 'daily')).toEqual(new Set(['triggered']))
    expect(await types('--source', 'main')).toEqual(new Set(['applied']))
    expect(await types('--tenant', 'other')).toEqual(new Set())
    expect(await events('--until', '1h')).toEqual([])
    expect(await events('--type', 'triggered', 'applied', '--limit', '1')).toMatchObject([
      { type: 'triggered' },
    ])
  })

  it('goes on telling those that come, one JSON a line, until it is interrupted', async () => {
    const lines = new Recorder<{ readonly type: string; readonly facts: { readonly run?: string } }>()
    const interrupted = new AbortController()
    const server = ['--nats', operated.server.url, '--prefix', operated.live.prefix]
    const ended = runCli(['events', '--follow', '--format', 'json', '--type', 'triggered', ...server], {
      stdout: (text) => lines.push(JSON.parse(text)),
      stderr: () => undefined,
      color: false,
      interactive: false,
      columns: 100,
      cwd: process.cwd(),
      env: {},
      signal: interrupted.signal,
    })
    const run = (await operated.run('trigger', 'daily')).stdout.trim()
    await lines.until((items) => items.some(({ facts }) => facts.run === run))
    expect(lines.items.filter(({ facts }) => facts.run === run)).toHaveLength(1)
    interrupted.abort()
    expect(await ended).toBe(0)
  })

  it.each([
    ['a type that there is not, and says which is meant', ['--type', 'trigered'], 'did you mean triggered'],
    ['to follow to an end', ['--follow', '--until', '1h'], 'leave out --until'],
    ['a name that would match others', ['--schedule', '*'], 'is not the name'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await operated.run('events', ...args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})

const LOOKING = [
  'runs list',
  'runs show default/daily~m1',
  'dead list',
  'dead show default/daily~m1',
  'workers',
  'events',
]

describe.each(LOOKING)('belfry %s', (line) => {
  const words = line.split(' ')

  it('says so where there is no NATS', async () => {
    const { code, stdout, stderr } = await belfry('.', ...words, '--nats', 'nats://127.0.0.1:1')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/127\.0\.0\.1:1.*\[nats-unreachable\]/)
  })

  it('says so where there is no belfry', async () => {
    const { code, stdout, stderr } = await belfry(
      '.',
      ...words,
      '--nats',
      operated.server.url,
      '--prefix',
      'none',
    )
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('nothing of belfry is on ')
  })
})
