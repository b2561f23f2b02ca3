import { createInbox, nuid } from '@nats-io/nats-core'
import type { Connection } from '../../src/nats/connection.ts'
import { encodeEntry } from '../../src/nats/fire-encoding.ts'
import type { Message } from '../../src/nats/publisher.ts'
import { NOON, someFire } from '../../test/support/entries.ts'

const WINDOW = 2_048
const BATCH = 500
const BATCHES_AT_ONCE = 4
const LETTER_X = 'X'.charCodeAt(0)
const FENCE = 'Nats-Expected-Last-Subject-Sequence'

/** As lean as it can be: one inbox, a counter, a window. */
export function publishPlain(connection: Connection, schedules: readonly string[]): Promise<void> {
  return pipelined(connection, { count: schedules.length, window: WINDOW }, (index, reply) =>
    send(connection, unfenced(connection, schedules[index] as string), reply),
  )
}

/** The same messages in atomic batches. */
export function publishUnfencedBatches(connection: Connection, schedules: readonly string[]): Promise<void> {
  const count = Math.ceil(schedules.length / BATCH)
  return pipelined(connection, { count, window: BATCHES_AT_ONCE }, (batch, reply) => {
    const id = `Nats-Batch-Id: ${nuid.next()}\r\n`
    const members = schedules.slice(batch * BATCH, (batch + 1) * BATCH)
    for (const [index, schedule] of members.entries()) {
      const isLast = index === members.length - 1
      const more = `${id}Nats-Batch-Sequence: ${index + 1}\r\n${isLast ? 'Nats-Batch-Commit: 1\r\n' : ''}`
      send(connection, unfenced(connection, schedule, more), isLast ? reply : undefined)
    }
  })
}

function send({ nc }: Connection, { subject, headers, payload }: Message, reply: string | undefined): void {
  nc.publish(subject, payload, {
    headers: headers.forClient(),
    ...(reply === undefined ? {} : { reply }),
  })
}

/** The same encoder and the same number of bytes in the same stream, but the server sees no expectation in them. */
function unfenced({ names }: Connection, schedule: string, more = ''): Message {
  const { subject, headers, payload } = encodeEntry(names, someFire(schedule, NOON), 0, more)
  const bytes = headers.encode() as Buffer
  const first = bytes.indexOf(FENCE)
  bytes[first] = LETTER_X
  bytes[bytes.indexOf(FENCE, first)] = LETTER_X
  return { subject, headers, payload }
}

function pipelined(
  { nc }: Connection,
  { count, window }: { readonly count: number; readonly window: number },
  start: (index: number, reply: string) => void,
): Promise<void> {
  const inbox = createInbox()
  let sent = 0
  let answered = 0
  return new Promise((resolve, reject) => {
    const fill = (): void => {
      while (sent < count && sent - answered < window) {
        start(sent, inbox)
        sent += 1
      }
    }
    const subscription = nc.subscribe(inbox, {
      callback: (_, message) => {
        if (message.string().includes('"error"')) reject(new Error(message.string()))
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
