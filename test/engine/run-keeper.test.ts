import { afterEach, describe, expect, it } from 'vitest'
import { idOfFire } from '../../src/core/names.ts'
import type { RunPlace } from '../../src/core/run/open-run.ts'
import type { RunEvent } from '../../src/core/run/run-event.ts'
import type { Fire } from '../../src/core/trigger/log-entry.ts'
import { OneOffWriter } from '../../src/engine/one-off-writer.ts'
import { RunKeeper } from '../../src/engine/run-keeper.ts'
import { MemoryBucket } from '../../src/memory/bucket.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { MemoryDeadLetters, MemoryRunJournal } from '../../src/memory/run-journal.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import type { KnownConsumer } from '../../src/ports/adapter-consumers.ts'
import { NOON, someFire } from '../support/entries.ts'
import { silentLogger } from '../support/nats-server.ts'

const KEY = { tenant: 'default', schedule: 'import' }
const PLACE: RunPlace = { ...KEY, job: 'import', adapter: 'zerodha' }
const FIRE = someFire('import')
const RUN = idOfFire(FIRE.key, FIRE.nominal)

function installation() {
  const clock = new VirtualClock(NOON)
  const stream = new MemoryLogStream()
  const journal = new MemoryRunJournal(clock)
  const deadLetters = new MemoryDeadLetters(stream, clock)
  const bucket = new MemoryBucket()
  const consumers: KnownConsumer[] = []
  const ended: string[] = []
  const lost: string[] = []
  const stops: AbortController[] = []

  /** An instance that leads, until it is stopped or crashes. */
  const lead = (faults: { onEnded?: () => void } = {}) => {
    const stop = new AbortController()
    stops.push(stop)
    const log = createMemoryFireLog(stream, { clock })
    const mayWrite = () => true
    const keeper = new RunKeeper({
      log,
      journal,
      deadLetters,
      oneOffs: new OneOffWriter({ log, clock, mayWrite, onAlarm: () => undefined }),
      store: createMemoryStore(bucket, { clock }),
      clock,
      logger: silentLogger,
      mayWrite,
      instance: 'one',
      drawNonce: () => `${stops.length}-${clock.now()}`,
      consumers: { list: async () => consumers, turnLanes: async () => true },
      limitsOf: () => ({ timeoutMs: 60_000, ackWaitMs: 30_000, maxAttempts: 3 }),
      onRuns: () => undefined,
      onLost: ({ run }) => lost.push(run),
      onEnded: async ({ run, event }) => {
        faults.onEnded?.()
        ended.push(`${run} ${event.type}`)
        return true
      },
    })
    const led = keeper.lead(1, stop.signal)
    return {
      keeper,
      stop: async () => {
        stop.abort()
        await clock.advance(100)
        await led
      },
    }
  }
  const fire = (changes: Partial<Fire> = {}) => {
    const entry = { ...FIRE, ...changes }
    const expected = stream.last(entry.key, clock.now())?.sequence ?? 0
    return stream.append(entry, expected, clock.now())!
  }
  const tell = async (event: Partial<RunEvent> & Pick<RunEvent, 'type'>) => {
    const last = await journal.last(PLACE, RUN)
    const facts = {
      run: RUN,
      attempt: 1,
      at: new Date(clock.now()).toISOString(),
      instance: 'worker-1',
      sequence: 1,
      delivery: 1,
      startedAt: null,
    }
    await journal.append(PLACE, { ...facts, ...event } as RunEvent, last?.sequence ?? 0)
  }
  return { clock, stream, journal, deadLetters, consumers, ended, lost, lead, fire, tell, stops }
}

let current: ReturnType<typeof installation> | null = null
afterEach(() => {
  for (const stop of current?.stops ?? []) stop.abort()
  current = null
})

const DELIVERY = {
  tenant: 'default',
  adapter: 'zerodha',
  fireSequence: 1,
  deliveries: 1,
  consumer: 'default_zerodha',
  consumerSequence: 1,
} as const

function start() {
  current = installation()
  return current
}

const error = { name: 'Error', message: 'no such portfolio' }

