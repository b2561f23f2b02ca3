import type { AdapterSpec, Data, JobSpec, Retry } from '../kinds.ts'
import { concurrencyKeyOf } from '../manifest/concurrency-key.ts'
import { parseDuration } from '../time/duration.ts'

/**
 * What a fire tells its workers about how to run it. It travels with the message, as its manifests were when it fired: a
 * worker needs to read nothing but its message, and an edit changes no run that has begun. Left out: the defaults.
 */
export interface RunPolicy {
  readonly maxAttempts?: number
  readonly backoff?: RetryBackoff
  /** The next attempt shall be another instance's, while there is a healthy one. */
  readonly target?: 'other-instance'
  readonly timeoutMs?: number
  /** Counted from when the fire was stored. */
  readonly startWithinMs?: number
  /** Runs of one adapter with one key never overlap. */
  readonly key?: string
}

export interface RetryBackoff {
  readonly initialMs: number
  readonly factor: number
  readonly maxMs: number
}

export const DEFAULT_MAX_ATTEMPTS = 5
export const DEFAULT_BACKOFF: RetryBackoff = { initialMs: 10_000, factor: 2, maxMs: 600_000 }

/** The longest wait before the attempt after `attempt`; the wait itself is drawn from all up to it. */
export function backoffLimitMs({ initialMs, factor, maxMs }: RetryBackoff, attempt: number): number {
  return Math.min(maxMs, initialMs * factor ** (attempt - 1))
}

export interface PolicyInputs {
  readonly job: JobSpec
  /** undefined: it is not live. */
  readonly adapter: AdapterSpec | undefined
  /** The job's and schedule's merged. */
  readonly data: Data
}

/**
 * What a job and its adapter ask for; undefined if nothing. What the tree's validation would have refused is left out, for
 * a fire must go out.
 */
export function policyOf({ job, adapter, data }: PolicyInputs): RunPolicy | undefined {
  const { timeout, startWithin, concurrencyKey } = job
  const key = concurrencyKey === undefined ? null : concurrencyKeyOf(concurrencyKey, data)
  const timeoutMs = milliseconds(timeout)
  const startWithinMs = milliseconds(startWithin)
  const policy: RunPolicy = {
    ...retryOf(job.retry, adapter?.retry),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startWithinMs === undefined ? {} : { startWithinMs }),
    ...(key?.ok === true ? { key: key.value } : {}),
  }
  return Object.keys(policy).length === 0 ? undefined : policy
}

/** Field by field the job's, else the adapter's. */
function retryOf(job: Retry | undefined, adapter: Retry | undefined): RunPolicy {
  const maxAttempts = job?.maxAttempts ?? adapter?.maxAttempts
  const backoff = { ...adapter?.backoff, ...job?.backoff }
  const target = job?.target ?? adapter?.target
  return {
    ...(target === 'other-instance' ? { target } : {}),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(Object.keys(backoff).length === 0
      ? {}
      : {
          backoff: {
            initialMs: milliseconds(backoff.initial) ?? DEFAULT_BACKOFF.initialMs,
            factor: backoff.factor ?? DEFAULT_BACKOFF.factor,
            maxMs: milliseconds(backoff.max) ?? DEFAULT_BACKOFF.maxMs,
          },
        }),
  }
}

function milliseconds(text: string | undefined): number | undefined {
  const parsed = text === undefined ? undefined : parseDuration(text)
  return parsed?.ok === true ? parsed.value : undefined
}
