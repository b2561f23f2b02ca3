export { BelfryError } from '../core/errors.ts'
export { type BelfryClient, connectBelfry } from './client.ts'
export type {
  ApplyManifestsOptions,
  BackfillCounts,
  BackfillOptions,
  BackfillProgress,
  BackfillSummary,
  ClientOptions,
  InstantLike,
  PauseOptions,
  TriggeredRun,
  TriggerOptions,
} from './client-options.ts'
export type { InstallationSight, ScheduleSight } from './sight.ts'
