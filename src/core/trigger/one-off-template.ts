import type { AdapterSpec, Data, JobSpec } from '../kinds.ts'
import { policyOf } from '../run/run-policy.ts'
import type { CatalogueEntry } from '../schedule/catalogue.ts'
import type { CompiledTrigger } from './compiled-trigger.ts'
import type { FireTemplate } from './one-off.ts'

/** What depends on the data of one run. */
export type RunContent = Pick<FireTemplate, 'payload' | 'policy'>

export function contentOf(
  data: Data,
  { job, adapter }: { readonly job: JobSpec; readonly adapter: AdapterSpec | undefined },
): RunContent {
  const policy = policyOf({ job, adapter, data })
  return { payload: JSON.stringify(data), ...(policy === undefined ? {} : { policy }) }
}

/** What a schedule's fires carry; the content is its own unless other is given. */
export function templateOfSchedule(
  trigger: CompiledTrigger,
  tz: string,
  content: RunContent = ownContent(trigger),
): FireTemplate {
  const { job, adapter, lane, message, jobVersion, calendars, revision, generation } = trigger
  return {
    job,
    adapter,
    lane,
    message,
    jobVersion,
    ...content,
    calendars,
    tz,
    revision,
    generation,
  }
}

function ownContent({ payload, policy }: CompiledTrigger): RunContent {
  return { payload, ...(policy === undefined ? {} : { policy }) }
}

/** The same message once more. What made it a fire of its own stays behind: which attempt it was, what it stood for. */
export function templateOfFire(fire: FireTemplate): FireTemplate {
  const { job, adapter, lane, message, jobVersion, payload, calendars, tz, revision, generation, policy } =
    fire
  return {
    job,
    adapter,
    lane,
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
    lane: '0',
    message,
    jobVersion: version ?? 1,
    ...content,
    calendars: [],
    tz,
    revision,
    generation,
  }
}
