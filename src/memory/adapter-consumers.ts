import type { AdapterConsumer, AdapterConsumers, KnownConsumer } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { MemoryLogStream, StoredEntry } from './log-stream.ts'

interface Held {
  readonly consumer: AdapterConsumer
  readonly after: number
  readonly acknowledged: Set<number>
  /** When a pause ends by itself. */
  readonly pausedUntil: number | null
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
      const { tenant, adapter, digest, concurrency } = held.consumer
      const waiting = this.#waiting(held)
      const ackFloor = (waiting[0]?.record.sequence ?? this.#stream.lastSequence + 1) - 1
      const paused = this.#isPaused(held)
      const pausedUntil = paused ? held.pausedUntil : null
      const pending = waiting.length
      const facts = { concurrency, ackWaitMs: held.consumer.ackWaitMs, altered: [], pending, ackFloor }
      return { tenant, adapter, lanes: ['0'], digest, paused, pausedUntil, ...facts }
    })
  }

  async ensure(consumer: AdapterConsumer): Promise<'created' | 'updated' | 'unchanged'> {
    const name = nameOf(consumer.tenant, consumer.adapter)
    const held = this.#held.get(name)
    if (!held) {
      const after = consumer.after ?? this.#stream.lastSequence
      this.#held.set(name, { consumer, after, acknowledged: new Set(), pausedUntil: null })
      return 'created'
    }
    const { digest, concurrency, ackWaitMs } = held.consumer
    const isSame =
      digest === consumer.digest &&
      concurrency === consumer.concurrency &&
      ackWaitMs === consumer.ackWaitMs &&
      this.#isPaused(held) === consumer.paused
    if (isSame) return 'unchanged'
    this.#held.set(name, { ...held, consumer, pausedUntil: null })
    return 'updated'
  }

  async hold(tenant: string, adapter: string, hold: { readonly until: number | null } | null): Promise<void> {
    const held = this.#held.get(nameOf(tenant, adapter))
    if (!held) return
    const pausedUntil = hold?.until ?? null
    const consumer = { ...held.consumer, paused: hold !== null }
    this.#held.set(nameOf(tenant, adapter), { ...held, consumer, pausedUntil })
  }

  async limit(tenant: string, adapter: string, concurrency: number): Promise<void> {
    const held = this.#held.get(nameOf(tenant, adapter))
    if (held)
      this.#held.set(nameOf(tenant, adapter), { ...held, consumer: { ...held.consumer, concurrency } })
  }

  /** Here one consumer sees all lanes. */
  async turnLanes(): Promise<boolean> {
    return true
  }

  retire(tenant: string, adapter: string): Promise<void> {
    return this.hold(tenant, adapter, { until: null })
  }

  async removeIfDrained(tenant: string, adapter: string): Promise<boolean> {
    const held = this.#held.get(nameOf(tenant, adapter))
    if (!held) return true
    if (this.#waiting(held).length > 0) return false
    return this.#held.delete(nameOf(tenant, adapter))
  }

  /** Another hand changes it, or (null) deletes it. */
  alter(tenant: string, adapter: string, change: Partial<AdapterConsumer> | null): void {
    const name = nameOf(tenant, adapter)
    const held = this.#held.get(name)
    if (change === null) this.#held.delete(name)
    else if (held) this.#held.set(name, { ...held, consumer: { ...held.consumer, ...change } })
  }

  /** What a worker would be given now: nothing while the adapter is paused. */
  deliverable(tenant: string, adapter: string): readonly StoredEntry[] {
    const held = this.#held.get(nameOf(tenant, adapter))
    return held && !this.#isPaused(held) ? this.#waiting(held) : []
  }

  acknowledge(tenant: string, adapter: string, sequence: number): void {
    this.#held.get(nameOf(tenant, adapter))?.acknowledged.add(sequence)
  }

  #isPaused({ consumer, pausedUntil }: Held): boolean {
    return consumer.paused && (pausedUntil === null || pausedUntil > this.#clock.now())
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
