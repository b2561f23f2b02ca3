import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'
import { type Frame, FrameReader } from './nats-protocol.ts'

/** The points at which one request can be struck. */
export type Moment =
  /** The server never gets it. */
  | 'before it is sent'
  /** The server gets it. */
  | 'after it is sent'
  /** The server has answered, and the client never learns of it. */
  | 'before its answer'
  | 'after its answer'

export const MOMENTS: readonly Moment[] = [
  'before it is sent',
  'after it is sent',
  'before its answer',
  'after its answer',
]

export interface Strike {
  /** Which requests are meant, by their subject. */
  readonly matches: (subject: string) => boolean
  readonly moment: Moment
  /** Called at that moment, in the midst of forwarding: what it does comes before any later byte. */
  readonly act: () => void
}

interface Armed extends Strike {
  /** Set when the request has passed and its answer is waited for. */
  reply: string | null
  readonly struck: () => void
}

/** An answered request, as both sides have seen it. */
export type OnAnswered = (request: Frame, answer: Frame) => void

type Direction = 'toServer' | 'toClient'

/**
 * Stands between one client and its servers, understands what they say, and can strike at one message. So a process is
 * killed at every border between two of its effects without a line of test code in it.
 */
export class NatsWire {
  readonly #listeners: { readonly server: Server; readonly target: number }[] = []
  readonly #sockets = new Set<Socket>()
  readonly #armed = new Set<Armed>()
  readonly #swallowed = new Set<Direction>()
  readonly #watched = new Map<string, readonly Frame[]>()
  /** Members of atomic batches by the batch's id: only its last one asks for an answer, which is for all of them. */
  readonly #batches = new Map<string, Frame[]>()
  readonly #watches: (subject: string) => boolean
  readonly #onAnswered: OnAnswered

  private constructor(watches: (subject: string) => boolean, onAnswered: OnAnswered) {
    this.#watches = watches
    this.#onAnswered = onAnswered
  }

  /** `onAnswered` is told of every answer, delivered or not, to requests whose subjects `watches` accepts. */
  static async start(
    targets: readonly number[],
    watches: (subject: string) => boolean,
    onAnswered: OnAnswered,
  ): Promise<NatsWire> {
    const wire = new NatsWire(watches, onAnswered)
    for (const target of targets) {
      const server = createServer((client) => wire.#accept(client, target))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      wire.#listeners.push({ server, target })
    }
    return wire
  }

  /** One URL for each target, comma-separated. */
  get url(): string {
    return this.#listeners
      .map(({ server }) => {
        const address = server.address()
        if (address === null || typeof address === 'string') throw new Error('the wire does not listen')
        return `nats://127.0.0.1:${address.port}`
      })
      .join(',')
  }

  /** Strikes at the next request that matches. Resolves to true when it has, to false when `signal` aborts before. */
  strike(strike: Strike, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (struck: boolean) => {
        this.#armed.delete(armed)
        signal.removeEventListener('abort', onAbort)
        resolve(struck)
      }
      const onAbort = () => end(false)
      const armed: Armed = { ...strike, reply: null, struck: () => end(true) }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#armed.add(armed)
    })
  }

  /** Loses whole messages of one direction until `mend`; connections stay. */
  swallow(direction: Direction): void {
    this.#swallowed.add(direction)
  }

  mend(): void {
    this.#swallowed.clear()
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    const closed = this.#listeners.map(
      ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    this.cut()
    await Promise.all(closed)
  }

  #accept(client: Socket, target: number): void {
    const server = tcpConnect(target, '127.0.0.1')
    this.#carry(client, server, 'toServer')
    this.#carry(server, client, 'toClient')
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        // What was on its way still arrives.
        other.end()
      })
      // A broken connection is what this is for; the close that follows says enough.
      socket.on('error', () => socket.destroy())
    }
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    const reader = new FrameReader()
    from.setNoDelay(true)
    from.on('data', (bytes) => {
      for (const frame of reader.read(bytes)) {
        if (from.destroyed) return
        this.#pass(frame, direction, () => to.write(frame.bytes))
      }
    })
  }

  #pass(frame: Frame, direction: Direction, forward: () => void): void {
    this.#note(frame, direction)
    const armed = this.#meant(frame, direction)
    if (armed === undefined) {
      const isMessage = frame.subject !== ''
      if (!(isMessage && this.#swallowed.has(direction))) forward()
      return
    }
    const isAnswer = direction === 'toClient'
    const at: Moment = isAnswer ? 'before its answer' : 'before it is sent'
    if (!isAnswer && armed.moment.endsWith('its answer')) {
      armed.reply = frame.reply
      forward()
      return
    }
    if (armed.moment !== at) forward()
    armed.act()
    armed.struck()
  }

  #meant({ subject, reply }: Frame, direction: Direction): Armed | undefined {
    for (const armed of this.#armed) {
      if (direction === 'toClient') {
        if (armed.reply === subject) return armed
      } else if (armed.reply === null && reply !== '' && armed.matches(subject)) return armed
    }
    return undefined
  }

  #note(frame: Frame, direction: Direction): void {
    if (direction === 'toServer') {
      if (!this.#watches(frame.subject)) return
      const batch = /Nats-Batch-Id: ?(\S+)/.exec(frame.bytes.toString('latin1'))?.[1]
      const members = batch === undefined ? [] : (this.#batches.get(batch) ?? [])
      members.push(frame)
      if (frame.reply === '') {
        if (batch !== undefined) this.#batches.set(batch, members)
        return
      }
      if (batch !== undefined) this.#batches.delete(batch)
      this.#watched.set(frame.reply, members)
      return
    }
    const requests = this.#watched.get(frame.subject)
    if (requests === undefined) return
    this.#watched.delete(frame.subject)
    for (const request of requests) this.#onAnswered(request, frame)
  }
}
