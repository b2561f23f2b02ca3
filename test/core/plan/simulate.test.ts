import { describe, expect, it } from 'vitest'
import { previewOf } from '../../../src/core/plan/preview.ts'
import { joinedOutages, type SimulatedEvent, simulate } from '../../../src/core/plan/simulate.ts'
import { SimulatedSource, Simulation } from '../../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../../support/tree-of.ts'

const at = (text: string): number => Date.parse(`2026-01-05T${text}Z`)

const TREE = treeOf(
  ADAPTER_AND_JOB +
    calendarText(
      'market',
      'timezone: UTC, weekend: [], blackouts: [{days: [mon], from: "01:20", to: "01:50", name: quiet}]',
    ) +
    scheduleText('minutes', 'timezone: UTC, triggers: [{cron: "* * * * *"}]') +
    scheduleText(
      'quarters',
      'timezone: UTC, triggers: [{every: 15m}], jitter: 3m, misfire: {policy: fire-all}',
    ) +
    scheduleText('never-late', 'timezone: UTC, triggers: [{every: 7m}], misfire: {policy: skip}') +
    scheduleText('quiet', 'timezone: UTC, triggers: [{cron: "*/10 * * * *"}], calendar: market') +
    scheduleText('twice', 'timezone: UTC, triggers: [{every: 20m}], maxFires: 2') +
    scheduleText('later', 'timezone: UTC, triggers: [{every: 30m}], suspend: {reason: move, until: "2026-01-05T01:31"}') +
    scheduleText('active', 'timezone: UTC, triggers: [{every: 30m}], activeFrom: "2026-01-05T00:45"'),
)

type Told = Readonly<Record<string, unknown>>

function told(events: Iterable<SimulatedEvent>): readonly Told[] {
  const found: Told[] = []
  for (const event of events) {
    if (event.kind !== 'entry') continue
    const { kind, nominal, reason } = event.entry
    found.push({ schedule: event.schedule.id, kind, nominal: new Date(nominal).toISOString(), reason })
  }
  return found
}

const bySchedule = (a: Told, b: Told): number =>
  String(a.schedule) < String(b.schedule) ? -1 : a.schedule === b.schedule ? 0 : 1

describe('a simulated period', () => {
  it('stores the entries that the engine stores on a virtual clock, also over an outage', async () => {
    const simulation = new Simulation('2026-01-05T00:00:17Z')
    const first = await simulation.started('a', new SimulatedSource(TREE))
    await simulation.clock.advanceTo(at('00:36:30'))
    await simulation.during(first.stop())
    await simulation.clock.advanceTo(at('01:28:30'))
    const second = await simulation.started('b', new SimulatedSource(TREE))
    await simulation.clock.advanceTo(at('02:10:30'))
    await simulation.during(second.stop())
    const stored = simulation.records().map((record) => ({
      schedule: `${record.key.tenant}/${record.key.schedule}`,
      kind: record.kind,
      nominal: new Date(record.nominal).toISOString(),
      reason: record.reason,
    }))

    const schedules = previewOf(TREE, at('00:00:17')).schedules()
    if (!schedules.ok) throw new Error('the tree does not compile')
    const down = [{ from: at('00:36:30'), to: at('01:28:30') }]
    const events = simulate(schedules.value, { from: at('00:00:17'), to: at('02:10:30'), down })
    const expected = told(events)
    expect(stored.length).toBeGreaterThan(80)
    expect([...stored].sort(bySchedule)).toEqual([...expected].sort(bySchedule))
  })

  it('tells what happens in the order in which it does', () => {
    const schedules = previewOf(TREE, at('00:00')).schedules()
    if (!schedules.ok) throw new Error('the tree does not compile')
    const down = [{ from: at('03:00'), to: at('04:00') }]
    const times = [...simulate(schedules.value, { from: at('00:00'), to: at('06:00'), down })].map(
      (event) => event.at,
    )
    expect(times.length).toBeGreaterThan(300)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.filter((each) => each > at('03:00') && each < at('04:00'))).toEqual([])
  })

  it('includes its first instant and not its last', () => {
    const schedule = previewOf(TREE, at('00:00')).schedule('minutes')
    if (!schedule.ok) throw new Error('there is no such schedule')
    const events = simulate([schedule.value], { from: at('00:10'), to: at('00:12'), down: [] })
    expect(told(events).map(({ nominal }) => nominal)).toEqual([
      '2026-01-05T00:10:00.000Z',
      '2026-01-05T00:11:00.000Z',
    ])
  })
})

describe('outages', () => {
  it('that overlap or touch are one', () => {
    const joined = joinedOutages([
      { from: 50, to: 60 },
      { from: 10, to: 20 },
      { from: 20, to: 25 },
      { from: 12, to: 13 },
      { from: 70, to: 70 },
    ])
    expect(joined).toEqual([
      { from: 10, to: 25 },
      { from: 50, to: 60 },
    ])
  })
})
