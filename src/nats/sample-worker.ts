/**
 * A worker that does nothing but acknowledge: what `belfry dev` runs, so that the whole way of a fire can be seen.
 *
 * Job: pull from the durable consumers of all adapters and tell what came. Invariant: only consumers that belfry made
 * are bound. On failure: a consumer that is gone is left; a new one is found at the next look.
 */
import { type ConsumerMessages, jetstream } from '@nats-io/jetstream'
import type { KnownConsumer } from '../ports/adapter-consumers.ts'
import { createNatsAdapterConsumers } from './adapter-consumers.ts'
import type { Connection } from './connection.ts'
import { decodeHeaderValue } from './headers.ts'
import { consumerName } from './names.ts'

export interface SampleRun {
  readonly fireId: string
  readonly adapter: string
  readonly sequence: number
}

export interface SampleWorkerOptions {
  readonly connection: Connection
  readonly onAcknowledged: (run: SampleRun) => void
}

const LOOK_EVERY_MS = 2_000

/** Works until `signal` aborts; resolves when everything that was taken is acknowledged. */
export async function runSampleWorker(options: SampleWorkerOptions, signal: AbortSignal): Promise<void> {
  const { connection } = options
  const consumers = createNatsAdapterConsumers({ connection })
  const bound = new Map<string, { messages: ConsumerMessages; done: Promise<void> }>()
  do {
    for (const known of await consumers.list()) {
      for (const lane of known.paused ? [] : known.lanes) {
        const name = consumerName(known.tenant, known.adapter, lane)
        if (bound.has(name)) continue
        const messages = await bind(connection, name)
        const done = acknowledge(messages, known, options).finally(() => bound.delete(name))
        bound.set(name, { messages, done })
      }
    }
  } while (await connection.clock.sleep(LOOK_EVERY_MS, signal))
  await Promise.all(
    [...bound.values()].map(async ({ messages, done }) => {
      await messages.close()
      await done
    }),
  )
}

async function bind(connection: Connection, name: string): Promise<ConsumerMessages> {
  const consumer = await jetstream(connection.nc).consumers.get(connection.names.fires, name)
  return consumer.consume({ max_messages: 100 })
}

async function acknowledge(
  messages: ConsumerMessages,
  { adapter }: KnownConsumer,
  { onAcknowledged }: SampleWorkerOptions,
): Promise<void> {
  for await (const message of messages) {
    const fireId = decodeHeaderValue(message.headers?.get('ce-id') ?? '')
    if (await message.ackAck()) onAcknowledged({ fireId, adapter, sequence: message.seq })
  }
}
