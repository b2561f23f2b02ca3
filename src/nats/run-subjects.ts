/**
 * Subjects and keys of what workers say and hold. All of a worker's are below its own tenant and adapter, so that it can be
 * permitted these and nothing else.
 */
import { tokenOf } from '../core/digest.ts'
import { type FireId, scheduleOfRun } from '../core/names.ts'
import type { Names } from './names.ts'

export interface RunPlace {
  readonly tenant: string
  readonly job: string
  readonly adapter: string
  readonly run: FireId
}

/** The subject of all events of one run. Its last token is `tokenOf(run)`: ids hold what subjects may not. */
export function runSubject(names: Names, { tenant, job, adapter, run }: RunPlace): string {
  return `${names.prefix}.run.${tenant}.${scheduleOfRun(run)}.${job}.${adapter}.${tokenOf(run)}`
}

/** The same of whoever knows the run's id alone. */
export function eventsOfRun(names: Names, run: FireId): string {
  const tenant = run.slice(0, run.indexOf('/'))
  return `${names.prefix}.run.${tenant}.${scheduleOfRun(run)}.*.*.${tokenOf(run)}`
}

/** Where lines and progress of a run go. */
export function logSubject(names: Names, { tenant, adapter, run }: Omit<RunPlace, 'job'>): string {
  return `${names.prefix}.log.${tenant}.${adapter}.${tokenOf(run)}`
}

/** Where a run is asked to stop; every worker of the adapter listens to `cancelSubjects`. */
export function cancelSubject(names: Names, { tenant, adapter, run }: Omit<RunPlace, 'job'>): string {
  return `${names.prefix}.cancel.${tenant}.${adapter}.${tokenOf(run)}`
}

export function cancelSubjects(names: Names, tenant: string, adapter: string): string {
  return `${names.prefix}.cancel.${tenant}.${adapter}.*`
}

/** One subject for each dead fire, so that a fire dies once. */
export function deadSubject(
  names: Names,
  {
    tenant,
    adapter,
    sequence,
  }: { readonly tenant: string; readonly adapter: string; readonly sequence: number },
): string {
  return `${names.prefix}.dead.${tenant}.${adapter}.${sequence}`
}

/** The key of a worker's health. */
export function workerKey(tenant: string, adapter: string, instance: string): string {
  return `${tenant}.${adapter}.${instance}`
}

/** The key of a lock on a concurrency key. */
export function lockKey(tenant: string, adapter: string, key: string): string {
  return `${tenant}.${adapter}.lock.${tokenOf(key)}`
}

/** The key of what is known of an idempotency key. */
export function doneKey(tenant: string, adapter: string, key: string): string {
  return `${tenant}.${adapter}.done.${tokenOf(key)}`
}
