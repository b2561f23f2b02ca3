import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { openStage } from '../support/worker-stage.ts'

const script = fileURLToPath(new URL('../../examples/worker-node/worker.mjs', import.meta.url))

describe('the example worker-node', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())

  it('runs an import in its second attempt, refuses one without a portfolio, and ends cleanly', async () => {
    const stage = await openStage(server)
    const child = spawn(process.execPath, [script, 'zerodha'], {
      env: { ...process.env, NATS_URL: server.url, BELFRY_PREFIX: stage.prefix },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
    try {
      await stage.fire('import', { message: 'RunPortfolioImport' })
      await stage.fire('empty', { message: 'RunPortfolioImport', payload: '{}' })
      expect(await stage.until('succeeded', 'import')).toMatchObject({ attempt: 2, result: { positions: 4 } })
      expect(await stage.until('dead', 'empty')).toMatchObject({ reason: 'permanent', attempt: 1 })
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
      expect(output).toBe('default/import@2026-01-27T12:00:00Z attempt 2: 4 positions of main\n')
    } finally {
      child.kill('SIGKILL')
      await ended
      await stage.close()
    }
  })
})
