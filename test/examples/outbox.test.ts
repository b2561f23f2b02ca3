import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectBelfry } from '../../src/client/index.ts'
import { isFinal, type RunEvent } from '../../src/core/run/run-event.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsDeadLetters } from '../../src/nats/dead-letters.ts'
import { keySubject } from '../../src/nats/names.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { workerKey } from '../../src/nats/run-subjects.ts'
import { examplePrograms, type StartedProgram } from '../support/example-program.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { connectTo } from '../support/nats-server.ts'
import type { Recorder } from '../support/recorder.ts'
import { followRunEvents } from '../support/run-events.ts'

interface Delivery {
  readonly message: number
  readonly run: string
  readonly attempt: number
  readonly instance: string
  readonly trace: string
  readonly outcome: string
}

interface Tables {
  readonly outbox: readonly {
    readonly id: number
    readonly data: string
    readonly run: string
    readonly refused: string | null
  }[]
  readonly handled: readonly Omit<Delivery, 'outcome'>[]
  readonly shipments: readonly { readonly order_id: string; readonly message: number }[]
  readonly deliveries: readonly Delivery[]
}

const TREE = readFileSync(new URL('../../examples/outbox/schedules/outbox.yaml', import.meta.url), 'utf8')
const following = new AbortController()
const folder = mkdtempSync(join(tmpdir(), 'belfry-outbox-'))
let installation: Installation
let connection: Connection
let events: Recorder<RunEvent>
let programs: ReturnType<typeof examplePrograms>

beforeAll(async () => {
  installation = await startInstallation({ 'outbox.yaml': TREE })
  const { server, prefix } = installation
  connection = await connectTo(server, { prefix })
  events = followRunEvents(connection, following.signal)
  programs = examplePrograms('outbox', { NATS_URL: server.url, BELFRY_PREFIX: prefix, OUTBOX_FOLDER: folder })
})
afterAll(async () => {
  programs.killAll()
  following.abort()
  await connection.close()
  await installation.stop()
  rmSync(folder, { recursive: true, force: true })
})

let orders = 0
/** Returns the number of its message. */
function place(order: string, parcels = 1, customer = 'acme'): number {
  orders += 1
  programs.run('place-order.mjs', order, customer, String(parcels), `trace-${orders}`)
  return orders
}

const tables = () => JSON.parse(programs.run('show.mjs')) as Tables

/** Resolves when so many messages have come to their end. */
const ended = (count: number) =>
  events.until((all) => {
    const runs = all.filter((event) => event.run.startsWith('default/ship-order') && isFinal(event))
    return new Set(runs.map(({ run }) => run)).size >= count
  })

