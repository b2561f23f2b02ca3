/**
 * Follows a stream: every message that matches, in order, over everything that can happen to the connection, the
 * consumer, the server and the stream.
 *
 * Job: what an ordered consumer does, and two things that it does not: it notices a stream that was deleted and created
 * again (an ordered consumer on it stays silent for ever), and one that lost its newest messages in a crash. Invariants:
 * messages come in the order of their sequences, none is left out and none is told twice between two resets. On failure
 * (gap, silence, lost connection) the consumer is thrown away and a new one starts after the last message told, once that
 * message was found to be still the same: the sequences of a loss may have been given to others by then.
 */
import type { ConsumerConfig } from '@nats-io/jetstream'
import { createInbox, type Msg, nanos } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'
import { createBackoff } from '../lifecycle/backoff.ts'
import { messageOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { messageAt, type StreamState, streamState } from './streams.ts'

export interface FeedMessage {
  readonly subject: string
  readonly sequence: number
  /** When the server stored it, epoch milliseconds. */
  readonly storedAt: number
  readonly message: Msg
}

export interface FeedOptions {
  readonly connection: Connection
  readonly stream: string
  readonly filter: string
  /** A sequence, a moment (epoch milliseconds), or the last message of each subject and then all that follow. */
  readonly from: number | { readonly storedSince: number } | 'last-per-subject'
  readonly headersOnly: boolean
  onMessage(message: FeedMessage): void
  /** All that was there when the consumer was made has been told. Once for each consumer. */
  onCaughtUp?(): void
  /** The stream is another one than before, or has lost messages: all that is there now is told anew. */
  onReset?(incarnation: string): void
  /** Instead of `onReset` when the same stream has lost messages: returns the sequence from which to tell anew. */
  onLoss?(lastSequence: number): number
}

const HEARTBEAT_MS = 1_000
/** Without a sign for this long the consumer is given up. */
const SILENCE_MS = 3_500
/** How often the stream is asked whether it is still the same. */
const IDENTITY_MS = 5_000
const WATCH_MS = 500
const DOUBT_MS = 250
const REQUEST_MS = 3_000

type Start =
  | { readonly deliver_policy: 'by_start_sequence'; readonly opt_start_seq: number }
  | { readonly deliver_policy: 'by_start_time'; readonly opt_start_time: string }
  | { readonly deliver_policy: 'last_per_subject' }

export function followStream(options: FeedOptions, signal: AbortSignal): void {
  void new Feed(options, signal).run()
}

export interface ReadOptions extends Omit<FeedOptions, 'onCaughtUp'> {
  /** Whether nothing after this message is wanted. */
  isEnough?(message: FeedMessage): boolean
}

/** Reads what is there now, once. Throws `timeout` after `timeoutMs` without progress. */
export async function readStream(options: ReadOptions, timeoutMs: number): Promise<void> {
  const { connection, stream } = options
  const done = new AbortController()
  let progress = 0
  let complete = false
  const onMessage = (message: FeedMessage) => {
    if (complete) return
    progress += 1
    options.onMessage(message)
    if (options.isEnough?.(message) === true) onCaughtUp()
  }
  const onCaughtUp = () => {
    complete = true
    done.abort()
  }
  followStream({ ...options, onMessage, onCaughtUp }, done.signal)
  for (let seen = -1; seen !== progress; ) {
    seen = progress
    if (!(await connection.clock.sleep(timeoutMs, done.signal))) break
  }
  done.abort()
  if (complete) return
  throw new BelfryError('timeout', `reading the stream ${stream} timed out`, { retryable: true })
}

class Feed {
  readonly #options: FeedOptions
  readonly #signal: AbortSignal
  #incarnation: string | null = null
  /** The last sequence told since the start or the last reset; 0 for none. */
  #position = 0
  /** When the message at that position was stored: another one with its sequence has another time. */
  #positionStoredAt = 0
  #wasReset = false
  /** Where to begin after a reset. */
  #restart = 1

  constructor(options: FeedOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  async run(): Promise<void> {
    const { connection, stream } = this.#options
    const backoff = createBackoff({ initialMs: 20, maxMs: 1_000 })
    while (await connection.whenConnected(this.#signal)) {
      try {
        const state = await this.#surveyed()
        if (state !== null) {
          await this.#recognise(state)
          const worked = await this.#session(this.#start())
          if (worked) backoff.reset()
        }
      } catch (error) {
        connection.logger.debug('a stream cannot be followed now', { stream, error: messageOf(error) })
      }
      await connection.clock.sleep(backoff.next(), this.#signal)
    }
  }

  /** The sequence up to which everything has been told or was not asked for. */
  get #reached(): number {
    const { from } = this.#options
    if (this.#position > 0) return this.#position
    if (this.#wasReset) return this.#restart - 1
    return typeof from === 'number' ? from - 1 : 0
  }

  /**
   * The stream as it is now. In a cluster a replica may have been a moment ahead of the leader that answers here, so
   * that a loss is only believed when it is seen twice.
   */
  async #surveyed(): Promise<StreamState | null> {
    const { connection, stream } = this.#options
    const state = await streamState(connection, stream, REQUEST_MS)
    if (state === null || state.state.last_seq >= this.#reached) return state
    await connection.clock.sleep(DOUBT_MS, this.#signal)
    return streamState(connection, stream, REQUEST_MS)
  }

  /** Compares the stream with what was known of it; a change or a loss means to begin anew. */
  async #recognise(state: StreamState): Promise<void> {
    const known = this.#incarnation
    const { last_seq } = state.state
    const isSame = known === null || known === state.created
    if (isSame && this.#reached <= last_seq && (await this.#isInPlace())) {
      this.#incarnation = state.created
      return
    }
    const { onLoss, onReset } = this.#options
    this.#incarnation = state.created
    this.#position = 0
    this.#wasReset = true
    this.#restart = 1
    if (isSame && onLoss !== undefined) this.#restart = Math.min(onLoss(last_seq), last_seq + 1)
    else onReset?.(state.created)
  }

  /** Whether the last message told is still the one with its sequence. One that is gone has expired or was replaced. */
  async #isInPlace(): Promise<boolean> {
    if (this.#position === 0) return true
    const { connection, stream } = this.#options
    const found = await messageAt(connection, stream, this.#position, REQUEST_MS)
    // The two ways in which the server tells the time may round apart.
    return found === null || Math.abs(found.storedAt - this.#positionStoredAt) <= 1
  }

  #isAnother(state: StreamState | null): boolean {
    return state === null || state.created !== this.#incarnation || state.state.last_seq < this.#position
  }

  #start(): Start {
    const { from } = this.#options
    if (this.#position > 0) return { deliver_policy: 'by_start_sequence', opt_start_seq: this.#position + 1 }
    if (from === 'last-per-subject') return { deliver_policy: 'last_per_subject' }
    if (typeof from === 'number' || this.#wasReset) {
      const sequence = this.#wasReset || typeof from !== 'number' ? this.#restart : from
      return { deliver_policy: 'by_start_sequence', opt_start_seq: Math.max(1, sequence) }
    }
    return { deliver_policy: 'by_start_time', opt_start_time: new Date(from.storedSince).toISOString() }
  }

  /** One consumer's life. Resolves when it cannot be trusted any more: to whether it worked at all. */
  async #session(start: Start): Promise<boolean> {
    const { connection, stream, filter, headersOnly, onCaughtUp } = this.#options
    const ending = new AbortController()
    const signal = AbortSignal.any([this.#signal, ending.signal])
    connection.onChange((connected) => {
      if (!connected) ending.abort()
    }, signal)

    const inbox = createInbox(connection.inboxPrefix)
    const name = `belfry-${inbox.slice(inbox.lastIndexOf('.') + 1)}`
    let delivered = 0
    let heardAt = connection.clock.monotonic()
    let caughtUp = false
    const arrive = () => {
      if (caughtUp) return
      caughtUp = true
      onCaughtUp?.()
    }
    const subscription = connection.nc.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null || signal.aborted) return
        heardAt = connection.clock.monotonic()
        const place = placeOf(message)
        if (place === null) {
          if (!isInStep(connection, message, delivered)) ending.abort()
          return
        }
        if (place.consumerSequence !== delivered + 1) {
          ending.abort()
          return
        }
        delivered += 1
        this.#position = place.sequence
        this.#positionStoredAt = place.storedAt
        const { subject } = message
        this.#options.onMessage({ subject, sequence: place.sequence, storedAt: place.storedAt, message })
        if (place.pending === 0) arrive()
      },
    })
    try {
      const config: Partial<ConsumerConfig> = {
        name,
        deliver_subject: inbox,
        ack_policy: 'none',
        replay_policy: 'instant',
        filter_subject: filter,
        headers_only: headersOnly,
        idle_heartbeat: nanos(HEARTBEAT_MS),
        flow_control: true,
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: nanos(60_000),
        ...start,
      }
      const made = await connection.ask<{ num_pending: number; delivered: { consumer_seq: number } }>(
        `$JS.API.CONSUMER.CREATE.${stream}.${name}`,
        { stream_name: stream, config },
        `following the stream ${stream}`,
        REQUEST_MS,
      )
      // What was there may have come before this answer.
      if (made.num_pending + made.delivered.consumer_seq === 0) arrive()
      heardAt = connection.clock.monotonic()
      await this.#watchOver(() => heardAt, signal)
    } finally {
      ending.abort()
      if (!connection.nc.isClosed()) {
        subscription.unsubscribe()
        // Best effort: without interest the server removes it after its inactive threshold.
        if (connection.connected) connection.nc.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`)
      }
    }
    return delivered > 0 || caughtUp
  }

  /** Returns when the consumer is silent, the stream is another one, or `signal` aborts. */
  async #watchOver(heardAt: () => number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.connection
    let askedAt = clock.monotonic()
    while (await clock.sleep(WATCH_MS, signal)) {
      const now = clock.monotonic()
      if (now - heardAt() > SILENCE_MS) return
      if (now - askedAt < IDENTITY_MS) continue
      askedAt = now
      if (this.#isAnother(await this.#surveyed())) return
    }
  }
}

interface Place {
  readonly sequence: number
  readonly consumerSequence: number
  readonly storedAt: number
  readonly pending: number
}

/**
 * Where a message stands, from the subject that would acknowledge it, in its two forms:
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time>.<pending>`, and with
 * `<domain>.<account>` before the stream. null for what the server says about the consumer itself.
 */
function placeOf(message: Msg): Place | null {
  const reply = message.reply
  if (!reply?.startsWith('$JS.ACK.')) return null
  const tokens = reply.split('.')
  const base = tokens.length > 9 ? 7 : 5
  return {
    sequence: Number(tokens[base]),
    consumerSequence: Number(tokens[base + 1]),
    storedAt: Math.floor(Number(tokens[base + 2]) / 1_000_000),
    pending: Number(tokens[base + 3]),
  }
}

/** Answers flow control, and compares a heartbeat's count of deliveries with our own. */
function isInStep(connection: Connection, message: Msg, delivered: number): boolean {
  if (message.headers?.code !== 100) return false
  if (message.reply) {
    message.respond()
    return true
  }
  const stalled = message.headers.get('Nats-Consumer-Stalled')
  if (stalled !== '') connection.nc.publish(stalled)
  return Number(message.headers.get('Nats-Last-Consumer') || delivered) === delivered
}
