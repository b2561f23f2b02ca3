import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { Connection, type ConnectOptions } from '../../src/nats/connection.ts'
import { type ServerProcess, startServerProcess } from '../../src/nats/server-process.ts'
import type { Logger } from '../../src/ports/telemetry.ts'
import { freePorts } from './free-ports.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The nats-server that bootstrap found or fetched. */
export function natsServerBinary(): string {
  const script = join(root, 'scripts', 'bootstrap.mjs')
  return execFileSync(process.execPath, [script, '--print-nats-server'], { encoding: 'utf8' }).trim()
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly folder: string
  /** Sends a signal to the server itself. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** After `kill`: starts it again on the same port and store. */
  restart(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

export interface TestServerOptions {
  /** Further lines of the configuration file. */
  readonly configuration?: string
  /** Further lines inside its `jetstream` block; null runs it without JetStream. */
  readonly jetstream?: string | null
}

/** A real nats-server on a free port with a store of its own. It dies with this process. */
export async function startNatsServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-test-'))
  const binary = natsServerBinary()
  const start = (port: number): Promise<ServerProcess> => {
    const { configuration = '', jetstream = '' } = options
    const file = join(folder, 'server.conf')
    const store = jetstream === null ? '' : `jetstream { store_dir: "${folder}", ${jetstream} }`
    writeFileSync(file, `listen: "127.0.0.1:${port}"\n${store}\n${configuration}\n`)
    return startServerProcess({ binary, arguments: ['-c', file] })
  }
  const [port] = (await freePorts(1)) as [number]
  let server = await start(port)
  const { url } = server
  return {
    port,
    url,
    folder,
    get pid() {
      return server.pid
    },
    async kill(signal) {
      process.kill(server.pid, signal)
      if (signal === 'SIGKILL' || signal === 'SIGTERM') await server.ended
    },
    async restart() {
      server = await start(port)
    },
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
}

export function connectTo(
  server: { readonly url: string },
  options: Partial<ConnectOptions> = {},
): Promise<Connection> {
  return Connection.open({
    servers: server.url.split(','),
    clock: systemClock,
    logger: silentLogger,
    ...options,
  })
}

let prefixes = 0

/** A prefix of its own for each test, so that many share one server. */
export function freshPrefix(): string {
  prefixes += 1
  return `t${process.pid}-${prefixes}`
}
