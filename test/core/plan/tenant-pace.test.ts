import { describe, expect, it } from 'vitest'
import { DEFAULT_PRUNE_LIMIT } from '../../../src/core/plan/guard.ts'
import { planTree } from '../../../src/core/plan/plan-tree.ts'
import { refusalOf } from '../../../src/core/plan/refusal.ts'
import { treeAsLive } from '../../../src/core/plan/tree-as-live.ts'
import { ADAPTER_AND_JOB, scheduleText, treeOf } from '../../support/tree-of.ts'

const AT = Date.UTC(2026, 0, 5)
const tenantOf = (limits: string) =>
  `---\napiVersion: belfry/v1\nkind: Tenant\nmetadata: {name: default}\nspec: {limits: {${limits}}}\n`
const every = (name: string, interval: string) =>
  scheduleText(name, `timezone: UTC, triggers: [{every: ${interval}}]`)
// Jobs and adapters of its own, as a source has them; names of its own, because an identity belongs to one source.
const BILLING = ADAPTER_AND_JOB.replaceAll('market', 'bank').replaceAll('import', 'bill')
const bill = (name: string, interval: string) => every(name, interval).replace('job: import', 'job: bill')

function refusal(limits: string, source: string, ...texts: readonly string[]) {
  const live = treeAsLive(treeOf(ADAPTER_AND_JOB + tenantOf(limits) + every('a', '1h')), 'main')
  const plan = planTree(treeOf(...texts), live, source)
  return refusalOf(plan, live, { limit: DEFAULT_PRUNE_LIMIT, at: AT })
}

describe("a tenant's limits over all sources", () => {
  it('refuse a source whose fires come closer together than the tenant of another source allows', () => {
    expect(refusal('minInterval: 10m', 'billing', BILLING + bill('b', '10m'))).toBeNull()
    expect(refusal('minInterval: 10m', 'billing', BILLING + bill('b', '5m'))).toMatchObject({
      code: 'tenant-limit',
      message: expect.stringContaining('b: Two fires are 5m apart'),
    })
  })

  it('refuse what has more fires a day together with those of other sources', () => {
    expect(refusal('firesPerDay: 48', 'billing', BILLING + bill('b', '1h'))).toBeNull()
    expect(refusal('firesPerDay: 47', 'billing', BILLING + bill('b', '1h'))).toMatchObject({
      code: 'tenant-limit',
      message: expect.stringContaining(
        'The tenant `default` has 48 fires on 2026-01-05 (UTC), over all sources',
      ),
    })
  })

  it('leave a source alone that changes nothing of the tenant', () => {
    const other = (BILLING + bill('b', '1s')).replaceAll('metadata: {', 'metadata: {tenant: other, ')
    expect(refusal('minInterval: 10m, firesPerDay: 1', 'billing', other)).toBeNull()
  })

  it('leave what one source has alone to the validation of its tree', () => {
    expect(
      refusal('minInterval: 2h', 'main', ADAPTER_AND_JOB + tenantOf('minInterval: 2h') + every('a', '1h')),
    ).toBeNull()
  })
})
