import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { openStage, type Stage } from '../support/worker-stage.ts'

const ONCE = { maxAttempts: 1 }

describe('a ready-made worker', () => {
  let server: TestServer
  let stage: Stage
  let stopping: AbortController
  let ended: Promise<number> | null

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    stage = await openStage(server)
    stopping = new AbortController()
    ended = null
  })
  afterEach(async () => {
    stopping.abort()
    await ended
    await stage.close()
  })

  /** `belfry worker ...` as from the command line. */
  function run(
    kind: 'exec' | 'http',
    parameters: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): void {
    const place = [
      '--adapter',
      'zerodha',
      '--nats',
      server.url,
      '--prefix',
      stage.prefix,
      '--instance',
      'ready',
    ]
    const io = { color: false, interactive: false, columns: 80, cwd: process.cwd() }
    ended = runCli(['worker', kind, ...place, ...parameters], {
      ...io,
      env: { ...process.env, ...env },
      signal: stopping.signal,
      stdout: () => undefined,
      stderr: () => undefined,
    })
  }

  it('gives a command the data and what it is about, and its exit code decides', async () => {
    const lines = new Recorder<{ readonly run: string; readonly level: string; readonly text: string }>()
    stage.connection.nc.subscribe(stage.connection.names.logSubjects, {
      callback: (_, message) => lines.push(message.json()),
    })
    await stage.connection.nc.flush()
    const script =
      'cat; echo; echo "$BELFRY_JOB $BELFRY_ATTEMPT $BELFRY_DATA_CODE"; echo oops >&2; exit "$BELFRY_DATA_CODE"'
    run('exec', ['--', 'sh', '-c', script])
    for (const [schedule, code] of [
      ['fine', 0],
      ['broken', 1],
      ['wrong', 65],
    ] as const) {
      await stage.fire(schedule, { payload: JSON.stringify({ code }), policy: ONCE })
    }
    await stage.until('succeeded', 'fine')
    expect(await stage.until('dead', 'broken')).toMatchObject({
      reason: 'attempts',
      error: { message: 'sh ended with exit code 1' },
    })
    expect(await stage.until('dead', 'wrong')).toMatchObject({ reason: 'permanent' })
    const fine = (
      await lines.until((all) => all.filter(({ run }) => run.includes('fine')).length === 3)
    ).filter(({ run }) => run.includes('fine'))
    expect(fine.map(({ level, text }) => `${level} ${text}`).sort()).toEqual([
      'info import 1 0',
      'info {"code":0}',
      'warn oops',
    ])
    stopping.abort()
    expect(await ended).toBe(0)
  })

  it('ends the command of a run that takes too long', async () => {
    run('exec', ['--', 'sh', '-c', 'exec sleep 600'])
    await stage.fire('import', { policy: { ...ONCE, timeoutMs: 100 } })
    expect(await stage.until('dead')).toMatchObject({ error: { name: 'RunAborted' } })
  })

  it('posts a signed CloudEvent, and the status of the answer decides', async () => {
    const requests = new Recorder<{ readonly headers: IncomingHttpHeaders; readonly body: string }>()
    const endpoint = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      request.on('end', () => {
        requests.push({ headers: request.headers, body })
        const { status, after } = JSON.parse(body) as { status: number; after?: string }
        const headers = {
          'content-type': 'application/json',
          ...(after === undefined ? {} : { 'retry-after': after }),
        }
        response.writeHead(status, headers).end('{"imported":812}')
      })
    })
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
    const { port } = endpoint.address() as AddressInfo
    try {
      run('http', ['--url', `http://127.0.0.1:${port}/hook`], { BELFRY_HTTP_SECRET: 'shared' })
      const fire = (schedule: string, data: object, policy = {}) =>
        stage.fire(schedule, { payload: JSON.stringify(data), policy })
      await fire('fine', { status: 200 })
      expect(await stage.until('succeeded', 'fine')).toMatchObject({ result: { imported: 812 } })
      const { headers, body } = requests.items[0]!
      expect(headers).toMatchObject({
        'ce-id': 'default/fine@2026-01-27T12:00:00Z',
        'ce-type': 'RunImport',
        'belfry-attempt': '1',
      })
      const signed = createHmac('sha256', 'shared')
        .update(`${headers['belfry-timestamp']}.${body}`)
        .digest('hex')
      expect(headers['belfry-signature']).toBe(`sha256=${signed}`)

      await fire('gone', { status: 404 })
      expect(await stage.until('dead', 'gone')).toMatchObject({ attempt: 1, reason: 'permanent' })
      await fire('broken', { status: 500 }, ONCE)
      expect(await stage.until('dead', 'broken')).toMatchObject({ reason: 'attempts' })
      await fire('busy', { status: 503, after: '3600' })
      const busy = (await stage.until('failed', 'busy')) as { readonly at: string; readonly retryAt: string }
      expect(Date.parse(busy.retryAt) - Date.parse(busy.at)).toBeGreaterThan(3_590_000)
    } finally {
      endpoint.closeAllConnections()
      endpoint.close()
    }
  })
})
