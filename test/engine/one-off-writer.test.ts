import { describe, expect, it } from 'vitest'
import { type Asking, buildOneOff } from '../../src/core/trigger/one-off.ts'
import { OneOffWriter } from '../../src/engine/one-off-writer.ts'
import type { Fault } from '../../src/memory/faults.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import { NOON, someFire } from '../support/entries.ts'

const never = new AbortController().signal

function oneOff(asking: Asking = { reason: 'manual', key: 'order-17' }, nominal = NOON) {
  return buildOneOff({
    tenant: 'default',
    base: 'import',
    asking,
    nominal,
    term: 1,
    template: someFire('import'),
  })
}

function setUp(faults: readonly (Fault | null)[] = [], mayWrite: () => boolean = () => true) {
  const clock = new VirtualClock(NOON)
  const stream = new MemoryLogStream()
  const script = [...faults]
  const log = createMemoryFireLog(stream, {
    clock,
    faults: ({ name }) => (name === 'append' ? (script.shift() ?? null) : null),
  })
  const alarms: string[] = []
  const told: number[] = []
  const writer = new OneOffWriter({
    log,
    clock,
    mayWrite,
    onAlarm: (name) => alarms.push(name),
    onStored: (_, sequence) => told.push(sequence),
  })
  const write = async (fire = oneOff()) => {
    const writing = writer.write(fire, never)
    await clock.advance(60_000)
    return writing
  }
  return { clock, stream, writer, alarms, told, write, stored: () => stream.stored(clock.now()) }
}

describe('a one-off', () => {
  it('is stored once, and whoever asks again is told of the one that is there', async () => {
    const { write, stored } = setUp()
    const first = await write()
    const again = await write(oneOff({ reason: 'manual', key: 'order-17' }, NOON + 60_000))
    expect(first).toMatchObject({ already: false, nominal: NOON })
    expect(again).toEqual({ ...first, already: true })
    expect(stored()).toHaveLength(1)
  })

  it('is stored once for callers that ask at the same moment', async () => {
    const { clock, writer, stored } = setUp()
    const both = Promise.all([writer.write(oneOff(), never), writer.write(oneOff(), never)])
    await clock.advance(1_000)
    expect((await both).map((one) => one?.already)).toEqual([false, true])
    expect(stored()).toHaveLength(1)
  })

  it.each<[string, readonly Fault[]]>([
    ['the request was lost', [{ kind: 'lose-request' }]],
    ['the answer was lost', [{ kind: 'lose-answer' }, { kind: 'lose-answer' }]],
    ['another write is under way', [{ kind: 'busy' }, { kind: 'busy' }]],
    ['the log is full for a while', [{ kind: 'refuse', code: 10077, message: 'maximum bytes exceeded' }]],
  ])('is stored once when %s', async (_, faults) => {
    const { write, stored } = setUp(faults)
    expect(await write()).toMatchObject({ fireId: `default/${oneOff().key.schedule}` })
    expect(stored()).toHaveLength(1)
  })

  it('is known to be stored here, now, also when the answer of the log was lost', async () => {
    const { write, told } = setUp([{ kind: 'lose-answer' }])
    expect(await write()).toMatchObject({ already: false, sequence: 1 })
    expect(told).toEqual([1])
  })

  it('is not taken for stored here where it was there before', async () => {
    const { write, told } = setUp([null, { kind: 'lose-request' }])
    await write()
    expect(await write(oneOff({ reason: 'manual', key: 'order-17' }, NOON + 60_000))).toMatchObject({
      already: true,
    })
    expect(told).toEqual([1])
  })

  it('is not sent without leadership', async () => {
    const { write, stored } = setUp([], () => false)
    expect(await write()).toBeNull()
    expect(stored()).toHaveLength(0)
  })

  it('is another one for another key, another upstream run, another attempt', async () => {
    const run = 'default/import@2026-01-27T12:00:00Z' as never
    const askings: readonly Asking[] = [
      { reason: 'manual', key: 'a' },
      { reason: 'manual', key: 'b' },
      { reason: 'chained', upstream: run },
      { reason: 'backfill', again: null },
      { reason: 'backfill', again: 'x' },
      { reason: 'event', stream: 'ORDERS', created: '2026-01-05T00:00:00Z', sequence: 7 },
      { reason: 'retry', run, attempt: 2, notOn: null },
      { reason: 'retry', run, attempt: 3, notOn: null },
      { reason: 'requeue', run, deadSequence: 7 },
    ]
    const { write, stored } = setUp()
    for (const asking of askings) await write(oneOff(asking))
    expect(stored()).toHaveLength(askings.length)
  })
})
