import { describe, expect, it } from 'vitest'
import type { NotFired } from '../../src/core/events.ts'
import { MemoryEvents } from '../../src/memory/events.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:30Z'
/** Closed in the first minute of each hour, and in the third. */
const CALENDAR = calendarText(
  'gaps',
  'timezone: UTC, weekend: [], coverage: {from: 2020, to: 2100}, blackouts: [{from: "00:00", to: "00:01"}, {from: "00:02", to: "00:03"}]',
)
const schedule = (seconds: number) =>
  scheduleText('tick', `timezone: UTC, calendar: gaps, triggers: [{every: ${seconds}s}]`)
const tree = (seconds = 10) => treeOf(ADAPTER_AND_JOB + CALENDAR + schedule(seconds))
const at = (time: string) => Date.parse(`2026-01-05T${time}Z`)

function told({ events }: Simulation): readonly NotFired[] {
  return events.all.flatMap((event) => (event.type === 'not-fired' ? [event.facts] : []))
}

const range = (first: string, last: string, count: number) => ({
  first: `2026-01-05T${first}Z`,
  last: `2026-01-05T${last}Z`,
  count,
})

describe('times that a calendar closes', () => {
  it('are told by whoever leads next if the leader died after the next fire and before it could tell them', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree())
    const mute = await simulation.started('a', source, { events: new MemoryEvents() })
    await simulation.clock.advance(at('00:01:05') - simulation.clock.now())
    expect(simulation.fires('tick')).toHaveLength(1)
    await simulation.during(mute.stop())
    expect(told(simulation)).toEqual([])

    await simulation.started('b', source)
    expect(told(simulation)).toMatchObject([range('00:00:40', '00:00:50', 2)])
    expect(told(simulation)[0]?.because.join(' ')).toContain('blackout')
  })

  it('are not told again by a leader that finds them told', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree())
    const first = await simulation.started('a', source)
    await simulation.clock.advance(at('00:01:05') - simulation.clock.now())
    await simulation.during(first.stop())
    const before = told(simulation)
    expect(before).toHaveLength(1)

    await simulation.started('b', source)
    expect(told(simulation)).toEqual(before)
  })

  it('are told in pieces where a part is told already', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree())
    const facts = { ...range('00:02:10', '00:02:30', 3), because: ['told before'] }
    simulation.events.emit({ type: 'not-fired', tenant: 'default', schedule: 'tick', facts })
    const mute = await simulation.started('a', source, { events: new MemoryEvents() })
    await simulation.clock.advance(at('00:03:05') - simulation.clock.now())
    await simulation.during(mute.stop())

    await simulation.started('b', source)
    expect(told(simulation).slice(1)).toMatchObject([
      range('00:00:40', '00:02:00', 3),
      range('00:02:40', '00:02:50', 2),
    ])
  })

  it('are told before an edit puts another version in their place', async () => {
    const simulation = new Simulation(START)
    const source = new SimulatedSource(tree())
    const order: string[] = []
    const slow = new MemoryEvents()
    const sink = {
      emit: slow.emit.bind(slow),
      async flush() {
        order.push(
          `flushed with step ${/every":"(\d+)s/.exec(simulation.live.get('Schedule.default.tick')!.value)?.[1]}`,
        )
      },
    }
    const scheduler = await simulation.started('a', source, { events: sink })
    order.splice(0)
    source.set(tree(20))
    await simulation.clock.advance(1_000)
    expect(order[0]).toBe('flushed with step 10')
    expect(simulation.live.get('Schedule.default.tick')!.value).toContain('"every":"20s"')
    await simulation.during(scheduler.stop())
  })
})