describe('a run', () => {
  it('stands in the way of its schedule from its fire to its end', async () => {
    const { clock, lead, fire, tell } = start()
    const { keeper } = lead()
    expect(keeper.going(KEY)).toBeNull()
    await clock.advance(100)
    expect(keeper.going(KEY)).toEqual({ open: 0, freeSince: 0 })
    fire()
    await clock.advance(100)
    expect(keeper.going(KEY)).toMatchObject({ open: 1 })
    await tell({ type: 'started' })
    await clock.advance(1_000)
    expect(keeper.open?.get(RUN)).toMatchObject({ state: 'running', instance: 'worker-1', attempt: 1 })
    await tell({ type: 'succeeded' })
    await clock.advance(100)
    expect(keeper.going(KEY)).toEqual({ open: 0, freeSince: NOON + 1_200 })
  })

  it('is known to be going as soon as it is stored, and stays ended when its end was told before its fire', async () => {
    const { clock, lead, fire, tell } = start()
    const { keeper } = lead()
    await clock.advance(100)
    fire()
    keeper.stored(FIRE, 1)
    expect(keeper.going(KEY)).toMatchObject({ open: 1 })
    await tell({ type: 'succeeded' })
    await clock.advance(100)
    expect(keeper.going(KEY)).toMatchObject({ open: 0 })
  })

  it('of a worker that only acknowledges ends with its acknowledgement', async () => {
    const { clock, lead, fire, journal, ended } = start()
    const { keeper } = lead()
    fire()
    await clock.advance(100)
    journal.notice({ kind: 'acknowledged', ...DELIVERY, deliveries: 2 })
    await clock.advance(100)
    expect(keeper.going(KEY)).toMatchObject({ open: 0 })
    expect(journal.events.map(({ event }) => event)).toMatchObject([
      { type: 'succeeded', attempt: 2, run: RUN },
    ])
    expect(ended).toEqual([`${RUN} succeeded`])
  })

  it('whose worker told its end is not ended again by its acknowledgement', async () => {
    const { clock, lead, fire, journal, tell } = start()
    lead()
    fire()
    await tell({ type: 'cancelled', by: 'ops', reason: 'stop' })
    journal.notice({ kind: 'acknowledged', ...DELIVERY, deliveries: 1 })
    await clock.advance(60_000)
    expect(journal.events.map(({ event }) => event.type)).toEqual(['cancelled'])
  })

  it('whose acknowledgement was lost is ended by the sweep', async () => {
    const { clock, lead, fire, journal, consumers } = start()
    lead()
    fire()
    consumers.push({
      tenant: 'default',
      adapter: 'zerodha',
      lanes: ['0'],
      digest: '',
      paused: false,
      pausedUntil: null,
      concurrency: 10,
      ackWaitMs: 60_000,
      altered: [],
      pending: 0,
      ackFloor: 1,
    })
    await clock.advance(65_000)
    expect(journal.events.map(({ event }) => event.type)).toEqual(['succeeded'])
  })

  it('without a sign for its timeout and two acknowledgement waits is lost, and keeps nobody waiting', async () => {
    const { clock, lead, fire, tell, lost, journal } = start()
    const { keeper } = lead()
    fire()
    await tell({ type: 'started' })
    await clock.advance(110_000)
    expect(keeper.going(KEY)).toMatchObject({ open: 1 })
    await clock.advance(50_000)
    expect(lost).toEqual([RUN])
    expect(keeper.going(KEY)).toMatchObject({ open: 0 })
    // A worker that is given the message again goes on with it.
    await tell({ type: 'started', attempt: 2 })
    await clock.advance(100)
    expect(keeper.going(KEY)).toMatchObject({ open: 1 })
    expect(journal.events.map(({ event }) => event.type)).toEqual(['started', 'lost', 'started'])
  })
})

describe('a failed attempt that the leader sees to', () => {
  const failed = { type: 'failed', error, retryBy: 'leader', notOn: 'worker-1' } as const

  it('is followed by a fire of the same run at its time', async () => {
    const { clock, lead, fire, tell, stream } = start()
    const { keeper } = lead()
    fire()
    await tell({ ...failed, retryAt: new Date(NOON + 300_000).toISOString() })
    await clock.advance(299_000)
    expect(stream.stored(clock.now())).toHaveLength(1)
    expect(keeper.open?.get(RUN)?.state).toBe('failed')
    await clock.advance(2_000)
    const [, retry] = stream.stored(clock.now())
    expect(retry?.entry).toMatchObject({
      reason: 'retry',
      nominal: FIRE.nominal,
      payload: FIRE.payload,
      retry: { run: RUN, attempt: 2, notOn: 'worker-1' },
    })
    expect(keeper.open?.get(RUN)).toMatchObject({ state: 'pending', sequence: 2 })
    await clock.advance(600_000)
    expect(stream.stored(clock.now())).toHaveLength(2)
  })

  it('is sent once although the leader changes right at its time', async () => {
    const { clock, lead, fire, tell, stream } = start()
    const first = lead()
    fire()
    await tell({ ...failed, retryAt: new Date(NOON + 10_000).toISOString() })
    await clock.advance(9_999)
    await first.stop()
    lead()
    await clock.advance(5_000)
    lead()
    await clock.advance(60_000)
    expect(stream.stored(clock.now())).toHaveLength(2)
  })

  it('is dead if the log has forgotten its fire', async () => {
    const { clock, lead, fire, tell, journal } = start()
    lead()
    fire({ ttlSeconds: 60 })
    await tell({ ...failed, retryAt: new Date(NOON + 120_000).toISOString() })
    await clock.advance(130_000)
    expect(journal.events.at(-1)?.event).toMatchObject({ type: 'dead', reason: 'expired' })
  })

  it('can be cancelled while it waits', async () => {
    const { clock, lead, fire, tell, stream, journal } = start()
    const { keeper } = lead()
    fire()
    await tell({ ...failed, retryAt: new Date(NOON + 120_000).toISOString() })
    await clock.advance(100)
    expect(await keeper.cancel(RUN, { by: 'ops', reason: 'not needed' })).toBe('cancelled')
    await clock.advance(200_000)
    expect(stream.stored(clock.now())).toHaveLength(1)
    expect(journal.events.at(-1)?.event).toMatchObject({ type: 'cancelled', by: 'ops' })
  })
})

