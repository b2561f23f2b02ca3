import type { AdapterConsumer, AdapterConsumers, KnownConsumer } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { MemoryLogStream, StoredEntry } from './log-stream.ts'

interface Held {
  readonly consumer: AdapterConsumer
  readonly after: number
  readonly acknowledged: Set<number>
}

/** Consumers over a log in memory: each sees the fires of its adapter that were stored after it was made. */
export class MemoryAdapterConsumers implements AdapterConsumers {
  readonly #stream: MemoryLogStream
  readonly #clock: Clock
  readonly #held = new Map<string, Held>()

  constructor(stream: MemoryLogStream, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
  }

  async list(): Promise<readonly KnownConsumer[]> {
    return [...this.#held.values()].map((held) => {
      const { tenant, adapter, digest, paused } = held.consumer
      return { tenant, adapter, digest, paused, pending: this.#waiting(held).length }
    })
  }

  async ensure(consumer: AdapterConsumer): Promise<'created' | 'updated' | 'unchanged'> {
    const name = nameOf(consumer.tenant, consumer.adapter)
    const held = this.#held.get(name)
    if (!held) {
      this.#held.set(name, { consumer, after: this.#stream.lastSequence, acknowledged: new Set() })
      return 'created'
    }
    if (held.consumer.digest === consumer.digest && held.consumer.paused === consumer.paused)
      return 'unchanged'
    this.#held.set(name, { ...held, consumer })
    return 'updated'
  }

  async retire(tenant: string, adapter: string): Promise<void> {
    const held = this.#held.get(nameOf(tenant, adapter))
    if (!held) return
    this.#held.set(nameOf(tenant, adapter), { ...held, consumer: { ...held.consumer, paused: true } })
  }

  async removeIfDrained(tenant: string, adapter: string): Promise<boolean> {
    const held = this.#held.get(nameOf(tenant, adapter))
    if (!held) return true
    if (this.#waiting(held).length > 0) return false
    return this.#held.delete(nameOf(tenant, adapter))
  }

  /** What a worker would be given now: nothing while the adapter is paused. */
  deliverable(tenant: string, adapter: string): readonly StoredEntry[] {
    const held = this.#held.get(nameOf(tenant, adapter))
    return held && !held.consumer.paused ? this.#waiting(held) : []
  }

  acknowledge(tenant: string, adapter: string, sequence: number): void {
    this.#held.get(nameOf(tenant, adapter))?.acknowledged.add(sequence)
  }

  #waiting({ consumer, after, acknowledged }: Held): readonly StoredEntry[] {
    return this.#stream
      .stored(this.#clock.now())
      .filter(
        ({ record, entry }) =>
          entry.kind === 'fire' &&
          entry.key.tenant === consumer.tenant &&
          entry.adapter === consumer.adapter &&
          record.sequence > after &&
          !acknowledged.has(record.sequence),
      )
  }
}

function nameOf(tenant: string, adapter: string): string {
  return `${tenant}_${adapter}`
}
