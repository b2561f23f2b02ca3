/** What an instance is made of: the ports it works through, and what it says of itself. */
import type { PruneLimit } from '../core/plan/guard.ts'
import type { AdapterConsumers } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { DeadLetters } from '../ports/dead-letters.ts'
import type { EventSources } from '../ports/event-sources.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { LeaseStore } from '../ports/lease.ts'
import type { RunJournal } from '../ports/run-journal.ts'
import type { TreeSource } from '../ports/source.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink, EventTrail, Logger } from '../ports/telemetry.ts'

export interface SchedulerOptions {
  readonly clock: Clock
  readonly live: Store
  readonly cursors: Store
  readonly instances: Store
  readonly overrides: Store
  readonly lease: LeaseStore
  readonly log: FireLog
  readonly consumers: AdapterConsumers
  readonly events: EventSink
  readonly trail: EventTrail
  readonly logger: Logger
  readonly source: TreeSource | null
  readonly pruneLimit: PruneLimit
  readonly instance: string
  readonly version: string
  readonly host: string
  readonly pid: number
  readonly tz: string
  readonly retentionSeconds: number
  readonly drawNonce: () => string
  /** For runs at instants to come; left out: none can be planned here. */
  readonly planned?: Store
  /** The streams of users on whose messages schedules wait; left out: none can be waited on here. */
  readonly eventSources?: EventSources
  /** Left out: nobody keeps runs here, and schedules are decided as if none was going. */
  readonly runs?: RunPorts
  readonly onLeading?: (term: number) => void
  readonly onStanding?: (leader: string | null) => void
}

export interface RunPorts {
  readonly journal: RunJournal
  readonly deadLetters: DeadLetters
  /** For snapshots of the open runs. */
  readonly store: Store
}
