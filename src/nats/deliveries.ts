/**
 * Pulls messages from a durable consumer.
 *
 * Job: keep as many messages asked for as there is room, and no more, so that nothing waits here that another worker could
 * have. Invariants: `asked` never counts less than what the server may still send, but after a silence or a new
 * connection, when what was asked is void; after `stop` nothing arrives. On failure (consumer gone, server away, silence)
 * it asks again, at most once a second.
 */
import { createInbox, type Msg, type NatsConnection, nanos, type Subscription } from '@nats-io/nats-core'
import type { Connection } from './connection.ts'

/** One delivery of one message. Each answer ends it, but `working`. */
export interface Delivery {
  readonly message: Msg
  /** Of the message in the log. */
  readonly sequence: number
  /** From 1. */
  readonly count: number
  /** When the server stored the message, epoch milliseconds. */
  readonly storedAt: number
  ack(): void
  /** Gives it back, to be delivered again after `delayMs`. */
  nak(delayMs?: number): void
  /** It will never be delivered again; the reason is told in an advisory. */
  term(reason: string): void
  /** Asks for another acknowledgement wait. */
  working(): void
}

export interface DeliveriesOptions {
  readonly connection: Connection
  /** The log if left out. */
  readonly stream?: string
  readonly consumer: string
  /** How many more may come now, what has been asked for already included. */
  readonly room: () => number
  readonly onDelivery: (delivery: Delivery) => void
}

const EXPIRES_MS = 30_000
const HEARTBEAT_MS = 5_000
const SILENCE_MS = 3 * HEARTBEAT_MS
const PAUSE_MS = 1_000
const NOTHING = new Uint8Array(0)

export class Deliveries {
  readonly #options: DeliveriesOptions
  readonly #inbox: string
  readonly #ending = new AbortController()
  readonly #batches = new Map<string, number>()
  #subscription: Subscription | null = null
  #asked = 0
  #requests = 0
  #heardAt = 0
  #quietUntil = 0

  constructor(options: DeliveriesOptions) {
    this.#options = options
    this.#inbox = createInbox(options.connection.inboxPrefix)
  }

  start(): void {
    const { connection } = this.#options
    this.#subscription = connection.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(message)
      },
    })
    connection.onChange((connected) => {
      if (connected) this.#forget()
    }, this.#ending.signal)
    this.refill()
  }

  /** Asks for what there is room for. Called when a run has ended, and now and then. */
  refill(): void {
    const { connection, consumer, room, stream = connection.names.fires } = this.#options
    if (this.#ending.signal.aborted || !connection.connected) return
    const now = connection.clock.monotonic()
    if (this.#asked > 0 && now - this.#heardAt > SILENCE_MS) this.#forget()
    if (now < this.#quietUntil) return
    const free = room()
    const wanted = free - this.#asked
    // A request for each message would cost more than the message.
    if (wanted <= 0 || (this.#asked > 0 && wanted * 4 < free)) return
    this.#requests += 1
    const id = String(this.#requests)
    if (this.#asked === 0) this.#heardAt = now
    this.#asked += wanted
    this.#batches.set(id, wanted)
    connection.nc.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify({ batch: wanted, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }),
      { reply: `${this.#inbox}.${id}` },
    )
  }

  /** Resolves when nothing arrives any more. What comes until then is still told. */
  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return
    this.#ending.abort()
    const { nc, connected } = this.#options.connection
    if (this.#subscription === null || nc.isClosed()) return
    // Draining waits for what is on its way; without a connection nothing is.
    if (connected) await this.#subscription.drain()
    else this.#subscription.unsubscribe()
  }

  #forget(): void {
    this.#asked = 0
    this.#batches.clear()
    this.refill()
  }

  #take(message: Msg): void {
    this.#heardAt = this.#options.connection.clock.monotonic()
    const delivery = deliveryOf(this.#options.connection, message)
    if (delivery === null) {
      this.#hear(message)
      return
    }
    if (this.#asked > 0) this.#asked -= 1
    if (this.#asked === 0) this.#batches.clear()
    this.#options.onDelivery(delivery)
  }

  /** What the server says about a request. */
  #hear(message: Msg): void {
    const { headers, subject } = message
    const code = headers?.code ?? 0
    if (code === 100) return
    const id = subject.slice(this.#inbox.length + 1)
    const left = headers?.get('Nats-Pending-Messages') || ''
    this.#asked = Math.max(0, this.#asked - (left === '' ? (this.#batches.get(id) ?? 0) : Number(left)))
    this.#batches.delete(id)
    // 408: its time is up, as it should be. Everything else may be so for a while.
    if (code !== 408) {
      const { connection, consumer } = this.#options
      this.#quietUntil = connection.clock.monotonic() + PAUSE_MS
      connection.logger.debug('the consumer sends nothing now', {
        consumer,
        code,
        reason: headers?.description,
      })
    }
    this.refill()
  }
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time>.<pending>`, or with
 * `<domain>.<account>` before the stream. null for what is no delivery.
 */
function deliveryOf({ nc }: Connection, message: Msg): Delivery | null {
  const { reply } = message
  if (reply === undefined || !reply.startsWith('$JS.ACK.')) return null
  return new PulledDelivery(nc, message, reply)
}

class PulledDelivery implements Delivery {
  readonly message: Msg
  readonly sequence: number
  readonly count: number
  readonly storedAt: number
  readonly #nc: NatsConnection
  readonly #reply: string

  constructor(nc: NatsConnection, message: Msg, reply: string) {
    const tokens = reply.split('.')
    const base = tokens.length > 9 ? 6 : 4
    this.message = message
    this.count = Number(tokens[base])
    this.sequence = Number(tokens[base + 1])
    this.storedAt = Math.floor(Number(tokens[base + 3]) / 1_000_000)
    this.#nc = nc
    this.#reply = reply
  }

  ack(): void {
    this.#nc.publish(this.#reply, NOTHING)
  }

  nak(delayMs = 0): void {
    this.#nc.publish(this.#reply, delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs) * 1_000_000}}` : '-NAK')
  }

  term(reason: string): void {
    this.#nc.publish(this.#reply, `+TERM ${reason}`)
  }

  working(): void {
    this.#nc.publish(this.#reply, '+WPI')
  }
}
