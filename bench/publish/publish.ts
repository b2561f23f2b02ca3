/**
 * How fast the log stores fenced fires, one publish each, against the same bytes published with nothing but the
 * client: the same encoder, but no fence and no table of answers; the same window. Only the ratio within one run means anything.
 *
 *   npm run bench:publish -- [fires=100000] [rounds=5]
 */
import { createInbox } from '@nats-io/nats-core'
import type { Connection } from '../../src/nats/connection.ts'
import { encodeEntry } from '../../src/nats/fire-encoding.ts'
import { createNatsFireLog } from '../../src/nats/fire-log.ts'
import { ensureLayout } from '../../src/nats/layout.ts'
import { type Message, Publisher } from '../../src/nats/publisher.ts'
import { NOON, someFire } from '../../test/support/entries.ts'
import { connectTo, startNatsServer } from '../../test/support/nats-server.ts'

const [count = 100_000, rounds = 5] = process.argv.slice(2).map(Number)
const WINDOW = 2_048
const FIRST_HEADER = 'NATS/1.0\r\n'.length
const LETTER_X = 'X'.charCodeAt(0)

const server = await startNatsServer()
const connection = await connectTo(server)
const ratios: number[] = []
try {
  await ensureLayout(connection, { firesMaxBytes: 4 * 1024 ** 3 })
  const publisher = new Publisher(connection, { window: WINDOW })
  const log = createNatsFireLog({ connection, publisher })
  await connection.ask(
    '$JS.API.STREAM.CREATE.RAW',
    {
      name: 'RAW',
      subjects: ['raw.>'],
      storage: 'file',
      discard: 'new',
      max_bytes: 4 * 1024 ** 3,
      allow_msg_ttl: true,
    },
    'creating the raw stream',
  )
  for (let round = 0; round < rounds; round += 1) {
    const schedules = Array.from({ length: count }, (_, index) => `r${round}-${index}`)
    const raw = await rate(() =>
      publishRaw(connection, count, (index) => rawMessage(connection, schedules[index] as string)),
    )
    const fenced = await rate(async () => {
      const outcomes = await Promise.all(schedules.map((schedule) => log.append(someFire(schedule), 0)))
      const stored = outcomes.filter(({ kind }) => kind === 'stored').length
      if (stored !== count) throw new Error(`only ${stored} of ${count} fires were stored`)
    })
    // The first round warms up.
    if (round > 0) ratios.push(fenced / raw)
    console.log(
      `round ${round}: plain ${perSecond(raw)}, fenced fires ${perSecond(fenced)}, ratio ${(fenced / raw).toFixed(2)}`,
    )
  }
  console.log(`median ratio ${median(ratios).toFixed(2)} over ${ratios.length} rounds of ${count}`)
  publisher.close()
} finally {
  await connection.close()
  await server.stop()
}

/** The same encoder and the same number of bytes, but the server sees no expectation in them. */
function rawMessage(connection: Connection, schedule: string): Message {
  const { headers, payload } = encodeEntry(connection.names, someFire(schedule, NOON), 0)
  const bytes = headers.encode()
  const second = FIRST_HEADER + 'Nats-Expected-Last-Subject-Sequence: 0\r\n'.length
  bytes[FIRST_HEADER] = LETTER_X
  bytes[second] = LETTER_X
  return { subject: `raw.default.${schedule}.import.zerodha.0`, headers, payload }
}

/** As lean as it can be: one inbox, a counter, a window. */
async function publishRaw(
  { nc }: Connection,
  count: number,
  make: (index: number) => Message,
): Promise<void> {
  const inbox = createInbox()
  let sent = 0
  let answered = 0
  await new Promise<void>((resolve) => {
    const fill = () => {
      while (sent < count && sent - answered < WINDOW) {
        const { subject, headers, payload } = make(sent)
        nc.publish(subject, payload, { reply: inbox, headers: headers.forClient() })
        sent += 1
      }
    }
    const subscription = nc.subscribe(inbox, {
      callback: () => {
        answered += 1
        if (answered === count) {
          subscription.unsubscribe()
          resolve()
        } else {
          fill()
        }
      },
    })
    fill()
  })
}

async function rate(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (count / (performance.now() - start)) * 1000
}

function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
