/**
 * One connection to the NATS server or cluster.
 *
 * Job: connect once with a clear error, then stay connected for ever; ask JetStream's API; tell who needs it when the
 * connection goes and comes. Invariant: everything else in nats/ goes through this. On failure: requests throw a
 * BelfryError that says whether trying again can help; the connection itself is repaired by the client underneath.
 */
import { type ConnectionOptions, credsAuthenticator, type NatsConnection } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import { BelfryError } from '../core/errors.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/telemetry.ts'
import { API, type ApiError, errorFromApi, errorFromClient, messageOf } from './api-errors.ts'
import { createNames, type Names } from './names.ts'

const OLDEST_SERVER = { major: 2, minor: 12 }
const REQUEST_TIMEOUT_MS = 5_000

export interface ConnectOptions {
  /** `nats://host:port`, also with `user:password@` or `token@`, or `tls://host:port`. */
  readonly servers: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  readonly prefix?: string
  /** How the server lists this client. */
  readonly name?: string
  /** The text of a credentials file. */
  readonly credentials?: string
  readonly inboxPrefix?: string
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string }
  readonly timeoutMs?: number
  /** False for who may not ask JetStream about the account; what it asks for next then tells. */
  readonly asksJetStream?: boolean
}

export class Connection {
  readonly nc: NatsConnection
  readonly names: Names
  readonly clock: Clock
  readonly logger: Logger
  readonly inboxPrefix: string | undefined
  readonly #closed = new AbortController()
  #connected = true
  readonly #listeners = new Set<(connected: boolean) => void>()

  private constructor(nc: NatsConnection, names: Names, options: ConnectOptions) {
    this.nc = nc
    this.names = names
    this.clock = options.clock
    this.logger = options.logger
    this.inboxPrefix = options.inboxPrefix
  }

  /** Connects, or throws `nats-unreachable`, `nats-unauthorized`, `nats-server-too-old` or `nats-no-jetstream`. */
  static async open(options: ConnectOptions): Promise<Connection> {
    const names = createNames(options.prefix)
    const nc = await dial(options)
    const connection = new Connection(nc, names, options)
    try {
      requireVersion(nc)
      if (options.asksJetStream !== false) {
        await connection.ask('$JS.API.INFO', null, 'asking for JetStream')
      }
    } catch (error) {
      await nc.close()
      throw withoutJetStream(error)
    }
    void connection.#attend()
    return connection
  }

  get connected(): boolean {
    return this.#connected
  }

  /** Aborts when this connection is closed for good: whatever waits for an answer on it waits in vain. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** The URL of the server at the other end, without credentials. */
  get server(): string {
    return this.nc.getServer()
  }

  get maxPayload(): number {
    return this.nc.info?.max_payload ?? 1024 * 1024
  }

