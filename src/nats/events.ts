/**
 * Stores belfry's own events on their stream.
 *
 * Job: the `EventSink` port. Invariants: `emit` never blocks or throws; events are stored in the order in which they
 * were emitted; while the server is away they wait here, up to a limit, beyond which the newest are dropped and counted.
 */
import { nuid } from '@nats-io/nats-core'
import type { BelfryEvent } from '../core/events.ts'
import { createBackoff } from '../lifecycle/backoff.ts'
import type { EventSink } from '../ports/telemetry.ts'
import { meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { RawHeaders } from './headers.ts'
import { eventSubject } from './names.ts'
import type { Message, Publisher } from './publisher.ts'

export interface NatsEventsOptions {
  readonly connection: Connection
  readonly publisher: Publisher
  /** Which instance speaks; stands in every event if given. */
  readonly instance?: string
  /** Events that may wait. */
  readonly capacity?: number
}

/** Under way at once; the rest waits, so that order is kept when some must be sent again. */
const BATCH = 64

export class NatsEventSink implements EventSink {
  readonly #options: NatsEventsOptions
  readonly #capacity: number
  readonly #queue: Message[] = []
  readonly #ending = new AbortController()
  #sending: Promise<void> | null = null
  #dropped = 0

  constructor(options: NatsEventsOptions) {
    this.#options = options
    this.#capacity = options.capacity ?? 10_000
    const { closed } = options.connection
    closed.addEventListener('abort', () => this.close(), { once: true, signal: this.#ending.signal })
  }

  /** Events that were lost because too many waited or the stream refused them. */
  get dropped(): number {
    return this.#dropped
  }

  emit(event: BelfryEvent): void {
    if (this.#queue.length >= this.#capacity || this.#ending.signal.aborted) {
      this.#drop(event.type, 'too many events wait')
      return
    }
    const { connection, instance } = this.#options
    const at = new Date(connection.clock.now()).toISOString()
    this.#queue.push({
      subject: eventSubject(connection.names, event),
      // The same event sent twice, because its answer was lost, is stored once.
      headers: RawHeaders.of(`Nats-Msg-Id: ${nuid.next()}\r\n`),
      payload: Buffer.from(
        JSON.stringify({ at, ...(instance === undefined ? {} : { instance }), ...event }),
        'utf8',
      ),
    })
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null
    })
  }

  async flush(timeoutMs: number): Promise<void> {
    if (this.#sending === null) return
    const stored = new AbortController()
    const sent = this.#sending.finally(() => stored.abort())
    await Promise.race([sent, this.#options.connection.clock.sleep(timeoutMs, stored.signal)])
  }

  /** Gives up what still waits. */
  close(): void {
    this.#ending.abort()
  }

  async #send(): Promise<void> {
    const { connection, publisher } = this.#options
    const backoff = createBackoff({ initialMs: 50, maxMs: 2_000 })
    while (this.#queue.length > 0 && !this.#ending.signal.aborted) {
      const batch = this.#queue.slice(0, BATCH)
      const answers = await Promise.all(batch.map((message) => publisher.publish(() => message)))
      // Everything up to the first one that must be sent again is settled; those after it are sent again with it.
      const again = answers.findIndex(
        (answer) =>
          answer.kind === 'silent' || (answer.kind === 'failed' && meaningOf(answer.error) !== 'refused'),
      )
      const settled = again === -1 ? batch.length : again
      for (const [index, answer] of answers.slice(0, settled).entries()) {
        if (answer.kind === 'failed') this.#drop(batch[index]?.subject ?? '', answer.error.description)
      }
      this.#queue.splice(0, settled)
      if (again === -1) backoff.reset()
      else await connection.clock.sleep(backoff.next(), this.#ending.signal)
    }
  }

  #drop(what: string, reason: string): void {
    this.#dropped += 1
    this.#options.connection.logger.warn('an event was not stored', {
      event: what,
      reason,
      dropped: this.#dropped,
    })
  }
}
