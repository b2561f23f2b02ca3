import type { CatalogueEntry } from '../schedule/catalogue.ts'
import type { CompiledTrigger } from './compiled-trigger.ts'
import type { FireTemplate } from './one-off.ts'

/** What a schedule's fires carry, with other data if some were given. */
export function templateOfSchedule(trigger: CompiledTrigger, tz: string, payload?: string): FireTemplate {
  const { job, adapter, lane, message, jobVersion, calendars, revision, generation } = trigger
  return {
    job,
    adapter,
    lane,
    message,
    jobVersion,
    payload: payload ?? trigger.payload,
    calendars,
    tz,
    revision,
    generation,
  }
}

export interface JobTemplate {
  readonly revision: string
  readonly generation: number
  readonly tz: string
  readonly payload: string
}

/** What a job's runs carry that no schedule asks for: no calendar has a say in them. */
export function templateOfJob(
  { name, manifest }: CatalogueEntry<'Job'>,
  { revision, generation, tz, payload }: JobTemplate,
): FireTemplate {
  const { adapter, message, version } = manifest.spec
  return {
    job: name,
    adapter,
    lane: '0',
    message,
    jobVersion: version ?? 1,
    payload,
    calendars: [],
    tz,
    revision,
    generation,
  }
}
