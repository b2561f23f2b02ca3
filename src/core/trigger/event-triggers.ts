/** A schedule's event triggers, ready to say of a message whether it asks for a run, and what that run carries. */
import type { AdapterSpec, Data, DataSchema, EventTrigger, JobSpec } from '../kinds.ts'
import { concurrencyKeyOf } from '../manifest/concurrency-key.ts'
import { mergeData } from '../manifest/data.ts'
import { type CompiledDataSchema, compileDataSchema } from '../manifest/data-schema.ts'
import { LIMITS } from '../manifest/limits.ts'
import { err, ok } from '../result.ts'
import { bodyOf, eventDataOf } from './event-data.ts'
import type { EventWait } from './event-waits.ts'
import { describeDataProblems } from './one-off-data.ts'
import { contentOf } from './one-off-template.ts'

export interface EventContext {
  readonly job: JobSpec
  readonly adapter: AdapterSpec | undefined
  /** Of the schedule, merged over its job's. */
  readonly data: Data
}

export function eventWaitOf({ event }: EventTrigger, context: EventContext): EventWait {
  const { job, adapter, data } = context
  const { stream, subject, filter } = event
  const passes = schemaCheck(filter)
  const fits = schemaCheck(job.dataSchema)
  return {
    stream,
    subject,
    carried(message) {
      const body = bodyOf(message.payload)
      if (!body.ok) return body
      if (filter !== undefined) {
        if (body.value.kind !== 'json') return null
        if (passes(body.value.value as Data) !== null) return null
      }
      const given = eventDataOf(message, body.value)
      if (!given.ok) return given
      const merged = mergeData(data, given.value)
      const bytes = new TextEncoder().encode(JSON.stringify(merged)).length
      if (bytes > LIMITS.dataBytes)
        return err(`its data would have ${bytes} bytes, and at most ${LIMITS.dataBytes} are taken`)
      const key = job.concurrencyKey === undefined ? null : concurrencyKeyOf(job.concurrencyKey, merged)
      if (key?.ok === false) return err(key.error.message)
      const misfit = fits(merged)
      return misfit === null ? ok(contentOf(merged, { job, adapter })) : err(misfit)
    },
  }
}

/** Compiled when it is first needed. null: it fits; else why not. */
function schemaCheck(schema: DataSchema | undefined): (data: Data) => string | null {
  if (schema === undefined) return () => null
  let compiled: CompiledDataSchema | undefined
  return (data) => {
    compiled ??= compileDataSchema(schema)
    const problems = compiled.ok ? compiled.check(data) : compiled.problems
    return problems.length === 0 ? null : describeDataProblems(problems)
  }
}
