import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FireLog, LogRecord } from '../../src/ports/fire-log.ts'
import { NOON, someFire, someMarker } from '../support/entries.ts'
import { type Ports, portsFamilies } from '../support/ports.ts'
import { Recorder } from '../support/recorder.ts'

const MINUTE = 60_000

describe.each(portsFamilies())('the log $title', (family) => {
  let ports: readonly [Ports, Ports]
  let log: FireLog
  let other: FireLog
  let ending: AbortController

  beforeAll(() => family.start())
  afterAll(() => family.stop())
  beforeEach(async () => {
    ports = await family.open()
    log = ports[0].log
    other = ports[1].log
    ending = new AbortController()
  })
  afterEach(async () => {
    ending.abort()
    await Promise.all(ports.map((each) => each.close()))
  })

  function following(
    from: FireLog,
    sequence: number,
  ): { records: Recorder<LogRecord>; resets: Recorder<string> } {
    const records = new Recorder<LogRecord>()
    const resets = new Recorder<string>()
    from.follow(sequence, { onRecord: records.push, onReset: resets.push }, ending.signal)
    return { records, resets }
  }

  it('stores a fire of a schedule that has none, and remembers all that a cursor needs', async () => {
    expect(await log.append(someFire('a', NOON, { count: 7, reason: 'misfire' }), 0)).toEqual({
      kind: 'stored',
      sequence: 1,
    })
    const record = await other.last({ tenant: 'default', schedule: 'a' })
    expect(record).toMatchObject({
      sequence: 1,
      key: { tenant: 'default', schedule: 'a' },
      kind: 'fire',
      nominal: NOON,
      fireId: 'default/a@2026-01-27T12:00:00Z',
      reason: 'misfire',
      count: 7,
    })
    const { serverTime } = await other.info()
    expect(Math.abs(serverTime - (record?.storedAt ?? 0))).toBeLessThan(60_000)
  })

  it('remembers a marker as the decision that it is', async () => {
    await log.append(someMarker('a', NOON + 1, { reason: 'deleted' }), 0)
    expect(await log.last({ tenant: 'default', schedule: 'a' })).toMatchObject({
      kind: 'marker',
      nominal: NOON + 1,
      fireId: null,
      reason: 'deleted',
    })
  })

  it('refuses an entry whose expectation is not the last of its schedule', async () => {
    await log.append(someFire('a'), 0)
    expect(await other.append(someFire('a'), 0)).toEqual({ kind: 'conflict' })
    expect(await other.append(someFire('a', NOON + MINUTE), 1)).toEqual({ kind: 'stored', sequence: 2 })
    expect(await log.append(someMarker('a', NOON + MINUTE), 1)).toEqual({ kind: 'conflict' })
  })

  it('fences fires and markers of a schedule together, whatever job, adapter or lane a fire goes to', async () => {
    await log.append(someMarker('a'), 0)
    expect(await log.append(someFire('a', NOON + MINUTE, { job: 'export' }), 0)).toEqual({ kind: 'conflict' })
    await log.append(someFire('a', NOON + MINUTE, { job: 'export', lane: 'p3' }), 1)
    expect(await log.append(someFire('a', NOON + 2 * MINUTE, { adapter: 'kite' }), 1)).toEqual({
      kind: 'conflict',
    })
    expect(await log.last({ tenant: 'default', schedule: 'a' })).toMatchObject({ sequence: 2 })
  })

  it('fences no schedule by another, also not by one whose name begins alike or of another tenant', async () => {
    await log.append(someFire('a'), 0)
    expect(await log.append(someFire('a-b'), 0)).toMatchObject({ kind: 'stored' })
    const elsewhere = someFire('a', NOON, { key: { tenant: 'acme', schedule: 'a' } })
    expect(await log.append(elsewhere, 0)).toMatchObject({ kind: 'stored' })
  })

  it('lets exactly one of two instances store a nominal time', async () => {
    const schedules = Array.from({ length: 50 }, (_, index) => `s${index}`)
    const outcomes = await Promise.all(
      schedules.map((schedule) =>
        Promise.all([log.append(someFire(schedule), 0), other.append(someMarker(schedule), 0)]),
      ),
    )
    for (const pair of outcomes) {
      expect(pair.filter(({ kind }) => kind === 'stored')).toHaveLength(1)
      expect(pair.filter(({ kind }) => kind === 'conflict' || kind === 'busy')).toHaveLength(1)
    }
  })

  it('asserts that a schedule has one append in flight', async () => {
    const first = log.append(someFire('a'), 0)
    await expect(log.append(someFire('a', NOON + MINUTE), 1)).rejects.toThrow('two appends in flight')
    await first
  })

  it('finds no last entry where there is none', async () => {
    expect(await log.last({ tenant: 'default', schedule: 'never' })).toBeNull()
    expect(await log.lastOfAll()).toEqual([])
  })

  it('gives the last entry of every schedule', async () => {
    await log.append(someFire('a'), 0)
    await log.append(someFire('b', NOON, { adapter: 'kite' }), 0)
    await log.append(someMarker('a', NOON + MINUTE), 1)
    await log.append(someFire('b', NOON + MINUTE, { job: 'export' }), 2)
    const last = (await other.lastOfAll()).map(({ key, sequence, kind }) => [key.schedule, sequence, kind])
    expect(last.sort()).toEqual([
      ['a', 3, 'marker'],
      ['b', 4, 'fire'],
    ])
  })

  it('says when the fires of an adapter were stored, one-offs and every lane included, from a moment on', async () => {
    const { serverTime } = await log.info()
    await log.append(someFire('a', NOON), 0)
    await log.append(someFire('b', NOON, { lane: 'p1-2' }), 0)
    await log.append(someFire('c', NOON, { adapter: 'another' }), 0)
    await log.append(someMarker('d', NOON), 0)
    const { adapter } = someFire('a', NOON)
    const stored = await other.storedOf({ tenant: 'default', adapter }, serverTime - 60_000)
    expect(stored).toHaveLength(2)
    for (const at of stored) expect(Math.abs(at - serverTime)).toBeLessThan(60_000)
    expect(await other.storedOf({ tenant: 'default', adapter }, serverTime + 600_000)).toEqual([])
    expect(await other.storedOf({ tenant: 'elsewhere', adapter }, 0)).toEqual([])
  })

  it('says where it begins and ends, and what the time is there', async () => {
    await log.append(someFire('a'), 0)
    await log.append(someFire('b'), 0)
    const info = await other.info()
    expect(info).toMatchObject({ firstSequence: 1, lastSequence: 2 })
    expect(info.fill).toBeGreaterThanOrEqual(0)
    expect(info.incarnation).toBe((await log.info()).incarnation)
  })

  it('tells a follower everything from a sequence on, in order, and what comes later', async () => {
    for (const schedule of ['a', 'b', 'c']) await log.append(someFire(schedule), 0)
    const { records } = following(other, 2)
    await records.count(2)
    await log.append(someMarker('a', NOON + MINUTE), 1)
    await records.count(3)
    expect(records.items.map(({ sequence, key, kind }) => [sequence, key.schedule, kind])).toEqual([
      [2, 'b', 'fire'],
      [3, 'c', 'fire'],
      [4, 'a', 'marker'],
    ])
  })

  it('tells a follower that begins after the end only what is new', async () => {
    await log.append(someFire('a'), 0)
    const { records } = following(other, 2)
    await log.append(someFire('b'), 0)
    await records.count(1)
    expect(records.items.map(({ sequence }) => sequence)).toEqual([2])
  })

  it('makes a follower begin anew when the log is deleted and created again', async () => {
    await log.append(someFire('a'), 0)
    const { records, resets } = following(other, 1)
    await records.count(1)
    const before = (await log.info()).incarnation
    await ports[0].recreate()
    await log.append(someFire('b'), 0)
    await records.count(2)
    const after = (await log.info()).incarnation
    expect(after).not.toBe(before)
    expect(resets.items).toEqual([after])
    expect(records.items[1]).toMatchObject({ sequence: 1, key: { schedule: 'b' } })
  })
})
