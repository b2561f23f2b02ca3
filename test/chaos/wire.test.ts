import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { someFire } from '../support/entries.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { NatsWire } from '../support/nats-wire.ts'

describe('a wire between belfry and its server', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())

  it.each([
    'never',
    'always',
  ] as const)('hears of every fire that it is stored, also of the members of a batch, which have one answer (batches %s)', async (batches) => {
    const heard: string[] = []
    const wire = await NatsWire.start(
      [server.port],
      (subject) => subject.includes('.fire.'),
      (request) => heard.push(request.subject.split('.')[3]!),
    )
    const connection = await connectTo(wire, { prefix: freshPrefix() })
    await ensureLayout(connection, { firesMaxBytes: 4 * 1024 ** 2 })
    const log = createNatsFireLog({ connection, publisher: new Publisher(connection), batches })
    await log.info()
    const schedules = Array.from({ length: 20 }, (_, index) => `s${index}`)
    await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
    expect(heard.toSorted()).toEqual(schedules.toSorted())
    await connection.close()
    await wire.stop()
  })
})
