import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerProcess, startServerProcess } from '../../src/nats/server-process.ts'
import { ROOT } from './markdown.ts'
import { natsServerBinary } from './nats-server.ts'
import { Recorder } from './recorder.ts'

export interface ClusterNode {
  readonly name: string
  readonly url: string
  readonly monitor: string
  /** Ends it with this signal, and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>
  /** Starts it again on its store; resolves when it says that it is whole. */
  start(): Promise<void>
}

/** Three nodes with deploy/nats/nats.conf; only ports, folders and the room are others. */
export async function startShippedCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-cluster-'))
  const shipped = readFileSync(join(ROOT, 'deploy/nats/nats.conf'), 'utf8')
  const binary = natsServerBinary()
  const ports = await freePorts(9)
  const port = (index: number, kind: 0 | 1 | 2): number => ports[index * 3 + kind]!
  const lines = new Recorder<string>()
  const nodes = await Promise.all(
    [0, 1, 2].map(async (index): Promise<ClusterNode> => {
      const name = `nats-${index}`
      const file = join(folder, `${name}.conf`)
      const configuration = shipped
        .replace('port: 4222', `listen: "127.0.0.1:${port(index, 0)}"`)
        .replace('http_port: 8222', `http: "127.0.0.1:${port(index, 1)}"`)
        .replace('port: 6222', `listen: "127.0.0.1:${port(index, 2)}"`)
        .replace('/data', join(folder, name))
        .replace(/nats:\/\/nats-(\d)\.nats:6222/g, (_, peer) => `nats://127.0.0.1:${port(Number(peer), 2)}`)
        .replace('max_file_store: 16GiB', 'max_file_store: 2GiB')
      writeFileSync(file, configuration)
      const launch = () =>
        startServerProcess({ binary, arguments: ['-c', file, '--name', name], onLine: lines.push })
      let running: ServerProcess | null = null
      const node: ClusterNode = {
        name,
        url: `nats://127.0.0.1:${port(index, 0)}`,
        monitor: `http://127.0.0.1:${port(index, 1)}`,
        async end(signal) {
          if (running === null) return
          process.kill(running.pid, signal)
          await running.ended
          running = null
        },
        async start() {
          running = await launch()
        },
      }
      await node.start()
      return node
    }),
  )
  await lines.until((all) =>
    all.some((line) => line.includes('Self is new JetStream cluster metadata leader')),
  )
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(','),
    async stop() {
      await Promise.all(nodes.map((node) => node.end('SIGKILL')))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type ShippedCluster = Awaited<ReturnType<typeof startShippedCluster>>

/** All at once, so that none is given twice. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
