import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FireId } from '../../src/core/names.ts'
import { newestOf } from '../../src/nats/direct-get.ts'
import { cancelSubject, workerKey } from '../../src/nats/run-subjects.ts'
import { PermanentError, RetryLater } from '../../src/worker/outcome-errors.ts'
import type { Run } from '../../src/worker/run.ts'
import { defineWorker } from '../../src/worker/worker.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { openStage, type Stage } from '../support/worker-stage.ts'

const AT = '@2026-01-27T12:00:00Z'
const untilAborted = ({ signal }: Run) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

describe('a worker', () => {
  let server: TestServer
  let stage: Stage

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    stage = await openStage(server)
  })
  afterEach(() => stage.close())

  it('gives the handler of its message type what the fire says, and stores what it returns', async () => {
    const runs = new Recorder<Run>()
    await stage.work('a', {
      handlers: {
        async RunImport(run) {
          runs.push(run)
          return { imported: 812 }
        },
      },
    })
    await stage.fire('import')
    expect(await stage.until('succeeded')).toMatchObject({
      run: `default/import${AT}`,
      attempt: 1,
      instance: 'a',
      result: { imported: 812 },
    })
    expect(runs.items[0]).toMatchObject({
      id: `default/import${AT}`,
      attempt: 1,
      maxAttempts: 5,
      message: 'RunImport',
      job: 'import',
      reason: 'scheduled',
      data: { portfolio: 'main' },
      nominalTime: new Date('2026-01-27T12:00:00Z'),
    })
    expect(stage.told('import')).toEqual(['succeeded 1'])
  })

  it('tells nothing of a run after its end, however long the server takes to store that', async () => {
    const ended = new Recorder<string>()
    await stage.work('a', {
      handlers: {
        async RunImport() {
          await server.kill('SIGSTOP')
          ended.push('ended')
        },
        Next: () => 'next',
      },
    })
    await stage.fire('import')
    await ended.count(1)
    // Longer than a run may last before its start is told.
    await stage.connection.clock.sleep(200, new AbortController().signal)
    await server.kill('SIGCONT')
    // One worker's events are stored in the order in which it tells them.
    await stage.fire('next', { message: 'Next' })
    await stage.until('succeeded', 'next')
    expect(stage.told('import')).toEqual(['succeeded 1'])
  })

  it('makes a handler for each run where the registry holds factories', async () => {
    let made = 0
    await stage.work('a', {
      handlers: {
        RunImport: () => {
          made += 1
          const own = made
          return () => ({ own })
        },
      },
    })
    await stage.fire('one')
    expect(await stage.until('succeeded', 'one')).toMatchObject({ result: { own: 1 } })
    await stage.fire('two')
    expect(await stage.until('succeeded', 'two')).toMatchObject({ result: { own: 2 } })
  })

  it('does not start with two handlers for one message type', () => {
    const handlers = [{ RunImport: () => 1 }, { RunImport: () => 2 }]
    expect(() => defineWorker({ adapter: 'zerodha', handlers })).toThrow(
      'the message type RunImport has two handlers',
    )
  })

  it('ends a message that it has no handler for, with that reason, and does not try it again', async () => {
    await stage.work('a', { handlers: { Other: () => 1 } })
    await stage.fire('import')
    expect(await stage.until('dead')).toMatchObject({ reason: 'no-handler', startedAt: null })
    await stage.fire('later', { message: 'Other' })
    await stage.until('succeeded', 'later')
    await stage.drained()
    expect(stage.told('import')).toEqual(['dead 1'])
  })

  it('tries again what failed, as its policy says, and then it is dead', async () => {
    const policy = { maxAttempts: 3, backoff: { initialMs: 20, factor: 1, maxMs: 20 } }
    await stage.work('a', {
      handlers: {
        RunImport() {
          throw Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' })
        },
      },
    })
    await stage.fire('import', { policy })
    expect(await stage.until('dead')).toMatchObject({
      attempt: 3,
      reason: 'attempts',
      error: { name: 'Error', message: 'no connection', code: 'ECONNREFUSED' },
    })
    expect(stage.told('import').filter((line) => !line.startsWith('started'))).toEqual([
      'failed 1',
      'failed 2',
      'dead 3',
    ])
  })

  it('does not try again what can never succeed', async () => {
    await stage.work('a', {
      handlers: {
        RunImport() {
          throw new PermanentError('no such portfolio')
        },
      },
    })
    await stage.fire('import')
    expect(await stage.until('dead')).toMatchObject({ attempt: 1, reason: 'permanent' })
  })

  it('tries again when the handler says so', async () => {
    await stage.work('a', {
      handlers: {
        RunImport({ attempt }) {
          if (attempt === 1) throw new RetryLater(50)
          return attempt
        },
      },
    })
    const before = stage.connection.clock.now()
    await stage.fire('import')
    const failed = await stage.until('failed')
    expect(failed).toMatchObject({ attempt: 1, retryBy: 'server' })
    expect(Date.parse((failed as { retryAt: string }).retryAt)).toBeGreaterThanOrEqual(before + 50)
    expect(await stage.until('succeeded')).toMatchObject({ attempt: 2, result: 2 })
  })

  it('leaves long waits to the leader, where it sees to them', async () => {
    const { connection } = stage
    const name = `${connection.names.fires}.default_zerodha`
    const { config } = await connection.ask<{ config: { metadata: object } }>(
      `$JS.API.CONSUMER.INFO.${name}`,
      null,
      'asking',
    )
    const changed = { ...config, metadata: { ...config.metadata, 'belfry.leader-retries': '1' } }
    await connection.ask(
      `$JS.API.CONSUMER.CREATE.${name}`,
      { stream_name: connection.names.fires, config: changed, action: 'update' },
      'changing',
    )
    await stage.work('a', {
      handlers: {
        RunImport() {
          throw new RetryLater('5m')
        },
      },
    })
    await stage.fire('import')
    expect(await stage.until('failed')).toMatchObject({ attempt: 1, retryBy: 'leader' })
    await stage.drained()
  })

  it('goes on with a run whose retry is another message', async () => {
    await stage.work('a', { handlers: { RunImport: ({ id, attempt }) => ({ id, attempt }) } })
    const run = `default/import${AT}` as FireId
    await stage.fire('import~rx-3', { reason: 'retry', retry: { run, attempt: 3 } })
    expect(await stage.until('succeeded')).toMatchObject({ run, attempt: 3, result: { id: run, attempt: 3 } })
  })

  it('does nothing for a run that has ended, when its message comes again', async () => {
    let calls = 0
    await stage.work('a', {
      handlers: {
        RunImport() {
          calls += 1
        },
      },
    })
    await stage.fire('import')
    await stage.until('succeeded')
    const run = `default/import${AT}` as FireId
    await stage.fire('import~rx-2', { reason: 'retry', retry: { run, attempt: 2 } })
    await stage.fire('later')
    await stage.until('succeeded', 'later')
    expect(calls).toBe(2)
    expect(stage.told('import')).toEqual(['succeeded 1'])
  })

  it('aborts a run at its timeout, which is a failed attempt', async () => {
    await stage.work('a', { handlers: { RunImport: untilAborted } })
    await stage.fire('import', { policy: { timeoutMs: 60, maxAttempts: 1 } })
    expect(await stage.until('dead')).toMatchObject({
      reason: 'attempts',
      error: { name: 'RunAborted', message: 'the run took longer than its timeout of 60 ms' },
    })
    expect(stage.told('import')).toContain('started 1')
  })

  it('does not begin what nobody could begin in time', async () => {
    await stage.fire('stale', { policy: { startWithinMs: 1 } })
    await stage.fire('patient', { policy: { startWithinMs: 3_600_000 } })
    await stage.connection.clock.sleep(20, new AbortController().signal)
    await stage.work('a', { handlers: { RunImport: () => 1 } })
    expect(await stage.until('expired', 'stale')).toMatchObject({ attempt: 1, startedAt: null })
    await stage.until('succeeded', 'patient')
  })

  it('stops a run that is cancelled, and answers who asked', async () => {
    const running = new Recorder<Run>()
    await stage.work('a', {
      handlers: {
        RunImport(run) {
          running.push(run)
          return untilAborted(run)
        },
      },
    })
    await stage.fire('import')
    const [run] = await running.count(1)
    const subject = cancelSubject(stage.connection.names, {
      tenant: 'default',
      adapter: 'zerodha',
      run: run!.id,
    })
    const request = JSON.stringify({ run: run!.id, by: 'anna', reason: 'wrong portfolio' })
    const answer = await stage.connection.nc.request(subject, request)
    expect(answer.json()).toEqual({ run: run!.id, instance: 'a' })
    expect(await stage.until('cancelled')).toMatchObject({
      by: 'anna',
      reason: 'wrong portfolio',
      attempt: 1,
    })
  })

  it('fills in secrets from its own place', async () => {
    const data = new Recorder<unknown>()
    await stage.work('a', {
      secrets: (name) => (name === 'BROKER_TOKEN' ? 's3cret' : undefined),
      handlers: {
        RunImport(run) {
          data.push(run.data)
        },
      },
    })
    await stage.fire('import', { payload: '{"list":[{"token":{"secretRef":"BROKER_TOKEN"}}]}' })
    expect(await data.count(1)).toEqual([{ list: [{ token: 's3cret' }] }])
    await stage.fire('missing', { payload: '{"token":{"secretRef":"NOBODY"}}', policy: { maxAttempts: 1 } })
    expect(await stage.until('dead', 'missing')).toMatchObject({
      error: { message: 'the worker has no secret NOBODY' },
    })
  })

  it('lets runs with one concurrency key follow each other, over all instances, with a rising fence', async () => {
    let inHand = 0
    let most = 0
    const fences: number[] = []
    const RunImport = async ({ fence }: Run) => {
      inHand += 1
      most = Math.max(most, inHand)
      fences.push(fence)
      await stage.connection.clock.sleep(5, new AbortController().signal)
      inHand -= 1
    }
    await stage.work('a', { handlers: { RunImport } })
    await stage.work('b', { handlers: { RunImport } })
    const schedules = Array.from({ length: 12 }, (_, index) => `import-${index}`)
    for (const schedule of schedules) await stage.fire(schedule, { policy: { key: 'main' } })
    await stage.events.until((items) => items.filter(({ type }) => type === 'succeeded').length === 12)
    expect(most).toBe(1)
    expect(fences).toEqual([...fences].sort((a, b) => a - b))
    expect(new Set(fences).size).toBe(12)
  })

  it('does the work of one idempotency key once', async () => {
    const done: string[] = []
    const options = {
      idempotencyKey: ({ data }: Run) => (data as { order: string }).order,
      handlers: {
        RunImport({ id }: Run) {
          done.push(id)
        },
      },
    }
    await stage.work('a', options)
    await stage.work('b', options)
    await stage.fire('first', { payload: '{"order":"7"}' })
    await stage.until('succeeded', 'first')
    await stage.fire('again', { payload: '{"order":"7"}' })
    expect(await stage.until('succeeded', 'again')).toMatchObject({ duplicateOf: `default/first${AT}` })
    expect(done).toEqual([`default/first${AT}`])
  })

  it('hands back at its deadline what still runs, which is no attempt', async () => {
    const running = new Recorder<Run>()
    const worker = await stage.work('a', {
      drainMs: 10,
      handlers: {
        RunImport(run) {
          running.push(run)
          return untilAborted(run)
        },
      },
    })
    await stage.fire('import', { policy: { maxAttempts: 1 } })
    await running.count(1)
    await worker.stop()
    expect(await stage.until('handed-back')).toMatchObject({ attempt: 0, reason: 'stopping' })
    await stage.work('b', { handlers: { RunImport: () => 1 } })
    expect(await stage.until('succeeded')).toMatchObject({ attempt: 1, instance: 'b' })
  })

  it('lets what runs end before it stops, and takes nothing new meanwhile', async () => {
    const running = new Recorder<() => void>()
    const worker = await stage.work('a', {
      handlers: { RunImport: () => new Promise<void>((resolve) => running.push(resolve)) },
    })
    await stage.fire('import')
    const [finish] = await running.count(1)
    const stopped = worker.stop()
    await stage.fire('later')
    finish!()
    await stopped
    expect(await stage.until('succeeded')).toMatchObject({ run: `default/import${AT}` })
    expect(running.items).toHaveLength(1)
    await stage.work('b', { handlers: { RunImport: () => 1 } })
    expect(await stage.until('succeeded', 'later')).toMatchObject({ attempt: 1, instance: 'b' })
  })

  it('tells how it is, where every instance can see it', async () => {
    const { connection } = stage
    const bucket = connection.names.workers
    const key = workerKey('default', 'zerodha', 'vm-7')
    const told = new Recorder<string>()
    connection.nc.subscribe(`$KV.${bucket}.${key}`, { callback: (_, message) => told.push(message.subject) })
    await connection.nc.flush()
    await stage.work('vm-7', { handlers: { RunImport: () => 1 } })
    await told.count(1)
    const found = await newestOf(connection, `KV_${bucket}`, `$KV.${bucket}.${key}`)
    expect(JSON.parse(found?.payload ?? 'null')).toMatchObject({
      adapter: 'zerodha',
      instance: 'vm-7',
      state: 'working',
      messages: ['RunImport'],
      pid: process.pid,
    })
  })

  it('sends its lines and its progress to whoever looks', async () => {
    const lines = new Recorder<Record<string, unknown>>()
    stage.connection.nc.subscribe(stage.connection.names.logSubjects, {
      callback: (_, message) => lines.push(message.json()),
    })
    await stage.connection.nc.flush()
    await stage.work('a', {
      handlers: {
        RunImport({ log, progress }) {
          log.info('positions are read', { count: 7 })
          progress(0.5, 'half')
        },
      },
    })
    await stage.fire('import')
    expect(await lines.count(2)).toMatchObject([
      { type: 'line', level: 'info', text: 'positions are read', facts: { count: 7 }, attempt: 1 },
      { type: 'progress', fraction: 0.5, text: 'half' },
    ])
  })
})
