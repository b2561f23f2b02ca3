import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'

type Direction = 'toServer' | 'toClient'

/** Stands between clients and a server, and can do to the bytes what networks do. */
export class TcpProxy {
  readonly #server: Server
  readonly #targetPort: number
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #frozen = new Set<Direction>()
  #dropped = new Set<Direction>()
  #refusing = false

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    this.#targetPort = targetPort
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer()
    const proxy = new TcpProxy(server, targetPort)
    server.on('connection', (client) => proxy.#accept(client))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return `nats://127.0.0.1:${address.port}`
  }

  /** Breaks every connection now, and with `stay` also all new ones until `mend`. */
  cut(options: { readonly stay?: boolean } = {}): void {
    this.#refusing = options.stay ?? false
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  /** Holds bytes back, in order, until `mend`. */
  freeze(direction: Direction): void {
    this.#frozen.add(direction)
    for (const [client, server] of this.#pairs) (direction === 'toServer' ? client : server).pause()
  }

  /** Loses bytes until `mend`: the other side sees nothing, the connection stays. */
  drop(direction: Direction): void {
    this.#dropped.add(direction)
  }

  mend(): void {
    this.#frozen = new Set()
    this.#dropped = new Set()
    this.#refusing = false
    for (const pair of this.#pairs) for (const socket of pair) socket.resume()
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.cut()
    await closed
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.destroy()
      return
    }
    const server = tcpConnect(this.#targetPort, '127.0.0.1')
    const pair = [client, server] as const
    this.#pairs.add(pair)
    this.#carry(client, server, 'toServer')
    this.#carry(server, client, 'toClient')
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of pair) {
      socket.on('close', end)
      // A broken connection is what this is for; the close that follows says enough.
      socket.on('error', end)
    }
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    from.setNoDelay(true)
    from.on('data', (bytes) => {
      if (!this.#dropped.has(direction)) to.write(bytes)
    })
    if (this.#frozen.has(direction)) from.pause()
  }
}
