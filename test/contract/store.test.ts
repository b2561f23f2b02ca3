import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Store, StoreWatcher } from '../../src/ports/store.ts'
import { type Ports, portsFamilies } from '../support/ports.ts'
import { Recorder } from '../support/recorder.ts'

type Told = { key: string; value: string | null; revision: number } | 'caught up' | 'reset'

function recordingWatcher(): { told: Recorder<Told>; watcher: StoreWatcher } {
  const told = new Recorder<Told>()
  return {
    told,
    watcher: {
      onChange: ({ key, value, revision }) => told.push({ key, value, revision }),
      onCaughtUp: () => told.push('caught up'),
      onReset: () => told.push('reset'),
    },
  }
}

const values = (told: readonly Told[]) =>
  told.map((item) => (typeof item === 'string' ? item : `${item.key}=${item.value}`))

describe.each(portsFamilies())('a store $title', (family) => {
  let ports: readonly [Ports, Ports]
  let store: Store
  let other: Store
  let ending: AbortController

  beforeAll(() => family.start())
  afterAll(() => family.stop())
  beforeEach(async () => {
    ports = await family.open()
    store = ports[0].store
    other = ports[1].store
    ending = new AbortController()
  })
  afterEach(async () => {
    ending.abort()
    await Promise.all(ports.map((each) => each.close()))
  })

  it('knows nothing of a key that was never written', async () => {
    expect(await store.get('job.default.import')).toBeNull()
    expect(await store.entries()).toEqual([])
    expect(await store.lastRevision()).toBe(0)
  })

  it('gives back what another instance wrote, with its revision', async () => {
    const created = await store.create('job.default.import', '{"a":"ä"}')
    expect(created).toEqual({ ok: true, value: 1 })
    expect(await other.get('job.default.import')).toEqual({
      key: 'job.default.import',
      value: '{"a":"ä"}',
      revision: 1,
    })
  })

  it('grows its revision with every write to any key, removals included', async () => {
    await store.create('a', '1')
    await store.create('b', '1')
    await store.update('a', '2', 1)
    await store.remove('b', 2)
    expect(await other.lastRevision()).toBe(4)
    expect(await store.put('c', '1')).toBe(5)
  })

  it('creates a key only once, until it is removed', async () => {
    await store.create('a', 'first')
    expect(await other.create('a', 'second')).toEqual({ ok: false, error: 'conflict' })
    await store.remove('a', 1)
    expect(await store.get('a')).toBeNull()
    expect(await other.create('a', 'third')).toEqual({ ok: true, value: 3 })
  })

  it('updates and removes only the revision that the writer knows', async () => {
    await store.create('a', '1')
    await store.update('a', '2', 1)
    expect(await other.update('a', 'stale', 1)).toEqual({ ok: false, error: 'conflict' })
    expect(await other.remove('a', 1)).toEqual({ ok: false, error: 'conflict' })
    expect(await store.get('a')).toMatchObject({ value: '2', revision: 2 })
  })

  it('marks the removals that are made through it', async () => {
    const told: unknown[] = []
    const stop = new AbortController()
    const seen = new Promise<void>((resolve) => {
      store.watch(
        {
          onChange: ({ value, deliberate }) => {
            if (value !== null) return
            told.push(deliberate)
            resolve()
          },
          onCaughtUp: () => undefined,
          onReset: () => undefined,
        },
        stop.signal,
      )
    })
    await store.create('a', '1')
    await store.remove('a', 1)
    await seen
    stop.abort()
    expect(told).toEqual([true])
  })

  it('lets exactly one of many writers win the same revision', async () => {
    await store.create('a', '0')
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).update('a', `${index}`, 1)),
    )
    expect(results.filter((result) => result.ok)).toHaveLength(1)
  })

  it('lists the keys that are present, each with its newest value', async () => {
    await store.create('a', '1')
    await store.create('b', '1')
    await store.update('a', '2', 1)
    await store.remove('b', 2)
    await store.create('c', '1')
    expect(await other.entries()).toEqual([
      { key: 'a', value: '2', revision: 3 },
      { key: 'c', value: '1', revision: 5 },
    ])
  })

  it('tells a watcher what is there, then that it has caught up, then every change in order', async () => {
    await store.create('a', '1')
    await store.create('b', '1')
    const { told, watcher } = recordingWatcher()
    other.watch(watcher, ending.signal)
    await told.until((items) => items.includes('caught up'))
    await store.update('a', '2', 1)
    await store.remove('b', 2)
    await store.create('c', '1')
    await told.count(6)
    expect(values(told.items)).toEqual(['a=1', 'b=1', 'caught up', 'a=2', 'b=null', 'c=1'])
  })

  it('tells a watcher of an empty store at once that it has caught up', async () => {
    const { told, watcher } = recordingWatcher()
    store.watch(watcher, ending.signal)
    expect(await told.count(1)).toEqual(['caught up'])
  })

  it('tells nothing to a watcher that has ended', async () => {
    const { told, watcher } = recordingWatcher()
    const { told: still, watcher: goesOn } = recordingWatcher()
    const ended = new AbortController()
    store.watch(watcher, ended.signal)
    store.watch(goesOn, ending.signal)
    await Promise.all([told.count(1), still.count(1)])
    ended.abort()
    await store.create('a', '1')
    await still.count(2)
    expect(told.items).toEqual(['caught up'])
  })

  it('makes a watcher begin anew when the store is deleted and created again', async () => {
    await store.create('a', '1')
    const { told, watcher } = recordingWatcher()
    other.watch(watcher, ending.signal)
    await told.count(2)
    await ports[0].recreate()
    await store.create('b', '1')
    await told.until((items) => items.some((item) => typeof item !== 'string' && item.key === 'b'))
    const afterReset = told.items.slice(told.items.indexOf('reset'))
    expect(afterReset[0]).toBe('reset')
    expect(afterReset).toContainEqual({ key: 'b', value: '1', revision: 1 })
  })
})
