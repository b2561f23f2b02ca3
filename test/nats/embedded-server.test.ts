import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { findNatsServer, startEmbeddedServer } from '../../src/nats/embedded-server.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import type { ServerProcess } from '../../src/nats/server-process.ts'
import { connectTo, natsServerBinary } from '../support/nats-server.ts'

const module = fileURLToPath(new URL('../../src/nats/embedded-server.ts', import.meta.url))
const clock = fileURLToPath(new URL('../../src/lifecycle/clock.ts', import.meta.url))

describe('an embedded server', () => {
  const binary = natsServerBinary()
  const running: (ServerProcess | ChildProcess)[] = []
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belfry-embedded-'))
  })
  afterEach(async () => {
    for (const each of running.splice(0)) {
      if ('stop' in each) await each.stop()
      else each.kill('SIGKILL')
    }
    rmSync(folder, { recursive: true, force: true })
  })

  function options() {
    return { folder, clock: systemClock, signal: new AbortController().signal, binary }
  }

  async function start(
    changes: Partial<Parameters<typeof startEmbeddedServer>[0]> = {},
  ): Promise<ServerProcess> {
    const server = await startEmbeddedServer({ ...options(), ...changes })
    running.push(server)
    return server
  }

  it('accepts connections when it is started, and keeps its store over a restart', async () => {
    const first = await start()
    const connection = await connectTo(first)
    expect((await ensureLayout(connection, { firesMaxBytes: 1_000_000 })).created).not.toHaveLength(0)
    await connection.close()
    await first.stop()
    const again = await connectTo(await start())
    // Lines of runs are kept in memory alone, and only for an hour.
    expect((await ensureLayout(again)).created).toEqual(['stream BELFRY_LOGS'])
    await again.close()
  })

  it('refuses a folder that another server uses, and names its process', async () => {
    const first = await start()
    await expect(start({ graceMs: 100 })).rejects.toMatchObject({
      code: 'nats-server-running',
      message: expect.stringContaining(`process id ${first.pid}`),
    })
  })

  it("starts in a folder whose server's id was given to somebody else", async () => {
    writeFileSync(join(folder, 'nats-server.pid'), String(process.pid))
    await expect(start()).resolves.toMatchObject({ port: expect.any(Number) })
  })

  it('dies with its owner, even when that is killed, and its folder is free again', async () => {
    const owner = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', ownerProgram(folder, binary)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    running.push(owner)
    const [line] = await firstLines(owner, 1)
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    owner.kill('SIGKILL')
    await start()
    expect(isAlive(pid)).toBe(false)
  })

  it('says what the server said when it cannot start', async () => {
    const { port } = await start()
    await expect(start({ folder: join(folder, 'other'), port })).rejects.toMatchObject({
      code: 'nats-server-failed',
      message: expect.stringContaining('address already in use'),
    })
  })

  it('is found where BELFRY_NATS_SERVER says, and nothing else is taken in its place', async () => {
    expect(await findNatsServer(folder, { BELFRY_NATS_SERVER: binary })).toBe(binary)
    await expect(
      findNatsServer(folder, { BELFRY_NATS_SERVER: '/bin/ls', PATH: binary }),
    ).rejects.toMatchObject({
      code: 'nats-server-missing',
    })
  })

  it('is not taken from PATH when it is too old', async () => {
    const old = join(folder, 'nats-server')
    writeFileSync(old, '#!/bin/sh\necho "nats-server: v2.10.7"\n')
    chmodSync(old, 0o755)
    const found = await findNatsServer(folder, { PATH: folder })
    expect(found).not.toBe(old)
  })
})

function ownerProgram(folder: string, binary: string): string {
  return `
    import { startEmbeddedServer } from ${JSON.stringify(module)}
    import { systemClock } from ${JSON.stringify(clock)}
    const server = await startEmbeddedServer({
      folder: ${JSON.stringify(folder)}, binary: ${JSON.stringify(binary)},
      clock: systemClock, signal: new AbortController().signal,
    })
    console.log(server.pid)
  `
}

function firstLines(child: ChildProcess, count: number): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const lines: string[] = []
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line)
      if (lines.length === count) resolve(lines)
    })
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
