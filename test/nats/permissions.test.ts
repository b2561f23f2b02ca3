import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { type NatsUser, natsUsers } from '../../src/nats/permissions.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { RetryLater } from '../../src/worker/outcome-errors.ts'
import { defineWorker } from '../../src/worker/worker.ts'
import { BelfryProcess } from '../support/belfry-process.ts'
import { belfry } from '../support/command-line.ts'
import { connectTo, silentLogger, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { scheduleText } from '../support/tree-of.ts'

// Two adapters with a job and a schedule each, and the users that `belfry nats-permissions` prints for them.
const PARTS = ['alpha', 'beta'].map(
  (name) => `apiVersion: belfry/v1
kind: Adapter
metadata: {name: ${name}}
spec: {}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: ${name}-job}
spec: {adapter: ${name}, message: Run}
${scheduleText(`${name}-tick`, 'timezone: UTC, triggers: [{every: 1s}]').replace('job: import', `job: ${name}-job`)}`,
)

/** And one whose fires go into lanes. */
const PARTITIONED = PARTS[0]!
  .replaceAll('alpha', 'ledger')
  .replace('spec: {}', 'spec: {partitions: 4}')
  .replace('message: Run', 'message: Run, concurrencyKey: "{{data.k}}", data: {k: main}')

const WAITING = scheduleText(
  'beta-order',
  'timezone: UTC, triggers: [{event: {stream: ORDERS, subject: "orders.>"}}]',
).replace('job: import', 'job: beta-job')

let folder = ''
let server: TestServer
let serve: BelfryProcess
const ADAPTERS = [
  { tenant: 'default', adapter: 'alpha' },
  { tenant: 'default', adapter: 'beta' },
  { tenant: 'default', adapter: 'ledger', partitions: 4 },
]
const users = natsUsers('belfry', ADAPTERS, ['ORDERS'])
const [scheduler, operator, alpha, beta, ledger] = users as [NatsUser, NatsUser, NatsUser, NatsUser, NatsUser]
const urlOf = ({ user }: NatsUser) => server.url.replace('://', `://${user}:secret@`)
const serveEnding = new AbortController()
const closing: (() => Promise<unknown>)[] = []

async function client({
  user,
  inboxPrefix,
}: Pick<NatsUser, 'user' | 'inboxPrefix'>): Promise<NatsConnection> {
  const nc = await connect({ servers: server.url, user, pass: 'secret', inboxPrefix })
  closing.push(() => nc.close())
  return nc
}

async function look() {
  const connection = await connectTo(server, {
    servers: [urlOf(scheduler)],
    inboxPrefix: scheduler.inboxPrefix,
  })
  closing.push(() => connection.close())
  return connection
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'belfry-tree-'))
  writeFileSync(join(folder, 'tree.yaml'), [...PARTS, PARTITIONED, WAITING].join('---\n'))
  const { code, stdout } = await belfry(folder, 'nats-permissions', '.')
  expect(code).toBe(0)
  // The server takes the passwords from its environment; here they are all the same.
  const printed = stdout.replace(/\$NATS_PASSWORD_[A-Z_]+/g, '"secret"')
  const owner = '{user: owner, password: secret}'
  server = await startNatsServer({ configuration: printed.replace('users: [', `users: [ ${owner}`) })
  const nc = await client({ user: 'owner', inboxPrefix: '_INBOX' })
  const stream = { name: 'ORDERS', subjects: ['orders.>'], storage: 'memory' }
  await nc.request('$JS.API.STREAM.CREATE.ORDERS', JSON.stringify(stream))
  const inbox = ['--nats-inbox', scheduler.inboxPrefix, '--log-size', '64MiB']
  serve = BelfryProcess.serve({
    server: { url: urlOf(scheduler) },
    prefix: 'belfry',
    instance: 'one',
    tree: folder,
    arguments: inbox,
  })
  await serve.said('the tree is applied')
})
afterAll(async () => {
  await Promise.all(closing.map((close) => close()))
  await serve.stop()
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** The first message that the consumer of this worker has for it. */
async function take(nc: NatsConnection, consumer: string) {
  const bound = await jetstream(nc, { checkAPI: false }).consumers.get('BELFRY_FIRES', consumer)
  return bound.next({ expires: 10_000 })
}

/** What the server says about a publish that it may refuse. */
async function refusal(nc: NatsConnection, work: () => void): Promise<string> {
  const status = nc.status()[Symbol.asyncIterator]()
  work()
  await nc.flush()
  for (;;) {
    const { value } = await status.next()
    if (value?.type === 'error') return String(value.error.message)
  }
}

describe('users with the printed rights', () => {
  it('let the scheduler do all that it does', async () => {
    const second = BelfryProcess.serve({
      server: { url: urlOf(scheduler) },
      prefix: 'belfry',
      instance: 'two',
      tree: folder,
      arguments: ['--nats-inbox', scheduler.inboxPrefix],
    })
    await second.said('ready')
    writeFileSync(join(folder, 'more.yaml'), PARTS[0]!.replaceAll('alpha', 'gamma'))
    await serve.said('the tree is applied', serve.lines.items.length)
    expect(await second.stop()).toBe(0)
    const lines = [...serve.lines.items, ...second.lines.items]
    expect(lines.filter(({ level, message }) => level !== 'info' || /error/.test(message))).toEqual([])
  })

  it('let the scheduler wait on the streams that its event triggers name, and remove what it had there', async () => {
    const owner = await client({ user: 'owner', inboxPrefix: '_INBOX_owner' })
    const connection = await look()
    const log = createNatsFireLog({ connection, publisher: new Publisher(connection) })
    const records = new Recorder<LogRecord>()
    const ending = new AbortController()
    log.follow(1, { onRecord: records.push, onReset: () => undefined }, ending.signal)
    await owner.request('orders.new', '{}')
    await records.until((items) => items.some(({ key }) => key.schedule.startsWith('beta-order~e')))
    ending.abort()
    const named = async () =>
      (await owner.request('$JS.API.CONSUMER.NAMES.ORDERS', '')).json<{ consumers: string[] | null }>()
        .consumers
    expect(await named()).toMatchObject([expect.stringMatching(/^belfry_default_beta-order_[a-z2-7]{26}$/)])
    writeFileSync(join(folder, 'tree.yaml'), [...PARTS, PARTITIONED].join('---\n'))
    await serve.said('the tree is applied', serve.lines.items.length)
    while ((await named())?.length !== 0) await connection.clock.sleep(100, serveEnding.signal)
  })

  it('let a worker take and acknowledge the fires of its adapter', async () => {
    const nc = await client(alpha)
    const message = await take(nc, 'default_alpha')
    expect(message?.subject).toBe('belfry.fire.default.alpha-tick.alpha-job.alpha.0')
    expect(await message?.ackAck()).toBe(true)
  })

  it('let a worker with the SDK do all that it does: history, keys, health, cancelling', async () => {
    const said = new Recorder<string>()
    const say = (message: string, facts: object = {}) => said.push(`${message} ${JSON.stringify(facts)}`)
    const ended = new Recorder<string>()
    const worker = defineWorker({
      adapter: 'alpha',
      instance: 'permitted',
      nats: { servers: urlOf(alpha), inboxPrefix: alpha.inboxPrefix },
      logger: { ...silentLogger, warn: say, error: say },
      idempotencyKey: ({ id }) => id,
      handlers: {
        Run({ id, attempt, log }) {
          log.info('hello')
          if (attempt === 1) throw new RetryLater(10)
          ended.push(id)
        },
      },
    })
    await worker.start()
    await ended.count(2)
    await worker.stop()
    expect(said.items).toEqual([])
  })

  it('let a worker take from the partitions of its adapter', async () => {
    const said = new Recorder<string>()
    const ended = new Recorder<string>()
    const worker = defineWorker({
      adapter: 'ledger',
      instance: 'permitted',
      nats: { servers: urlOf(ledger), inboxPrefix: ledger.inboxPrefix },
      logger: { ...silentLogger, warn: said.push, error: said.push },
      handlers: { Run: ({ id }) => ended.push(id) },
    })
    await worker.start()
    await ended.count(2)
    await worker.stop()
    expect(said.items).toEqual([])
  })

  it('let an operator look, and ask the leader', async () => {
    const access = ['--nats', urlOf(operator), '--nats-inbox', operator.inboxPrefix]
    const status = await belfry(folder, 'status', ...access)
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(status.stdout).toContain('default/alpha-tick')
    const applied = await belfry(folder, 'apply', '.', '--source', 'other', ...access)
    // It was understood and answered: the objects are those of the watched folder.
    expect(applied.stderr).toContain('refused')
  })

  it('let an operator look at runs and the audit trail, and plan a run and take it back', async () => {
    const access = ['--nats', urlOf(operator), '--nats-inbox', operator.inboxPrefix]
    const at = ['--at', '2099-01-01', '--format', 'json']
    const planned = await belfry(folder, 'trigger', 'job/alpha-job', ...at, ...access)
    const { run } = JSON.parse(planned.stdout) as { run: string }
    expect((await belfry(folder, 'runs', 'planned', ...access)).stdout).toContain(run)
    for (const line of ['runs list', 'dead list', 'workers', 'events']) {
      const looked = await belfry(folder, ...line.split(' '), '--format', 'json', ...access)
      expect(looked, line).toMatchObject({ code: 0, stderr: '' })
    }
    const cancelled = await belfry(folder, 'runs', 'cancel', run, '--reason', 'enough', ...access)
    expect(cancelled).toMatchObject({ code: 0, stderr: '' })
  })

  it('keep a worker from the consumer of another adapter', async () => {
    const nc = await client(alpha)
    await expect(take(nc, 'default_beta')).rejects.toThrow(/Permissions Violation/i)
    const next = '$JS.API.CONSUMER.MSG.NEXT.BELFRY_FIRES.default_beta'
    expect(await refusal(nc, () => nc.publish(next, '', { reply: `${alpha.inboxPrefix}.x` }))).toMatch(
      /default_beta/,
    )
  })

  it.each([
    'belfry.fire.default.alpha-tick.alpha-job.alpha.0',
    'belfry.event.alarm.forged',
    '$KV.belfry-live.Schedule.default.alpha-tick',
    '$KV.belfry-lease.leader',
    'belfry.control.leader',
    '_INBOX_belfry.forged',
    '$JS.API.CONSUMER.DELETE.BELFRY_FIRES.default_alpha',
    '$JS.API.STREAM.MSG.GET.BELFRY_FIRES',
    '$JS.ACK.BELFRY_FIRES.default_beta.1.1.1.1.1',
    'belfry.run.default.beta-tick.beta-job.beta.forged',
    '$KV.belfry-locks.default.beta.lock.forged',
    'belfry.dead.default.alpha.1',
  ])('keep a worker from publishing %s', async (subject) => {
    const nc = await client(alpha)
    expect(await refusal(nc, () => nc.publish(subject, '{}'))).toContain(subject)
  })

  it.each([
    'belfry.>',
    'belfry.fire.default.>',
    '_INBOX.>',
    '_INBOX_belfry.>',
    `_INBOX_belfry-worker-default_beta.>`,
    '>',
  ])('keep a worker from subscribing to %s', async (subject) => {
    const nc = await client(alpha)
    expect(await refusal(nc, () => void nc.subscribe(subject, { callback: () => undefined }))).toMatch(
      /subscription/i,
    )
  })

  it('keep an operator from writing anything itself', async () => {
    const nc = await client(operator)
    for (const subject of [
      'belfry.fire.default.alpha-tick.mark',
      '$KV.belfry-live.x',
      '$JS.API.STREAM.PURGE.BELFRY_FIRES',
    ]) {
      expect(await refusal(nc, () => nc.publish(subject, '{}'))).toContain(subject)
    }
  })

  // The server delivers to any reply subject, also into a stream, where the message is stored under its own subject. What
  // keeps the copy out of the log is the expectation that every entry carries, which no longer holds.
  it('do not let a worker have its fires delivered into the log', async () => {
    const connection = await look()
    const publisher = new Publisher(connection)
    const records = new Recorder<LogRecord>()
    const following = new AbortController()
    const log = createNatsFireLog({ connection, publisher })
    log.follow(1, { onRecord: records.push, onReset: () => undefined }, following.signal)
    const nc = await client(beta)
    await records.until((items) => items.some(({ key }) => key.schedule === 'beta-tick'))
    for (let times = 0; times < 3; times++) {
      nc.publish('$JS.API.CONSUMER.MSG.NEXT.BELFRY_FIRES.default_beta', '{"batch":1}', {
        reply: 'belfry.fire.default.forged.beta-job.beta.0',
      })
    }
    await nc.flush()
    await records.count(records.items.length + 6)
    following.abort()
    publisher.close()
    const ids = records.items.map(({ key, nominal }) => `${key.schedule}@${nominal}`)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index || id.startsWith('forged'))).toEqual([])
  })
})
