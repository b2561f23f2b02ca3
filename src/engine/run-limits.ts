import { DEFAULT_ACK_WAIT_MS } from '../core/manifest/adapter-defaults.ts'
import type { RunPlace } from '../core/run/open-run.ts'
import { DEFAULT_MAX_ATTEMPTS } from '../core/run/run-policy.ts'
import type { Catalogue } from '../core/schedule/catalogue.ts'
import { parseDuration } from '../core/time/duration.ts'

export interface RunLimits {
  /** null: none is written. */
  readonly timeoutMs: number | null
  readonly ackWaitMs: number
  readonly maxAttempts: number
}

/** How long a run may go on and be silent, and how often it may be tried, as its job and adapter say now. */
export function runLimits(live: Catalogue, { tenant, job, adapter }: RunPlace): RunLimits {
  const { timeout, retry } = live.find('Job', tenant, job)?.manifest.spec ?? {}
  const { ackWait, retry: adapters } = live.find('Adapter', tenant, adapter)?.manifest.spec ?? {}
  return {
    timeoutMs: milliseconds(timeout),
    ackWaitMs: milliseconds(ackWait) ?? DEFAULT_ACK_WAIT_MS,
    maxAttempts: retry?.maxAttempts ?? adapters?.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
  }
}

function milliseconds(text: string | undefined): number | null {
  const parsed = text === undefined ? null : parseDuration(text)
  return parsed?.ok === true ? parsed.value : null
}
