import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AdapterConsumer, AdapterConsumers } from '../../src/ports/adapter-consumers.ts'
import { NOON, someFire, someMarker } from '../support/entries.ts'
import { type Ports, portsFamilies } from '../support/ports.ts'

function zerodha(changes: Partial<AdapterConsumer> = {}): AdapterConsumer {
  return {
    tenant: 'default',
    adapter: 'zerodha',
    concurrency: 4,
    ackWaitMs: 60_000,
    paused: false,
    digest: 'd1',
    ...changes,
  }
}

describe.each(portsFamilies())('the consumers of adapters $title', (family) => {
  let ports: readonly [Ports, Ports]
  let consumers: AdapterConsumers

  beforeAll(() => family.start())
  afterAll(() => family.stop())
  beforeEach(async () => {
    ports = await family.open()
    consumers = ports[0].consumers
  })
  afterEach(() => Promise.all(ports.map((each) => each.close())))

  const pending = async () => (await consumers.list()).map((known) => known.pending)

  it('are made once, and an unchanged one is not written again', async () => {
    expect(await consumers.list()).toMatchObject([])
    expect(await consumers.ensure(zerodha())).toBe('created')
    expect(await ports[1].consumers.ensure(zerodha())).toBe('unchanged')
    expect(await consumers.list()).toMatchObject([
      { tenant: 'default', adapter: 'zerodha', digest: 'd1', paused: false, pending: 0 },
    ])
  })

  it("see the fires of their adapter from their making on, no older ones, no markers, nobody else's", async () => {
    const { log } = ports[0]
    await log.append(someFire('old'), 0)
    await consumers.ensure(zerodha())
    await log.append(someFire('a'), 0)
    await log.append(someMarker('b'), 0)
    await log.append(someFire('c', NOON, { adapter: 'kite' }), 0)
    await log.append(someFire('d', NOON, { key: { tenant: 'acme', schedule: 'd' } }), 0)
    expect(await pending()).toEqual([1])
  })

  it('keep their place and what is pending when they are changed', async () => {
    await consumers.ensure(zerodha())
    await ports[0].log.append(someFire('a'), 0)
    expect(await consumers.ensure(zerodha({ concurrency: 8, digest: 'd2' }))).toBe('updated')
    expect(await consumers.list()).toMatchObject([{ digest: 'd2', pending: 1 }])
  })

  it('are paused and go on as their manifest says, and collect fires meanwhile', async () => {
    await consumers.ensure(zerodha({ paused: true, digest: 'd1' }))
    await ports[0].log.append(someFire('a'), 0)
    expect(await consumers.list()).toMatchObject([{ paused: true, pending: 1 }])
    expect(await consumers.ensure(zerodha({ paused: false }))).toBe('updated')
    expect(await consumers.list()).toMatchObject([{ paused: false, pending: 1 }])
  })

  it('say how wide they are and until when they are held, and keep both apart', async () => {
    await consumers.ensure(zerodha())
    await consumers.limit('default', 'zerodha', 1)
    const until = Date.UTC(2126, 0, 1)
    await consumers.hold('default', 'zerodha', { until })
    expect(await consumers.list()).toMatchObject([{ concurrency: 1, paused: true, pausedUntil: until }])
    await consumers.limit('default', 'zerodha', 4)
    expect(await consumers.list()).toMatchObject([{ concurrency: 4, paused: true, pausedUntil: until }])
    await consumers.hold('default', 'zerodha', null)
    expect(await consumers.list()).toMatchObject([{ concurrency: 4, paused: false, pausedUntil: null }])
  })

  it('are retired by a pause, and taken over by an adapter that comes back', async () => {
    await consumers.ensure(zerodha())
    await ports[0].log.append(someFire('a'), 0)
    await consumers.retire('default', 'zerodha')
    expect(await consumers.list()).toMatchObject([{ paused: true, pending: 1 }])
    expect(await consumers.ensure(zerodha())).toBe('updated')
    expect(await consumers.list()).toMatchObject([{ paused: false, pending: 1 }])
  })

  it('are removed only when nothing is pending', async () => {
    await consumers.ensure(zerodha())
    await consumers.ensure(zerodha({ adapter: 'kite' }))
    await ports[0].log.append(someFire('a'), 0)
    expect(await consumers.removeIfDrained('default', 'zerodha')).toBe(false)
    expect(await consumers.removeIfDrained('default', 'kite')).toBe(true)
    expect(await consumers.removeIfDrained('default', 'never')).toBe(true)
    expect((await consumers.list()).map((known) => known.adapter)).toEqual(['zerodha'])
  })
})
