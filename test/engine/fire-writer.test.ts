import { describe, expect, it } from 'vitest'
import { FireWriter } from '../../src/engine/fire-writer.ts'
import { NOWHERE } from '../../src/engine/log-positions.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import type { FireLog } from '../../src/ports/fire-log.ts'
import { NOON, someFire, someMarker } from '../support/entries.ts'

const onBehind = () => Promise.resolve(true)

describe('an entry that meets a log that is further on', () => {
  const writing = () => {
    const clock = new VirtualClock(NOON)
    const stream = new MemoryLogStream()
    stream.append(someFire('tick', NOON, { count: 3 }), 0, NOON)
    const log = createMemoryFireLog(stream, { clock })
    const writer = new FireWriter({ log, clock, mayWrite: () => true, onAlarm: () => undefined, onBehind })
    return { stream, write: writer.write.bind(writer) }
  }
  const never = new AbortController().signal
  const key = { tenant: 'default', schedule: 'tick' }

  it('counts on from there if it is a fire', async () => {
    const { stream, write } = writing()
    await write(someFire('tick', NOON + 1_000, { count: 1 }), NOWHERE, never)
    expect(stream.last(key, NOON)).toMatchObject({ sequence: 2, count: 4 })
  })

  it('still begins the count anew if it is the marker of a deletion', async () => {
    const { stream, write } = writing()
    await write(someMarker('tick', NOON + 1_000, { reason: 'deleted' }), NOWHERE, never)
    expect(stream.last(key, NOON)).toMatchObject({ sequence: 2, reason: 'deleted', count: 0 })
  })
})

describe('a log that says for seconds that another write of the schedule is under way', () => {
  it('is told as an alarm that names the schedule, and the entry is stored when that ends', async () => {
    const clock = new VirtualClock(NOON)
    const stream = new MemoryLogStream()
    const log = createMemoryFireLog(stream, { clock })
    let isBusy = true
    const busyLog: FireLog = {
      ...log,
      append: async (entry, expected) => (isBusy ? { kind: 'busy' } : log.append(entry, expected)),
    }
    const alarms: unknown[] = []
    const onAlarm = (...alarm: readonly unknown[]) => alarms.push(alarm)
    const writer = new FireWriter({ log: busyLog, clock, mayWrite: () => true, onAlarm, onBehind })
    const written = writer.write(someFire('tick', NOON), NOWHERE, new AbortController().signal)
    await clock.advance(3_000)
    expect(alarms).toEqual([])
    await clock.advance(3_000)
    expect(alarms).toEqual([['log-busy', { tenant: 'default', schedule: 'tick' }]])
    isBusy = false
    await clock.advance(1_000)
    expect(await written).toMatchObject({ kind: 'stored' })
  })
})
