/**
 * Takes requests from other processes for the leader, as the NATS micro service `belfry`.
 *
 * Job: say who leads, receive a tree in chunks, hand it to the handlers, tell the client that it goes on. Invariants:
 * only an instance that leads answers, so that a client never talks to a standby; a tree is handed on only when it is
 * complete and is what its digest says. On failure of a client half-way, what it sent is forgotten after a while.
 */
import { createInbox, type Msg, nuid, type Subscription } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'
import type { ApplyReply, ControlHandlers } from '../ports/control.ts'
import { messageOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import {
  type BeginAnswer,
  type BeginRequest,
  type CommitAnswer,
  decodeTree,
  type LeaderAnswer,
  leaderSubject,
  MOST_COMPRESSED_BYTES,
  type RequestError,
  WIRE_VERSION,
} from './control-wire.ts'

export interface ControlServerOptions {
  readonly connection: Connection
  readonly handlers: ControlHandlers
  /** Asked at each request. */
  readonly leads: () => boolean
  readonly instance?: string
  readonly version?: string
  /** How often an apply that is under way gives a sign of life. */
  readonly workingMs?: number
}

export interface ControlServer {
  /** Takes no more requests and waits for those under way. */
  stop(): Promise<void>
}

interface Upload {
  readonly request: BeginRequest
  readonly chunks: Map<number, Buffer>
  bytes: number
  touchedAt: number
}

const WORKING_MS = 1_000
const FORGOTTEN_MS = 60_000
const MOST_UPLOADS = 4

export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const server = new Control(options)
  // Returns when the server has the subscriptions: from then on nobody is told that nobody leads.
  await options.connection.nc.flush()
  return server
}

class Control implements ControlServer {
  readonly #options: ControlServerOptions
  readonly #subject: string
  readonly #id = nuid.next()
  readonly #subscriptions: readonly Subscription[]
  readonly #uploads = new Map<string, Upload>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #started: string
  #requests = 0
  #errors = 0

