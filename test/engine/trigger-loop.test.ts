import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../src/lifecycle/turn.ts'
import type { MemoryOperation } from '../../src/memory/faults.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const everySecond = (name: string) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1s}]')

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
