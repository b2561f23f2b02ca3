import { describe, expect, it } from 'vitest'
import type { Upstream } from '../../../src/core/kinds.ts'
import type { FireId } from '../../../src/core/names.ts'
import type { RunEvent } from '../../../src/core/run/run-event.ts'
import { followingOf } from '../../../src/core/trigger/chain.ts'

const FACTS = {
  run: 'default/nightly@2026-01-27T12:00:00Z' as FireId,
  attempt: 1,
  at: '2026-01-27T12:00:01Z',
  instance: 'a',
  sequence: 1,
  delivery: 1,
  startedAt: null,
}
const ENDS: Readonly<Record<string, RunEvent>> = {
  succeeded: { type: 'succeeded', ...FACTS },
  dead: { type: 'dead', ...FACTS, reason: 'permanent', error: { name: 'Error', message: 'no' } },
  expired: { type: 'expired', ...FACTS },
  cancelled: { type: 'cancelled', ...FACTS, by: 'ops', reason: 'no' },
}

describe('a schedule that follows on the job import', () => {
  it.each([
    [undefined, 'succeeded', 'follows'],
    ['succeeded', 'dead', 'stops'],
    ['succeeded', 'expired', 'stops'],
    ['succeeded', 'cancelled', 'stops'],
    ['failed', 'succeeded', 'unconcerned'],
    ['failed', 'dead', 'follows'],
    ['failed', 'expired', 'follows'],
    ['failed', 'cancelled', 'unconcerned'],
    ['finished', 'succeeded', 'follows'],
    ['finished', 'dead', 'follows'],
    ['finished', 'cancelled', 'follows'],
  ] as const)('when it has %s, of a run that is %s: %s', (when, end, expected) => {
    const rule: Upstream = when === undefined ? { job: 'import' } : { job: 'import', when }
    const run = { job: 'import', schedule: 'nightly', event: ENDS[end]! }
    expect(followingOf([rule], run)).toBe(expected)
    expect(followingOf([{ ...rule, job: 'other' }], run)).toBe('unconcerned')
    const { job: _, ...rest } = { ...rule, schedule: 'nightly' }
    expect(followingOf([rest], run)).toBe(expected)
    expect(followingOf([{ ...rest, schedule: 'import' }], run)).toBe('unconcerned')
  })

  it('follows if any of its rules says so, and stops only if none does', () => {
    const run = { job: 'import', schedule: 'nightly', event: ENDS.dead! }
    expect(followingOf([{ job: 'import' }, { schedule: 'nightly', when: 'finished' }], run)).toBe('follows')
    expect(followingOf([{ job: 'import' }, { schedule: 'other', when: 'finished' }], run)).toBe('stops')
  })
})
