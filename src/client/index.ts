export { BelfryError } from '../core/errors.ts'
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
  RetryRunOptions,
  TriggeredRun,
  TriggerOptions,
} from './client-options.ts'
export type { AttemptView, RunDetail, RunPage, RunQuery, RunView } from './run-views.ts'
export type { InstallationSight, ScheduleSight } from './sight.ts'
