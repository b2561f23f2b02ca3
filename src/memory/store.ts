import { BelfryError } from '../core/errors.ts'
import type { Result } from '../core/result.ts'
import type { Store } from '../ports/store.ts'
import type { MemoryBucket } from './bucket.ts'
import { exchange, type MemoryPortOptions } from './faults.ts'

/** A store over a bucket in memory. Several may share a bucket, each with its own faults. */
export function createMemoryStore(bucket: MemoryBucket, options: MemoryPortOptions): Store {
  const ask = async <T>(name: string, key: string, effect: () => T): Promise<T> => {
    const fault = options.faults?.({ port: 'store', name, key }) ?? null
    const answer = await exchange(options, fault, effect)
    if (answer.answered) return answer.value
    throw new BelfryError('timeout', `the store did not answer: ${name} ${key}`, { retryable: true })
  }
  const write = (name: string, key: string, value: string | null, expected: number | 'anything') =>
    ask(name, key, () => bucket.write(key, value, expected, value === null))

  return {
    get: (key) => ask('get', key, () => bucket.get(key)),
    entries: () => ask('entries', '', () => bucket.entries()),
    create: (key, value) => write('create', key, value, 0),
    update: (key, value, revision) => write('update', key, value, revision),
    remove: (key, revision) => write('remove', key, null, revision),
    put: async (key, value) => written(await write('put', key, value, 'anything')),
    lastRevision: () => ask('lastRevision', '', () => bucket.lastRevision),
    watch: (watcher, signal) => bucket.watch(watcher, signal),
  }
}

function written(result: Result<number, 'conflict'>): number {
  if (result.ok) return result.value
  throw new BelfryError('internal', 'a write without an expectation was refused')
}
