import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Installation, startInstallation } from '../support/installation.ts'
import { Recorder } from '../support/recorder.ts'
import { ADAPTER_AND_JOB, scheduleText } from '../support/tree-of.ts'

const WORKER = fileURLToPath(new URL('../../examples/worker-plain-nats/worker.mjs', import.meta.url))
const OTHER = `---
apiVersion: belfry/v1
kind: Adapter
metadata: {name: other}
spec: {}
---
apiVersion: belfry/v1
kind: Job
metadata: {name: other-job}
spec: {adapter: other, message: Other}
---
apiVersion: belfry/v1
kind: Schedule
metadata: {name: not-mine}
spec: {job: other-job, timezone: UTC, triggers: [{every: 1s}]}
`

interface CloudEvent {
  readonly id: string
  readonly type: string
  readonly time: string
  readonly specversion: string
  readonly data: unknown
}

let installation: Installation
beforeAll(async () => {
  const mine = scheduleText('mine', 'timezone: UTC, triggers: [{every: 1s}], data: {portfolio: main}')
  installation = await startInstallation({ 'tree.yaml': ADAPTER_AND_JOB + mine + OTHER })
})
afterAll(() => installation.stop())

it('a worker without any belfry code receives exactly the fires of its adapter, as CloudEvents', async () => {
  const serve = installation.serve('only')
  await serve.said('the tree is applied')
  const environment = {
    ...process.env,
    NATS_URL: installation.server.url,
    BELFRY_PREFIX: installation.prefix,
  }
  const worker = spawn(process.execPath, [WORKER, 'market'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => worker.once('close', resolve))
  const events = new Recorder<CloudEvent>()
  let rest = ''
  worker.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) events.push(JSON.parse(line) as CloudEvent)
  })
  await events.count(5)
  expect(await serve.stop()).toBe(0)
  const stored = installation.fires().filter(({ key }) => key.schedule === 'mine')
  await events.count(stored.length)
  worker.kill('SIGTERM')
  await ended
  expect(events.items.map(({ id }) => id)).toEqual(stored.map(({ fireId }) => fireId))
  expect(events.items[0]).toMatchObject({ specversion: '1.0', type: 'Import', data: { portfolio: 'main' } })
  expect(installation.fires().some(({ key }) => key.schedule === 'not-mine')).toBe(true)
})
