/**
 * The lease in its bucket.
 *
 * Job: the `LeaseStore` port. Invariants: reads are answered by the bucket's leader only; answers are waited for no
 * longer than a lease is worth. On failure: a write without a clear answer is `unknown`.
 */
import type { HeldLease, LeaseRecord, LeaseStore } from '../ports/lease.ts'
import { meaningOf, messageOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { followStream } from './feed.ts'
import { RawHeaders } from './headers.ts'
import { bucketStream, keySubject } from './names.ts'
import type { Publisher } from './publisher.ts'
import { lastMessage } from './streams.ts'

/** Give the publisher this time-out: an answer that comes later helps no holder any more. */
export const LEASE_TIMEOUT_MS = 1_000

export interface NatsLeaseStoreOptions {
  readonly connection: Connection
  /** One of its own, with `LEASE_TIMEOUT_MS`. */
  readonly publisher: Publisher
}

export function createNatsLeaseStore({ connection, publisher }: NatsLeaseStoreOptions): LeaseStore {
  const bucket = connection.names.lease
  const stream = bucketStream(bucket)
  const subject = keySubject(bucket, 'leader')

  const latest = () => lastMessage(connection, stream, subject, LEASE_TIMEOUT_MS)

  return {
    async read() {
      const message = await latest()
      if (message === null || message.payload.length === 0) return null
      return heldFrom(message.payload.toString('utf8'), message.sequence)
    },

    async write(record, expectedRevision) {
      const payload = Buffer.from(JSON.stringify(record), 'utf8')
      let expected = expectedRevision ?? 0
      for (;;) {
        const headers = RawHeaders.of(`Nats-Expected-Last-Subject-Sequence: ${expected}\r\n`)
        const answer = await publisher.publish(() => ({ subject, headers, payload }))
        if (answer.kind === 'stored') return { kind: 'written', revision: answer.sequence }
        if (answer.kind === 'silent') return { kind: 'unknown' }
        const meaning = meaningOf(answer.error)
        if (meaning === 'unknown' || meaning === 'refused') {
          connection.logger.warn('the lease could not be written', { ...answer.error })
          return { kind: 'unknown' }
        }
        if (expectedRevision !== null || expected !== 0) return { kind: 'conflict' }
        // Somebody may have deleted the key by hand; a first writing must then expect the deletion.
        const removal = await removalSequence()
        if (removal === null) return { kind: 'conflict' }
        expected = removal
      }
    },

    watch(onChange, signal) {
      followStream(
        {
          connection,
          stream,
          filter: subject,
          from: 'last-per-subject',
          headersOnly: false,
          onMessage: ({ message, sequence }) => {
            if (message.data.length > 0) onChange(heldFrom(message.string(), sequence))
          },
        },
        signal,
      )
    },
  }

  async function removalSequence(): Promise<number | null> {
    try {
      const message = await latest()
      return message !== null && message.payload.length === 0 ? message.sequence : null
    } catch (error) {
      connection.logger.debug('the lease cannot be read now', { error: messageOf(error) })
      return null
    }
  }
}

/** What is not a lease (somebody wrote the key by hand) counts as released: it must not keep everybody from leading. */
function heldFrom(value: string, revision: number): HeldLease {
  return { record: parseRecord(value) ?? NOBODY, revision }
}

const NOBODY: LeaseRecord = { holder: '', nonce: '', term: 0, renewedAt: 0, released: true }

function parseRecord(value: string): LeaseRecord | null {
  try {
    const record = JSON.parse(value) as Partial<LeaseRecord> | null
    return typeof record?.nonce === 'string' && typeof record.term === 'number'
      ? (record as LeaseRecord)
      : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