/** Starts a consumer and waits until the others can know of it. */
async function consumer(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<StartedProgram> {
  const subject = keySubject(connection.names.workers, workerKey('default', 'shipping', name))
  const healthy = new Promise<void>((resolve) => {
    connection.nc.subscribe(subject, { max: 1, callback: () => resolve() })
  })
  await connection.nc.flush()
  const started = programs.start('consumer.mjs', [name], environment)
  await healthy
  return started
}

describe('the example outbox', { timeout: 120_000 }, () => {
  it('handles each message once, on another instance where one fails, through crashes of relay and consumer', async () => {
    const serve = installation.serve('one')
    await serve.said('the tree is applied')
    const failing = await consumer('A', { CARRIER_DOWN: '1' })
    // Whichever of the two ships order-2 dies before it can say so.
    const healthy = [
      await consumer('B', { DIE_AFTER: 'order-2' }),
      await consumer('C', { DIE_AFTER: 'order-2' }),
    ]

    for (let order = 1; order <= 6; order += 1) place(`order-${order}`)
    const again = place('order-3')
    const long = place('long', 8)
    const empty = place('empty', 0)
    const refused = place('refused', 1, '')
    const killed = programs.start('relay.mjs', [], { DIE_BEFORE_MARK: '1' })
    expect(await killed.ended).toBe('SIGKILL')
    expect(tables().outbox.every(({ run }) => run === null)).toBe(true)
    const relay = programs.start('relay.mjs', [], { KEPT_HOURS: '0' })
    await ended(9)
    // The server chooses who gets a message. Sooner or later the failing instance has had one.
    while (!events.items.some(({ type, instance }) => type === 'failed' && instance === 'A')) {
      await ended(place(`further-${orders}`) - 1)
    }

    const { outbox, shipments, handled, deliveries } = tables()
    const of = (message: number) => deliveries.filter((each) => each.message === message)
    // Sent twice by a relay that had died, and by the next one: one run each.
    const sent = outbox.filter(({ id }) => id !== refused)
    for (const { id, run } of sent) {
      expect(run).toMatch(/^default\/ship-order/)
      expect(of(id).every((each) => each.run === run)).toBe(true)
      expect(of(id).every(({ trace }) => trace === `trace-${id}`)).toBe(true)
    }
    expect(new Set(sent.map(({ run }) => run)).size).toBe(sent.length)

    // One shipment each, however often it was delivered or placed.
    const wanted = sent.map(({ id, data }) => ({ id, order: (JSON.parse(data) as { order: string }).order }))
    const names = new Set(wanted.filter(({ id }) => id !== empty).map(({ order }) => order))
    expect(shipments.map(({ order_id }) => order_id).sort()).toEqual([...names].sort())
    expect(handled.filter(({ message }) => message === 3 || message === again)).toHaveLength(1)
    expect(events.items).toContainEqual(
      expect.objectContaining({ type: 'succeeded', duplicateOf: expect.any(String) }),
    )

    // What failed on A was done elsewhere, in the context that it began with.
    const moved = deliveries.filter(
      ({ instance, message }) => instance === 'A' && ![empty, again].includes(message),
    )
    for (const { message } of moved) {
      const last = of(message).at(-1)
      expect(last?.outcome).toMatch(/shipped$/)
      expect(last?.instance).not.toBe('A')
      expect(of(message).filter(({ instance }) => instance === 'A')).toHaveLength(1)
    }
    expect(events.items.some((event) => event.type === 'failed' && event.notOn === 'A')).toBe(true)

    // The consumer died when order-2 was shipped: delivered again to another one, and not shipped again.
    const second = handled.find(({ message }) => message === 2)
    const told = of(2).at(-1)
    expect(told).toMatchObject({ outcome: 'had been shipped', trace: 'trace-2', run: second?.run })
    expect(told?.instance).not.toBe(second?.instance)
    expect(told?.attempt).toBeGreaterThan(second?.attempt ?? 0)

    // Four seconds of work, three of ackWait: nobody else was given it meanwhile.
    expect(of(long).filter(({ outcome }) => outcome.endsWith('shipped'))).toHaveLength(1)

    // What can never work is a dead letter, and what can never be sent stays where it is.
    const deadLetters = createNatsDeadLetters({ connection, publisher: new Publisher(connection) })
    await serve.said('a run is dead')
    expect(await deadLetters.list({})).toMatchObject([
      { adapter: 'shipping', job: 'ship-order', reason: 'permanent', error: 'there is nothing to ship' },
    ])
    expect(outbox.filter((row) => row.refused !== null).map(({ id }) => id)).toEqual([refused])

    const belfry = await connectBelfry({
      nats: { servers: installation.server.url, prefix: installation.prefix },
    })
    const { run: cleanUp } = await belfry.trigger('schedule/outbox-clean-up')
    await belfry.close()
    await events.until((all) => all.some((event) => event.run === cleanUp && isFinal(event)))
    expect(tables().outbox.map(({ id }) => id)).toEqual([refused])

    const codes = await Promise.all([relay.stop(), failing.stop(), ...healthy.map((each) => each.stop())])
    expect(codes.sort()).toEqual([0, 0, 0, 'SIGKILL'])
  })
})
