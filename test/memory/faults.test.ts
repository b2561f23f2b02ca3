import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryBucket } from '../../src/memory/bucket.ts'
import type { Fault } from '../../src/memory/faults.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { createMemoryLeaseStore } from '../../src/memory/lease-store.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import { NOON, someFire } from '../support/entries.ts'

describe('faults in memory happen as they do on a network', () => {
  let clock: VirtualClock
  let stream: MemoryLogStream
  let fault: Fault | null
  const key = { tenant: 'default', schedule: 'a' }

  beforeEach(() => {
    clock = new VirtualClock(NOON)
    stream = new MemoryLogStream()
    fault = null
  })

  function log() {
    return createMemoryFireLog(stream, { clock, timeoutMs: 1_000, faults: () => fault })
  }

  async function afterwards<T>(waiting: Promise<T>, ms: number): Promise<T> {
    await clock.advance(ms)
    return waiting
  }

  it('a lost request has no effect and no answer', async () => {
    fault = { kind: 'lose-request' }
    expect(await afterwards(log().append(someFire('a'), 0), 1_000)).toMatchObject({ kind: 'unknown' })
    expect(stream.last(key, clock.now())).toBeNull()
  })

  it('a lost answer has had its effect, and the same again is a conflict', async () => {
    fault = { kind: 'lose-answer' }
    expect(await afterwards(log().append(someFire('a'), 0), 1_000)).toMatchObject({ kind: 'unknown' })
    fault = null
    expect(await log().append(someFire('a'), 0)).toEqual({ kind: 'conflict' })
  })

  it('a late request takes effect after its sender has given up, unless somebody was faster', async () => {
    fault = { kind: 'delay-request', ms: 5_000 }
    expect(await afterwards(log().append(someFire('a'), 0), 1_000)).toMatchObject({ kind: 'unknown' })
    expect(stream.last(key, clock.now())).toBeNull()
    await clock.advance(4_000)
    expect(stream.last(key, clock.now())).toMatchObject({ nominal: NOON })

    const second = log().append(someFire('a', NOON + 1_000), 1)
    await clock.advance(1_000)
    await second
    fault = null
    expect(await log().append(someFire('a', NOON + 2_000), 1)).toMatchObject({ kind: 'stored' })
    await clock.advance(5_000)
    expect(stream.last(key, clock.now())).toMatchObject({ nominal: NOON + 2_000 })
  })

  it('a log that is busy or refuses stores nothing', async () => {
    fault = { kind: 'busy' }
    expect(await log().append(someFire('a'), 0)).toEqual({ kind: 'busy' })
    fault = { kind: 'refuse', code: 10077, message: 'maximum bytes exceeded' }
    expect(await log().append(someFire('a'), 0)).toMatchObject({ kind: 'refused', code: 10077 })
    expect(stream.lastSequence).toBe(0)
  })

  it('an entry vanishes when its time to live has passed', async () => {
    await log().append(someFire('a', NOON, { ttlSeconds: 10 }), 0)
    await clock.advance(9_999)
    expect(stream.last(key, clock.now())).toMatchObject({ sequence: 1 })
    await clock.advance(1)
    expect(stream.last(key, clock.now())).toBeNull()
    expect(await log().append(someFire('a', NOON + 60_000), 0)).toEqual({ kind: 'stored', sequence: 2 })
  })

  it('a log that lost its newest entries gives their sequences out again', async () => {
    await log().append(someFire('a'), 0)
    await log().append(someFire('a', NOON + 1_000), 1)
    stream.loseTail(1)
    expect(await log().last(key)).toMatchObject({ sequence: 1 })
    expect(await log().append(someFire('b'), 0)).toEqual({ kind: 'stored', sequence: 2 })
  })

  it('a store that does not answer throws retryable, and its write may have landed', async () => {
    const bucket = new MemoryBucket()
    const store = createMemoryStore(bucket, { clock, timeoutMs: 1_000, faults: () => fault })
    fault = { kind: 'lose-answer' }
    const failing = expect(store.create('k', 'v')).rejects.toMatchObject({ code: 'timeout', retryable: true })
    await clock.advance(1_000)
    await failing
    expect(bucket.get('k')).toMatchObject({ value: 'v' })
  })

  it('a lease whose answer is lost is unknown to its writer, and there for its reader', async () => {
    const bucket = new MemoryBucket()
    const lease = createMemoryLeaseStore(bucket, { clock, timeoutMs: 1_000, faults: () => fault })
    const record = { holder: 'one', nonce: 'n', term: 1, renewedAt: 0, released: false }
    fault = { kind: 'lose-answer' }
    expect(await afterwards(lease.write(record, null), 1_000)).toEqual({ kind: 'unknown' })
    fault = null
    expect(await lease.read()).toEqual({ record, revision: 1 })
  })
})
