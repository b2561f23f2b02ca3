import { describe, expect, it } from 'vitest'
import { err } from '../../../src/core/result.ts'
import { compileSchedule } from '../../../src/core/schedule/compile.ts'
import type { Decidable, RunsGoing } from '../../../src/core/trigger/decision.ts'
import { decideOverlap, MOST_BUFFERED } from '../../../src/core/trigger/overlap.ts'
import { DEFAULT_MISFIRE, type OverlapPolicy } from '../../../src/core/trigger/policy.ts'

const at = (text: string): number => Date.parse(`2026-01-05T${text}Z`)
const brief = (epochMs: number) => new Date(epochMs).toISOString().slice(11, 19)

function every(step: string, policy: OverlapPolicy, more: Partial<Decidable> = {}): Decidable {
  const compiled = compileSchedule(
    { job: 'import', timezone: 'UTC', triggers: [{ every: step as '1s' }] },
    { identity: 'default/test', calendar: () => err([]) },
  )
  if (!compiled.ok) throw new Error(compiled.error.map(({ message }) => message).join())
  return {
    compiled: compiled.value,
    misfire: DEFAULT_MISFIRE,
    maxFires: null,
    suspension: null,
    overlap: { policy, cancelWaitMs: 60_000 },
    ...more,
  }
}

const going: RunsGoing = { open: 1, freeSince: 0 }
const free = (since = '00:00:00'): RunsGoing => ({ open: 0, freeSince: at(since) })

interface Case {
  readonly policy: OverlapPolicy
  readonly cursor?: string
  readonly now: string
  readonly runs: RunsGoing
  readonly more?: Partial<Decidable>
}

function decided({ policy, cursor = '10:00:00', now, runs, more }: Case) {
  const schedule = every('10m', policy, more)
  const decision = decideOverlap(schedule, { cursor: at(cursor), count: 0, runs }, at(now))
  return {
    entries: decision.entries.map((entry) =>
      entry.kind === 'fire'
        ? `fire ${brief(entry.nominal)}`
        : `${entry.reason} to ${brief(entry.nominal)} (${entry.settledCount})`,
    ),
    settledTo: brief(decision.settledTo),
    wakeAt: decision.wakeAt === null ? null : brief(decision.wakeAt),
    condition: decision.condition,
  }
}

describe('a fire that comes up while a run of its schedule is going', () => {
  it.each<[string, Case, Partial<ReturnType<typeof decided>>]>([
    [
      'is sent all the same with allow',
      { policy: 'allow', now: '10:10:00', runs: going },
      { entries: ['fire 10:10:00'] },
    ],
    [
      'is recorded as not fired with skip',
      { policy: 'skip', now: '10:10:00', runs: going },
      { entries: ['overlap to 10:10:00 (1)'], settledTo: '10:10:00', condition: null },
    ],
    [
      'is one record with others that are due with it, with skip',
      {
        policy: 'skip',
        now: '10:20:30',
        cursor: '10:09:59',
        runs: going,
        more: { misfire: { ...DEFAULT_MISFIRE, afterMs: 3_600_000 } },
      },
      { entries: ['overlap to 10:20:00 (2)'] },
    ],
    [
      'waits with buffer-one',
      { policy: 'buffer-one', now: '10:10:00', runs: going },
      { entries: [], settledTo: '10:00:00', wakeAt: null, condition: 'waiting-for-run' },
    ],
    [
      'is not taken for missed however long it waits',
      { policy: 'buffer-one', now: '15:05:00', runs: going },
      { entries: [], settledTo: '10:00:00', condition: 'waiting-for-run' },
    ],
    [
      'waits with buffer-all, and the buffer is looked at now and then',
      { policy: 'buffer-all', now: '10:35:00', runs: going },
      { entries: [], settledTo: '10:00:00', wakeAt: '10:35:30', condition: 'waiting-for-run' },
    ],
    [
      'waits for the run to be cancelled with cancel-other',
      { policy: 'cancel-other', now: '10:10:00', runs: going },
      { entries: [], wakeAt: '10:11:00', condition: 'cancelling' },
    ],
    [
      'is sent when the run did not stop in time, with cancel-other',
      { policy: 'cancel-other', now: '10:11:00', runs: going },
      { entries: ['fire 10:10:00'], settledTo: '10:10:00', condition: null },
    ],
    [
      'waits for nothing while its schedule is suspended',
      { policy: 'buffer-all', now: '10:35:00', runs: going, more: { suspension: { until: null } } },
      { entries: [], condition: 'suspended' },
    ],
    [
      'does not wait if a suspension has settled it',
      { policy: 'buffer-all', now: '10:35:00', runs: going, more: { suspension: { until: at('10:25:00') } } },
      { entries: ['resumed to 10:24:59 (2)'], settledTo: '10:24:59', condition: 'waiting-for-run' },
    ],
  ])('%s', (_, given, expected) => {
    expect(decided(given)).toMatchObject(expected)
  })
})

