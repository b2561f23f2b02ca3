import { describe, expect, it } from 'vitest'
import { FireWriter } from '../../src/engine/fire-writer.ts'
import { NOWHERE } from '../../src/engine/log-positions.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { MemoryLogStream } from '../../src/memory/log-stream.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
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
