import { describe, expect, it } from 'vitest'
import { compileCalendar } from '../../src/core/calendar/compile.ts'
import type { CalendarManifest, ScheduleSpec } from '../../src/core/kinds.ts'
import { err } from '../../src/core/result.ts'
import { compileSchedule } from '../../src/core/schedule/compile.ts'
import type { CompiledSchedule } from '../../src/core/schedule/compiled-schedule.ts'
import { decideCut } from '../../src/core/trigger/cut.ts'
import { decide, MAX_ENTRIES } from '../../src/core/trigger/decide.ts'
import type { Decidable } from '../../src/core/trigger/decision.ts'
import { DEFAULT_MISFIRE } from '../../src/core/trigger/policy.ts'

const at = (text: string): number => Date.parse(`2026-01-${text}Z`)

const market: CalendarManifest = {
  apiVersion: 'belfry/v1',
  kind: 'Calendar',
  metadata: { name: 'market' },
  spec: {
    timezone: 'UTC',
    weekend: ['sat', 'sun'],
    rules: [{ id: 'closed', dates: { '2026-01-06': 'Three Kings' } }],
    coverage: { from: '2026-01-01', to: '2026-01-31' },
  },
}

function compiled(spec: Partial<ScheduleSpec>): CompiledSchedule {
  const calendar = compileCalendar(market, () => err([]))
  const schedule = compileSchedule(
    { job: 'import', timezone: 'UTC', triggers: [{ cron: '0 * * * *' }], ...spec },
    { identity: 'default/test', calendar: () => calendar },
  )
  if (!schedule.ok) throw new Error(schedule.error.map(({ message }) => message).join())
  return schedule.value
}

const decidable = (spec: Partial<ScheduleSpec> = {}, more: Partial<Decidable> = {}): Decidable => ({
  compiled: compiled(spec),
  misfire: DEFAULT_MISFIRE,
  maxFires: null,
  suspension: null,
  ...more,
})

const briefly = (decision: ReturnType<typeof decide>) =>
  decision.entries.map(
    ({ kind, nominal, reason }) => `${kind} ${new Date(nominal).toISOString().slice(8, 16)} ${reason}`,
  )

