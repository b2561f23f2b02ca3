import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { WorkerProcess } from '../support/worker-process.ts'
import { openStage, type Stage } from '../support/worker-stage.ts'

describe('worker processes', () => {
  let server: TestServer
  let stage: Stage
  let processes: WorkerProcess[]

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    stage = await openStage(server, { ackWaitMs: 2_000 })
    processes = []
  })
  afterEach(async () => {
    for (const each of processes) each.signal('SIGKILL')
    await Promise.all(processes.map((each) => each.ended))
    await stage.close()
  })

  const start = (instance: string, environment?: Readonly<Record<string, string>>): WorkerProcess => {
    const started = new WorkerProcess(stage, instance, environment)
    processes.push(started)
    return started
  }
  const RUN = 'default/import@2026-01-27T12:00:00Z'

  it('that are killed in the middle of a run lose it to another after the acknowledgement wait: attempt 2', async () => {
    const first = start('a')
    await stage.fire('import', { message: 'Hang' })
    expect(await first.said('began')).toBe(`began ${RUN} 1`)
    await stage.until('started')
    first.signal('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    const second = start('b')
    expect(await second.said('began')).toBe(`began ${RUN} 2`)
    const started = await stage.events.until(
      (items) => items.filter(({ type }) => type === 'started').length === 2,
    )
    expect(started.map(({ instance, attempt }) => `${instance} ${attempt}`)).toEqual(['a 1', 'b 2'])
  })

  it('that die at once of a message use up its attempts, and the last one is told by who comes next', async () => {
    await stage.fire('import', { message: 'Poison', policy: { maxAttempts: 2 } })
    for (const instance of ['a', 'b']) expect(await start(instance).ended).toBe('SIGKILL')
    start('c')
    expect(await stage.until('dead')).toMatchObject({
      reason: 'attempts',
      error: { name: 'WorkerLost' },
      instance: 'c',
    })
  })

  it('that are silent for long lose the run, and cannot end it when they come back', async () => {
    const first = start('a')
    await stage.fire('import', { message: 'Hang' })
    await first.said('began')
    await stage.until('started')
    first.signal('SIGSTOP')
    const second = start('b')
    await second.said('began')
    await stage.events.until((items) => items.filter(({ type }) => type === 'started').length === 2)
    first.signal('SIGCONT')
    first.signal('SIGTERM')
    second.signal('SIGTERM')
    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0])
    // Only the one that has the run could hand it back.
    const handed = await stage.events.until((items) => items.some(({ type }) => type === 'handed-back'))
    expect(handed.filter(({ type }) => type === 'handed-back').map(({ instance }) => instance)).toEqual(['b'])
  }, 60_000)

  it('that are asked to end hand back at their deadline what still runs, and exit with code 0', async () => {
    const first = start('a', { DRAIN_MS: '50' })
    await stage.fire('import', { message: 'Hang', policy: { maxAttempts: 1 } })
    await first.said('began')
    first.signal('SIGTERM')
    expect(await first.ended).toBe(0)
    expect(await stage.until('handed-back')).toMatchObject({ attempt: 0, reason: 'stopping' })
    const second = start('b')
    expect(await second.said('began')).toBe(`began ${RUN} 1`)
  })
})
