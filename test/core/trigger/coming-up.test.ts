import { describe, expect, it } from 'vitest'
import { type ComingUp, decideComing } from '../../../src/core/trigger/coming-up.ts'
import { MOST_BUFFERED } from '../../../src/core/trigger/overlap.ts'
import type { OverlapPolicy } from '../../../src/core/trigger/policy.ts'

const AT = Date.UTC(2026, 0, 27, 12)
const OPEN = { unasked: () => ({ admitted: true, trace: [] }) }
const CLOSED = {
  unasked: () => ({ admitted: false, trace: [{ step: 'calendar', text: 'closed' }] as const }),
}
const FREE = { open: 0, freeSince: 0 }
const GOING = { open: 1, freeSince: 0 }

const schedule = (overlap: OverlapPolicy = 'allow') => ({
  compiled: OPEN,
  suspension: null,
  activeFrom: 0,
  overlap: { policy: overlap, cancelWaitMs: 60_000 },
})
const coming = (changes: Partial<ComingUp> = {}): ComingUp => ({
  at: AT,
  now: AT + 500,
  pauses: [],
  runs: FREE,
  queue: { waiting: 0, place: 'none' },
  ...changes,
})

describe('what comes up beside the times of a schedule', () => {
  it('fires where nothing stands in its way', () => {
    expect(decideComing(schedule(), coming())).toEqual({ kind: 'fire' })
  })

  it('does not fire on a closed day, by the moment at which it came up', () => {
    const asked: number[] = []
    const compiled = {
      unasked: (instant: number) => {
        asked.push(instant)
        return CLOSED.unasked()
      },
    }
    const decision = decideComing({ ...schedule(), compiled }, coming({ now: AT + 3_600_000 }))
    expect(decision).toMatchObject({ kind: 'not-fired', reason: 'closed-now', because: 'closed' })
    expect(asked).toEqual([AT])
  })

  it.each([
    ['a version that begins later', { activeFrom: AT }, {}, 'superseded'],
    ['a suspension without an end', { suspension: { until: null } }, {}, 'paused'],
    ['a suspension that ends later', { suspension: { until: AT + 1 } }, {}, 'paused'],
    [
      'an operator pause',
      {},
      { pauses: [{ from: AT - 1_000, until: null, missed: 'all' as const }] },
      'paused',
    ],
  ])('does not fire for %s', (_, changes, more, reason) => {
    expect(decideComing({ ...schedule(), ...changes }, coming(more))).toMatchObject({
      kind: 'not-fired',
      reason,
    })
  })

  it('fires when a suspension or a pause is over', () => {
    expect(decideComing({ ...schedule(), suspension: { until: AT } }, coming())).toEqual({ kind: 'fire' })
    const over = [{ from: AT - 9_000, until: AT + 400, missed: 'discard' as const }]
    expect(decideComing(schedule(), coming({ pauses: over }))).toEqual({ kind: 'fire' })
  })

  const none = { waiting: 0, place: 'none' } as const
  const one = { waiting: 1, place: 'none' } as const
  const first = { waiting: 2, place: 'first' } as const
  const behind = { waiting: 2, place: 'behind' } as const
  const full = { waiting: MOST_BUFFERED, place: 'none' } as const
  const wait = { kind: 'wait', cancel: false, until: null }
  const dropped = { kind: 'not-fired', reason: 'overlap' }
  const fire = { kind: 'fire' }
  it.each([
    ['allow', GOING, one, fire],
    ['skip', FREE, none, fire],
    ['skip', GOING, none, dropped],
    ['buffer-one', GOING, none, wait],
    ['buffer-one', GOING, one, dropped],
    ['buffer-one', FREE, first, fire],
    ['buffer-one', FREE, one, dropped],
    ['buffer-all', GOING, one, wait],
    ['buffer-all', FREE, one, wait],
    ['buffer-all', FREE, first, fire],
    ['buffer-all', FREE, behind, wait],
    ['buffer-all', GOING, full, dropped],
    ['cancel-other', GOING, none, { kind: 'wait', cancel: true, until: AT + 60_000 }],
    ['cancel-other', GOING, behind, { kind: 'wait', cancel: false, until: AT + 60_000 }],
    ['cancel-other', FREE, first, fire],
  ] as const)('with overlap %s, runs %o and queue %o', (policy, runs, queue, expected) => {
    expect(decideComing(schedule(policy), coming({ runs, queue }))).toMatchObject(expected)
  })

  it('is sent after cancelWait with cancel-other, although the run goes on', () => {
    const late = coming({ runs: GOING, queue: first, now: AT + 60_000 })
    expect(decideComing(schedule('cancel-other'), late)).toEqual(fire)
  })
})
