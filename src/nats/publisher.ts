/**
 * Publishes messages to JetStream one by one, many at a time, and hands back each one's own answer.
 *
 * Job: what the client's `js.publish` does, at several times its speed: one wildcard inbox for all answers, a table of
 * what is under way, and headers that are bytes already. Invariants: every publish gets exactly one answer; a message
 * whose answer did not come is `silent`, never `stored` or `failed`. On failure (time-out, connection lost) all that is
 * under way becomes `silent`; while there is no connection nothing is sent, so that nothing old goes out later.
 */
import { createInbox, type Msg, type Subscription } from '@nats-io/nats-core'
import { type ApiError, messageOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import type { RawHeaders } from './headers.ts'

export type Answer =
  | { readonly kind: 'stored'; readonly sequence: number }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'silent'; readonly cause: string }

export interface Message {
  readonly subject: string
  readonly headers: RawHeaders
  readonly payload: Uint8Array
}

export interface PublisherOptions {
  /** How long an answer may take, from the moment of sending. */
  readonly timeoutMs?: number
  /** Messages under way at most; more wait here. Keeps the server's queue, and so its answer time, short. */
  readonly window?: number
}

/** The part of the window that may still be under way when more is sent. */
const REFILL = 0.75

/** One message on its way: an object of the caller's, so that sending tens of thousands a second makes no others. */
export interface Sending {
  /** Makes the message when its turn comes, so that a long queue holds no bytes. */
  prepare(): Message
  settle(answer: Answer): void
  /** The publisher's own. */
  deadline: number
}

export class Publisher {
  readonly #connection: Connection
  readonly #timeoutMs: number
  readonly #window: number
  readonly #refillAt: number
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #closing = new AbortController()
  /** By token, in the order of sending, which is the order of their deadlines. */
  readonly #underWay = new Map<number, Sending>()
  readonly #queue: Sending[] = []
  #queueStart = 0
  #token = 0
  #sweeping = false

  constructor(connection: Connection, options: PublisherOptions = {}) {
    this.#connection = connection
    this.#timeoutMs = options.timeoutMs ?? 5_000
    this.#window = options.window ?? 2_048
    this.#refillAt = Math.floor(this.#window * REFILL)
    this.#inbox = `${createInbox(connection.inboxPrefix)}.`
    this.#subscription = connection.nc.subscribe(`${this.#inbox}*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message)
      },
    })
    connection.onChange((connected) => {
      if (connected) this.#fill()
      else this.#silence('connection lost')
    }, this.#closing.signal)
    const onClosed = () => this.close()
    connection.closed.addEventListener('abort', onClosed, { once: true, signal: this.#closing.signal })
    if (connection.closed.aborted) this.close()
  }

  get underWay(): number {
    return this.#underWay.size + this.#queue.length - this.#queueStart
  }

  publish(prepare: () => Message): Promise<Answer> {
    return new Promise((settle) => this.send({ prepare, settle, deadline: 0 }))
  }

  /** The same without a promise. */
  send(sending: Sending): void {
    if (this.#closing.signal.aborted) {
      sending.settle({ kind: 'silent', cause: 'closed' })
      return
    }
    const waits = this.#queueStart < this.#queue.length
    sending.deadline = this.#connection.clock.monotonic() + this.#timeoutMs
    this.#queue.push(sending)
    // Whoever waits already waits for room, and gets it with an answer.
    if (!waits) this.#fill()
    this.#sweep()
  }

  /** Gives everything under way the answer `silent` and ends. */
  close(): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#silence('closed')
    if (!this.#connection.nc.isClosed()) this.#subscription.unsubscribe()
  }

  #fill(): void {
    while (
      this.#connection.connected &&
      this.#underWay.size < this.#window &&
      this.#queueStart < this.#queue.length
    ) {
      this.#transmit(this.#queue[this.#queueStart] as Sending)
      this.#queueStart += 1
    }
    // Taking from the front of an array is costly: what was taken is cut off in one go.
    if (this.#queueStart === this.#queue.length) {
      this.#queue.length = 0
      this.#queueStart = 0
    } else if (this.#queueStart > 8_192) {
      this.#queue.splice(0, this.#queueStart)
      this.#queueStart = 0
    }
  }

  #transmit(sending: Sending): void {
    this.#token += 1
    const token = this.#token
    sending.deadline = this.#connection.clock.monotonic() + this.#timeoutMs
    this.#underWay.set(token, sending)
    try {
      const { subject, headers, payload } = sending.prepare()
      this.#connection.nc.publish(subject, payload, {
        reply: this.#inbox + token,
        headers: headers.forClient(),
      })
    } catch (error) {
      this.#underWay.delete(token)
      if (this.#connection.nc.isClosed()) {
        sending.settle({ kind: 'silent', cause: 'closed' })
      } else {
        // Too large for the server: nothing was sent.
        sending.settle({ kind: 'failed', error: { code: 0, status: 400, description: messageOf(error) } })
      }
    }
  }

  #receive(message: Msg): void {
    const token = Number(message.subject.slice(this.#inbox.length))
    const sending = this.#underWay.get(token)
    if (sending === undefined) return
    this.#underWay.delete(token)
    sending.settle(parseAnswer(message))
    // Room is used in large pieces: a write for each answer costs both sides more than the message does.
    if (this.#queue.length > this.#queueStart && this.#underWay.size <= this.#refillAt) this.#fill()
  }

  #silence(cause: string): void {
    const given = [...this.#underWay.values(), ...this.#queue.slice(this.#queueStart)]
    this.#underWay.clear()
    this.#queue.length = 0
    this.#queueStart = 0
    for (const sending of given) sending.settle({ kind: 'silent', cause })
  }

  /** One sleeper for all deadlines, while anything is under way. */
  #sweep(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    void (async () => {
      for (let next = this.#oldest(); next !== undefined; next = this.#oldest()) {
        const left = next.deadline - this.#connection.clock.monotonic()
        if (left > 0 && !(await this.#connection.clock.sleep(left, this.#closing.signal))) break
        this.#expire()
      }
      this.#sweeping = false
    })()
  }

  #oldest(): Sending | undefined {
    return this.#underWay.values().next().value ?? this.#queue[this.#queueStart]
  }

  #expire(): void {
    const now = this.#connection.clock.monotonic()
    for (const [token, sending] of this.#underWay) {
      if (sending.deadline > now) break
      this.#underWay.delete(token)
      sending.settle({ kind: 'silent', cause: 'no answer in time' })
    }
    if (!this.#connection.connected) {
      while (this.#queueStart < this.#queue.length) {
        const sending = this.#queue[this.#queueStart] as Sending
        if (sending.deadline > now) break
        this.#queueStart += 1
        sending.settle({ kind: 'silent', cause: 'not connected' })
      }
    }
    this.#fill()
  }
}

