import { describe, expect, it } from 'vitest'
import { type WatchedRun, watched } from '../../../src/core/run/service-level.ts'

const level = { startWithinMs: 100, finishWithinMs: 1_000 }
const run = (changes: Partial<WatchedRun> = {}): WatchedRun => ({
  nominal: 10_000,
  reason: 'scheduled',
  startedAt: null,
  endedAt: null,
  late: [],
  ...changes,
})

describe('a run that is watched', () => {
  it.each([
    ['waits in time', run(), 10_100, [], 10_101],
    ['waits too long', run(), 10_101, ['start'], 11_001],
    ['waits too long, as was told', run({ late: ['start'] }), 10_500, [], 11_001],
    ['began in time and goes on', run({ startedAt: 10_050 }), 10_500, [], 11_001],
    ['began late', run({ startedAt: 10_200 }), 10_300, ['start'], 11_001],
    ['goes on too long', run({ startedAt: 10_050 }), 11_001, ['finish'], Number.POSITIVE_INFINITY],
    ['neither began nor ended', run(), 12_000, ['start', 'finish'], Number.POSITIVE_INFINITY],
    ['ended in time', run({ startedAt: 10_050, endedAt: 11_000 }), 99_000, [], Number.POSITIVE_INFINITY],
    ['ended late', run({ startedAt: 10_050, endedAt: 11_001 }), 99_000, ['finish'], Number.POSITIVE_INFINITY],
    ['ended, and nobody told when it began', run({ endedAt: 10_090 }), 99_000, [], Number.POSITIVE_INFINITY],
    ['was backfilled', run({ reason: 'backfill' }), 99_000, [], Number.POSITIVE_INFINITY],
  ] as const)('that %s', (_, given, now, late, nextAt) => {
    expect(watched(given, level, now)).toEqual({ late, nextAt })
  })

  it('is asked only for what is written', () => {
    expect(watched(run(), { startWithinMs: null, finishWithinMs: null }, 99_000)).toEqual({
      late: [],
      nextAt: Number.POSITIVE_INFINITY,
    })
  })
})
