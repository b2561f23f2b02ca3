import { expect, it } from 'vitest'
import type { OpenRun } from '../../src/core/run/open-run.ts'
import { readRunSnapshot, writeRunSnapshot } from '../../src/engine/run-snapshot.ts'
import { MemoryBucket } from '../../src/memory/bucket.ts'
import { createMemoryStore } from '../../src/memory/store.ts'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import { NOON } from '../support/entries.ts'

const positions = { incarnation: 'one', fires: 1, events: 1, notices: 1 }
const snapshotOf = (run: string) => ({ positions, open: [{ run } as OpenRun], owed: [] })

it('a snapshot that is being written leaves the one that stands whole, whoever wrote that', async () => {
  const bucket = new MemoryBucket()
  const clock = new VirtualClock(NOON)
  const store = createMemoryStore(bucket, { clock })
  const broken = createMemoryStore(bucket, {
    clock,
    timeoutMs: 10,
    // Crashes before its head: its pieces are written.
    faults: ({ name, key }) => (name === 'put' && key === 'runs' ? { kind: 'lose-request' } : null),
  })
  for (const run of ['a', 'b', 'c']) {
    await writeRunSnapshot(store, snapshotOf(run), `whole ${run}`)
    const torn = writeRunSnapshot(broken, snapshotOf('torn'), `torn ${run}`).catch((error: unknown) => error)
    await clock.advance(100)
    expect(await torn).toBeInstanceOf(Error)
    expect(await readRunSnapshot(store)).toMatchObject({ open: [{ run }] })
  }
})
