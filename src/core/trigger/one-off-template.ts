import type { AdapterSpec, Data, JobSpec } from '../kinds.ts'
import { laneOf, SHARED_LANE } from '../run/lane.ts'
import { policyOf } from '../run/run-policy.ts'
import type { CatalogueEntry } from '../schedule/catalogue.ts'
import type { CompiledTrigger } from './compiled-trigger.ts'
import type { FireTemplate } from './one-off.ts'

/** What depends on the data of one run. */
export type RunContent = Pick<FireTemplate, 'payload' | 'policy' | 'lane'>

export function contentOf(
  data: Data,
  { job, adapter }: { readonly job: JobSpec; readonly adapter: AdapterSpec | undefined },
): RunContent {
  const policy = policyOf({ job, adapter, data })
  const lane = laneOf(policy?.key, adapter?.partitions)
  return { payload: JSON.stringify(data), lane, ...(policy === undefined ? {} : { policy }) }
}

/** What a schedule's fires carry; the content is its own unless other is given. */
export function templateOfSchedule(
  trigger: CompiledTrigger,
  tz: string,
  content: RunContent = ownContent(trigger),
): FireTemplate {
  const { job, adapter, message, jobVersion, calendars, revision, generation } = trigger
  return {
    job,
    adapter,
    message,
    jobVersion,
    ...content,
    calendars,
    tz,
    revision,
    generation,
  }
}

function ownContent({ payload, lane, policy }: CompiledTrigger): RunContent {
  return { payload, lane, ...(policy === undefined ? {} : { policy }) }
}

/**
 * The same message once more. What made it a fire of its own stays behind: which attempt it was, what it stood for, and its
 * lane, which may be gone.
 */
export function templateOfFire(fire: FireTemplate): FireTemplate {
  const { job, adapter, message, jobVersion, payload, calendars, tz, revision, generation, policy } = fire
  return {
    job,
    adapter,
    lane: SHARED_LANE,
    message,
    jobVersion,
    payload,
    calendars,
    tz,
    revision,
    generation,
    ...(policy === undefined ? {} : { policy }),
  }
}

export interface JobTemplate {
  readonly revision: string
  readonly generation: number
  readonly tz: string
  readonly content: RunContent
}

/** What a job's runs carry that no schedule asks for: no calendar has a say in them. */
export function templateOfJob(
  { name, manifest }: CatalogueEntry<'Job'>,
  { revision, generation, tz, content }: JobTemplate,
): FireTemplate {
  const { adapter, message, version } = manifest.spec
  return {
    job: name,
    adapter,
    message,
    jobVersion: version ?? 1,
    ...content,
    calendars: [],
    tz,
    revision,
    generation,
  }
}
