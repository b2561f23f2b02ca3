/**
 * Takes requests from other processes for the leader, as the NATS micro service `belfry`.
 *
 * Job: say who leads; read requests, hand them to their handlers, tell the caller that it goes on, bring the reply back.
 * Invariants: only an instance that leads answers, so that a client never talks to a standby; a request is handed on only
 * when its handler has read it whole; what a handler throws reaches the caller as code and message, never as silence.
 * On failure of the connection nobody is told anything, and the caller learns that the leader fell silent.
 */
import { type Msg, nuid, type Subscription } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'
import type {
  ApplyReply,
  ControlHandler,
  ControlHandlers,
  ControlName,
  TreeHandler,
} from '../ports/control.ts'
import type { Connection } from './connection.ts'
import { describeMicro, MICRO_VERBS, type MicroVerb, microSubjects } from './control-micro.ts'
import { ControlUploads } from './control-uploads.ts'
import { type LeaderAnswer, leaderSubject, refusalOf, versioned, type WorkAnswer } from './control-wire.ts'

export interface ControlServerOptions {
  readonly connection: Connection
  readonly trees: TreeHandler
  readonly handlers: ControlHandlers
  /** Asked at each request. */
  readonly leads: () => boolean
  readonly instance?: string
  readonly version?: string
  /** How often work that is under way gives a sign of life. */
  readonly workingMs?: number
}

export interface ControlServer {
  /** Takes no more requests and waits for those under way. */
  stop(): Promise<void>
}

const WORKING_MS = 1_000
/** Requests under way at once: far beyond what people do, and still harmless to hold. */
const MOST_UNDER_WAY = 1_000

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
  readonly #uploads: ControlUploads
  readonly #underWay = new Set<Promise<void>>()
  readonly #started: string
  #requests = 0
  #errors = 0

  constructor(options: ControlServerOptions) {
    this.#options = options
    const { connection, trees } = options
    const { names, nc, clock } = connection
    this.#started = new Date(clock.now()).toISOString()
    this.#uploads = new ControlUploads(clock)
    // Not an inbox: whoever asks the leader must not be able to publish to where the server answers this instance.
    this.#subject = `${names.prefix}.control.${nuid.next()}`
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
      listen(`${this.#subject}.begin`, (message) =>
        this.#answer(message, () => this.#uploads.begin(message)),
      ),
      listen(`${this.#subject}.chunk.*.*`, (message) =>
        this.#answer(message, () => this.#uploads.receive(message)),
      ),
      listen(`${this.#subject}.commit.*`, (message) =>
        this.#work(message, async () => this.#apply(lastToken(message), trees)),
      ),
      listen(`${this.#subject}.call.*`, (message) => this.#work(message, () => this.#call(message))),
      ...MICRO_VERBS.flatMap((verb) =>
        microSubjects(verb, names.controlService, this.#id).map((subject) =>
          listen(subject, (message) => message.respond(JSON.stringify(this.#describe(verb)))),
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

  #answer(message: Msg, work: () => unknown): void {
    this.#requests += 1
    try {
      message.respond(JSON.stringify(work() ?? {}))
    } catch (error) {
      this.#errors += 1
      message.respond(JSON.stringify(refusalOf(error)))
    }
  }

  /** Gives signs of life until the work is done, and then its reply. */
  #work(message: Msg, work: () => Promise<unknown>): void {
    this.#requests += 1
    const working = this.#carryOut(message, work)
    this.#underWay.add(working)
    void working.finally(() => this.#underWay.delete(working))
  }

  async #carryOut(message: Msg, work: () => Promise<unknown>): Promise<void> {
    const { connection, workingMs = WORKING_MS } = this.#options
    const respond = (answer: WorkAnswer<unknown>) => {
      if (!connection.nc.isClosed()) message.respond(JSON.stringify(answer))
    }
    if (this.#underWay.size >= MOST_UNDER_WAY) {
      respond(refusalOf(new BelfryError('nats-unavailable', 'too many requests are under way: try again')))
      return
    }
    const done = new AbortController()
    const beats = (async () => {
      do respond({ working: true })
      while (await connection.clock.sleep(workingMs, done.signal))
    })()
    let answer: WorkAnswer<unknown>
    try {
      answer = { reply: await work() }
    } catch (error) {
      answer = this.#refuse('a request failed', error)
    }
    done.abort()
    await beats
    respond(answer)
  }

  async #call(message: Msg): Promise<unknown> {
    const { handlers, leads } = this.#options
    const name = lastToken(message)
    if (!Object.hasOwn(handlers, name)) {
      throw new BelfryError('invalid-request', `the leader knows no request "${name.slice(0, 40)}"`)
    }
    const handler = handlers[name as ControlName] as ControlHandler<ControlName>
    const request = handler.read(versioned(message).request)
    if (!leads()) {
      const doing = 'this instance leads no more; nothing was changed: try again in a moment'
      throw new BelfryError('no-leader', doing, { retryable: true })
    }
    return handler.answer(request)
  }

  async #apply(id: string, trees: TreeHandler): Promise<ApplyReply> {
    try {
      return await trees.apply(await this.#uploads.take(id))
    } catch (error) {
      return { outcome: 'refused', ...this.#refuse('an apply failed', error).error }
    }
  }

  #refuse(what: string, error: unknown) {
    this.#errors += 1
    const refusal = refusalOf(error)
    if (refusal.error.code === 'internal') this.#options.connection.logger.error(what, { error })
    return refusal
  }

  #describe(verb: MicroVerb): object {
    const { connection, instance = this.#id, version = '0.0.0', leads } = this.#options
    return describeMicro(verb, {
      names: connection.names,
      id: this.#id,
      instance,
      version,
      leads: leads(),
      started: this.#started,
      requests: this.#requests,
      errors: this.#errors,
    })
  }
}

function lastToken({ subject }: Msg): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}