  constructor(options: ControlServerOptions) {
    this.#options = options
    const { connection } = options
    const { names, nc, clock } = connection
    this.#started = new Date(clock.now()).toISOString()
    // Guessable by nobody, so that only those who asked for the leader reach it.
    this.#subject = createInbox(connection.inboxPrefix)
    const listen = (subject: string, answer: (message: Msg) => void) =>
      nc.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) answer(message)
        },
      })
    this.#subscriptions = [
      listen(leaderSubject(names.prefix), (message) => {
        if (!options.leads()) return
        const answer: LeaderAnswer = { instance: options.instance ?? this.#id, subject: this.#subject }
        message.respond(JSON.stringify(answer))
      }),
      listen(`${this.#subject}.begin`, (message) => this.#answer(message, () => this.#begin(message))),
      listen(`${this.#subject}.chunk.*.*`, (message) => this.#answer(message, () => this.#receive(message))),
      listen(`${this.#subject}.commit.*`, (message) => this.#track(this.#commit(message))),
      ...['PING', 'INFO', 'STATS'].flatMap((verb) =>
        ['', `.${names.controlService}`, `.${names.controlService}.${this.#id}`].map((suffix) =>
          listen(`$SRV.${verb}${suffix}`, (message) => message.respond(JSON.stringify(this.#describe(verb)))),
        ),
      ),
    ]
  }

  async stop(): Promise<void> {
    if (!this.#options.connection.nc.isClosed()) {
      for (const subscription of this.#subscriptions) subscription.unsubscribe()
    }
    await Promise.all(this.#underWay)
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  #answer(message: Msg, work: () => unknown): void {
    this.#requests += 1
    try {
      message.respond(JSON.stringify(work() ?? {}))
    } catch (error) {
      this.#errors += 1
      message.respond(JSON.stringify(refusalOf(error)))
    }
  }

  #begin(message: Msg): BeginAnswer {
    const request = parseBegin(message)
    const now = this.#options.connection.clock.monotonic()
    for (const [id, upload] of this.#uploads) {
      if (now - upload.touchedAt > FORGOTTEN_MS) this.#uploads.delete(id)
    }
    if (this.#uploads.size >= MOST_UPLOADS) {
      throw new BelfryError(
        'nats-unavailable',
        `${MOST_UPLOADS} applies are under way already: try again in a moment`,
      )
    }
    const upload = nuid.next()
    this.#uploads.set(upload, { request, chunks: new Map(), bytes: 0, touchedAt: now })
    return { upload }
  }

  #receive(message: Msg): void {
    const [id = '', index = ''] = message.subject.split('.').slice(-2)
    const upload = this.#find(id)
    const bytes = Buffer.from(message.data)
    const number = Number(index)
    if (!Number.isInteger(number) || number < 0 || number >= upload.request.chunks) {
      throw new BelfryError('invalid-request', `there is no chunk ${index}`)
    }
    upload.bytes += bytes.length - (upload.chunks.get(number)?.length ?? 0)
    if (upload.bytes > upload.request.bytes)
      throw new BelfryError('invalid-request', 'more was sent than was announced')
    upload.chunks.set(number, bytes)
  }

  async #commit(message: Msg): Promise<void> {
    const { connection, handlers, workingMs = WORKING_MS } = this.#options
    const respond = (answer: CommitAnswer) => {
      if (!connection.nc.isClosed()) message.respond(JSON.stringify(answer))
    }
    this.#requests += 1
    const done = new AbortController()
    const beats = (async () => {
      do respond({ working: true })
      while (await connection.clock.sleep(workingMs, done.signal))
    })()
    const reply = await this.#apply(message.subject.slice(message.subject.lastIndexOf('.') + 1), handlers)
    done.abort()
    await beats
    respond({ reply })
  }

  async #apply(id: string, handlers: ControlHandlers): Promise<ApplyReply> {
    try {
      const { request, chunks, bytes } = this.#find(id)
      this.#uploads.delete(id)
      if (chunks.size !== request.chunks || bytes !== request.bytes) {
        throw new BelfryError('invalid-request', `only ${chunks.size} of ${request.chunks} chunks have come`)
      }
      const { source, allowPrune, author } = request
      const whole = Buffer.concat([...chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk))
      return await handlers.apply({ source, allowPrune, author, tree: await decodeTree(whole) })
    } catch (error) {
      this.#errors += 1
      const { code, message } = refusalOf(error).error
      if (code === 'internal') this.#options.connection.logger.error('an apply failed', { error })
      return { outcome: 'refused', code, message }
    }
  }

  #find(id: string): Upload {
    const upload = this.#uploads.get(id)
    if (upload === undefined)
      throw new BelfryError('invalid-request', 'this upload is not known here (any more)')
    upload.touchedAt = this.#options.connection.clock.monotonic()
    return upload
  }

  /** As NATS ADR-32 has it, so that `nats micro ls` and its like show the instances. */
  #describe(verb: string): object {
    const { names } = this.#options.connection
    const identity = {
      name: names.controlService,
      id: this.#id,
      version: this.#options.version ?? '0.0.0',
      metadata: { instance: this.#options.instance ?? this.#id, leads: String(this.#options.leads()) },
    }
    const endpoint = { name: 'leader', subject: leaderSubject(names.prefix), queue_group: '' }
    if (verb === 'PING') return { ...identity, type: 'io.nats.micro.v1.ping_response' }
    if (verb === 'INFO') {
      const description = 'belfry: control of the scheduler'
      return { ...identity, type: 'io.nats.micro.v1.info_response', description, endpoints: [endpoint] }
    }
    const counts = {
      num_requests: this.#requests,
      num_errors: this.#errors,
      processing_time: 0,
      average_processing_time: 0,
    }
    return {
      ...identity,
      type: 'io.nats.micro.v1.stats_response',
      started: this.#started,
      endpoints: [{ ...endpoint, ...counts, last_error: '' }],
    }
  }
}

function parseBegin(message: Msg): BeginRequest {
  const request = parseJson(message) as Partial<BeginRequest> | null
  const { version, source, allowPrune, author, chunks, bytes } = request ?? {}
  if (version !== WIRE_VERSION) {
    throw new BelfryError(
      'invalid-request',
      `the leader speaks version ${WIRE_VERSION} of this protocol, not ${version}`,
    )
  }
  const valid =
    typeof source === 'string' &&
    typeof allowPrune === 'boolean' &&
    typeof author === 'string' &&
    Number.isInteger(chunks) &&
    Number.isInteger(bytes)
  if (!valid) throw new BelfryError('invalid-request', 'the request lacks a field')
  if ((bytes as number) > MOST_COMPRESSED_BYTES) {
    throw new BelfryError(
      'too-large',
      `the tree is ${bytes} bytes compressed; at most ${MOST_COMPRESSED_BYTES} can be applied at once`,
    )
  }
  return request as BeginRequest
}

function parseJson(message: Msg): unknown {
  try {
    return message.json()
  } catch (error) {
    throw new BelfryError('invalid-request', 'the request is not JSON', { cause: error })
  }
}

function refusalOf(error: unknown): RequestError {
  const code = error instanceof BelfryError ? error.code : 'internal'
  return { error: { code, message: messageOf(error) } }
}
