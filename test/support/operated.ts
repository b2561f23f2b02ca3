import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ok } from '../../src/core/result.ts'
import type { ToldEvent } from '../../src/core/run/open-run.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsRunJournal } from '../../src/nats/run-journal.ts'
import type { Run } from '../../src/worker/run.ts'
import { defineWorker, type Worker } from '../../src/worker/worker.ts'
import { belfry } from './command-line.ts'
import { LiveInstances } from './live-instances.ts'
import { startNatsServer } from './nats-server.ts'
import { Recorder } from './recorder.ts'
import { treeOf } from './tree-of.ts'

/** A leader and workers in this process, on a real server of their own, and operators who type commands. */
export async function startOperated(...manifests: readonly string[]) {
  const server = await startNatsServer()
  const live = await LiveInstances.on(server)
  const folder = mkdtempSync(join(tmpdir(), 'belfry-operated-'))
  const ending = new AbortController()
  const told = new Recorder<ToldEvent>()
  const workers: Worker[] = []
  const publisher = new Publisher(live.connection)
  createNatsRunJournal({ connection: live.connection, publisher }).followEvents(
    1,
    { onTold: told.push, onReset: () => undefined },
    ending.signal,
  )
  const source = {
    id: 'main',
    describe: () => 'a tree in memory',
    load: async () => ok(treeOf(...manifests)),
    watch: () => undefined,
  }
  const instance = await live.start('one', source)
  await instance.scheduler.applied(ending.signal)

  return {
    server,
    live,
    told,
    instance,
    source,
    /** One command line; server and prefix are added. */
    run: (...args: readonly string[]) =>
      belfry(folder, ...args, '--nats', server.url, '--prefix', live.prefix),
    /** The same, with its JSON. */
    async json<T = unknown>(...args: readonly string[]): Promise<T> {
      const { code, stdout, stderr } = await this.run(...args, '--format', 'json')
      if (code !== 0) throw new Error(`belfry ${args.join(' ')}: ${stderr}`)
      return JSON.parse(stdout) as T
    },
    async work(
      name: string,
      handler: (run: Run) => unknown,
      { tenant = 'default', adapter = 'market' }: { tenant?: string; adapter?: string } = {},
    ): Promise<Worker> {
      const worker = defineWorker({
        adapter,
        tenant,
        instance: name,
        nats: { servers: [server.url], prefix: live.prefix },
        handlers: { '*': async (run: Run) => handler(run) },
      })
      workers.push(worker)
      await worker.start()
      return worker
    },
    /** Resolves with the event of this type that is told of the run. */
    async until(run: string, type: string): Promise<ToldEvent> {
      const is = ({ event }: ToldEvent) => event.run === run && event.type === type
      return (await told.until((all) => all.some(is))).find(is)!
    },
    async restWorkers(): Promise<void> {
      await Promise.all(workers.splice(0).map((worker) => worker.stop()))
    },
    async stop(): Promise<void> {
      await Promise.all(workers.splice(0).map((worker) => worker.stop()))
      ending.abort()
      publisher.close()
      await live.end()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type Operated = Awaited<ReturnType<typeof startOperated>>
