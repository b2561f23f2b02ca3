import { describe, expect, it } from 'vitest'
import type { AdapterSpec, JobSpec } from '../../../src/core/kinds.ts'
import { checkConcurrencyKey, concurrencyKeyOf } from '../../../src/core/manifest/concurrency-key.ts'
import { backoffLimitMs, policyOf } from '../../../src/core/run/run-policy.ts'
import { PermanentError, RetryLater } from '../../../src/worker/outcome-errors.ts'
import { planRetry } from '../../../src/worker/retry-plan.ts'

const job = (more: Partial<JobSpec>): JobSpec => ({ adapter: 'zerodha', message: 'Run', ...more })
const adapter = (more: AdapterSpec): AdapterSpec => more

describe('what a fire says of how it shall be run', () => {
  it('is nothing where job and adapter say nothing', () => {
    expect(policyOf({ job: job({}), adapter: adapter({}), data: {} })).toBeUndefined()
  })

  it("is the job's, field by field, else the adapter's", () => {
    const policy = policyOf({
      job: job({
        retry: { backoff: { max: '1m' } },
        timeout: '30m',
        startWithin: '2h',
        concurrencyKey: 'p-{{data.portfolio.id}}',
      }),
      adapter: adapter({ retry: { maxAttempts: 7, backoff: { initial: '5s', max: '1h' } } }),
      data: { portfolio: { id: 12 } },
    })
    expect(policy).toEqual({
      maxAttempts: 7,
      backoff: { initialMs: 5_000, factor: 2, maxMs: 60_000 },
      timeoutMs: 1_800_000,
      startWithinMs: 7_200_000,
      key: 'p-12',
    })
  })
})

describe('a concurrency key', () => {
  it('takes nothing but paths into the data', () => {
    for (const text of ['{{portfolio}}', '{{data}}', '{{data.a', 'a}}', '{{data.a b}}', '{{env.HOME}}']) {
      expect(checkConcurrencyKey(text), text).toMatchObject([{ code: 'invalid-value' }])
    }
    expect(checkConcurrencyKey('{{data.a.b-c}}/{{ data.d }}')).toEqual([])
  })

  it('needs a plain value at each path', () => {
    expect(concurrencyKeyOf('{{data.a}}:{{data.b}}', { a: 'x', b: true })).toMatchObject({ value: 'x:true' })
    for (const data of [{}, { a: null }, { a: [1] }, { a: { secretRef: 'X' } }]) {
      expect(concurrencyKeyOf('{{data.a}}', data)).toMatchObject({
        ok: false,
        error: { code: 'invalid-data' },
      })
    }
  })
})

describe('the wait before the next attempt', () => {
  it('grows to its limit, and is drawn from all up to it', () => {
    const backoff = { initialMs: 1_000, factor: 3, maxMs: 20_000 }
    expect([1, 2, 3, 4, 50].map((attempt) => backoffLimitMs(backoff, attempt))).toEqual([
      1_000, 3_000, 9_000, 20_000, 20_000,
    ])
    const plan = (random: number) =>
      planRetry({
        error: new Error(),
        attempt: 2,
        policy: { backoff },
        leaderRetries: true,
        random: () => random,
      })
    expect([0, 0.5, 0.999].map(plan)).toMatchObject([{ delayMs: 0 }, { delayMs: 1_500 }, { delayMs: 2_997 }])
  })

  it('is the leader’s to keep when it is long, where there is one that keeps it', () => {
    const plan = (delay: string, leaderRetries: boolean) =>
      planRetry({ error: new RetryLater(delay), attempt: 1, policy: {}, leaderRetries })
    expect(plan('1m', true)).toMatchObject({ by: 'server', delayMs: 60_000 })
    expect(plan('61s', true)).toMatchObject({ by: 'leader', delayMs: 61_000 })
    expect(plan('61s', false)).toMatchObject({ by: 'server', delayMs: 61_000 })
  })

  it('is not kept for what cannot succeed, nor after the last attempt', () => {
    const facts = { policy: { maxAttempts: 2 }, leaderRetries: false }
    expect(planRetry({ ...facts, error: new PermanentError('no'), attempt: 1 })).toEqual({
      kind: 'dead',
      reason: 'permanent',
    })
    expect(planRetry({ ...facts, error: new RetryLater('1s'), attempt: 2 })).toEqual({
      kind: 'dead',
      reason: 'attempts',
    })
  })
})
