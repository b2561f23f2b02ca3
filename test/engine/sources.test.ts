import { describe, expect, it } from 'vitest'
import type { Identity } from '../../src/core/names.ts'
import { SimulatedSource, Simulation } from '../support/simulation.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../support/tree-of.ts'

const START = '2026-01-05T00:00:00Z'
const LIMIT = { count: 10, percent: 100 }
const every = (name: string, step: string, more = '') =>
  scheduleText(name, `timezone: UTC, triggers: [{every: ${step}}]${more}`)
const main = (...schedules: readonly string[]) => treeOf(ADAPTER_AND_JOB + schedules.join(''))
/** The same with an adapter and a job of its own. */
const billing = (...schedules: readonly string[]) =>
  treeOf((ADAPTER_AND_JOB + schedules.join('')).replaceAll('market', 'invoices').replaceAll('import', 'bill'))

async function running() {
  const simulation = new Simulation(START)
  const source = new SimulatedSource(main(every('prices', '1s')))
  const scheduler = await simulation.started('a', source)
  const apply = (tree: ReturnType<typeof treeOf>) =>
    simulation.during(scheduler.applyTree({ source: 'billing', tree, limit: LIMIT }))
  await apply(billing(every('invoices', '1s'), every('reminders', '1s')))
  const schedules = () =>
    simulation.live
      .entries()
      .filter(({ key }) => key.startsWith('Schedule.'))
      .map(({ key }) => key.split('.')[2])
      .sort()
  return { simulation, source, apply, schedules }
}

describe('several sources', () => {
  it('prune each only its own', async () => {
    const { simulation, source, apply, schedules } = await running()
    expect(schedules()).toEqual(['invoices', 'prices', 'reminders'])
    source.set(main(every('news', '1s')))
    await simulation.clock.advance(1_000)
    expect(schedules()).toEqual(['invoices', 'news', 'reminders'])
    expect(await apply(billing(every('invoices', '1s')))).toMatchObject({ counts: { deleted: 1 } })
    expect(schedules()).toEqual(['invoices', 'news'])
  })

  it.each([
    ['has it as well', every('prices', '5s')],
    ['would rename it', every('quotes', '1s', ', replaces: prices')],
  ])('keep an identity of another one as it is: a tree that %s is refused as a whole', async (_, text) => {
    const { simulation, apply } = await running()
    const before = simulation.live.get('Schedule.default.prices')
    const answer = await apply(billing(text, every('dunning', '1s')))
    expect(answer).toMatchObject({ kind: 'refused', code: 'owned-by-other-source' })
    expect(answer).toHaveProperty('message', expect.stringContaining('Schedule/default/prices'))
    await simulation.clock.advance(3_000)
    expect(simulation.live.get('Schedule.default.prices')).toEqual(before)
    expect(simulation.live.get('Schedule.default.dunning')).toBeNull()
    expect(simulation.fires('prices').length).toBeGreaterThan(2)
  })

  it('give an identity away only by letting it go first', async () => {
    const { simulation, source, apply } = await running()
    source.set(main(every('news', '1s')))
    await simulation.clock.advance(1_000)
    expect(await apply(billing(every('prices', '1s')))).toMatchObject({ kind: 'applied' })
    const { entry } = JSON.parse(`{"entry":${simulation.live.get('Schedule.default.prices')!.value}}`) as {
      entry: { source: string }
    }
    expect(entry.source).toBe('billing')
  })

  it('leave alone what none of them has applied, and say so', async () => {
    const { simulation, source, apply } = await running()
    const foreign = simulation.live.get('Schedule.default.prices')!.value.replaceAll('prices', 'foreign')
    simulation.live.write('Schedule.default.foreign', foreign, 0)
    source.set(main(every('news', '1s')))
    await apply(billing(every('invoices', '2s')))
    await simulation.clock.advance(2_000)
    expect(simulation.live.get('Schedule.default.foreign')?.value).toBe(foreign)
    expect(simulation.records('foreign')).toEqual([])
    const identity: Identity = 'Schedule/default/foreign' as Identity
    expect(simulation.events.all.filter(({ type }) => type === 'drifted')).toMatchObject([
      { facts: { object: identity, what: 'added' } },
    ])
  })
})
