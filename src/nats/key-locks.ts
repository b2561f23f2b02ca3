/**
 * Locks in a key-value bucket, each with a time to live.
 *
 * Job: let one holder at a time have a key, over all processes. Invariants: every write expects the revision that its writer
 * saw, so that of two that see a free key one gets it; the revision at which a lock was taken is higher than that of
 * every holder before: a fence for whatever the holder writes to. On failure: a lock that nobody renews is gone after its
 * time to live.
 */
import { BelfryError } from '../core/errors.ts'
import { errorFromApi, meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { newestOf } from './direct-get.ts'
import { RawHeaders } from './headers.ts'
import { bucketStream, keySubject } from './names.ts'
import type { Publisher } from './publisher.ts'

export interface KeyLock {
  /** Higher than that of every holder before. */
  readonly fence: number
  /** False: it is another's now. Throws retryable if the server does not answer. */
  renew(): Promise<boolean>
  /** Frees the key at once. Best effort: if it does not arrive, the time to live does. */
  release(): Promise<void>
  /** Leaves `value` in the key for so long, and holds it no more. False: it is another's now. */
  leave(value: string, ttlSeconds: number): Promise<boolean>
}

export type TakeOutcome =
  | { readonly kind: 'taken'; readonly lock: KeyLock }
  | { readonly kind: 'held'; readonly value: string }

export interface KeyLocks {
  /** Throws retryable if the server does not answer. */
  take(key: string, value: string, ttlSeconds: number): Promise<TakeOutcome>
  /** Resolves when the key may have been freed, at the latest after `ms`; false when `signal` aborts. */
  freed(key: string, ms: number, signal: AbortSignal): Promise<boolean>
}

/** Long enough that whoever looks for the key sees that it was freed. */
const MARK_SECONDS = 60

export function createKeyLocks(connection: Connection, publisher: Publisher): KeyLocks {
  const bucket = connection.names.locks

  /** The new revision; null: the key has moved. */
  const write = async (
    key: string,
    value: string,
    {
      expected,
      ttlSeconds,
      more = '',
    }: { readonly expected: number; readonly ttlSeconds: number; readonly more?: string },
  ): Promise<number | null> => {
    const headers = RawHeaders.of(
      `Nats-Expected-Last-Subject-Sequence: ${expected}\r\nNats-TTL: ${ttlSeconds}\r\n${more}`,
    )
    const payload = Buffer.from(value, 'utf8')
    const answer = await publisher.publish(() => ({ subject: keySubject(bucket, key), headers, payload }))
    if (answer.kind === 'stored') return answer.sequence
    const doing = `writing the lock ${key}`
    if (answer.kind === 'silent') {
      throw new BelfryError('nats-unavailable', `${doing}: ${answer.cause}`, { retryable: true })
    }
    if (meaningOf(answer.error) === 'conflict') return null
    throw errorFromApi(doing, answer.error)
  }

  const held = (
    key: string,
    value: string,
    { at, ttlSeconds }: { readonly at: number; readonly ttlSeconds: number },
  ): KeyLock => {
    let revision = at
    return {
      fence: at,
      async renew() {
        const next = await write(key, value, { expected: revision, ttlSeconds })
        if (next !== null) revision = next
        return next !== null
      },
      async release() {
        await write(key, '', { expected: revision, ttlSeconds: MARK_SECONDS, more: 'KV-Operation: DEL\r\n' })
      },
      async leave(left, leftSeconds) {
        return (await write(key, left, { expected: revision, ttlSeconds: leftSeconds })) !== null
      },
    }
  }

  return {
    async take(key, value, ttlSeconds) {
      let expected = 0
      for (;;) {
        const at = await write(key, value, { expected, ttlSeconds })
        if (at !== null) return { kind: 'taken', lock: held(key, value, { at, ttlSeconds }) }
        const found = await newestOf(connection, bucketStream(bucket), keySubject(bucket, key))
        // Expired between the two, or freed: the next write says whether we are the first to see it.
        if (found !== null && found.operation === undefined) return { kind: 'held', value: found.payload }
        expected = found?.sequence ?? 0
      }
    },

    async freed(key, ms, signal) {
      const woken = new AbortController()
      const waiting = AbortSignal.any([signal, woken.signal])
      const subscription = connection.nc.subscribe(keySubject(bucket, key), { callback: () => woken.abort() })
      try {
        await connection.clock.sleep(ms, waiting)
      } finally {
        subscription.unsubscribe()
      }
      return !signal.aborted
    },
  }
}
