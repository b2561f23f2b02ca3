/**
 * A key-value store over a NATS bucket.
 *
 * Job: the `Store` port. Invariants: single reads are answered by the leader of the bucket, never by a stale replica; a
 * compare-and-set is one publish with the expected last sequence of the key. On failure: a refused write is a value,
 * everything else throws, and then whether it landed is unknown.
 */
import { BelfryError } from '../core/errors.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { Store, StoreChange, StoreEntry } from '../ports/store.ts'
import { errorFromApi, meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { type FeedMessage, followStream, readStream } from './feed.ts'
import { headerReader, RawHeaders } from './headers.ts'
import { bucketStream, keySubject } from './names.ts'
import type { Publisher } from './publisher.ts'
import { lastMessage, streamState } from './streams.ts'

export interface NatsStoreOptions {
  readonly connection: Connection
  readonly publisher: Publisher
  /** As `names.live` and its like. */
  readonly bucket: string
  /** How long `entries` may go without progress. */
  readonly timeoutMs?: number
}

/** Keys that every NATS client accepts (ADR-8). */
const KEY = /^[-/_=.a-zA-Z0-9]+$/
const NO_HEADERS = RawHeaders.of('')
/** The mark tells a removal of belfry's from that of any other client. */
const REMOVED_BY = 'Belfry-Removal'
const REMOVAL = `KV-Operation: DEL\r\n${REMOVED_BY}: true\r\n`
const NOTHING = new Uint8Array(0)

export function createNatsStore(options: NatsStoreOptions): Store {
  const { connection, publisher, bucket, timeoutMs = 10_000 } = options
  const stream = bucketStream(bucket)

  const publish = async (
    key: string,
    headers: RawHeaders,
    payload: Uint8Array,
  ): Promise<Result<number, 'conflict'>> => {
    const doing = `writing ${key} to the bucket ${bucket}`
    const subject = subjectOf(bucket, key)
    const answer = await publisher.publish(() => ({ subject, headers, payload }))
    if (answer.kind === 'stored') return ok(answer.sequence)
    if (answer.kind === 'silent') {
      throw new BelfryError('nats-unavailable', `${doing}: ${answer.cause}`, { retryable: true })
    }
    if (meaningOf(answer.error) === 'conflict') return err('conflict')
    if (meaningOf(answer.error) === 'busy') {
      throw new BelfryError('nats-unavailable', `${doing}: another write is under way`, { retryable: true })
    }
    throw errorFromApi(doing, answer.error)
  }

  const latest = (key: string) => lastMessage(connection, stream, subjectOf(bucket, key))

  return {
    async get(key) {
      const message = await latest(key)
      if (message === null || isRemoval(message.headers.get('KV-Operation'))) return null
      return { key, value: message.payload.toString('utf8'), revision: message.sequence }
    },

    entries: () => readEntries(options, timeoutMs),

    async create(key, value) {
      const payload = Buffer.from(value, 'utf8')
      const first = await publish(key, expecting(0), payload)
      if (first.ok) return first
      // A removed key still has its removal, whose sequence a creation must expect.
      const message = await latest(key)
      if (message === null || !isRemoval(message.headers.get('KV-Operation'))) return first
      return publish(key, expecting(message.sequence), payload)
    },

    update: (key, value, revision) => publish(key, expecting(revision), Buffer.from(value, 'utf8')),

    remove: (key, revision) => publish(key, expecting(revision, REMOVAL), NOTHING),

    async put(key, value) {
      const written = await publish(key, NO_HEADERS, Buffer.from(value, 'utf8'))
      if (written.ok) return written.value
      throw new BelfryError('internal', 'a write without an expectation was refused as a conflict')
    },

    async lastRevision() {
      const state = await streamState(connection, stream)
      if (state === null) {
        throw new BelfryError('nats-unavailable', `the bucket ${bucket} is not there`, { retryable: true })
      }
      return state.state.last_seq
    },

    watch(watcher, signal) {
      followStream(
        {
          connection,
          stream,
          filter: keySubject(bucket, '>'),
          from: 'last-per-subject',
          headersOnly: false,
          onMessage: (message) => watcher.onChange(changeFrom(bucket, message)),
          onCaughtUp: () => watcher.onCaughtUp(),
          onReset: () => watcher.onReset(),
        },
        signal,
      )
    },
  }
}

/** One pass over the newest message of every key. */
async function readEntries(options: NatsStoreOptions, timeoutMs: number): Promise<readonly StoreEntry[]> {
  const { connection, bucket } = options
  const entries = new Map<string, StoreEntry>()
  await readStream(
    {
      connection,
      stream: bucketStream(bucket),
      filter: keySubject(bucket, '>'),
      from: 'last-per-subject',
      headersOnly: false,
      onMessage: (message) => {
        const { key, value, revision } = changeFrom(bucket, message)
        if (value === null) entries.delete(key)
        else entries.set(key, { key, value, revision })
      },
      onReset: () => entries.clear(),
    },
    timeoutMs,
  )
  return [...entries.values()]
}

function changeFrom(bucket: string, { subject, sequence, message }: FeedMessage): StoreChange {
  const key = subject.slice(keySubject(bucket, '').length)
  const header = headerReader(message)
  return isRemoval(header('KV-Operation'))
    ? { key, value: null, revision: sequence, deliberate: header(REMOVED_BY) === 'true' }
    : { key, value: message.string(), revision: sequence }
}

function isRemoval(operation: string | undefined): boolean {
  return operation === 'DEL' || operation === 'PURGE'
}

function expecting(revision: number, further = ''): RawHeaders {
  return RawHeaders.of(`Nats-Expected-Last-Subject-Sequence: ${revision}\r\n${further}`)
}

function subjectOf(bucket: string, key: string): string {
  if (!KEY.test(key) || key.startsWith('.') || key.endsWith('.') || key.includes('..')) {
    throw new BelfryError('internal', `${JSON.stringify(key)} cannot be a key of a bucket`)
  }
  return keySubject(bucket, key)
}
