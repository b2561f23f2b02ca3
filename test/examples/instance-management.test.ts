import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectBelfry } from '../../src/client/index.ts'
import { isFinal, type RunEvent } from '../../src/core/run/run-event.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { examplePrograms, type StartedProgram } from '../support/example-program.ts'
import { type Installation, startInstallation } from '../support/installation.ts'
import { connectTo } from '../support/nats-server.ts'
import type { Recorder } from '../support/recorder.ts'
import { followRunEvents } from '../support/run-events.ts'

interface Tables {
  readonly instances: readonly {
    readonly id: string
    readonly status: string
    readonly error: string | null
  }[]
  readonly history: readonly { readonly instance: string; readonly status: string }[]
  readonly work: readonly {
    readonly instance: string
    readonly wanted: string
    readonly worker: string
    readonly attempt: number
    readonly what: 'begin' | 'end'
  }[]
}

const TREE = readFileSync(
  new URL('../../examples/instance-management/schedules/instances.yaml', import.meta.url),
  'utf8',
)
const following = new AbortController()
const folder = mkdtempSync(join(tmpdir(), 'belfry-instances-'))
let installation: Installation
let connection: Connection
let events: Recorder<RunEvent>
let programs: ReturnType<typeof examplePrograms>

beforeAll(async () => {
  installation = await startInstallation({ 'instances.yaml': TREE })
  const { server, prefix } = installation
  connection = await connectTo(server, { prefix })
  events = followRunEvents(connection, following.signal)
  programs = examplePrograms('instance-management', {
    NATS_URL: server.url,
    BELFRY_PREFIX: prefix,
    INSTANCES_FOLDER: folder,
    PORT: '0',
    DIE_AT: 'crash',
  })
})
afterAll(async () => {
  programs.killAll()
  following.abort()
  await connection.close()
  await installation.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tables = () => JSON.parse(programs.run('show.mjs')) as Tables
const becameOf = (id: string) =>
  tables()
    .history.filter(({ instance }) => instance === id)
    .map(({ status }) => status)

async function startApi() {
  const started = programs.start('api.mjs')
  const url = /http:\S+/.exec(await started.said('listens on'))?.[0] ?? ''
  const ask = async (method: string, id: string, plan?: string) => {
    const body = plan === undefined ? {} : { body: `plan=${plan}` }
    const response = await fetch(`${url}/instances/${id}`, { method, ...body })
    return { code: response.status, ...((await response.json()) as { status?: string }) }
  }
  return { ...started, ask }
}

/** Whichever worker says it. */
const oneSays = (workers: readonly StartedProgram[], text: string) =>
  Promise.any(workers.map((worker) => worker.said(text)))

describe('the example instance-management', { timeout: 120_000 }, () => {
  it('answers at once, tracks each request to its end, and never works on one instance twice at a time', async () => {
    const serve = installation.serve('one')
    await serve.said('the tree is applied')
    const workers = ['one', 'two', 'three'].map((name) => programs.start('worker.mjs', [name]))
    let api = await startApi()

    expect(await api.ask('PUT', 'plain')).toMatchObject({ code: 202, status: 'Pending' })
    expect(await api.ask('PUT', 'plain')).toMatchObject({ code: 409 })
    await api.ask('PUT', 'flaky', 'flaky')
    await api.ask('PUT', 'impossible', 'impossible')
    await api.ask('PUT', 'stuck', 'stuck')
    await api.ask('PUT', 'crash')
    // Deleted before it can have been made.
    await api.ask('PUT', 'hasty')
    expect(await api.ask('DELETE', 'hasty')).toMatchObject({ code: 202, status: 'PendingDelete' })
    // Many runs for one instance, on whichever workers.
    const belfry = await connectBelfry({
      nats: { servers: installation.server.url, prefix: installation.prefix },
    })
    await api.ask('PUT', 'popular')
    for (let index = 0; index < 6; index += 1) {
      await belfry.trigger('job/instance-work', { data: { instance: 'popular' } })
    }
    await oneSays(workers, 'plain Completed')
    expect(await api.ask('DELETE', 'plain')).toMatchObject({ code: 202, status: 'PendingDelete' })
    await oneSays(workers, 'stuck Completed')
    await api.ask('DELETE', 'stuck')
    const ends = ['plain Deleted', 'flaky Completed', 'impossible Error', 'stuck DeleteFailed']
    await Promise.all(
      [...ends, 'hasty Deleted', 'popular Completed', 'crash Completed'].map((end) => oneSays(workers, end)),
    )

    expect(becameOf('plain')).toEqual(['Pending', 'InProgress', 'Completed', 'PendingDelete', 'Deleted'])
    expect(becameOf('flaky')).toEqual(['Pending', 'InProgress', 'Completed'])
    expect(becameOf('impossible')).toEqual(['Pending', 'InProgress', 'Error'])
    expect(becameOf('stuck')).toEqual(['Pending', 'InProgress', 'Completed', 'PendingDelete', 'DeleteFailed'])
    expect(becameOf('hasty').at(-1)).toBe('Deleted')
    expect(becameOf('crash')).toEqual(['Pending', 'InProgress', 'Completed'])

    // Accepted while nobody leads, and the API dies before belfry knows of it.
    await serve.stop()
    expect(await api.ask('PUT', 'swept')).toMatchObject({ code: 202, status: 'Pending' })
    expect(await api.ask('DELETE', 'flaky')).toMatchObject({ code: 202, status: 'PendingDelete' })
    api.kill('SIGKILL')
    await api.ended
    installation.serve('two')
    const { run: sweep } = await belfry.trigger('schedule/instance-sweep')
    await Promise.all(['swept Completed', 'flaky Deleted'].map((end) => oneSays(workers, end)))
    await belfry.close()
    const swept = await events.until((all) => all.some((event) => event.run === sweep && isFinal(event)))
    // Only what was pending: neither what is done nor what has failed.
    expect(swept.find((event) => event.run === sweep && isFinal(event))).toMatchObject({
      type: 'succeeded',
      result: { picked: ['flaky', 'swept'] },
    })

    const { work } = tables()
    const dead = work.find(({ instance, attempt }) => instance === 'crash' && attempt === 1)?.worker
    for (const id of new Set(work.map(({ instance }) => instance))) {
      const steps = work.filter(({ instance }) => instance === id)
      let busy: string | null = null
      for (const { what, worker } of steps) {
        if (what === 'begin') expect([id, busy === dead ? null : busy]).toEqual([id, null])
        busy = what === 'begin' ? worker : null
      }
    }
    // Begun again only where its worker died with it, which may have had two in hand.
    expect(work.filter(({ instance, what }) => instance === 'popular' && what === 'end')).toHaveLength(1)
    expect(
      work
        .filter(({ instance, what }) => instance === 'crash' && what === 'begin')
        .map((each) => each.attempt),
    ).toEqual([1, 2])

    api = await startApi()
    expect(await api.ask('GET', 'swept')).toMatchObject({ code: 200, status: 'Completed' })
    expect(await api.stop()).toBe(0)
    const codes = await Promise.all(workers.map((worker) => worker.stop()))
    expect(codes.sort()).toEqual([0, 0, 'SIGKILL'])
  })
})
