/** What the names in a request stand for in live state, and what keeps it from running now. */
import { BelfryError } from '../core/errors.ts'
import type { ScheduleKey } from '../core/names.ts'
import { identityOf } from '../core/names.ts'
import type { RunPlace } from '../core/run/open-run.ts'
import type { CatalogueEntry } from '../core/schedule/catalogue.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { OneOffTarget } from '../core/trigger/one-off-target.ts'
import { holdingPause, stops } from '../core/trigger/override.ts'
import { formatPauseTarget } from '../core/trigger/pause-target.ts'
import type { LiveState } from './live-state.ts'
import type { Overrides } from './overrides.ts'
import type { TriggerLoop } from './trigger-loop.ts'

export interface ResolveOptions {
  readonly live: LiveState
  readonly loop: Pick<TriggerLoop, 'standing'>
  readonly overrides: Overrides
}

export interface ResolvedSchedule {
  readonly kind: 'schedule'
  readonly key: ScheduleKey
  readonly trigger: CompiledTrigger
  /** Up to where its times are decided, epoch milliseconds. */
  readonly cursor: number
  readonly schedule: CatalogueEntry<'Schedule'>
  readonly job: CatalogueEntry<'Job'>
}

export interface ResolvedJob {
  readonly kind: 'job'
  readonly job: CatalogueEntry<'Job'>
  readonly revision: string
  readonly generation: number
}

export type Resolved = ResolvedSchedule | ResolvedJob

/** Throws `unknown-object` or `ambiguous-target`. */
export function resolveTarget({ kind, tenant, name }: OneOffTarget, options: ResolveOptions): Resolved {
  const { live } = options
  const isSchedule = live.find('Schedule', tenant, name) !== undefined
  const isJob = live.find('Job', tenant, name) !== undefined
  if (kind === null && isSchedule && isJob) {
    const forms = `schedule/${tenant}/${name} or job/${tenant}/${name}`
    const message = `"${name}" is both a schedule and a job of the tenant ${tenant}: say ${forms}`
    throw new BelfryError('ambiguous-target', message)
  }
  if (kind !== 'job' && isSchedule) return resolveSchedule({ tenant, schedule: name }, options)
  if (kind !== 'schedule' && isJob) return resolveJob(tenant, name, live)
  const what = kind ?? 'schedule or job'
  throw new BelfryError('unknown-object', `the tenant ${tenant} has no ${what} "${name}" that is live`)
}

/** Throws `unknown-object`. */
export function resolveSchedule(key: ScheduleKey, { live, loop }: ResolveOptions): ResolvedSchedule {
  const { tenant, schedule: name } = key
  const schedule = live.find('Schedule', tenant, name)
  if (schedule === undefined) {
    throw new BelfryError('unknown-object', `the tenant ${tenant} has no schedule "${name}" that is live`)
  }
  const standing = loop.standing(key)
  const job = live.find('Job', tenant, schedule.manifest.spec.job)
  if (standing !== null && job !== undefined) return { kind: 'schedule', key, schedule, job, ...standing }
  const message = `the schedule ${tenant}/${name} is live but cannot be compiled: belfry status says why`
  throw new BelfryError('unknown-object', message)
}

function resolveJob(tenant: string, name: string, live: LiveState): ResolvedJob {
  const job = live.find('Job', tenant, name)
  const record = live.snapshot.get(identityOf('Job', tenant, name))
  if (job === undefined || record === undefined)
    throw new BelfryError('unknown-object', `the tenant ${tenant} has no job "${name}" that is live`)
  const { revision, generation } = record.entry
  return { kind: 'job', job, revision, generation }
}

/** Why it is not to run now, as a sentence; null: nothing stands in its way. */
export function heldBack(resolved: Resolved, now: number, options: ResolveOptions): string | null {
  const { tenant, name: job } = resolved.job
  const schedule = resolved.kind === 'schedule' ? resolved.key.schedule : ''
  return heldRun({ tenant, schedule, job }, now, options)
}

/** The same of a run that was: its schedule and job may have left live state since. */
export function heldRun(
  { tenant, schedule, job }: Omit<RunPlace, 'adapter'>,
  now: number,
  { live, loop, overrides }: ResolveOptions,
): string | null {
  if (live.find('Job', tenant, job)?.manifest.spec.suspend === true)
    return `the job ${tenant}/${job} is suspended by its manifest`
  const suspension = loop.standing({ tenant, schedule })?.trigger.suspension ?? null
  if (suspension !== null && (suspension.until === null || suspension.until > now))
    return `the schedule ${tenant}/${schedule} is suspended by its manifest`
  for (const { target, override } of overrides.all()) {
    const pause = holdingPause(override, now)
    if (pause === null || !stops(target, { key: { tenant, schedule }, job })) continue
    return `${formatPauseTarget(target)} is paused by ${pause.by}: ${pause.reason}`
  }
  return null
}

/** What makes a run that is stored wait for its worker, as sentences. */
export function notesOf(
  { job }: Resolved,
  now: number,
  { live, overrides }: ResolveOptions,
): readonly string[] {
  const { tenant } = job
  const name = job.manifest.spec.adapter
  const notes: string[] = []
  if (live.find('Adapter', tenant, name)?.manifest.spec.suspend === true)
    notes.push(`the adapter ${tenant}/${name} is suspended: the run waits until it is not`)
  for (const { target, override } of overrides.all()) {
    const isIt = target.kind === 'adapter' && target.tenant === tenant && target.name === name
    const pause = isIt ? holdingPause(override, now) : null
    if (pause !== null)
      notes.push(`the adapter ${tenant}/${name} is paused by ${pause.by}: the run waits until it is resumed`)
  }
  return notes
}
