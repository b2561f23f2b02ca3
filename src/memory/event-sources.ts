import type { Clock } from '../ports/clock.ts'
import type {
  EventFeed,
  EventFeedOptions,
  EventMessage,
  EventSourceState,
  EventSources,
  EventStart,
  EventWatch,
} from '../ports/event-sources.ts'

interface Stored {
  readonly sequence: number
  readonly subject: string
  readonly storedAt: number
  readonly payload: Uint8Array
}

interface Consumer {
  readonly filter: string
  readonly first: number
  readonly acknowledged: Set<number>
  /** Until when each is somebody's, on the monotonic clock. */
  readonly held: Map<number, number>
}

interface UserStream {
  readonly created: string
  readonly messages: Stored[]
  readonly consumers: Map<string, Consumer>
}

const ACK_WAIT_MS = 10_000
const LOOK_MS = 10

/** Streams of users in memory, with durable consumers whose messages come again until they are acknowledged. */
export class MemoryEventSources implements EventSources {
  readonly #clock: Clock
  readonly #streams = new Map<string, UserStream>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Somebody makes a stream; another one if there was one of this name. */
  make(stream: string): void {
    const created = new Date(this.#clock.now()).toISOString()
    this.#streams.set(stream, { created, messages: [], consumers: new Map() })
  }

  publish(stream: string, subject: string, payload: string | Uint8Array): number {
    const { messages } = this.#streams.get(stream)!
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
    const sequence = messages.length + 1
    messages.push({ sequence, subject, storedAt: this.#clock.now(), payload: bytes })
    return sequence
  }

  consumers(stream: string): readonly string[] {
    return [...(this.#streams.get(stream)?.consumers.keys() ?? [])]
  }

  /** Not yet acknowledged by anybody, over all consumers. */
  pending(stream: string): number {
    const { consumers = new Map<string, Consumer>(), messages = [] } = this.#streams.get(stream) ?? {}
    return [...consumers.values()].reduce(
      (sum, each) => sum + messages.filter((m) => isOf(each, m)).length,
      0,
    )
  }

  async ensure(watch: EventWatch, start: EventStart): Promise<EventSourceState> {
    const found = this.#streams.get(watch.stream)
    if (found === undefined) return { kind: 'waits', because: `there is no stream ${watch.stream}` }
    const { consumers, messages, created } = found
    const name = nameOf(watch)
    if (!consumers.has(name)) {
      const first =
        'sequence' in start
          ? start.of === created
            ? start.sequence
            : 1
          : (messages.find(({ storedAt }) => storedAt > start.after)?.sequence ?? messages.length + 1)
      consumers.set(name, { filter: watch.subject, first, acknowledged: new Set(), held: new Map() })
    }
    return { kind: 'ready', created }
  }

  async floor(watch: EventWatch, created: string): Promise<number | null> {
    const found = this.#find(watch, created)
    if (found === null) return null
    const { stream, consumer } = found
    return (stream.messages.find((each) => isOf(consumer, each))?.sequence ?? stream.messages.length + 1) - 1
  }

  async remove(watch: EventWatch, created: string): Promise<void> {
    this.#find(watch, created)?.stream.consumers.delete(nameOf(watch))
  }

  open(watch: EventWatch, created: string, { room, onMessage }: EventFeedOptions): EventFeed {
    const ending = new AbortController()
    const deliver = async (): Promise<void> => {
      do {
        const found = this.#find(watch, created)
        const now = this.#clock.monotonic()
        for (const each of found?.stream.messages ?? []) {
          const { consumer } = found!
          if (room() <= 0 || ending.signal.aborted) break
          if (!isOf(consumer, each) || (consumer.held.get(each.sequence) ?? 0) > now) continue
          consumer.held.set(each.sequence, now + ACK_WAIT_MS)
          onMessage(this.#message(consumer, each))
        }
      } while (await this.#clock.sleep(LOOK_MS, ending.signal))
    }
    const delivering = deliver()
    return {
      refill: () => undefined,
      async stop() {
        ending.abort()
        await delivering
      },
    }
  }

  #message({ acknowledged, held }: Consumer, stored: Stored): EventMessage {
    const { sequence } = stored
    return {
      ...stored,
      ack: () => void acknowledged.add(sequence),
      giveBack: () => void held.delete(sequence),
      working: () => void held.set(sequence, this.#clock.monotonic() + ACK_WAIT_MS),
    }
  }

  #find(watch: EventWatch, created: string): { stream: UserStream; consumer: Consumer } | null {
    const stream = this.#streams.get(watch.stream)
    const consumer = stream?.created === created ? stream.consumers.get(nameOf(watch)) : undefined
    return stream === undefined || consumer === undefined ? null : { stream, consumer }
  }
}

function nameOf({ tenant, schedule, subject }: EventWatch): string {
  return `${tenant}_${schedule}_${subject}`
}

function isOf({ filter, first, acknowledged }: Consumer, { sequence, subject }: Stored): boolean {
  return sequence >= first && !acknowledged.has(sequence) && matches(filter.split('.'), subject.split('.'))
}

function matches(filter: readonly string[], subject: readonly string[]): boolean {
  for (const [index, token] of filter.entries()) {
    if (token === '>') return subject.length > index
    if (token !== '*' && token !== subject[index]) return false
  }
  return filter.length === subject.length
}
