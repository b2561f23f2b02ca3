/** Runs as a client sees them: instants as dates, and everything else as it is stored. */
import type { Data } from '../core/kinds.ts'
import type { RunError } from '../core/run/run-event.ts'
import { type AttemptRecord, isEnd, type RunRecord, type RunState } from '../core/run/run-record.ts'
import type { RunLine, WholeRun } from '../nats/run-archive.ts'
import type { InstantLike } from './client-options.ts'

export interface RunQuery {
  readonly tenant?: string
  readonly schedule?: string
  readonly job?: string
  readonly adapter?: string
  /** Left out: all. */
  readonly states?: readonly RunState[]
  /** Runs whose fires were stored from here on; a day ago if left out. */
  readonly since?: InstantLike
  /** And before here; left out: now. */
  readonly until?: InstantLike
  /** The newest so many; 20 if left out. */
  readonly limit?: number
}

export interface RunPage {
  /** The newest first. */
  readonly runs: readonly RunView[]
  /** Everything since this moment was looked at. */
  readonly reaches: Date
  /** Why it looked no further back: there were enough, that was all, or there is too much to look through at once. */
  readonly ended: 'limit' | 'since' | 'too-many'
}

export interface RunView {
  readonly run: string
  readonly tenant: string
  /** The schedule, or the job that was asked to run by itself. */
  readonly schedule: string
  readonly job: string
  readonly adapter: string
  readonly state: RunState
  /** Attempts that have begun, as far as was told. */
  readonly attempt: number
  /** Why it was fired; null where the log has forgotten its fire. */
  readonly reason: string | null
  readonly nominal: Date | null
  /** When its fire was stored. */
  readonly storedAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  /** The worker that had it last. */
  readonly instance: string | null
  readonly error: RunError | null
}

export interface AttemptView extends Omit<AttemptRecord, 'startedAt' | 'endedAt' | 'retryAt'> {
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly retryAt: Date | null
}

export interface RunDetail extends RunView {
  readonly attempts: readonly AttemptView[]
  /** What the handler returned; undefined: nothing. */
  readonly result?: unknown
  /** The run that had done the work of its idempotency key already. */
  readonly duplicateOf: string | null
  /** Why it died: `attempts`, `permanent` and so on. */
  readonly deathReason: string | null
  readonly cancelledBy: { readonly by: string; readonly reason: string } | null
  readonly fire: {
    readonly sequence: number
    readonly message: string
    readonly jobVersion: number
    readonly revision: string
    readonly data: Data
    /** The run or message that it follows from. */
    readonly cause: string | null
  } | null
  /** The run that was made of its dead letter. */
  readonly requeuedAs: string | null
  readonly lines: readonly RunLine[]
}

export function runView(record: RunRecord): RunView {
  const { run, tenant, schedule, job, adapter, state, reason, attempts, last } = record
  const newest = attempts.findLast(({ outcome }) => outcome !== 'handed-back')
  const begun = attempts.filter(({ outcome }) => outcome !== 'handed-back').map(({ attempt }) => attempt)
  return {
    run,
    tenant,
    schedule,
    job,
    adapter,
    state,
    attempt: Math.max(0, ...begun),
    reason,
    nominal: dateOf(record.nominal),
    storedAt: new Date(record.storedAt),
    startedAt: dateOf(attempts.find(({ startedAt }) => startedAt !== null)?.startedAt ?? null),
    endedAt: dateOf(record.endedAt),
    instance: newest?.instance ?? null,
    error: isEnd(state) && state !== 'dead' ? null : last !== null && 'error' in last ? last.error : null,
  }
}

export function runDetail({ record, fire, requeuedAs, lines }: WholeRun): RunDetail {
  const { attempts, last, sequence } = record
  return {
    ...runView(record),
    attempts: attempts.map((attempt) => ({
      ...attempt,
      startedAt: dateOf(attempt.startedAt),
      endedAt: dateOf(attempt.endedAt),
      retryAt: dateOf(attempt.retryAt),
    })),
    ...(last?.type === 'succeeded' && last.result !== undefined ? { result: last.result } : {}),
    duplicateOf: last?.type === 'succeeded' ? (last.duplicateOf ?? null) : null,
    deathReason: last?.type === 'dead' ? last.reason : null,
    cancelledBy: last?.type === 'cancelled' ? { by: last.by, reason: last.reason } : null,
    fire:
      fire === null
        ? null
        : {
            sequence: sequence ?? 0,
            message: fire.message,
            jobVersion: fire.jobVersion,
            revision: fire.revision,
            data: JSON.parse(fire.payload) as Data,
            cause: fire.cause ?? null,
          },
    requeuedAs,
    lines,
  }
}

export function dateOf(at: number | null): Date | null {
  return at === null ? null : new Date(at)
}
