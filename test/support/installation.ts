import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsStore } from '../../src/nats/store.ts'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { BelfryProcess } from './belfry-process.ts'
import { connectTo, freshPrefix, startNatsServer } from './nats-server.ts'
import { Recorder } from './recorder.ts'

/** A real server, a tree on disk, and everything that the log stores, as it stores it. */
export async function startInstallation(files: Readonly<Record<string, string>>) {
  const server = await startNatsServer()
  const prefix = freshPrefix()
  const tree = mkdtempSync(join(tmpdir(), 'belfry-tree-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(tree, file)), { recursive: true })
    writeFileSync(join(tree, file), text)
  }
  for (const [file, text] of Object.entries(files)) write(file, text)

  const connection = await connectTo(server, { prefix })
  await ensureLayout(connection)
  const publisher = new Publisher(connection)
  const log = createNatsFireLog({ connection, publisher })
  const records = new Recorder<LogRecord>()
  const following = new AbortController()
  log.follow(1, { onRecord: records.push, onReset: () => undefined }, following.signal)
  const live = createNatsStore({ connection, publisher, bucket: connection.names.live })
  const processes: BelfryProcess[] = []

  return {
    server,
    prefix,
    tree,
    records,
    log,
    live,
    write,
    remove: (file: string) => rmSync(join(tree, file), { recursive: true, force: true }),
    serve(instance: string, more: readonly string[] = []): BelfryProcess {
      const started = BelfryProcess.serve({ server, prefix, instance, tree, arguments: more })
      processes.push(started)
      return started
    },
    /** The live entry of a schedule of tenant `default`. */
    async entry(schedule: string): Promise<LiveEntry | null> {
      const found = await live.get(`Schedule.default.${schedule}`)
      return found === null ? null : (JSON.parse(found.value) as LiveEntry)
    },
    fires: () => records.items.filter(({ kind }) => kind === 'fire'),
    /** Resolves when so many fires are stored. */
    untilFires: (count: number) =>
      records.until((items) => items.filter(({ kind }) => kind === 'fire').length >= count),
    async stop() {
      for (const each of processes) {
        each.signal('SIGCONT')
        await each.kill()
      }
      following.abort()
      await connection.close()
      await server.stop()
      rmSync(tree, { recursive: true, force: true })
    },
  }
}

export type Installation = Awaited<ReturnType<typeof startInstallation>>