  /** Calls `listener` whenever the connection is lost or back, until `signal` aborts. */
  onChange(listener: (connected: boolean) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true })
  }

  /** Resolves to true when connected, to false when `signal` aborts or the connection is closed for good. */
  whenConnected(given: AbortSignal): Promise<boolean> {
    const signal = AbortSignal.any([given, this.#closed.signal])
    if (this.#connected || signal.aborted) return Promise.resolve(this.#connected && !signal.aborted)
    return new Promise((resolve) => {
      const waiting = new AbortController()
      const end = (connected: boolean) => {
        waiting.abort()
        signal.removeEventListener('abort', onAbort)
        resolve(connected)
      }
      const onAbort = () => end(false)
      signal.addEventListener('abort', onAbort, { once: true })
      this.onChange((connected) => connected && end(true), waiting.signal)
    })
  }

  /** Asks JetStream's API. Errors that the API reports are values; no answer throws retryable. */
  async request<T>(
    subject: string,
    body: unknown,
    doing: string,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<Result<T, ApiError>> {
    let answer: { error?: { err_code?: number; code: number; description?: string } }
    try {
      const payload = body === null ? '' : JSON.stringify(body)
      const message = await this.nc.request(subject, payload, { timeout: timeoutMs })
      answer = message.json()
    } catch (error) {
      throw errorFromClient(doing, error)
    }
    const { error } = answer
    if (error === undefined) return ok(answer as T)
    return err({
      code: error.err_code ?? 0,
      status: error.code,
      description: error.description ?? 'no reason given',
    })
  }

  /** Like `request`, but throws for errors that the API reports. */
  async ask<T>(subject: string, body: unknown, doing: string, timeoutMs?: number): Promise<T> {
    const answer = await this.request<T>(subject, body, doing, timeoutMs)
    if (answer.ok) return answer.value
    throw errorFromApi(doing, answer.error)
  }

  /** Sends what is still buffered and closes; without a connection it just closes. */
  async close(): Promise<void> {
    if (this.nc.isClosed()) return
    if (this.#connected) {
      await this.nc.drain().catch((error: unknown) => {
        this.logger.debug('the connection was lost while it closed', { error: messageOf(error) })
      })
    }
    await this.nc.close()
  }

  async #attend(): Promise<void> {
    for await (const status of this.nc.status()) {
      switch (status.type) {
        case 'disconnect':
          this.logger.warn('the connection to NATS is lost; trying to get it back', { server: status.server })
          this.#change(false)
          break
        case 'reconnect':
          this.logger.info('connected to NATS again', { server: status.server })
          this.#change(true)
          break
        case 'error':
          this.logger.warn('NATS reports an error', { error: status.error.message })
          break
        default:
        // The others are of no consequence here.
      }
    }
    this.#change(false)
    this.#closed.abort()
  }

  #change(connected: boolean): void {
    if (this.#connected === connected) return
    this.#connected = connected
    for (const listener of [...this.#listeners]) listener(connected)
  }
}

async function dial(options: ConnectOptions): Promise<NatsConnection> {
  const shown = options.servers.map(withoutSecrets).join(', ')
  const wanted = clientOptions(options)
  try {
    return await connect(wanted)
  } catch (error) {
    const reason = messageOf(error)
    // The client gives authorization failures several shapes, before and after the handshake.
    if (/authorization|authentication|nkey|jwt/i.test(reason)) {
      throw new BelfryError(
        'nats-unauthorized',
        `NATS at ${shown} does not accept these credentials: ${reason}`,
        { cause: error },
      )
    }
    throw new BelfryError('nats-unreachable', `NATS at ${shown} cannot be reached: ${reason}`, {
      cause: error,
      retryable: true,
    })
  }
}

function clientOptions(options: ConnectOptions): ConnectionOptions {
  const { servers, name = 'belfry', credentials, inboxPrefix, tls, timeoutMs = 5_000 } = options
  const urls = servers.map(parseServer)
  const secret = urls.find((url) => url.username !== '')
  return {
    servers: urls.map((url) => url.host || url.hostname),
    name,
    timeout: timeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 100,
    // Credentials may be rotated while belfry runs: a refusal then is a reason to try again, not to give up.
    ignoreAuthErrorAbort: true,
    pingInterval: 5_000,
    maxPingOut: 2,
    // A stack trace per request costs more than the request.
    noAsyncTraces: true,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(credentials === undefined
      ? {}
      : { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(secret === undefined ? {} : authenticationOf(secret)),
    ...(tls !== undefined || urls.some((url) => url.protocol === 'tls:') ? { tls: tls ?? {} } : {}),
  }
}

function authenticationOf(url: URL): { token: string } | { user: string; pass: string } {
  const user = decodeURIComponent(url.username)
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) }
}

function parseServer(server: string): URL {
  const text = server.includes('://') ? server : `nats://${server}`
  if (!URL.canParse(text))
    throw new BelfryError('usage', `${JSON.stringify(server)} is not the URL of a NATS server`)
  const url = new URL(text)
  if (!['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') {
    throw new BelfryError(
      'usage',
      `${withoutSecrets(server)} is not the URL of a NATS server: expected nats://host:port or tls://host:port`,
    )
  }
  return url
}

function withoutSecrets(server: string): string {
  return server.replace(/\/\/[^@/]*@/, '//')
}

function requireVersion(nc: NatsConnection): void {
  const version = nc.info?.version ?? 'unknown'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST_SERVER.major || (major === OLDEST_SERVER.major && minor >= OLDEST_SERVER.minor)) return
  throw new BelfryError(
    'nats-server-too-old',
    `the NATS server at ${nc.getServer()} is version ${version}; belfry needs ${OLDEST_SERVER.major}.${OLDEST_SERVER.minor} or newer`,
  )
}

/** A server without JetStream does not answer its API at all. */
function withoutJetStream(error: unknown): unknown {
  if (
    error instanceof BelfryError &&
    error.code === 'nats-unavailable' &&
    error.details.code !== API.clusterNotAvailable
  ) {
    return new BelfryError('nats-no-jetstream', 'the NATS server has no JetStream for this account', {
      cause: error,
    })
  }
  return error
}
