import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { Connection } from '../../src/nats/connection.ts'
import { type ServerProcess, startServerProcess } from '../../src/nats/server-process.ts'
import { type StreamState, streamState } from '../../src/nats/streams.ts'
import { freePorts } from './free-ports.ts'
import { natsServerBinary, silentLogger } from './nats-server.ts'
import { TcpProxy } from './tcp-proxy.ts'

const SIZE = 3
const POLL_MS = 50
const REQUEST_MS = 1_000

export interface ClusterOptions {
  /** The routes between the nodes go through proxies, so that `cutOff` can part them. */
  readonly cuttable?: boolean
  /** So many nodes, the last ones, are not started yet. */
  readonly late?: number
  /** Further lines of every node's configuration file. */
  readonly configuration?: string
  /** Further lines inside its `jetstream` block. */
  readonly jetstream?: string
}

/** Three nats-servers with JetStream that share their work. They die with this process. */
export async function startNatsCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-cluster-'))
  const ports = await freePorts(2 * SIZE)
  const places = Array.from({ length: SIZE }, (_, index) => ({
    name: `n${index + 1}`,
    port: ports[index]!,
    routePort: ports[SIZE + index]!,
  }))
  const nodes: ClusterNode[] = []
  for (const place of places) {
    const routes: Route[] = []
    for (const { name, routePort } of places) {
      if (name === place.name) continue
      routes.push({ to: name, proxy: options.cuttable ? await TcpProxy.start(routePort) : null, routePort })
    }
    nodes.push(new ClusterNode({ ...place, folder: join(folder, place.name), routes, options }))
  }
  const { late = 0 } = options
  await Promise.all(nodes.slice(0, SIZE - late).map((node) => node.start()))
  const cluster = new TestCluster(nodes, folder)
  await (late === 0 ? cluster.untilWhole() : cluster.untilReady())
  return cluster
}

interface Route {
  readonly to: string
  readonly proxy: TcpProxy | null
  readonly routePort: number
}

interface NodeOptions {
  readonly name: string
  readonly port: number
  readonly routePort: number
  readonly folder: string
  readonly routes: readonly Route[]
  readonly options: ClusterOptions
}

export class ClusterNode {
  readonly #options: NodeOptions
  #server: ServerProcess | null = null

  constructor(options: NodeOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  get port(): number {
    return this.#options.port
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#options.port}`
  }

  /** The proxies of its routes to the others, by their names; empty unless the cluster is cuttable. */
  get routes(): ReadonlyMap<string, TcpProxy> {
    return new Map(this.#options.routes.flatMap(({ to, proxy }) => (proxy === null ? [] : [[to, proxy]])))
  }

  get running(): boolean {
    return this.#server !== null
  }

  /** Starts it on its port and store; also again, after `kill`. */
  async start(): Promise<void> {
    if (this.#server !== null) return
    const { folder } = this.#options
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'server.conf')
    writeFileSync(file, this.#configuration())
    this.#server = await startServerProcess({ binary: natsServerBinary(), arguments: ['-c', file] })
  }

  /** Ends it as a crash does, or, with SIGTERM, in order. Resolves when it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    process.kill(server.pid, 'SIGCONT')
    process.kill(server.pid, signal)
    await server.ended
  }

  /** It stands still, and its connections stay. */
  pause(): void {
    if (this.#server !== null) process.kill(this.#server.pid, 'SIGSTOP')
  }

  resume(): void {
    if (this.#server !== null) process.kill(this.#server.pid, 'SIGCONT')
  }

  #configuration(): string {
    const { name, port, routePort, folder, routes, options } = this.#options
    const { configuration = '', jetstream = '', cuttable = false } = options
    const urls = routes.map(({ proxy, routePort: direct }) => proxy?.url ?? `nats://127.0.0.1:${direct}`)
    // Nodes tell each other, and clients, how to reach the rest: behind proxies what they tell must lead nowhere.
    const advertise = cuttable ? 'advertise: "127.0.0.1:1", no_advertise: true' : ''
    return `server_name: ${name}
listen: "127.0.0.1:${port}"
jetstream { store_dir: "${folder}", ${jetstream} }
cluster { name: belfry, listen: "127.0.0.1:${routePort}", routes: [${urls.join(', ')}], ${advertise} }
${configuration}
`
  }
}

export class TestCluster {
  readonly nodes: readonly ClusterNode[]
  readonly #folder: string
  readonly #ending = new AbortController()
  readonly #cutOff = new Set<string>()
  #connection: Promise<Connection> | null = null

  constructor(nodes: readonly ClusterNode[], folder: string) {
    this.nodes = nodes
    this.#folder = folder
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url)
  }

  /** All nodes, as `--nats` and `connectTo` take them. */
  get url(): string {
    return this.urls.join(',')
  }

  /**
   * Resolves when a quorum answers; with streams, when each has a leader and all its replicas on nodes that run and are
   * not cut off are current. The test's own time-out is its limit.
   */
  async untilReady(streams: readonly string[] = []): Promise<void> {
    await this.#eventually(async (connection) => {
      await connection.ask('$JS.API.INFO', null, 'asking for JetStream', REQUEST_MS)
      const states = await Promise.all(streams.map((stream) => streamState(connection, stream, REQUEST_MS)))
      return states.every((state) => state !== null && this.#isWhole(state)) ? true : undefined
    })
  }

  /** Resolves when all three nodes take part: a quorum of two answers before the third has joined. */
  async untilWhole(): Promise<void> {
    const probe = 'WHOLE'
    await this.#eventually(async (connection) => {
      const config = { name: probe, subjects: ['whole'], num_replicas: SIZE, storage: 'memory' }
      await connection.ask(`$JS.API.STREAM.CREATE.${probe}`, config, 'looking for three peers', REQUEST_MS)
      await connection.ask(`$JS.API.STREAM.DELETE.${probe}`, null, 'looking for three peers', REQUEST_MS)
      return true
    })
  }

