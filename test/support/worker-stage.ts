import type { RunEvent } from '../../src/core/run/run-event.ts'
import type { Fire } from '../../src/core/trigger/log-entry.ts'
import { createNatsAdapterConsumers } from '../../src/nats/adapter-consumers.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { AdapterConsumer } from '../../src/ports/adapter-consumers.ts'
import { defineWorker, type Worker } from '../../src/worker/worker.ts'
import type { WorkerOptions } from '../../src/worker/worker-options.ts'
import { NOON, someFire } from './entries.ts'
import { connectTo, freshPrefix, silentLogger, type TestServer } from './nats-server.ts'
import { followRunEvents } from './run-events.ts'

/** One adapter on a real server, fires for it, and everything that its workers tell. */
export async function openStage(
  server: TestServer,
  adapter: Partial<AdapterConsumer> = {},
  { follow = true }: { readonly follow?: boolean } = {},
) {
  const prefix = freshPrefix()
  const connection = await connectTo(server, { prefix })
  await ensureLayout(connection, { firesMaxBytes: 64 * 1024 ** 2 })
  const publisher = new Publisher(connection)
  const log = createNatsFireLog({ connection, publisher })
  await createNatsAdapterConsumers({ connection }).ensure({
    tenant: 'default',
    adapter: 'zerodha',
    concurrency: 4,
    ackWaitMs: 30_000,
    paused: false,
    digest: 'd1',
    ...adapter,
  })
  const following = new AbortController()
  if (!follow) following.abort()
  const events = followRunEvents(connection, following.signal)
  const workers: Worker[] = []
  return {
    prefix,
    connection,
    publisher,
    events,
    nats: { servers: server.url, prefix },
    async fire(schedule: string, changes: Partial<Fire> = {}): Promise<void> {
      const outcome = await log.append(someFire(schedule, NOON, changes), 0)
      if (outcome.kind !== 'stored') throw new Error(`the fire was not stored: ${outcome.kind}`)
    },
    async work(
      instance: string,
      options: Pick<WorkerOptions, 'handlers'> & Partial<WorkerOptions>,
    ): Promise<Worker> {
      const worker = defineWorker({
        adapter: 'zerodha',
        nats: { servers: server.url, prefix },
        instance,
        logger: silentLogger,
        ...options,
      })
      workers.push(worker)
      await worker.start()
      return worker
    },
    /** What has been told of the runs of one schedule, as `type attempt`. */
    told: (schedule: string) =>
      events.items
        .filter(({ run }) => run.startsWith(`default/${schedule}@`))
        .map(({ type, attempt }) => `${type} ${attempt}`),
    /** Resolves with the first event of this type, of any run or of one schedule's. */
    async until(type: RunEvent['type'], schedule = ''): Promise<RunEvent> {
      const is = (event: RunEvent) => event.type === type && event.run.startsWith(`default/${schedule}`)
      return (await events.until((items) => items.some(is))).find(is)!
    },
    /** Resolves when every message of the adapter has been answered for good. */
    async drained(): Promise<void> {
      const subject = `$JS.API.CONSUMER.INFO.${connection.names.fires}.default_zerodha`
      for (;;) {
        const info = await connection.ask<{ num_pending: number; num_ack_pending: number }>(
          subject,
          null,
          'looking at the consumer',
        )
        if (info.num_pending + info.num_ack_pending === 0) return
        await connection.clock.sleep(20, following.signal)
      }
    },
    async close(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.stop()))
      following.abort()
      await connection.close()
    },
  }
}

export type Stage = Awaited<ReturnType<typeof openStage>>
