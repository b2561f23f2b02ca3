import { describe, expect, it } from 'vitest'
import type { FireId } from '../../../src/core/names.ts'
import type { StoredFire, ToldEvent } from '../../../src/core/run/open-run.ts'
import type { RunEvent } from '../../../src/core/run/run-event.ts'
import { parseRunId } from '../../../src/core/run/run-id.ts'
import { runRecordOf } from '../../../src/core/run/run-record.ts'

const RUN = 'default/import@2026-01-27T12:00:00Z' as FireId
const PLACE = { tenant: 'default', schedule: 'import', job: 'import', adapter: 'zerodha' }
const NOON = Date.parse('2026-01-27T12:00:00Z')
const error = { name: 'Error', message: 'no connection' }

function fire(sequence: number, attempt = 1): StoredFire {
  const storedAt = NOON + sequence
  return { ...PLACE, run: RUN, lane: '0', nominal: NOON, reason: 'scheduled', sequence, storedAt, attempt }
}

/** Events of the run, told in this order, each a second after the one before. */
function told(...events: readonly (Partial<RunEvent> & Pick<RunEvent, 'type'>)[]): readonly ToldEvent[] {
  return events.map((event, index) => {
    const storedAt = NOON + (index + 1) * 1_000
    const at = new Date(storedAt).toISOString()
    const facts = { run: RUN, attempt: 1, at, instance: 'a', sequence: 7, delivery: 1, startedAt: null }
    return { place: PLACE, event: { ...facts, ...event } as RunEvent, sequence: index + 1, storedAt }
  })
}

const outcomes = (events: readonly ToldEvent[], fires = [fire(7)]) => {
  const record = runRecordOf({ fires, events })!
  return [record.state, ...record.attempts.map(({ attempt, outcome }) => `${attempt} ${outcome}`)]
}

describe('a run as people look at it', () => {
  const started = (attempt: number, instance = 'a') => ({ type: 'started', attempt, instance }) as const
  const retryAt = '2026-01-27T12:05:00Z'

  it.each([
    ['waits for a worker', [], ['pending']],
    ['has begun', [started(1)], ['running', '1 running']],
    ['ended at once', [{ type: 'succeeded' }], ['succeeded', '1 succeeded']],
    ['ended after a while', [started(1), { type: 'succeeded' }], ['succeeded', '1 succeeded']],
    ['failed, and another attempt follows', [{ type: 'failed', error, retryAt }], ['failed', '1 failed']],
    [
      'failed for good in its last attempt',
      [
        { type: 'failed', error, retryAt },
        started(2),
        { type: 'dead', attempt: 2, reason: 'attempts', error },
      ],
      ['dead', '1 failed', '2 dead'],
    ],
    [
      'lost its worker, which never told its end',
      [started(1), started(2, 'b'), { type: 'succeeded', attempt: 2, instance: 'b' }],
      ['succeeded', '1 silent', '2 succeeded'],
    ],
    [
      'lost its worker, and the next attempt ended at once',
      [started(1), { type: 'succeeded', attempt: 2 }],
      ['succeeded', '1 silent', '2 succeeded'],
    ],
    [
      'was handed back, which is no attempt',
      [
        started(1),
        { type: 'handed-back', attempt: 0, reason: 'stopping' },
        { type: 'succeeded', instance: 'b' },
      ],
      ['succeeded', '1 handed-back', '1 succeeded'],
    ],
    ['was given up by the leader', [started(1), { type: 'lost' }], ['lost', '1 lost']],
    [
      'was cancelled between two attempts, which is none itself',
      [
        { type: 'failed', error, retryAt, startedAt: '2026-01-27T12:00:00Z' },
        { type: 'cancelled', by: 'ann', reason: 'x' },
      ],
      ['cancelled', '1 failed'],
    ],
    ['came too late', [{ type: 'expired' }], ['expired', '1 expired']],
  ] as const)('that %s', (_, events, expected) => {
    expect(outcomes(told(...(events as readonly RunEvent[])))).toEqual(expected)
  })

  it('waits for a worker again once the leader has sent its next attempt', () => {
    expect(outcomes(told({ type: 'failed', error, retryAt }), [fire(7), fire(9, 2)])[0]).toBe('pending')
  })

  it('is known by its events where the log has forgotten its fire', () => {
    expect(runRecordOf({ fires: [], events: told({ type: 'succeeded' }) })).toMatchObject({
      ...PLACE,
      run: RUN,
      reason: null,
      sequence: null,
      nominal: NOON,
      endedAt: NOON + 1_000,
    })
  })

  it('is nothing where nothing is stored of it', () => {
    expect(runRecordOf({ fires: [], events: [] })).toBeNull()
  })
})

describe('the id of a run', () => {
  it.each([
    'default/import@2026-01-27T12:00:00Z',
    'acme/import~q17',
    'acme/import~rabc-2',
    'a/b~b1767225600-x7',
  ])('%s is one', (id) => {
    expect(parseRunId(id)).toEqual({ ok: true, value: id })
  })

  it.each([
    '',
    'import',
    '*/import~m1',
    'default/>~m1',
    'default/import~*',
    'default/import@now',
    'a/b~q1.x',
    'a/b/c~q1',
  ])('%j is none', (id) => {
    expect(parseRunId(id).ok).toBe(false)
  })
})
