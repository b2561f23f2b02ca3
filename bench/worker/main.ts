/**
 * The SDK with a handler that does nothing, its history stored, against a bare loop that pulls and acknowledges by the same
 * client; and how long a fire takes to its handler while nothing else goes on. Rounds alternate; the ratio is of their medians.
 */
import { jetstream } from '@nats-io/jetstream'
import { startNatsServer } from '../../test/support/nats-server.ts'
import { openStage, type Stage } from '../../test/support/worker-stage.ts'

// The built one: what is measured is what runs.
const { defineWorker } = (await import(
  new URL('../../dist/worker/worker.js', import.meta.url).href
)) as typeof import('../../src/worker/worker.ts')

const FIRES = Number(process.env.BENCH_FIRES ?? 20_000)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const CONCURRENCY = Number(process.env.BENCH_CONCURRENCY ?? 500)
const IDLE_FIRES = 200

const server = await startNatsServer()

async function filled(): Promise<Stage> {
  const stage = await openStage(server, { concurrency: CONCURRENCY }, { follow: false })
  for (let from = 0; from < FIRES; from += 500) {
    const some = Array.from({ length: Math.min(500, FIRES - from) }, (_, index) => `s${from + index}`)
    await Promise.all(some.map((schedule) => stage.fire(schedule)))
  }
  return stage
}

/** Fires a second, from the first that came until the last was acknowledged. */
async function bare(): Promise<number> {
  const stage = await filled()
  const { connection } = stage
  const consumer = await jetstream(connection.nc).consumers.get(connection.names.fires, 'default_zerodha')
  let begun = 0
  let count = 0
  for await (const message of await consumer.consume({ max_messages: CONCURRENCY })) {
    if (count === 0) begun = connection.clock.monotonic()
    message.ack()
    count += 1
    if (count === FIRES) break
  }
  await connection.nc.flush()
  const seconds = (connection.clock.monotonic() - begun) / 1000
  await stage.close()
  return FIRES / seconds
}

async function sdk(): Promise<number> {
  const stage = await filled()
  const { clock } = stage.connection
  let begun = 0
  let count = 0
  let finish: () => void = () => undefined
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const worker = defineWorker({
    adapter: 'zerodha',
    instance: 'bench',
    nats: stage.nats,
    handlers: {
      RunImport() {
        if (count === 0) begun = clock.monotonic()
        count += 1
        if (count === FIRES) finish()
      },
    },
  })
  await worker.start()
  await done
  // The last ones are stored and acknowledged when this has drained.
  await worker.stop()
  const seconds = (clock.monotonic() - begun) / 1000
  await stage.close()
  return FIRES / seconds
}

async function idleLatencies(): Promise<readonly number[]> {
  const stage = await openStage(server)
  const { clock } = stage.connection
  const latencies: number[] = []
  let arrived: () => void = () => undefined
  await stage.work('bench', {
    handlers: {
      RunImport() {
        arrived()
      },
    },
  })
  for (let index = 0; index < IDLE_FIRES; index++) {
    await clock.sleep(10, new AbortController().signal)
    const here = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const begun = clock.monotonic()
    await stage.fire(`idle-${index}`)
    await here
    latencies.push(clock.monotonic() - begun)
  }
  await stage.close()
  return latencies.sort((a, b) => a - b)
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const rates = { bare: [] as number[], sdk: [] as number[] }
for (let round = 0; round < ROUNDS; round++) {
  rates.bare.push(await bare())
  rates.sdk.push(await sdk())
}
const latencies = await idleLatencies()
const at = (share: number) => latencies[Math.floor(latencies.length * share)]!.toFixed(2)
process.stdout.write(
  `${FIRES} fires, concurrency ${CONCURRENCY}, ${ROUNDS} rounds (medians)\n` +
    `bare pull and acknowledge  ${Math.round(median(rates.bare))} a second\n` +
    `SDK, no-op handler         ${Math.round(median(rates.sdk))} a second\n` +
    `ratio                      ${(median(rates.sdk) / median(rates.bare)).toFixed(2)} (target 0.70)\n` +
    `publish to handler, idle   p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (target 20 ms)\n`,
)
await server.stop()
