import { describe, expect, it } from 'vitest'
import { err } from '../../src/core/result.ts'
import { compileSchedule } from '../../src/core/schedule/compile.ts'
import type { CompiledSchedule } from '../../src/core/schedule/compiled-schedule.ts'
import type { CompiledTrigger } from '../../src/core/trigger/compiled-trigger.ts'
import { DEFAULT_MISFIRE } from '../../src/core/trigger/policy.ts'
import { FireWriter } from '../../src/engine/fire-writer.ts'
import { LogPositions } from '../../src/engine/log-positions.ts'
import { LogTail } from '../../src/engine/log-tail.ts'
import { TriggerLoop } from '../../src/engine/trigger-loop.ts'
import { nextTurn } from '../../src/lifecycle/turn.ts'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import { createMemoryFireLog } from '../../src/memory/fire-log.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const everySecond = (name: string) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')

const onBehind = () => Promise.resolve(true)

describe('a leader', () => {
  it('looks at its tree although something is in flight at every moment', async () => {
    const simulation = new Simulation(START)
    const first = await simulation.started(
      'a',
      new SimulatedSource(treeOf(ADAPTER_AND_JOB + everySecond('tick'))),
    )
    await simulation.during(first.stop())
    await simulation.clock.advance(1_500)
    const faults = ({ name }: MemoryOperation) =>
      name === 'append' ? ({ kind: 'delay-answer', ms: 1_100 } as const) : null
    const more = treeOf(ADAPTER_AND_JOB + everySecond('tick') + everySecond('more'))
    await simulation.started('b', new SimulatedSource(more), { faults })
    await simulation.clock.advance(10_000)
    expect(simulation.live.get('Schedule.default.more')).not.toBeNull()
  })

  it('gives way to others while it works off a long range of closed days', async () => {
    const simulation = new Simulation(START)
    const closed = calendarText(
      'closed',
      'timezone: UTC, weekend: [mon, tue, wed, thu, fri, sat, sun], coverage: {from: 2020-01-01, to: 2035-12-31}, rules: []',
    )
    const never = scheduleText('never', 'timezone: UTC, calendar: closed, triggers: [{every: 1s}]')
    const source = new SimulatedSource(treeOf(ADAPTER_AND_JOB + closed + never + everySecond('tick')))
    const first = await simulation.started('a', source)
    await simulation.during(first.stop())
    await simulation.clock.advance(12 * 3_600_000)
    const reports = () => simulation.events.all.filter(({ type }) => type === 'not-fired').length
    const until = reports() + 40
    const waking = simulation.started('b', source)
    // Half a day of seconds in slices of a thousand: the event loop must have gone round between any two of them.
    const rounds: number[] = []
    while (reports() < until) {
      const before = reports()
      await nextTurn()
      rounds.push(reports() - before)
    }
    await waking
    expect(Math.max(...rounds)).toBe(1)
  })
})

describe('a schedule that cannot be decided', () => {
  const throwing = (): never => {
    throw new Error('broken inside')
  }
  const broken: CompiledSchedule = {
    next: throwing,
    previous: throwing,
    nextCandidate: throwing,
    occurrences: throwing,
    on: throwing,
    dueOf: throwing,
    admission: throwing,
    unasked: throwing,
  }
  const triggerOf = (schedule: string, compiled: CompiledSchedule): CompiledTrigger => ({
    key: { tenant: 'default', schedule },
    compiled,
    misfire: DEFAULT_MISFIRE,
    maxFires: null,
    suspension: null,
    timingDigest: schedule,
    job: 'import',
    adapter: 'market',
    lane: '0',
    message: 'Import',
    jobVersion: 1,
    payload: '{}',
    priority: 0,
    calendars: [],
    generation: 1,
    revision: 'r1',
    activeFrom: Date.parse(START),
  })

  it('keeps no other one from firing, and is reported', async () => {
    const simulation = new Simulation(START)
    const { clock } = simulation
    const log = createMemoryFireLog(simulation.stream, { clock })
    const failures: string[] = []
    const loop = new TriggerLoop({
      clock,
      writer: new FireWriter({ log, clock, mayWrite: () => true, onAlarm: () => undefined, onBehind }),
      positions: new LogPositions(log, new LogTail(clock, () => clock.now())),
      horizon: () => clock.now(),
      mayWrite: () => true,
      pausesOver: () => [],
      tz: 'test',
      retentionSeconds: 604_800,
      observer: {
        onDecision: () => undefined,
        onCondition: () => undefined,
        onFailure: ({ key }, error) => failures.push(`${key.schedule}: ${String(error)}`),
      },
    })
    const spec = { job: 'import', timezone: 'UTC', triggers: [{ every: '1s' }] }
    const sound = compileSchedule(spec, { identity: 'default/tick', calendar: () => err([]) })
    loop.install(triggerOf('broken', broken))
    loop.install(triggerOf('tick', sound.ok ? sound.value : broken))
    const stop = new AbortController()
    const led = loop.lead(1, stop.signal)
    await simulation.during(loop.caughtUp(stop.signal))
    await clock.advance(3_000)
    expect(simulation.fires('tick').length).toBeGreaterThanOrEqual(3)
    expect(failures).toEqual(['broken: Error: broken inside'])
    stop.abort()
    await led
  })
})
