/**
 * How fast the log stores fires that are due in the same second, against the same bytes published with nothing but the
 * client: the same encoder, window and server, but no fence and no table of answers. Only ratios within one run mean
 * anything. What each row is stands in docs/guides/benchmarks.md.
 *
 *   npm run bench:publish -- [fires=100000] [rounds=5] [always: fires=20000]
 */
import { loadavg } from 'node:os'
import type { Connection } from '../../src/nats/connection.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { Publisher } from '../../src/nats/publisher.ts'
import type { FireLog } from '../../src/ports/fire-log.ts'
import { someFire } from '../../test/support/entries.ts'
import { connectTo, startNatsServer } from '../../test/support/nats-server.ts'
import { publishPlain, publishUnfencedBatches } from './plain.ts'

const [count = 100_000, rounds = 5, countAlways = 20_000] = process.argv.slice(2).map(Number)

interface Row {
  readonly name: string
  run(connection: Connection, schedules: readonly string[]): Promise<void>
}

const rows = {
  plain: { name: 'plain', run: publishPlain },
  unfenced: { name: 'unfenced batches', run: publishUnfencedBatches },
} satisfies Record<string, Row>

await compare({
  title: 'default sync',
  jetstream: '',
  fires: count,
  rows: [rows.plain, fenced('the log', 'measured'), fenced('singles', 'never'), fenced('batches', 'always')],
  against: 'plain',
})
await compare({
  title: 'sync_interval: always',
  jetstream: 'sync_interval: always',
  fires: countAlways,
  rows: [rows.unfenced, fenced('the log', 'measured'), fenced('batches', 'always')],
  against: 'unfenced batches',
})

/** One log for all rounds, as in a process that lives: what it has measured it knows. */
function fenced(name: string, batches: 'measured' | 'always' | 'never'): Row {
  let opened: FireLog | undefined
  return {
    name,
    async run(connection, schedules) {
      opened ??= createNatsFireLog({ connection, publisher: new Publisher(connection), batches })
      const log = opened
      await log.info()
      const outcomes = await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
      const stored = outcomes.filter(({ kind }) => kind === 'stored').length
      if (stored !== schedules.length)
        throw new Error(`only ${stored} of ${schedules.length} fires were stored`)
    },
  }
}

interface Comparison {
  readonly title: string
  readonly jetstream: string
  readonly fires: number
  readonly rows: readonly Row[]
  readonly against: string
}

async function compare({ title, jetstream, fires, rows, against }: Comparison): Promise<void> {
  const server = await startNatsServer({ jetstream })
  const connection = await connectTo(server)
  const ratios = new Map<string, number[]>()
  try {
    await ensureLayout(connection, { firesMaxBytes: 8 * 1024 ** 3 })
    console.log(`${title}: ${fires} fires a row, ${rounds} rounds; load of the machine ${load()}`)
    for (let round = 0; round < rounds; round += 1) {
      const rates = new Map<string, number>()
      for (const [index, { name, run }] of rows.entries()) {
        const schedules = Array.from({ length: fires }, (_, at) => `r${round}-${index}-${at}`)
        const start = performance.now()
        await run(connection, schedules)
        rates.set(name, (fires / (performance.now() - start)) * 1000)
      }
      const base = rates.get(against) ?? Number.NaN
      const shown = [...rates].map(
        ([name, rate]) => `${name} ${perSecond(rate)} (${(rate / base).toFixed(2)})`,
      )
      console.log(`  round ${round}: ${shown.join(', ')}`)
      // The first round warms up.
      if (round === 0 && rounds > 1) continue
      for (const [name, rate] of rates) ratios.set(name, [...(ratios.get(name) ?? []), rate / base])
    }
    for (const [name, found] of ratios)
      console.log(`  ${name} / ${against}: median ${median(found).toFixed(2)} over ${found.length} rounds`)
    console.log(`  load of the machine ${load()}`)
  } finally {
    await connection.close()
    await server.stop()
  }
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
