import type { Upstream } from '../kinds.ts'
import type { ScheduleKey } from '../names.ts'
import type { RunPolicy } from '../run/run-policy.ts'
import type { Decidable } from './decision.ts'
import type { EventWaits } from './event-waits.ts'
import type { RateLimitSettings } from './rate-limit.ts'

/**
 * A schedule joined with its job, adapter and calendars: everything that deciding and publishing a fire needs, so that
 * the hot path looks nothing up.
 */
export interface CompiledTrigger extends Decidable {
  readonly key: ScheduleKey
  /** Equal digests decide the same nominal times; an edit that changes it cuts the log with a marker. */
  readonly timingDigest: string
  readonly job: string
  readonly adapter: string
  readonly lane: string
  /** Message type, the CloudEvent's `type`. */
  readonly message: string
  readonly jobVersion: number
  /** Job and schedule data merged, as JSON text. */
  readonly payload: string
  /** How its runs shall be run; left out, all by default. */
  readonly policy?: RunPolicy
  /** Of its adapter; left out, there is none. */
  readonly rateLimit?: RateLimitSettings
  /** 0 to 9, higher first: the order among fires due in the same tick. */
  readonly priority: number
  readonly calendars: readonly string[]
  readonly generation: number
  readonly revision: string
  /** The runs of others on whose ends it follows; left out, none. */
  readonly after?: readonly Upstream[]
  /** The streams on whose messages it waits; left out, none. */
  readonly events?: EventWaits
  /** Names that it had before; left out, none. */
  readonly formerNames?: readonly string[]
  /** Nothing at or before this instant is ever fired. Epoch milliseconds. */
  readonly activeFrom: number
}
