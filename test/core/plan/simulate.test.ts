import { describe, expect, it } from 'vitest'
import { type PreviewedSchedule, previewOf } from '../../../src/core/plan/preview.ts'
import {
  joinedOutages,
  type Outage,
  type SimulatedEntry,
  type SimulatedEvent,
  simulate,
} from '../../../src/core/plan/simulate.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../support/property-runs.ts'
import { Random } from '../../support/random.ts'
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
    scheduleText(
      'later',
      'timezone: UTC, triggers: [{every: 30m}], suspend: {reason: move, until: "2026-01-05T01:31"}',
    ) +
    scheduleText('active', 'timezone: UTC, triggers: [{every: 30m}], activeFrom: "2026-01-05T00:45"'),
)

/** Everything about an entry that another instance, or a worker, could ever see of a decision. */
interface Told {
  readonly schedule: string
  readonly kind: string
  readonly nominal: string
  readonly reason: string
  readonly asked: string | null
  readonly count: number | null
}

function entriesIn(events: Iterable<SimulatedEvent>): readonly SimulatedEntry[] {
  return [...events].filter((event) => event.kind === 'entry')
}

function told(entries: readonly SimulatedEntry[]): readonly Told[] {
  return entries.map(({ schedule, entry }) => ({
    schedule: schedule.id,
    kind: entry.kind,
    nominal: new Date(entry.nominal).toISOString(),
    reason: entry.reason,
    asked: entry.kind === 'fire' ? entry.asked : null,
    count: entry.kind === 'fire' ? entry.missedCount : entry.settledCount,
  }))
}

function toldByEngine(simulation: Simulation): readonly (Told & { readonly storedAt: number })[] {
  return simulation.stream.stored(simulation.clock.now()).map(({ entry, record }) => ({
    schedule: `${entry.key.tenant}/${entry.key.schedule}`,
    kind: entry.kind,
    nominal: new Date(entry.nominal).toISOString(),
    reason: entry.reason,
    asked: entry.kind === 'fire' ? (entry.asked ?? null) : null,
    count: (entry.kind === 'fire' ? entry.missedCount : entry.settledCount) ?? null,
    storedAt: record.storedAt,
  }))
}

const bySchedule = (a: Told, b: Told): number =>
  a.schedule < b.schedule ? -1 : a.schedule === b.schedule ? 0 : 1

function schedulesOf(tree = TREE, from = at('00:00')): readonly PreviewedSchedule[] {
  const schedules = previewOf(tree, from).schedules()
  if (!schedules.ok) throw new Error('the tree does not compile')
  return schedules.value
}

/** Trees in which what an outage does depends on more than the triggers. */
const TREES = {
  'every policy': TREE,
  'calendars that close, hold and reopen': treeOf(
    ADAPTER_AND_JOB +
      calendarText(
        'lunch',
        'timezone: UTC, weekend: [], blackouts: [{days: [mon], from: "00:40", to: "01:40", name: lunch}]',
      ) +
      calendarText(
        'ending',
        'timezone: UTC, weekend: [], coverage: {from: 2020-01-01, to: 2026-01-04, afterEnd: hold}',
      ) +
      scheduleText('held', 'timezone: UTC, triggers: [{cron: "*/20 * * * *"}], calendar: lunch') +
      scheduleText(
        'left',
        'timezone: UTC, triggers: [{every: 9m}], calendar: lunch, misfire: {whenClosed: skip, after: 90s}',
      ) +
      scheduleText(
        'anyway',
        'timezone: UTC, triggers: [{every: 11m}], calendar: lunch, misfire: {whenClosed: fire, after: 30s}',
      ) +
      scheduleText('ended', 'timezone: UTC, triggers: [{every: 10m}], calendar: ending') +
      scheduleText('forever', 'timezone: UTC, triggers: [{every: 10m}], suspend: true'),
  ),
  'late limits, jitter and clocks that change': treeOf(
    ADAPTER_AND_JOB +
      scheduleText(
        'few',
        'timezone: UTC, triggers: [{every: 3m}], misfire: {policy: fire-all, maxCount: 4, after: 10s}',
      ) +
      scheduleText(
        'young',
        'timezone: UTC, triggers: [{every: 13m}], misfire: {policy: fire-all, maxLateness: 20m}, maxFires: 7',
      ) +
      scheduleText('wide', 'timezone: UTC, triggers: [{every: 6m}], jitter: 5m') +
      scheduleText(
        'bounded',
        'timezone: UTC, triggers: [{every: 5m}], startsAt: "2026-01-05T00:25", endsAt: "2026-01-05T01:45"',
      ) +
      scheduleText('starts', 'timezone: UTC, triggers: [{every: 15m}], activeFrom: "2026-01-05T00:30"'),
  ),
} as const

