import { describe, expect, it } from 'vitest'
import { planTree } from '../../../src/core/plan/plan-tree.ts'
import { refuseBeyondTenant } from '../../../src/core/plan/tenant-room.ts'
import { treeAsLive } from '../../../src/core/plan/tree-as-live.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../../support/tree-of.ts'

const TENANT =
  '---\napiVersion: belfry/v1\nkind: Tenant\nmetadata: {name: default}\nspec: {limits: {schedules: 3}}\n'
const schedules = (...names: readonly string[]) =>
  names.map((name) => scheduleText(name, 'timezone: UTC, triggers: [{every: 1h}]')).join('')
const live = treeAsLive(treeOf(ADAPTER_AND_JOB + TENANT + schedules('a', 'b')), 'main')
const plan = (source: string, ...texts: readonly string[]) => planTree(treeOf(...texts), live, source)

describe('the room that a tenant has for schedules', () => {
  it('is shared by all sources: what another one adds beyond it is refused', () => {
    expect(refuseBeyondTenant(plan('billing', schedules('c')), live)).toBeNull()
    expect(refuseBeyondTenant(plan('billing', schedules('c', 'd')), live)).toMatchObject({
      code: 'tenant-limit',
      message: 'the tenant default would have 4 schedules over all sources; its limit is 3',
    })
  })

  it('is made by what the same plan deletes, and by a limit that the same plan raises', () => {
    const swapped = ADAPTER_AND_JOB + TENANT + schedules('b', 'c', 'd')
    expect(refuseBeyondTenant(plan('main', swapped), live)).toBeNull()
    const raised = ADAPTER_AND_JOB + TENANT.replace('3', '4') + schedules('a', 'b', 'c', 'd')
    expect(refuseBeyondTenant(plan('main', raised), live)).toBeNull()
  })

  it('of a tenant without a limit has no end', () => {
    const other = schedules('c', 'd', 'e').replaceAll('metadata: {', 'metadata: {tenant: other, ')
    expect(refuseBeyondTenant(plan('billing', other), live)).toBeNull()
  })
})
