import { describe, expect, it } from 'vitest'
import { planInSteps, planTree } from '../../../src/core/plan/plan-tree.ts'
import { treeAsLive } from '../../../src/core/plan/tree-as-live.ts'
import { ADAPTER_AND_JOB, calendarText, scheduleText, treeOf } from '../../support/tree-of.ts'

const days = (weekend: string) =>
  calendarText(
    'days',
    `timezone: UTC, weekend: [${weekend}], coverage: {from: 2026-01-01, to: 2026-12-31}, rules: []`,
  )
const guarded = scheduleText(
  'guarded',
  'timezone: UTC, calendar: days, protect: true, triggers: [{every: 1h}]',
)
const plain = scheduleText('plain', 'timezone: UTC, calendar: days, triggers: [{every: 1h}]')

const briefly = (plan: ReturnType<typeof planTree>) =>
  plan.actions.map(({ action, identity }) => `${action} ${identity}`)

describe('a plan', () => {
  it('orders what is applied: what others refer to comes before them, and goes after them', () => {
    const live = treeAsLive(treeOf(ADAPTER_AND_JOB, days('sat'), plain), 'main')
    const other = ADAPTER_AND_JOB.replaceAll('market', 'exchange').replaceAll('import', 'export')
    const plan = planTree(
      treeOf(other, scheduleText('new', 'triggers: [{every: 1h}]').replace('import', 'export')),
      live,
      'main',
    )
    expect(briefly(plan)).toEqual([
      'create Adapter/default/exchange',
      'create Job/default/export',
      'create Schedule/default/new',
      'delete Schedule/default/plain',
      'delete Job/default/import',
      'delete Adapter/default/market',
      'delete Calendar/default/days',
    ])
  })

  it('leaves a protected schedule that has left the tree as it is', () => {
    const live = treeAsLive(treeOf(ADAPTER_AND_JOB, days('sat'), guarded), 'main')
    const plan = planTree(treeOf(ADAPTER_AND_JOB, days('sat')), live, 'main')
    expect(plan.actions.every(({ action }) => action === 'unchanged')).toBe(true)
    expect(plan.actions.find(({ identity }) => identity === 'Schedule/default/guarded')).toMatchObject({
      protected: true,
    })
  })

  it('cuts a protected schedule that has left the tree when a calendar changes that the tree still has', () => {
    const live = treeAsLive(treeOf(ADAPTER_AND_JOB, days('sat'), guarded), 'main')
    const plan = planTree(treeOf(ADAPTER_AND_JOB, days('sat, sun')), live, 'main')
    expect(plan.actions.find(({ identity }) => identity === 'Schedule/default/guarded')).toMatchObject({
      action: 'update',
      timingChanged: true,
      documentChanged: false,
    })
  })

  it('of a large tree is made in steps', () => {
    const many = Array.from({ length: 1_000 }, (_, index) =>
      scheduleText(`s-${index}`, 'triggers: [{every: 1h}]'),
    )
    const tree = treeOf(ADAPTER_AND_JOB, ...many)
    const planning = planInSteps(tree, new Map(), 'main')
    let steps = 1
    let step = planning.next()
    for (; step.done !== true; steps++) step = planning.next()
    expect(steps).toBeGreaterThan(10)
    expect(step.value).toEqual(planTree(tree, new Map(), 'main'))
  })
})
