/** What `belfry/worker` gives: everything that a worker in TypeScript or JavaScript needs. */
export { type AbortReason, PermanentError, RetryLater, RunAborted } from './outcome-errors.ts'
export type { Handler, Handlers, Run, RunLog } from './run.ts'
export { runWorker } from './run-worker.ts'
export type { Secrets } from './secrets.ts'
export { defineWorker, type Worker } from './worker.ts'
export type { WorkerNats, WorkerOptions } from './worker-options.ts'