describe('a dead run', () => {
  it('is buried once with its reason', async () => {
    const { clock, lead, fire, tell, deadLetters } = start()
    lead()
    fire()
    await tell({ type: 'dead', reason: 'permanent', error, attempt: 3 })
    await clock.advance(1_000)
    expect(await deadLetters.list({})).toMatchObject([
      { run: RUN, reason: 'permanent', attempts: 3, error: 'no such portfolio', fireSequence: 1 },
    ])
  })

  it('is what a worker makes of it that says never again, or never answers', async () => {
    const { clock, lead, fire, journal, deadLetters } = start()
    lead()
    fire()
    fire({ nominal: NOON + 1_000 })
    journal.notice({ kind: 'terminated', ...DELIVERY })
    journal.notice({ kind: 'exhausted', ...DELIVERY, fireSequence: 2, deliveries: 5 })
    await clock.advance(1_000)
    expect((await deadLetters.list({})).map(({ reason, attempts }) => [reason, attempts])).toEqual([
      ['terminated', 1],
      ['attempts', 5],
    ])
  })

  it('is what was given back without a word as often as its job allows, and is delivered no more', async () => {
    const { clock, lead, fire, journal, deadLetters } = start()
    lead()
    fire()
    for (const deliveries of [1, 2]) journal.notice({ kind: 'returned', ...DELIVERY, deliveries })
    await clock.advance(1_000)
    expect(journal.events).toEqual([])
    journal.notice({ kind: 'returned', ...DELIVERY, deliveries: 3 })
    await clock.advance(1_000)
    expect(journal.terminated).toEqual([1])
    expect((await deadLetters.list({})).map(({ reason, attempts }) => [reason, attempts])).toEqual([
      ['attempts', 3],
    ])
  })

  it('is not made of one that a worker gives back and tells of, however often', async () => {
    const { clock, lead, fire, journal, tell, deadLetters } = start()
    lead()
    fire()
    await tell({ type: 'handed-back', reason: 'key-taken' })
    journal.notice({ kind: 'returned', ...DELIVERY, deliveries: 9 })
    await clock.advance(1_000)
    expect(journal.terminated).toEqual([])
    expect(await deadLetters.list({})).toEqual([])
  })

  it('is buried by the next leader if the first one could not', async () => {
    const { clock, lead, fire, tell, deadLetters, ended } = start()
    const first = lead({
      onEnded: () => {
        throw new Error('down')
      },
    })
    fire()
    await tell({ type: 'dead', reason: 'permanent', error })
    await clock.advance(40_000)
    expect(ended).toEqual([])
    await first.stop()
    lead()
    await clock.advance(1_000)
    expect(ended).toEqual([`${RUN} dead`])
    expect(await deadLetters.list({})).toHaveLength(1)
  })
})

describe('a new leader', () => {
  it('knows the runs that are open, from the snapshot and from what came after it', async () => {
    const { clock, lead, fire, tell } = start()
    const first = lead()
    fire()
    await clock.advance(31_000)
    fire({ nominal: NOON + 1_000 })
    await tell({ type: 'succeeded' })
    await clock.advance(100)
    await first.stop()
    fire({ nominal: NOON + 2_000 })
    const { keeper } = lead()
    await clock.advance(100)
    expect(keeper.going(KEY)).toMatchObject({ open: 2 })
    expect([...keeper.open!.all()].map(({ sequence }) => sequence)).toEqual([2, 3])
  })

  it('asks a worker to stop a run only while it is open', async () => {
    const { clock, lead, fire, tell, journal } = start()
    const { keeper } = lead()
    fire()
    await clock.advance(100)
    expect(await keeper.cancel(RUN, { by: 'ops', reason: 'x' })).toBe('asked')
    await tell({ type: 'started' })
    await clock.advance(100)
    // Once at the asking, and once more when a worker began with it.
    expect(journal.asked).toHaveLength(2)
    await tell({ type: 'cancelled', by: 'ops', reason: 'x' })
    await clock.advance(100)
    expect(await keeper.cancel(RUN, { by: 'ops', reason: 'x' })).toBe('not-open')
  })
})
