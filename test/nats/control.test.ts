import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/core/digest.ts'
import { BelfryError } from '../../src/core/errors.ts'
import type { JobManifest } from '../../src/core/kinds.ts'
import { type Tree, type TreeDocument, treeDigest } from '../../src/core/manifest/tree.ts'
import { identityOf } from '../../src/core/names.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { type ControlClient, createControlClient } from '../../src/nats/control-client.ts'
import { type ControlServer, type ControlServerOptions, serveControl } from '../../src/nats/control-server.ts'
import type {
  ApplyReply,
  ApplyRequest,
  ControlHandler,
  ControlHandlers,
  PauseReply,
  PauseRequest,
} from '../../src/ports/control.ts'
import { connectTo, freshPrefix, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const forever = new AbortController().signal
const APPLIED: ApplyReply = {
  outcome: 'applied',
  revision: 'r1',
  counts: { created: 1, updated: 0, unchanged: 0, deleted: 0 },
}

function treeOf(count: number, note = (index: number) => `job ${index}`): Tree {
  const documents = Array.from({ length: count }, (_, index): TreeDocument => {
    const name = `job-${index}`
    const manifest = {
      apiVersion: 'belfry/v1',
      kind: 'Job',
      metadata: { name, description: note(index) },
      spec: { adapter: 'zerodha', message: 'Run' },
    } as JobManifest
    const identity = identityOf('Job', 'default', name)
    const place = {
      file: 'jobs.yaml',
      line: index + 1,
      column: 1,
      positions: Int32Array.from([0, 0, 1, 1, 1]),
    }
    return { identity, kind: 'Job', tenant: 'default', name, manifest, digest: digestOf(manifest), ...place }
  })
  return { documents, digest: treeDigest(documents), warnings: [] }
}

function requestOf(tree: Tree): ApplyRequest {
  return { source: 'billing', tree, allowPrune: false, author: 'ann' }
}

describe('asking the leader', () => {
  let server: TestServer
  let prefix: string
  let asking: Connection
  let client: ControlClient
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    prefix = freshPrefix()
    asking = await connectTo(server, { prefix })
    closing.push(() => asking.close())
    client = createControlClient({ connection: asking, leaderWaitMs: 1_200, silenceMs: 2_500 })
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function serve(
    apply: (request: ApplyRequest) => Promise<ApplyReply>,
    changes: Partial<ControlServerOptions> = {},
  ): Promise<ControlServer> {
    const connection = changes.connection ?? (await connectTo(server, { prefix }))
    const control = await serveControl({
      connection,
      trees: { apply },
      handlers: {},
      leads: () => true,
      ...changes,
    })
    closing.push(
      () => connection.close(),
      () => control.stop(),
    )
    return control
  }

  it('hands the leader the tree exactly as it was sent, and brings its reply back', async () => {
    const seen: ApplyRequest[] = []
    await serve(async (request) => {
      seen.push(request)
      return APPLIED
    })
    const tree = treeOf(3)
    expect(await client.apply({ ...requestOf(tree), allowPrune: true }, forever)).toEqual(APPLIED)
    expect(seen).toEqual([{ source: 'billing', tree, allowPrune: true, author: 'ann' }])
  })

  it('sends a tree that is larger than a message', async () => {
    let documents = 0
    await serve(async (request) => {
      documents = request.tree.documents.length
      return APPLIED
    })
    // Text that does not compress.
    const tree = treeOf(2_000, (index) =>
      Array.from({ length: 30 }, (_, part) => digestOf([index, part])).join(''),
    )
    expect(await client.apply(requestOf(tree), forever)).toEqual(APPLIED)
    expect(documents).toBe(2_000)
  })

  it('talks to the instance that leads, not to its standbys', async () => {
    await serve(async () => expect.unreachable('a standby was asked'), { leads: () => false })
    await serve(async () => APPLIED)
    await serve(async () => expect.unreachable('a standby was asked'), { leads: () => false })
    expect(await client.apply(requestOf(treeOf(1)), forever)).toEqual(APPLIED)
  })

  it('says that nothing runs, when nothing does', async () => {
    await expect(client.apply(requestOf(treeOf(1)), forever)).rejects.toMatchObject({
      code: 'no-leader',
      message: expect.stringContaining(`no belfry runs at ${asking.server} with the prefix "${prefix}"`),
    })
  })

  it('says that nobody leads, when only standbys run', async () => {
    await serve(async () => APPLIED, { leads: () => false })
    await expect(client.apply(requestOf(treeOf(1)), forever)).rejects.toMatchObject({
      code: 'no-leader',
      message: expect.stringContaining('no instance of belfry leads'),
    })
  })

  it('finds a leader that comes up while it looks', async () => {
    let leads = false
    await serve(async () => APPLIED, {
      leads: () => {
        const before = leads
        leads = true
        return before
      },
    })
    expect(await client.apply(requestOf(treeOf(1)), forever)).toEqual(APPLIED)
  })

  it('brings a refusal and an expected failure back as refusals', async () => {
    const refusal: ApplyReply = { outcome: 'refused', code: 'prune-limit', message: 'too many deletions' }
    const control = await serve(async () => refusal)
    expect(await client.apply(requestOf(treeOf(1)), forever)).toEqual(refusal)
    await control.stop()
    await serve(async () => {
      throw new BelfryError('nats-unavailable', 'the store is away', { retryable: true })
    })
    expect(await client.apply(requestOf(treeOf(1)), forever)).toEqual({
      outcome: 'refused',
      code: 'nats-unavailable',
      message: 'the store is away',
    })
  })

  it('hands on no tree that is not what its digests say', async () => {
    await serve(async () => expect.unreachable('an altered tree was handed on'))
    const tree = treeOf(2)
    const altered = { ...tree, documents: tree.documents.map((document) => ({ ...document, digest: 'd' })) }
    expect(await client.apply(requestOf(altered), forever)).toMatchObject({
      outcome: 'refused',
      code: 'invalid-request',
      message: expect.stringContaining('Job/default/job-0'),
    })
    expect(await client.apply(requestOf({ ...tree, digest: 'd' }), forever)).toMatchObject({
      outcome: 'refused',
    })
  })

  it('waits for work that takes longer than any silence may last', async () => {
    const { promise, resolve } = deferred<ApplyReply>()
    await serve(() => promise, { workingMs: 50 })
    const signs = new Recorder<string>()
    asking.nc.subscribe('_INBOX.>', { callback: (_, message) => signs.push(message.string()) })
    const impatient = createControlClient({ connection: asking, silenceMs: 400 })
    const waiting = impatient.apply(requestOf(treeOf(1)), forever)
    await signs.until((all) => all.filter((text) => text === '{"working":true}').length >= 12)
    resolve(APPLIED)
    expect(await waiting).toEqual(APPLIED)
  })

  it('says that the leader was lost when it falls silent at work', async () => {
    const proxy = await TcpProxy.start(server.port)
    const connection = await connectTo(proxy, { prefix })
    closing.push(() => proxy.stop())
    const { promise, resolve } = deferred<ApplyReply>()
    await serve(
      () => {
        proxy.cut({ stay: true })
        return promise
      },
      { connection },
    )
    await expect(client.apply(requestOf(treeOf(1)), forever)).rejects.toMatchObject({
      code: 'leader-lost',
      retryable: true,
    })
    resolve(APPLIED)
  })

  it('refuses a client of another version with a clear word', async () => {
    await serve(async () => APPLIED)
    const leader = (await asking.nc.request(`${prefix}.control.leader`, '')).json<{ subject: string }>()
    const answer = await asking.nc.request(`${leader.subject}.begin`, JSON.stringify({ version: 99 }))
    expect(answer.json()).toEqual({
      error: {
        code: 'invalid-request',
        message: 'the leader speaks version 1 of this protocol, not 99',
      },
    })
  })

  it('is stopped only when what is under way has ended', async () => {
    const { promise, resolve } = deferred<ApplyReply>()
    const begun = deferred<void>()
    const control = await serve(() => {
      begun.resolve()
      return promise
    })
    const waiting = client.apply(requestOf(treeOf(1)), forever)
    await begun.promise
    const stopping = control.stop()
    resolve(APPLIED)
    await stopping
    expect(await waiting).toEqual(APPLIED)
  })

  const pauseOf = (reason: string): PauseRequest => ({
    target: 'everything',
    author: 'ann',
    reason,
    until: null,
    missed: 'discard',
  })
  const noTrees = async (): Promise<ApplyReply> => expect.unreachable('no tree was sent')

  /** A handler that takes whatever carries a reason. */
  function pausing(answer: ControlHandler<'pause'>['answer']): ControlHandlers {
    const read = (body: unknown) => {
      const request = body as PauseRequest | null
      if (typeof request?.reason !== 'string') throw new BelfryError('invalid-request', 'reason is missing')
      return request
    }
    return { pause: { read, answer } }
  }

  it('brings any request of the table to its handler, and the reply back', async () => {
    const seen: PauseRequest[] = []
    const handlers = pausing(async (request) => {
      seen.push(request)
      return { outcome: 'paused', at: 7 }
    })
    await serve(noTrees, {
      leads: () => false,
      handlers: pausing(async () => expect.unreachable('a standby')),
    })
    await serve(noTrees, { handlers })
    expect(await client.ask('pause', pauseOf('release'), forever)).toEqual({ outcome: 'paused', at: 7 })
    expect(seen).toEqual([pauseOf('release')])
  })

  it('brings what a handler refuses with back under its own code', async () => {
    const handlers = pausing(async () => {
      throw new BelfryError('usage', 'there is no such schedule')
    })
    await serve(noTrees, { handlers })
    await expect(client.ask('pause', pauseOf('release'), forever)).rejects.toMatchObject({
      code: 'usage',
      message: 'there is no such schedule',
    })
  })

  it('asks the next leader when the one it found has stood down before it began', async () => {
    let asked = 0
    const first = {
      leads: () => asked++ === 0,
      handlers: pausing(async () => expect.unreachable('it leads no more')),
    }
    await serve(noTrees, first)
    await serve(noTrees, {
      leads: () => asked > 1,
      handlers: pausing(async () => ({ outcome: 'paused', at: 8 })),
    })
    expect(await client.ask('pause', pauseOf('release'), forever)).toEqual({ outcome: 'paused', at: 8 })
  })

  it('waits for a request that takes longer than any silence may last', async () => {
    const { promise, resolve } = deferred<PauseReply>()
    await serve(noTrees, { workingMs: 50, handlers: pausing(() => promise) })
    const signs = new Recorder<string>()
    asking.nc.subscribe('_INBOX.>', { callback: (_, message) => signs.push(message.string()) })
    const impatient = createControlClient({ connection: asking, silenceMs: 400 })
    const waiting = impatient.ask('pause', pauseOf('release'), forever)
    await signs.until((all) => all.filter((text) => text === '{"working":true}').length >= 12)
    resolve({ outcome: 'paused', at: 9 })
    expect(await waiting).toEqual({ outcome: 'paused', at: 9 })
  })

  it.each([
    ['what is no JSON', 'pause', 'not { json', 'the request is not JSON'],
    ['nothing', 'pause', '', 'the request is not JSON'],
    ['null', 'pause', 'null', 'not undefined'],
    ['another version', 'pause', '{"version":99,"request":{}}', 'not 99'],
    [
      'a version that is an essay',
      'pause',
      `{"version":"${'x'.repeat(5_000)}"}`,
      'version 1 of this protocol',
    ],
    ['no request', 'pause', '{"version":1}', 'reason is missing'],
    ['a request of another shape', 'pause', '{"version":1,"request":[1]}', 'reason is missing'],
    ['a name that nobody knows', 'explode', '{"version":1,"request":{}}', 'knows no request "explode"'],
    ['the name of something inherited', 'toString', '{"version":1}', 'knows no request "toString"'],
    ['the prototype', '__proto__', '{"version":1}', 'knows no request "__proto__"'],
  ])('refuses %s, and goes on serving', async (_, name, payload, message) => {
    await serve(noTrees, { handlers: pausing(async () => ({ outcome: 'paused', at: 1 })) })
    const leader = (await asking.nc.request(`${prefix}.control.leader`, '')).json<{ subject: string }>()
    const answers = await asking.nc.requestMany(`${leader.subject}.call.${name}`, payload, {
      strategy: 'count',
      maxMessages: 2,
      maxWait: 5_000,
    })
    const texts: string[] = []
    for await (const answer of answers) texts.push(answer.string())
    const refusal = JSON.parse(texts[1] ?? '') as { error: { code: string; message: string } }
    expect(refusal.error.code).toBe('invalid-request')
    expect(refusal.error.message).toContain(message)
    expect(refusal.error.message.length).toBeLessThan(200)
    expect(await client.ask('pause', pauseOf('after'), forever)).toMatchObject({ at: 1 })
  })

  it('is found as a NATS micro service, with who leads', async () => {
    await serve(async () => APPLIED, { instance: 'one', version: '1.2.3' })
    const ping = (await asking.nc.request(`$SRV.PING.${prefix}`, '')).json()
    expect(ping).toMatchObject({
      type: 'io.nats.micro.v1.ping_response',
      name: prefix,
      version: '1.2.3',
      metadata: { instance: 'one', leads: 'true' },
    })
  })
})

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