function parseAnswer(message: Msg): Answer {
  if (message.data.length === 0) {
    const status = message.headers?.code ?? 0
    if (status === 503) return { kind: 'silent', cause: 'no stream takes this subject' }
    return { kind: 'failed', error: { code: 0, status, description: message.headers?.description ?? '' } }
  }
  const sequence = plainSequence(message.data)
  if (sequence !== null) return { kind: 'stored', sequence }
  const answer = JSON.parse(message.string()) as {
    seq?: number
    error?: { err_code?: number; code: number; description?: string }
  }
  if (answer.error === undefined) return { kind: 'stored', sequence: answer.seq ?? 0 }
  const { err_code = 0, code, description = '' } = answer.error
  return { kind: 'failed', error: { code: err_code, status: code, description } }
}

const BEFORE_STREAM = Buffer.from('{"stream":"')
const BEFORE_SEQUENCE = Buffer.from('","seq":')
const ZERO = 0x30
const NINE = 0x39
const QUOTE = 0x22
const COMMA = 0x2c
const CLOSING_BRACE = 0x7d

/** The sequence of `{"stream":"X","seq":7}`, by far the most common answer, read from its bytes; null for any other. */
export function plainSequence(bytes: Uint8Array): number | null {
  if (!startsWith(bytes, BEFORE_STREAM, 0)) return null
  const quote = bytes.indexOf(QUOTE, BEFORE_STREAM.length)
  if (quote === -1 || !startsWith(bytes, BEFORE_SEQUENCE, quote)) return null
  const first = quote + BEFORE_SEQUENCE.length
  let sequence = 0
  for (let index = first; index < bytes.length; index += 1) {
    const byte = bytes[index] as number
    if (byte >= ZERO && byte <= NINE) sequence = sequence * 10 + byte - ZERO
    else return index > first && (byte === COMMA || byte === CLOSING_BRACE) ? sequence : null
  }
  return null
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array, at: number): boolean {
  for (let index = 0; index < prefix.length; index += 1) {
    if (bytes[at + index] !== prefix[index]) return false
  }
  return true
}
