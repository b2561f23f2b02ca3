import { systemClock } from '../../src/lifecycle/clock.ts'
import { MemoryAdapterConsumers } from '../../src/memory/adapter-consumers.ts'
import { MemoryBucket } from '../../src/memory/bucket.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { createMemoryLeaseStore } from '../../src/memory/lease-store.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import { createNatsAdapterConsumers } from '../../src/nats/adapter-consumers.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { createNatsLeaseStore, LEASE_TIMEOUT_MS } from '../../src/nats/lease-store.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsStore } from '../../src/nats/store.ts'
import type { AdapterConsumers } from '../../src/ports/adapter-consumers.ts'
import type { FireLog } from '../../src/ports/fire-log.ts'
import type { LeaseStore } from '../../src/ports/lease.ts'
import type { Store } from '../../src/ports/store.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from './nats-server.ts'

/** The ports of one installation, as one of its instances has them. */
export interface Ports {
  readonly store: Store
  readonly lease: LeaseStore
  readonly log: FireLog
  readonly consumers: AdapterConsumers
  /** Deletes the store and the log and creates them again. */
  recreate(): Promise<void>
  close(): Promise<void>
}

/** One way to have ports: `open` makes an installation of its own with two instances on it. */
export interface PortsFamily {
  readonly title: string
  start(): Promise<void>
  stop(): Promise<void>
  open(): Promise<readonly [Ports, Ports]>
}

export function portsFamilies(): readonly PortsFamily[] {
  return [memoryFamily(), natsFamily()]
}

function memoryFamily(): PortsFamily {
  return {
    title: 'in memory',
    start: async () => undefined,
    stop: async () => undefined,
    async open() {
      const bucket = new MemoryBucket()
      const leaseBucket = new MemoryBucket()
      const stream = new MemoryLogStream()
      const options = { clock: systemClock }
      const consumers = new MemoryAdapterConsumers(stream, systemClock)
      const instance = (): Ports => ({
        store: createMemoryStore(bucket, options),
        lease: createMemoryLeaseStore(leaseBucket, options),
        log: createMemoryFireLog(stream, options),
        consumers,
        async recreate() {
          bucket.recreate()
          stream.recreate()
        },
        close: async () => undefined,
      })
      return [instance(), instance()]
    },
  }
}

function natsFamily(): PortsFamily {
  let server: TestServer
  return {
    title: 'on NATS',
    async start() {
      server = await startNatsServer()
    },
    stop: () => server.stop(),
    async open() {
      const prefix = freshPrefix()
      return [
        await openNatsPorts(await connectTo(server, { prefix })),
        await openNatsPorts(await connectTo(server, { prefix })),
      ]
    },
  }
}

export async function openNatsPorts(connection: Connection): Promise<Ports> {
  // The server reserves the log's limit for each of the many installations that tests make.
  const layout = { firesMaxBytes: 16 * 1024 ** 2 }
  await ensureLayout(connection, layout)
  const publisher = new Publisher(connection)
  const leasePublisher = new Publisher(connection, { timeoutMs: LEASE_TIMEOUT_MS })
  const { names } = connection
  return {
    store: createNatsStore({ connection, publisher, bucket: names.live }),
    lease: createNatsLeaseStore({ connection, publisher: leasePublisher }),
    log: createNatsFireLog({ connection, publisher }),
    consumers: createNatsAdapterConsumers({ connection }),
    async recreate() {
      for (const stream of [`KV_${names.live}`, names.fires]) {
        await connection.ask(`$JS.API.STREAM.DELETE.${stream}`, null, 'deleting a stream')
      }
      await ensureLayout(connection, layout)
    },
    async close() {
      publisher.close()
      leasePublisher.close()
      await connection.close()
    },
  }
}
