// All of it on one machine: a scheduler, a relay, a consumer that cannot reach the carrier and one that can.
//
//   NATS_URL=nats://127.0.0.1:4222 node demo.mjs
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createBelfry } from 'belfry'

const cwd = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), 'outbox-'))
const env = { ...process.env, OUTBOX_FOLDER: folder }
const { NATS_URL = 'nats://127.0.0.1:4222', BELFRY_PREFIX = 'outbox-demo' } = process.env
env.NATS_URL = NATS_URL
env.BELFRY_PREFIX = BELFRY_PREFIX

const quiet = () => undefined
const logger = { debug: quiet, info: quiet, warn: quiet, error: console.error, child: () => logger }
const belfry = createBelfry({
  nats: { servers: NATS_URL, prefix: BELFRY_PREFIX },
  tree: ['schedules'],
  cwd,
  logSize: '64MiB',
  logger,
})
await belfry.start()

const start = (program, argument = [], more = {}) =>
  spawn(process.execPath, [program, ...argument], { cwd, env: { ...env, ...more }, stdio: 'inherit' })
const children = [
  start('relay.mjs'),
  start('consumer.mjs', ['A'], { CARRIER_DOWN: '1' }),
  start('consumer.mjs', ['B']),
]
const run = (program, ...argument) => spawnSync(process.execPath, [program, ...argument], { cwd, env })

for (let order = 1; order <= 6; order += 1) run('place-order.mjs', `order-${order}`)
console.log('placed six orders; the next drain is at most five seconds away')

const shown = () => JSON.parse(run('show.mjs').stdout.toString())
while (shown().shipments.length < 6) await setTimeout(500)
for (const child of children) child.kill('SIGTERM')
await Promise.all(children.map((child) => once(child, 'close')))
await belfry.stop()
console.table(shown().deliveries, ['message', 'attempt', 'instance', 'outcome'])
rmSync(folder, { recursive: true })
