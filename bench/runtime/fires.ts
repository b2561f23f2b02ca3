/**
 * Many live schedules: how long a start takes, how late a thousand fires a second are, and what one of them costs,
 * beside few and beside many others.
 *
 *   npm run bench:fires -- [seconds=20] [live=1000,10000,100000]
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LiveEntry } from '../../src/core/plan/live-entry.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import { createNatsStore } from '../../src/nats/store.ts'
import { connectTo } from '../../test/support/nats-server.ts'
import {
  print,
  type Server,
  startInstance,
  until,
  watchEventLoop,
  withFolder,
  withServer,
} from './bench-instance.ts'
import { systemClock } from './built.ts'
import { scheduleText, writeTree } from './tree.ts'

const [secondsText = '20', liveText = '1000,10000,100000'] = process.argv.slice(2)
const seconds = Number(secondsText)
const sizes = liveText.split(',').map(Number)
const FIRING = 1_000
const EVERY_SECOND = '* * * * * *'
const YEARLY = '0 4 1 1 *'
const AT_ONCE = 2_000
/** Longer than seeding and starting take, with a millisecond for each live schedule. */
const BEFORE_FIRST_MS = 20_000
const WARM_MS = 3_000
const { signal } = new AbortController()

interface Cost {
  readonly live: number
  readonly microseconds: number
}

const costs: Cost[] = []
const idle = await timerError()
print('error of an idle timer, 99 of 100', ms(idle), 'none')
for (const live of sizes) costs.push(await measure(live))
const each = costs.map(({ microseconds }) => microseconds)
print(
  `cost of one fire, ${sizes[0]} to ${sizes.at(-1)} live schedules`,
  `${(Math.max(...each) / Math.min(...each)).toFixed(2)} between them`,
  '2.00',
)

async function measure(live: number): Promise<Cost> {
  return withServer(async (server) => {
    // Nothing is owed when the start is measured: the first fires come after it.
    const firstAt = systemClock.now() + BEFORE_FIRST_MS + live
    await seed(server, live, firstAt)
    const starting = performance.now()
    const { belfry, stop } = await startInstance(server)
    await until(() => belfry.scheduler.term !== null)
    await belfry.scheduler.settled()
    print(`start with ${live} live schedules until it fires`, ms(performance.now() - starting), '5000 ms')

    const lateness: number[] = []
    const following = new AbortController()
    let measuring = false
    belfry.log.follow(
      1,
      {
        onRecord: ({ storedAt, nominal, reason }) => {
          if (measuring && reason === 'scheduled') lateness.push(storedAt - nominal)
        },
        onReset: () => undefined,
      },
      following.signal,
    )
    await systemClock.sleep(Math.max(0, firstAt + WARM_MS - systemClock.now()), signal)
    measuring = true
    const looping = watchEventLoop()
    const before = process.cpuUsage()
    await systemClock.sleep(seconds * 1_000, signal)
    const { user, system } = process.cpuUsage(before)
    const heldUp = looping.worstMs()
    measuring = false
    following.abort()
    const fires = lateness.length
    if (fires < (seconds - 2) * FIRING) throw new Error(`only ${fires} fires in ${seconds} s`)
    const late = percentile(lateness, 0.99) - idle
    const microseconds = (user + system) / fires
    print(`  ${FIRING} fires a second: lateness over an idle timer, 99 of 100`, ms(late), '15 ms')
    print('  processor time of belfry for one fire', `${microseconds.toFixed(1)} us`, 'flat')
    print('  event loop held up at most', ms(heldUp), '20 ms')
    await stop()
    return { live, microseconds }
  })
}

/** Applies two schedules, and copies what that made under so many names. */
async function seed(server: Server, live: number, firstAt: number): Promise<void> {
  await withFolder(async (folder) => {
    writeTree(folder, ['quiet'], YEARLY)
    writeFileSync(join(folder, 'ticking.yaml'), scheduleText('ticking', 0, EVERY_SECOND))
    const { belfry, stop } = await startInstance(server, folder)
    await until(() => belfry.scheduler.live.applied('main') !== null)
    await stop()
  })
  const connection = await connectTo(server)
  const publisher = new Publisher(connection)
  const store = createNatsStore({ connection, publisher, bucket: connection.names.live })
  const entries = await Promise.all(
    ['ticking', 'quiet'].map(async (name) => {
      const found = await store.get(`Schedule.default.${name}`)
      if (found === null) throw new Error(`${name} is not live`)
      return JSON.parse(found.value) as LiveEntry
    }),
  )
  const [ticking, quiet] = entries as [LiveEntry, LiveEntry]
  for (let from = 0; from < live; from += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, live - from) }, (_, at) => from + at)
    await Promise.all(
      indexes.map((index) => {
        const entry = index < FIRING ? ticking : quiet
        const name = `s${index}`
        const manifest = { ...entry.manifest, metadata: { ...entry.manifest.metadata, name } }
        const activeFrom = Math.max(entry.activeFrom, firstAt)
        return store.put(`Schedule.default.${name}`, JSON.stringify({ ...entry, manifest, activeFrom }))
      }),
    )
  }
  publisher.close()
  await connection.close()
}

/** How late this machine's timers are while nothing else is asked of this process. */
async function timerError(): Promise<number> {
  const errors: number[] = []
  for (let round = 0; round < 100; round += 1) {
    const start = performance.now()
    await systemClock.sleep(20, signal)
    errors.push(performance.now() - start - 20)
  }
  return percentile(errors, 0.99)
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