describe('a decision', () => {
  const cases: readonly [
    string,
    Decidable,
    { cursor: string; now: string; count?: number },
    readonly string[],
  ][] = [
    [
      'fires what is due, and nothing that is not',
      decidable(),
      { cursor: '05T10:00', now: '05T11:00' },
      ['fire 05T11:00 scheduled'],
    ],
    ['fires nothing twice', decidable(), { cursor: '05T11:00', now: '05T11:30' }, []],
    ['goes backwards for no clock', decidable(), { cursor: '05T11:00', now: '05T09:00' }, []],
    [
      'simply fires what is at most a minute late',
      decidable(),
      { cursor: '05T10:00', now: '05T11:01' },
      ['fire 05T11:00 scheduled'],
    ],
    [
      'catches up the newest missed time and records the rest (fire-once)',
      decidable(),
      { cursor: '05T10:00', now: '05T14:30' },
      ['marker 05T13:00 misfire', 'fire 05T14:00 misfire'],
    ],
    [
      'catches up the newest few, oldest first (fire-all)',
      decidable({}, { misfire: { ...DEFAULT_MISFIRE, policy: 'fire-all', maxCount: 2 } }),
      { cursor: '05T10:00', now: '05T14:30' },
      ['marker 05T12:00 misfire', 'fire 05T13:00 misfire', 'fire 05T14:00 misfire'],
    ],
    [
      'only records what was missed (skip)',
      decidable({}, { misfire: { ...DEFAULT_MISFIRE, policy: 'skip' } }),
      { cursor: '05T10:00', now: '05T14:30' },
      ['marker 05T14:00 misfire'],
    ],
    [
      'catches up nothing older than maxLateness',
      decidable({}, { misfire: { ...DEFAULT_MISFIRE, maxLatenessMs: 600_000 } }),
      { cursor: '05T10:00', now: '05T14:30' },
      ['marker 05T14:00 misfire'],
    ],
    [
      'fires what is on time after what was missed',
      decidable(),
      { cursor: '05T10:00', now: '05T13:00' },
      ['marker 05T11:00 misfire', 'fire 05T12:00 misfire', 'fire 05T13:00 scheduled'],
    ],
    [
      'holds a missed fire while the calendar is closed',
      decidable({ calendar: 'market', triggers: [{ cron: '0 22 * * *' }] }),
      { cursor: '05T21:00', now: '06T08:00' },
      [],
    ],
    [
      'lets the held fire go at the first instant the calendar admits',
      decidable({ calendar: 'market', triggers: [{ cron: '0 22 * * *' }] }),
      { cursor: '05T21:00', now: '07T00:00' },
      // 26 hours are more than maxLateness of a day.
      ['marker 05T22:00 misfire'],
    ],
    [
      'records a missed fire whose calendar is closed now (whenClosed: skip)',
      decidable(
        { calendar: 'market', triggers: [{ cron: '0 22 * * *' }] },
        { misfire: { ...DEFAULT_MISFIRE, whenClosed: 'skip' } },
      ),
      { cursor: '05T21:00', now: '06T08:00' },
      ['marker 05T22:00 closed-now'],
    ],
    [
      'fires it all the same (whenClosed: fire)',
      decidable(
        { calendar: 'market', triggers: [{ cron: '0 22 * * *' }] },
        { misfire: { ...DEFAULT_MISFIRE, whenClosed: 'fire' } },
      ),
      { cursor: '05T21:00', now: '06T08:00' },
      ['fire 05T22:00 misfire'],
    ],
    [
      'stops at maxFires',
      decidable({}, { maxFires: 3 }),
      { cursor: '05T10:00', now: '05T11:00', count: 3 },
      [],
    ],
    [
      'gives a misfire only what maxFires leaves',
      decidable({}, { maxFires: 3, misfire: { ...DEFAULT_MISFIRE, policy: 'fire-all' } }),
      { cursor: '05T10:00', now: '05T14:30', count: 2 },
      ['marker 05T13:00 misfire', 'fire 05T14:00 misfire'],
    ],
    [
      'decides nothing while suspended',
      decidable({}, { suspension: { until: null } }),
      { cursor: '05T10:00', now: '05T12:00' },
      [],
    ],
    [
      'settles what a suspension held back when it ends by itself',
      decidable({}, { suspension: { until: at('05T12:30') } }),
      { cursor: '05T10:00', now: '05T13:00' },
      ['marker 05T12:29 resumed', 'fire 05T13:00 scheduled'],
    ],
    [
      'fires what falls on the very end of a suspension',
      decidable({}, { suspension: { until: at('05T12:00') } }),
      { cursor: '05T10:00', now: '05T12:00' },
      ['marker 05T11:59 resumed', 'fire 05T12:00 scheduled'],
    ],
  ]
  it.each(cases)('%s', (_, schedule, { cursor, now, count = 0 }, expected) => {
    expect(briefly(decide(schedule, { cursor: at(cursor), count }, at(now)))).toEqual(expected)
  })

  it('leaves everything alone beyond coverage, and says so', () => {
    const schedule = decidable({ calendar: 'market', triggers: [{ cron: '0 22 * * *' }] })
    const decision = decide(schedule, { cursor: at('31T23:00'), count: 0 }, Date.parse('2026-02-02T23:00Z'))
    expect(decision).toMatchObject({ entries: [], condition: 'out-of-coverage', settledTo: at('31T23:00') })
  })

  it('waits for jitter, which moves the timer and not the nominal time', () => {
    const schedule = decidable({ jitter: '30m' })
    const due = schedule.compiled.dueOf(at('05T11:00'))
    expect(due).toBeGreaterThan(at('05T11:00'))
    const before = decide(schedule, { cursor: at('05T10:00'), count: 0 }, due - 1)
    expect(before).toMatchObject({ entries: [], wakeAt: due })
    const after = decide(schedule, { cursor: at('05T10:00'), count: 0 }, due)
    expect(briefly(after)).toEqual(['fire 05T11:00 scheduled'])
  })

  it('works a long range off in slices that join without a gap', () => {
    const schedule = decidable(
      { triggers: [{ every: '1s' }] },
      { misfire: { ...DEFAULT_MISFIRE, afterMs: 3_600_000 } },
    )
    const now = at('05T10:20')
    let cursor = at('05T10:00')
    const fired: number[] = []
    for (let slices = 0; cursor < now && slices < 20; slices++) {
      const decision = decide(schedule, { cursor, count: 0 }, now)
      expect(decision.entries.length).toBeLessThanOrEqual(MAX_ENTRIES)
      fired.push(...decision.entries.map(({ nominal }) => nominal))
      cursor = decision.settledTo
    }
    expect(fired).toEqual(Array.from({ length: 1_200 }, (_, index) => at('05T10:00') + (index + 1) * 1_000))
  })
})

describe('the cut of an edit', () => {
  it('decides the old version up to the edit, then marks the edit', () => {
    const decision = decideCut(
      decidable(),
      { cursor: at('05T10:00'), count: 0 },
      { cutAt: at('05T11:00:20'), reason: 'superseded' },
    )
    expect(briefly(decision)).toEqual(['fire 05T11:00 scheduled', 'marker 05T11:00 superseded'])
    expect(decision.entries.at(-1)?.nominal).toBe(at('05T11:00:20'))
  })

  it('lets go out now what only waits for its jitter', () => {
    const decision = decideCut(
      decidable({ jitter: '30m' }),
      { cursor: at('05T10:00'), count: 0 },
      { cutAt: at('05T11:00:01'), reason: 'superseded' },
    )
    expect(briefly(decision)).toEqual(['fire 05T11:00 scheduled', 'marker 05T11:00 superseded'])
  })

  it('settles what a suspension held back as non-fires', () => {
    const schedule = decidable({}, { suspension: { until: null } })
    const decision = decideCut(
      schedule,
      { cursor: at('05T10:00'), count: 0 },
      { cutAt: at('05T12:30'), reason: 'superseded' },
    )
    expect(decision.entries).toMatchObject([{ kind: 'marker', nominal: at('05T12:30'), settledCount: 2 }])
  })

  it('leaves open what lies beyond the coverage that has ended', () => {
    const schedule = decidable({ calendar: 'market', triggers: [{ cron: '0 22 * * *' }] })
    const decision = decideCut(
      schedule,
      { cursor: at('30T23:00'), count: 0 },
      { cutAt: Date.parse('2026-02-10T00:00Z'), reason: 'superseded' },
    )
    expect(decision.entries).toMatchObject([{ kind: 'marker', nominal: Date.parse('2026-02-01T22:00Z') - 1 }])
  })
})