describe('when the run has ended', () => {
  it.each<[string, Case, Partial<ReturnType<typeof decided>>]>([
    [
      'the one that waited goes, under its own time, and what came meanwhile is left out with buffer-one',
      { policy: 'buffer-one', now: '10:35:01', runs: free('10:35:00') },
      { entries: ['fire 10:10:00', 'overlap to 10:30:00 (2)'], settledTo: '10:30:00' },
    ],
    [
      'what came up after it ended is not left out with buffer-one',
      { policy: 'buffer-one', now: '10:41:00', runs: free('10:35:00') },
      { entries: ['fire 10:10:00', 'overlap to 10:30:00 (2)'], settledTo: '10:30:00', wakeAt: '10:41:00' },
    ],
    [
      'the oldest goes first with buffer-all, and the others go on waiting',
      { policy: 'buffer-all', now: '15:00:00', runs: free('15:00:00') },
      { entries: ['fire 10:10:00'], settledTo: '10:10:00', wakeAt: '15:00:00' },
    ],
    [
      'what is due now goes as ever',
      { policy: 'buffer-one', now: '10:10:00', runs: free() },
      { entries: ['fire 10:10:00'], wakeAt: '10:20:00' },
    ],
    [
      'missed times stay the business of the misfire policy',
      { policy: 'buffer-one', now: '12:05:00', runs: free('10:05:00') },
      { entries: ['misfire to 11:50:00 (11)', 'fire 12:00:00'] },
    ],
    [
      'only one of several that are due together goes at a time',
      {
        policy: 'cancel-other',
        now: '10:20:30',
        runs: free(),
        more: { misfire: { ...DEFAULT_MISFIRE, afterMs: 3_600_000 } },
      },
      { entries: ['fire 10:10:00'], settledTo: '10:10:00', wakeAt: '10:20:30' },
    ],
    [
      'nothing goes that an edit suspended',
      {
        policy: 'buffer-all',
        now: '15:00:00',
        runs: free('15:00:00'),
        more: { suspension: { until: null } },
      },
      { entries: [], condition: 'suspended' },
    ],
    [
      'skip lets the first of several through and leaves out the rest',
      {
        policy: 'skip',
        now: '10:20:30',
        runs: free(),
        more: { misfire: { ...DEFAULT_MISFIRE, afterMs: 3_600_000 } },
      },
      { entries: ['fire 10:10:00', 'overlap to 10:20:00 (1)'] },
    ],
  ])('%s', (_, given, expected) => {
    expect(decided(given)).toMatchObject(expected)
  })
})

it('a buffer that outgrows its cap loses its oldest, on record', () => {
  const schedule = every('1s', 'buffer-all')
  const cursor = at('10:00:00')
  const now = cursor + (MOST_BUFFERED + 25) * 1_000
  const decision = decideOverlap(schedule, { cursor, count: 0, runs: going }, now)
  expect(decision.entries).toEqual([
    { kind: 'marker', nominal: cursor + 25_000, reason: 'overlap', settledCount: 25 },
  ])
  expect(decision).toMatchObject({ settledTo: cursor + 25_000, condition: 'waiting-for-run' })
})
