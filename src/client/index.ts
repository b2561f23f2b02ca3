export { BelfryError } from '../core/errors.ts'
export type { StoredEvent } from '../nats/event-archive.ts'
export { type BelfryClient, connectBelfry } from './client.ts'
export type {
  ApplyManifestsOptions,
  BackfillCounts,
  BackfillOptions,
  BackfillProgress,
  BackfillSummary,
  CancelRunOptions,
  ClientOptions,
  InstantLike,
  PauseOptions,
  RequeueOptions,
  RetryRunOptions,
  TriggeredRun,
  TriggerOptions,
} from './client-options.ts'
export type { DeadLetterDetail, DeadLetterQuery, DeadLetterView } from './dead-letters.ts'
export type { EventPage, EventQuery, FollowEventsOptions } from './event-reading.ts'
export type { PlannedRunView } from './planned-runs.ts'
export type { AttemptView, RunDetail, RunPage, RunQuery, RunView } from './run-views.ts'
export type { InstallationSight, ScheduleSight } from './sight.ts'
export type { WorkerQuery, WorkerView } from './worker-views.ts'
