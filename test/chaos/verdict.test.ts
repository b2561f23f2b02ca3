import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../../src/ports/fire-log.ts'
import { type Evidence, isClean, judge, type Owed, type Trail } from '../support/verdict.ts'
import { straggler } from './straggler.ts'

const T = Date.UTC(2026, 0, 27, 12)
const second = (n: number) => T + n * 1_000

function fire(sequence: number, n: number, storedAt = second(n) + 5): LogRecord {
  return {
    sequence,
    storedAt,
    key: { tenant: 'default', schedule: 'tick' },
    kind: 'fire',
    nominal: second(n),
    fireId: null,
    reason: 'scheduled',
    count: 1,
    target: null,
    retry: null,
  }
}

const marker = (sequence: number, n: number, reason: string, storedAt = second(n) + 5): LogRecord => ({
  ...fire(sequence, n, storedAt),
  kind: 'marker',
  reason,
})

const OWED: Owed = {
  schedule: 'tick',
  nominals: [1, 2, 3, 4].map(second),
  markers: ['misfire'],
  misfireAfterMs: 60_000,
}

const NOTHING = {
  confirmed: new Set<string>(),
  destructions: [],
}

function judged(surviving: readonly LogRecord[], more: Partial<Evidence> = {}) {
  return judge({ ...NOTHING, seen: surviving, surviving, ...more }, [OWED])
}

describe('the checker of the chaos runs', () => {
  it('finds nothing where every time fired once', () => {
    const found = judged([fire(1, 1), fire(2, 2), fire(3, 3), fire(4, 4)])
    expect(found).toMatchObject({ fired: 4 })
    expect(isClean(found)).toBe(true)
  })

  it('finds a time that is lost between two, and one at the end', () => {
    const found = judged([fire(1, 1), fire(2, 3)])
    expect(found.lost).toEqual(['tick@2026-01-27T12:00:02.000Z', 'tick@2026-01-27T12:00:04.000Z'])
  })

  it('does not let a later marker hide a time that was lost before it', () => {
    const late = second(4) + 70_000
    expect(judged([fire(1, 1), fire(2, 3), marker(3, 4, 'misfire', late)]).lost).toHaveLength(1)
  })

  it('finds a double, a fire that nobody asked for, and disorder', () => {
    const found = judged([fire(1, 1), fire(2, 2), fire(3, 2), fire(4, 5), fire(5, 3), fire(6, 4)])
    expect(found.doubled).toEqual(['tick@2026-01-27T12:00:02.000Z', 'tick@2026-01-27T12:00:02.000Z'])
    expect(found.foreign).toEqual(['tick@2026-01-27T12:00:05.000Z'])
    expect(found.disorderly.length).toBeGreaterThan(0)
  })

  it('takes a marker for an explanation only for a reason that may be, and a misfire only of what was late', () => {
    const late = second(4) + 70_000
    expect(isClean(judged([fire(1, 1), marker(2, 4, 'misfire', late)]))).toBe(true)
    expect(judged([fire(1, 1), marker(2, 4, 'misfire')]).unexplained).toHaveLength(3)
    expect(judged([fire(1, 1), marker(2, 4, 'deleted', late)]).unexplained).toHaveLength(1)
  })

  it('allows what was destroyed to be stored again, and nothing else', () => {
    const before = [fire(1, 1), fire(2, 2), fire(3, 3)]
    const again = [fire(1, 2, second(3) + 500), fire(2, 3, second(3) + 510), fire(3, 4)]
    const seen = [...before, ...again]
    const found = judged(again, { seen, destructions: [second(3) + 400] })
    expect(isClean(found)).toBe(true)
    expect(found).toMatchObject({ fired: 4, destroyed: 1, restored: 2 })
    expect(judged(again, { seen }).vanished).toHaveLength(3)
    expect(
      judged([...before, fire(4, 3, second(9)), fire(5, 4)], { destructions: [second(1)] }).doubled,
    ).toHaveLength(2)
  })

  it('holds the server to what it confirmed', () => {
    const surviving = [fire(1, 1), fire(2, 3), fire(3, 4)]
    const confirmed = new Set([`tick@${second(2)}`])
    expect(judged(surviving, { confirmed })).toMatchObject({
      lost: [],
      vanished: ['tick@2026-01-27T12:00:02.000Z'],
    })
    expect(isClean(judged(surviving, { confirmed, destructions: [second(3)] }))).toBe(true)
  })

  describe('of times that a calendar closes', () => {
    const HALF: Owed = { ...OWED, nominals: [1, 4].map(second), closed: [2, 3, 5].map(second) }
    const fires = [fire(1, 1), fire(2, 4)]
    const told = (from: number, to: number, count: number, because = ['blackout']) => ({
      schedule: 'tick',
      first: second(from),
      last: second(to),
      count,
      because,
    })
    const judgedHalf = (lines: readonly ReturnType<typeof told>[], more: Partial<Trail> = {}) => {
      const trail = { told: lines, toldTo: 0, restorations: [], ...more }
      return judge({ ...NOTHING, seen: fires, surviving: fires, trail }, [HALF])
    }

    it('wants each told once a later entry is stored, or there was time to tell it', () => {
      const found = judgedHalf([told(2, 3, 2)])
      expect(found).toMatchObject({ closed: 2, unexplained: [] })
      expect(isClean(found)).toBe(true)
      expect(judgedHalf([told(2, 2, 1)]).unexplained).toHaveLength(1)
      expect(judgedHalf([told(2, 3, 2)], { toldTo: second(5) }).unexplained).toHaveLength(1)
      expect(judgedHalf([told(2, 3, 2), told(3, 5, 2)], { toldTo: second(5) }).unexplained).toEqual([])
    })

    it('believes no line that counts what is not closed, or says no reason', () => {
      expect(judgedHalf([told(2, 4, 2), told(2, 3, 2)]).unexplained).toHaveLength(1)
      expect(judgedHalf([told(2, 3, 1)]).unexplained).toHaveLength(1)
      expect(judgedHalf([told(2, 3, 2, [])]).unexplained).toHaveLength(1)
    })

    it('counts apart what may have gone with a store that was replaced', () => {
      const restorations = [second(10)]
      expect(judgedHalf([], { restorations })).toMatchObject({ forgotten: 2, unexplained: [] })
      expect(judgedHalf([], { restorations: [second(1)] }).unexplained).toHaveLength(2)
    })
  })
})

describe('the straggler of a run', () => {
  it('is the fire that came longest after the middle one of its second', () => {
    const of = (schedule: string, n: number, lateMs: number): LogRecord => ({
      ...fire(n, n, second(n) + lateMs),
      key: { tenant: 'default', schedule },
    })
    const records = [
      of('a', 1, 10),
      of('b', 1, 20),
      of('c', 1, 30),
      of('other', 1, 500),
      of('other', 2, 9_000),
    ]
    expect(straggler(records, ['a', 'b', 'c'])).toEqual({
      schedule: 'other',
      nominal: second(1),
      behindMs: 480,
    })
    expect(straggler([], ['a'])).toBeNull()
  })
})
