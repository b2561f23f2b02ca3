import { createInbox, type Msg } from '@nats-io/nats-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../../src/core/result.ts'
import type { ToldEvent } from '../../src/core/run/open-run.ts'
import { createNatsDeadLetters } from '../../src/nats/dead-letters.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsRunJournal } from '../../src/nats/run-journal.ts'
import { PermanentError } from '../../src/worker/outcome-errors.ts'
import type { Run } from '../../src/worker/run.ts'
import { defineWorker, type Worker } from '../../src/worker/worker.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

/** The leader and workers together, on a real server. */
describe('runs', () => {
  let server: TestServer
  let live: LiveInstances
  let events: Recorder<ToldEvent>
  const ending = { controller: new AbortController() }
  const workers: Worker[] = []

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    live = await LiveInstances.on(server)
    events = new Recorder()
    ending.controller = new AbortController()
    journal().followEvents(1, { onTold: events.push, onReset: () => undefined }, ending.controller.signal)
  })
  afterEach(async () => {
    ending.controller.abort()
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
    await live.end()
  })

  const publisher = () => new Publisher(live.connection)
  const journal = () => createNatsRunJournal({ connection: live.connection, publisher: publisher() })
  const deadLetters = () => createNatsDeadLetters({ connection: live.connection, publisher: publisher() })

  const serve = async (schedule: string, adapter = '{}'): Promise<void> => {
    const text = ADAPTER_AND_JOB.replace('spec: {}', `spec: ${adapter}`) + scheduleText('tick', schedule)
    const source = {
      id: 'main',
      describe: () => 'a tree in memory',
      load: async () => ok(treeOf(text)),
      watch: () => undefined,
    }
    const belfry = await live.start('one', source)
    await belfry.scheduler.applied(ending.controller.signal)
  }
  const work = async (instance: string, handler: (run: Run) => unknown): Promise<void> => {
    const worker = defineWorker({
      adapter: 'market',
      instance,
      nats: { servers: [server.url], prefix: live.prefix },
      handlers: { Import: async (run: Run) => handler(run) },
    })
    workers.push(worker)
    await worker.start()
  }
  const told = async (type: string, count = 1): Promise<readonly ToldEvent[]> => {
    const of = (all: readonly ToldEvent[]) => all.filter(({ event }) => event.type === type)
    return of(await events.until((all) => of(all).length >= count))
  }

  it('never overlap with skip: what comes up meanwhile is recorded as not fired', async () => {
    let going = 0
    let most = 0
    const gates = new Recorder<() => void>()
    await serve('timezone: UTC, triggers: [{every: 1s}], overlap: skip')
    await work('a', async () => {
      going += 1
      most = Math.max(most, going)
      await new Promise<void>((resolve) => gates.push(resolve))
      going -= 1
    })
    await gates.count(1)
    await live.records.until((all) => all.filter(({ reason }) => reason === 'overlap').length >= 2)
    gates.items[0]!()
    await gates.count(2)
    gates.items[1]!()
    expect(most).toBe(1)
    const records = await live.records.until((all) => all.filter(({ kind }) => kind === 'fire').length >= 2)
    const fires = records.filter(({ kind }) => kind === 'fire')
    expect(fires[1]!.nominal - fires[0]!.nominal).toBeGreaterThanOrEqual(3_000)
  })

  it('follow one another with buffer-one: the oldest waits, under its own time', async () => {
    const gates = new Recorder<{ readonly run: Run; readonly open: () => void }>()
    await serve('timezone: UTC, triggers: [{every: 1s}], overlap: buffer-one')
    await work('a', (run) => new Promise<void>((open) => gates.push({ run, open })))
    const [first] = await gates.count(1)
    const begun = first!.run.nominalTime.getTime()
    await live.passed(begun + 4_000)
    expect(live.records.items.filter(({ kind }) => kind === 'fire')).toHaveLength(1)
    first!.open()
    const [, second] = await gates.count(2)
    expect(second!.run.nominalTime.getTime()).toBe(begun + 1_000)
    await live.records.until((all) => all.some(({ reason }) => reason === 'overlap'))
    second!.open()
  })

  it('of a worker that fails for good go to the dead letters with their message', async () => {
    await serve('timezone: UTC, triggers: [{every: 1s}], overlap: skip')
    await work('a', () => {
      throw new PermanentError('no such portfolio')
    })
    const [dead] = await told('dead')
    await expect.poll(() => deadLetters().find(dead!.event.run)).toMatchObject({ reason: 'permanent' })
    const letters = await deadLetters().list({ adapter: 'market' })
    expect(letters[0]).toMatchObject({ job: 'import', attempts: 1, error: 'no such portfolio' })
    expect(await deadLetters().discard(letters[0]!)).toBe(true)
    expect((await deadLetters().list({})).map(({ run }) => run)).not.toContain(letters[0]!.run)
  })

  it('that fail are tried again on another instance: the leader sends the next attempt of the same run', async () => {
    const retry =
      '{retry: {maxAttempts: 3, backoff: {initial: 1s, factor: 1, max: 1s}, target: other-instance}}'
    await serve('timezone: UTC, triggers: [{every: 2s}], overlap: skip', retry)
    const handled = new Recorder<{ readonly on: string; readonly id: string; readonly attempt: number }>()
    const handler = (on: string) => (run: Run) => {
      handled.push({ on, id: run.id, attempt: run.attempt })
      if (run.attempt === 1) throw new Error('the session is gone')
    }
    await work('a', handler('a'))
    await work('b', handler('b'))
    const [succeeded] = await told('succeeded')
    const attempts = handled.items.filter(({ id }) => id === succeeded!.event.run)
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(new Set(attempts.map(({ on }) => on)).size).toBe(2)
    expect(live.records.items.find(({ retry: of }) => of?.run === succeeded!.event.run)).toMatchObject({
      reason: 'retry',
      retry: { attempt: 2 },
    })
  })

  it('of a worker that only acknowledges stand in the history too', async () => {
    await serve('timezone: UTC, triggers: [{every: 1s}], overlap: buffer-all')
    const { nc, names } = live.connection
    const given = new Recorder<Msg>()
    const inbox = createInbox()
    nc.subscribe(inbox, {
      callback: (error, message) => {
        if (error === null) given.push(message)
      },
    })
    const next = `$JS.API.CONSUMER.MSG.NEXT.${names.fires}.default_market`
    nc.publish(next, '{"batch":1,"expires":20000000000}', { reply: inbox })
    const [first] = await given.count(1)
    first!.respond('+ACK')
    const [ended] = await told('succeeded')
    expect(ended!.event).toMatchObject({ attempt: 1, sequence: 1 })
    // With its end told, the next one goes.
    await live.records.until((all) => all.filter(({ kind }) => kind === 'fire').length >= 2)
  })

  it('that a worker without the SDK gives back as often as the adapter allows are dead, and come no more', async () => {
    await serve('timezone: UTC, triggers: [{every: 1s}], overlap: buffer-all', '{retry: {maxAttempts: 3}}')
    const { nc, names } = live.connection
    const given = new Recorder<Msg>()
    const inbox = createInbox()
    const next = () =>
      nc.publish(
        `$JS.API.CONSUMER.MSG.NEXT.${names.fires}.default_market`,
        '{"batch":1,"expires":20000000000}',
        { reply: inbox },
      )
    nc.subscribe(inbox, {
      callback: (error, message) => {
        if (error === null && message.reply?.startsWith('$JS.ACK.')) given.push(message)
      },
    })
    const idOf = (message: Msg) => message.headers?.get('ce-id')
    next()
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const message = (await given.count(attempt)).at(-1)!
      expect(idOf(message)).toBe(idOf(given.items[0]!))
      message.respond('-NAK')
      next()
    }
    const [dead] = await told('dead')
    expect(dead!.event).toMatchObject({ reason: 'attempts', attempt: 3 })
    await expect.poll(() => deadLetters().find(dead!.event.run)).toMatchObject({ attempts: 3 })
    // One more delivery may have been on its way. Then another one comes: the end of the run made room for the fire that waited.
    next()
    const other = await given.until((all) => all.some((message) => idOf(message) !== idOf(all[0]!)))
    other.find((message) => idOf(message) !== idOf(other[0]!))!.respond('+ACK')
  })
})