/** Stretches of up and down, each of some minutes, ending amid a second so that nothing is due just then. */
function outagesOf(random: Random, from: number, to: number): readonly Outage[] {
  const down: Outage[] = []
  for (let time = from; ; ) {
    const begin = time + random.between(4, 30) * 60_000 + random.between(0, 59) * 1_000 + 500
    const end = begin + random.between(0, 45) * 60_000 + random.between(1, 59) * 1_000
    if (end >= to) return down
    down.push({ from: begin, to: end })
    time = end - (end % 1_000)
  }
}

const STORED_WITHIN_MS = 400

describe('a simulated period', () => {
  const seeds = Array.from({ length: propertyRuns(2).numRuns }, (_, index) => index + 1)

  it.each(seeds.flatMap((seed) => Object.entries(TREES).map(([name, tree]) => ({ name, seed, tree }))))(
    'stores what the engine stores on a virtual clock, in the same order: $name, outages of seed $seed',
    async ({ tree, seed }) => {
      const from = at('00:00:17')
      const to = at('02:30:30')
      const down = outagesOf(new Random(seed), from, to)
      const simulation = new Simulation('2026-01-05T00:00:17Z')
      const source = new SimulatedSource(tree)
      let running = await simulation.started('first', source)
      for (const [index, outage] of down.entries()) {
        await simulation.clock.advanceTo(outage.from)
        await simulation.during(running.stop())
        await simulation.clock.advanceTo(outage.to)
        running = await simulation.started(`after-${index}`, source)
      }
      await simulation.clock.advanceTo(to)
      await simulation.during(running.stop())

      const entries = entriesIn(simulate(schedulesOf(tree, from), { from, to, down }))
      const stored = toldByEngine(simulation)
      expect(stored.length).toBeGreaterThan(10)
      expect(stored.map(({ storedAt: _, ...each }) => each).toSorted(bySchedule)).toEqual(
        [...told(entries)].toSorted(bySchedule),
      )
      const instants = entries.toSorted((a, b) =>
        a.schedule.id < b.schedule.id ? -1 : a.schedule.id === b.schedule.id ? 0 : 1,
      )
      for (const [index, { storedAt }] of stored.toSorted(bySchedule).entries()) {
        expect(Math.abs(storedAt - instants[index]!.at)).toBeLessThan(STORED_WITHIN_MS)
      }
    },
    PROPERTY_TIMEOUT_MS,
  )

  it('accounts for every time that would fire: fired, missed, suspended or left undecided', () => {
    for (const seed of Array.from({ length: propertyRuns(20).numRuns }, (_, index) => index + 100)) {
      for (const tree of Object.values(TREES)) {
        const from = at('00:00')
        const to = from + 20 * 3_600_000
        const schedules = schedulesOf(tree, from)
        const accounted = new Map(schedules.map(({ id }) => [id, 0]))
        const down = outagesOf(new Random(seed), from, to)
        for (const event of simulate(schedules, { from, to, down })) {
          if (event.schedule === null) continue
          const more =
            event.kind === 'undecided'
              ? event.count!
              : event.kind === 'entry'
                ? event.entry.kind === 'fire'
                  ? 1
                  : event.settles!
                : 0
          accounted.set(event.schedule.id, accounted.get(event.schedule.id)! + more)
        }
        for (const { id, compiled, activeFrom, trigger } of schedules) {
          let owed = 0
          const first = Math.max(from, activeFrom)
          for (let time = compiled.next(first - 1); time !== null && time < to; time = compiled.next(time))
            owed += 1
          // What maxFires leaves no room for is neither fired nor missed; a missed time does not count against it.
          if (trigger.maxFires === null) expect([id, accounted.get(id)]).toEqual([id, owed])
          else expect(accounted.get(id)).toBeLessThanOrEqual(owed)
        }
      }
    }
  })

  it('tells of a closed day once, however often the schedule asks', () => {
    const tree = treeOf(
      ADAPTER_AND_JOB +
        calendarText('weekdays', 'timezone: UTC, weekend: [sat, sun]') +
        scheduleText('busy', 'timezone: UTC, triggers: [{every: 10s}], calendar: weekdays'),
    )
    const from = Date.parse('2026-01-10T00:00Z')
    const events = simulate(schedulesOf(tree, from), { from, to: from + 2 * 86_400_000, down: [] })
    const gaps = [...events].flatMap((event) => (event.kind === 'not-fired' ? [event] : []))
    expect(gaps.map(({ at, count }) => [new Date(at).toISOString(), count])).toEqual([
      ['2026-01-10T00:00:00.000Z', 8_640],
      ['2026-01-11T00:00:00.000Z', 8_640],
    ])
  })

  it('tells what happens in the order in which it does', () => {
    const down = [{ from: at('03:00'), to: at('04:00') }]
    const times = [...simulate(schedulesOf(), { from: at('00:00'), to: at('06:00'), down })].map(
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
    expect(told(entriesIn(events)).map(({ nominal }) => nominal)).toEqual([
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