  /** The node that leads a stream, as the nodes that are not cut off see it. */
  leaderOf(stream: string): Promise<ClusterNode> {
    return this.#eventually(async (connection) => {
      const state = await streamState(connection, stream, REQUEST_MS)
      return this.#joined().find(({ name }) => name === state?.cluster?.leader)
    })
  }

  /** Has another node lead a stream; resolves with it. */
  async stepDown(stream: string): Promise<ClusterNode> {
    const before = await this.leaderOf(stream)
    await this.#eventually(async (connection) => {
      await connection.ask(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, null, 'stepping down', REQUEST_MS)
      return true
    })
    return this.#eventually(async () => {
      const now = await this.leaderOf(stream)
      return now === before ? undefined : now
    })
  }

  /** Parts a node from the two others, while clients still reach it. The cluster must be cuttable. */
  async cutOff(node: ClusterNode): Promise<void> {
    for (const route of this.#routesOf(node)) route.cut({ stay: true })
    this.#cutOff.add(node.name)
    // What the cut off node says of the others is of yesterday.
    await this.#disconnect()
  }

  mend(): void {
    this.#cutOff.clear()
    for (const node of this.nodes) for (const route of node.routes.values()) route.mend()
  }

  /** Ends all nodes and removes their files. */
  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#disconnect()
    await Promise.all(this.nodes.map((node) => node.kill()))
    for (const node of this.nodes) for (const route of node.routes.values()) await route.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #routesOf(node: ClusterNode): readonly TcpProxy[] {
    const own = [...node.routes.values()]
    if (own.length === 0) throw new Error('only a cuttable cluster can be cut')
    return [...own, ...this.nodes.flatMap(({ routes }) => routes.get(node.name) ?? [])]
  }

  #joined(): readonly ClusterNode[] {
    return this.nodes.filter(({ name, running }) => running && !this.#cutOff.has(name))
  }

  #isWhole({ cluster }: StreamState): boolean {
    const joined = this.#joined().map(({ name }) => name)
    if (cluster?.leader === undefined || cluster.leader === '') return false
    return (cluster.replicas ?? []).every(({ name, current }) => current || !joined.includes(name))
  }

  /** Asks until there is an answer: while nodes come and go every question may fail. */
  async #eventually<T>(ask: (connection: Connection) => Promise<T | undefined>): Promise<T> {
    let last: unknown
    while (!this.#ending.signal.aborted) {
      try {
        const found = await ask(await this.#connected())
        if (found !== undefined) return found
      } catch (error) {
        last = error
      }
      await systemClock.sleep(POLL_MS, this.#ending.signal)
    }
    throw new Error('the cluster was stopped', { cause: last })
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    await (await connection)?.close()
  }

  #connected(): Promise<Connection> {
    this.#connection ??= Connection.open({
      servers: this.#joined().map(({ url }) => url),
      clock: systemClock,
      logger: silentLogger,
      name: 'test',
      timeoutMs: REQUEST_MS,
    }).catch((error: unknown) => {
      this.#connection = null
      throw error
    })
    return this.#connection
  }
}
