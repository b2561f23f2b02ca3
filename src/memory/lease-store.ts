import { BelfryError } from '../core/errors.ts'
import type { HeldLease, LeaseRecord, LeaseStore } from '../ports/lease.ts'
import type { MemoryBucket } from './bucket.ts'
import { exchange, type MemoryPortOptions } from './faults.ts'

const KEY = 'leader'

/** A lease in a bucket in memory. Several instances share the bucket, each with its own faults. */
export function createMemoryLeaseStore(bucket: MemoryBucket, options: MemoryPortOptions): LeaseStore {
  const ask = <T>(name: string, effect: () => T) =>
    exchange(options, options.faults?.({ port: 'lease', name, key: KEY }) ?? null, effect)

  return {
    async read() {
      const answer = await ask('read', () => bucket.get(KEY))
      if (!answer.answered) {
        throw new BelfryError('timeout', 'the lease store did not answer', { retryable: true })
      }
      return answer.value === null ? null : heldFrom(answer.value.value, answer.value.revision)
    },
    async write(record, expectedRevision) {
      const answer = await ask('write', () =>
        bucket.write(KEY, JSON.stringify(record), expectedRevision ?? 0),
      )
      if (!answer.answered) return { kind: 'unknown' }
      return answer.value.ok ? { kind: 'written', revision: answer.value.value } : { kind: 'conflict' }
    },
    watch(onChange, signal) {
      bucket.watch(
        {
          onChange: ({ value, revision }) => {
            if (value !== null) onChange(heldFrom(value, revision))
          },
          onCaughtUp: () => undefined,
          onReset: () => undefined,
        },
        signal,
      )
    },
  }
}

function heldFrom(value: string, revision: number): HeldLease {
  return { record: JSON.parse(value) as LeaseRecord, revision }
}
