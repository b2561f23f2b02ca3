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

interface Waiting {
  readonly prepare: () => Message
  readonly resolve: (answer: Answer) => void
  deadline: number
}

export class Publisher {
  readonly #connection: Connection
  readonly #timeoutMs: number
  readonly #window: number
  readonly #inbox: string
  readonly #subscription: Subscription
  readonly #closing = new AbortController()
  /** By token, in the order of sending, which is the order of their deadlines. */
  readonly #underWay = new Map<number, Waiting>()
  readonly #queue: Waiting[] = []
  #queueStart = 0
  #token = 0
  #sweeping = false

  constructor(connection: Connection, options: PublisherOptions = {}) {
    this.#connection = connection
    this.#timeoutMs = options.timeoutMs ?? 5_000
    this.#window = options.window ?? 2_048
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

  /** `prepare` makes the message when its turn comes, so that a long queue holds no bytes. */
  publish(prepare: () => Message): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.#closing.signal.aborted) {
        resolve({ kind: 'silent', cause: 'closed' })
        return
      }
      const deadline = this.#connection.clock.monotonic() + this.#timeoutMs
      this.#queue.push({ prepare, resolve, deadline })
      this.#fill()
      this.#sweep()
    })
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
      this.#send(this.#queue[this.#queueStart] as Waiting)
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

  #send(waiting: Waiting): void {
    this.#token += 1
    const token = this.#token
    waiting.deadline = this.#connection.clock.monotonic() + this.#timeoutMs
    this.#underWay.set(token, waiting)
    try {
      const { subject, headers, payload } = waiting.prepare()
      this.#connection.nc.publish(subject, payload, {
        reply: this.#inbox + token,
        headers: headers.forClient(),
      })
    } catch (error) {
      this.#underWay.delete(token)
      if (this.#connection.nc.isClosed()) {
        waiting.resolve({ kind: 'silent', cause: 'closed' })
      } else {
        // Too large for the server: nothing was sent.
        waiting.resolve({ kind: 'failed', error: { code: 0, status: 400, description: messageOf(error) } })
      }
    }
  }

  #receive(message: Msg): void {
    const token = Number(message.subject.slice(this.#inbox.length))
    const waiting = this.#underWay.get(token)
    if (waiting === undefined) return
    this.#underWay.delete(token)
    waiting.resolve(parseAnswer(message))
    if (this.#queue.length > this.#queueStart) this.#fill()
  }

  #silence(cause: string): void {
    const given = [...this.#underWay.values(), ...this.#queue.slice(this.#queueStart)]
    this.#underWay.clear()
    this.#queue.length = 0
    this.#queueStart = 0
    for (const { resolve } of given) resolve({ kind: 'silent', cause })
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

  #oldest(): Waiting | undefined {
    return this.#underWay.values().next().value ?? this.#queue[this.#queueStart]
  }

  #expire(): void {
    const now = this.#connection.clock.monotonic()
    for (const [token, waiting] of this.#underWay) {
      if (waiting.deadline > now) break
      this.#underWay.delete(token)
      waiting.resolve({ kind: 'silent', cause: 'no answer in time' })
    }
    if (!this.#connection.connected) {
      while (this.#queueStart < this.#queue.length) {
        const waiting = this.#queue[this.#queueStart] as Waiting
        if (waiting.deadline > now) break
        this.#queueStart += 1
        waiting.resolve({ kind: 'silent', cause: 'not connected' })
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
  const text = message.string()
  // `{"stream":"X","seq":7}`: by far the most common answer needs no parser.
  const stored = /^\{"stream":"[^"]*",\s*"seq":(\d+)[,}]/.exec(text)
  if (stored) return { kind: 'stored', sequence: Number(stored[1]) }
  const answer = JSON.parse(text) as {
    seq?: number
    error?: { err_code?: number; code: number; description?: string }
  }
  if (answer.error === undefined) return { kind: 'stored', sequence: answer.seq ?? 0 }
  const { err_code = 0, code, description = '' } = answer.error
  return { kind: 'failed', error: { code: err_code, status: code, description } }
}
