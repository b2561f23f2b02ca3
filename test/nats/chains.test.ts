import pc from 'picocolors'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readSight } from '../../src/app/look.ts'
import { statusText } from '../../src/cli/status-text.ts'
import type { BelfryEvent } from '../../src/core/events.ts'
import { standings } from '../../src/core/plan/standing.ts'
import { ok } from '../../src/core/result.ts'
import { PermanentError } from '../../src/worker/outcome-errors.ts'
import type { Run } from '../../src/worker/run.ts'
import { defineWorker, type Worker } from '../../src/worker/worker.ts'
import { LiveInstances } from '../support/live-instances.ts'
import { silentLogger, startNatsServer, type TestServer } from '../support/nats-server.ts'
import { Recorder } from '../support/recorder.ts'
import { treeOf } from '../support/tree-of.ts'

const head = (kind: string, name: string) =>
  `---\napiVersion: belfry/v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const STEPS = ['extract', 'load', 'report'] as const
const TREE = treeOf(
  `${head('Adapter', 'market')}spec: {}\n` +
    STEPS.map((name) => `${head('Job', name)}spec: {adapter: market, message: ${name}}\n`).join('') +
    `${head('Schedule', 'extract')}spec: {job: extract, timezone: UTC, triggers: [{every: 1s}]}\n` +
    `${head('Schedule', 'load')}spec: {job: load, timezone: UTC, triggers: [{after: {job: extract, when: succeeded}}]}\n` +
    `${head('Schedule', 'report')}spec: {job: report, timezone: UTC, triggers: [{after: {schedule: load}}]}\n`,
)

describe('a chain of three jobs', () => {
  let server: TestServer
  let live: LiveInstances
  let worker: Worker
  const handled = new Recorder<{ readonly step: string; readonly run: Run }>()
  const events = new Recorder<BelfryEvent>()
  const ending = new AbortController()

  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    live = await LiveInstances.on(server)
    live.connection.nc.subscribe(`${live.prefix}.event.schedule.>`, {
      callback: (error, message) => {
        if (error === null) events.push(message.json<BelfryEvent>())
      },
    })
  })
  afterEach(async () => {
    ending.abort()
    await worker.stop()
    await live.end()
  })

  it('runs one after the other when each has succeeded; a failed one stops it, and event and status say so', async () => {
    let isBroken = false
    const handler = (step: string) => async (run: Run) => {
      handled.push({ step, run })
      if (step === 'load' && isBroken) throw new PermanentError('no such portfolio')
    }
    worker = defineWorker({
      adapter: 'market',
      instance: 'a',
      nats: { servers: [server.url], prefix: live.prefix },
      handlers: Object.fromEntries(STEPS.map((step) => [step, handler(step)])),
    })
    const source = { id: 'main', describe: () => '', load: async () => ok(TREE), watch: () => undefined }
    const belfry = await live.start('one', source)
    await belfry.scheduler.applied(ending.signal)
    await worker.start()

    const all = await handled.until((items) => items.some(({ step }) => step === 'report'))
    const reported = all.find(({ step }) => step === 'report')!.run.id
    const chained = (
      await live.records.until((items) => items.some(({ fireId }) => fireId === reported))
    ).filter(({ reason }) => reason === 'chained')
    expect(chained.map(({ target }) => target?.job)).toContain('load')
    expect(events.items.filter(({ type }) => type === 'chain-stopped')).toEqual([])

    isBroken = true
    const told = await events.until((items) => items.some(({ type }) => type === 'chain-stopped'))
    expect(told.find(({ type }) => type === 'chain-stopped')).toMatchObject({
      schedule: 'report',
      facts: { because: 'is dead after 1 attempt: no such portfolio', notReached: [] },
    })
    const sight = await readSight({ servers: [server.url], prefix: live.prefix }, silentLogger)
    const facts = { sight, standings: standings(sight.live, sight.at, () => null), total: 3, hidden: 0 }
    const text = statusText({ ...facts, last: new Map() }, pc.createColors(false))
    expect(text).toMatch(/stopped +the chain before default\/report, .*default\/load~a.* no such portfolio/)
    expect(text).toContain('after the job extract has succeeded')
    // Every run of load has exactly one successor: a fire if it succeeded.
    const loads = new Set(handled.items.filter(({ step }) => step === 'load').map(({ run }) => run.id))
    const reports = handled.items.filter(({ step }) => step === 'report').map(({ run }) => run.id)
    expect(new Set(reports).size).toBe(reports.length)
    expect(reports.length).toBeLessThan(loads.size)
  })
})
