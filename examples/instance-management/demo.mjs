// All of it on one machine: a scheduler, an API, two workers, a few requests and a sweep.
//
//   NATS_URL=nats://127.0.0.1:4222 node demo.mjs
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createBelfry } from 'belfry'
import { connectBelfry } from 'belfry/client'
import { openInstances } from './instances.mjs'

const cwd = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), 'instances-'))
const { NATS_URL = 'nats://127.0.0.1:4222', BELFRY_PREFIX = 'instances-demo', PORT = '8080' } = process.env
Object.assign(process.env, { NATS_URL, BELFRY_PREFIX, PORT, INSTANCES_FOLDER: folder })
const nats = { servers: NATS_URL, prefix: BELFRY_PREFIX }

const quiet = () => undefined
const logger = { debug: quiet, info: quiet, warn: quiet, error: console.error, child: () => logger }
const belfry = createBelfry({ nats, tree: ['schedules'], cwd, logSize: '64MiB', logger })
await belfry.start()
const start = (...given) => spawn(process.execPath, given, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
const children = [start('api.mjs'), start('worker.mjs', 'one'), start('worker.mjs', 'two')]
for (const child of children) child.stdout.pipe(process.stdout)
await Promise.all(children.map((child) => once(child.stdout, 'data')))

const ask = async (method, id, plan) => {
  const body = plan === undefined ? undefined : `plan=${plan}`
  const response = await fetch(`http://127.0.0.1:${PORT}/instances/${id}`, { method, body })
  console.log(`${method} ${id}: ${response.status} ${(await response.json()).status}`)
}
await ask('PUT', 'alpha')
await ask('PUT', 'beta', 'flaky')
await ask('PUT', 'gamma', 'impossible')
await ask('PUT', 'delta', 'stuck')
await ask('DELETE', 'alpha')
await ask('DELETE', 'delta')

const instances = openInstances()
// As if belfry had been away when it was asked for.
instances.requestCreate('omega', 'small')
const client = await connectBelfry({ nats })
await client.trigger('schedule/instance-sweep')
await client.close()

const isOpen = ({ status }) => ['Pending', 'InProgress', 'PendingDelete'].includes(status)
while (instances.list().some(isOpen)) await setTimeout(200)
console.table(instances.list(), ['id', 'plan', 'status', 'error'])
instances.close()
for (const child of children) child.kill('SIGTERM')
await Promise.all(children.map((child) => once(child, 'close')))
await belfry.stop()
rmSync(folder, { recursive: true })
