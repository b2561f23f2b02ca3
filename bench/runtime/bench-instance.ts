import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Belfry } from '../../src/app/belfry.ts'
import type { FolderSource as FolderSourceType } from '../../src/files/folder-source.ts'
import { silentLogger, startNatsServer } from '../../test/support/nats-server.ts'
import { FolderSource, startBelfry, systemClock } from './built.ts'

export type Server = Awaited<ReturnType<typeof startNatsServer>>

export interface Instance {
  readonly belfry: Belfry
  readonly source: FolderSourceType | null
  stop(): Promise<void>
}

export const NO_LIMIT = { count: Number.MAX_SAFE_INTEGER, percent: 100 }

/** One instance on the server, watching `folder`, or nothing if left out. */
export async function startInstance(server: Server, folder?: string): Promise<Instance> {
  const source =
    folder === undefined
      ? null
      : new FolderSource({ id: 'main', roots: [folder], cwd: '/', clock: systemClock, logger: silentLogger })
  const belfry = await startBelfry({
    nats: { servers: [server.url], prefix: 'belfry' },
    instance: 'bench',
    logBytes: 4 * 1024 ** 3,
    pruneLimit: NO_LIMIT,
    source,
    logger: silentLogger,
  })
  return {
    belfry,
    source,
    async stop() {
      await belfry.stop()
      await source?.closed()
    },
  }
}

export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function withServer<T>(work: (server: Server) => Promise<T>): Promise<T> {
  const server = await startNatsServer()
  try {
    return await work(server)
  } finally {
    await server.stop()
  }
}

/** The longest time for which the event loop did nothing else, over the idle error of its own timer. */
export function watchEventLoop(): { worstMs(): number } {
  const histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: 5 })
  histogram.enable()
  return {
    worstMs() {
      histogram.disable()
      return histogram.max / 1e6 - 5
    },
  }
}

export function print(row: string, figure: string, target: string): void {
  const load = (loadavg()[0] ?? 0).toFixed(1)
  console.log(`${row.padEnd(58)} ${figure.padEnd(40)} target ${target.padEnd(12)} load ${load}`)
}

export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  const { signal } = new AbortController()
  while (!(await check())) await systemClock.sleep(5, signal)
}
