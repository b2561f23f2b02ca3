import { leaderSubject } from './control-wire.ts'
import type { Names } from './names.ts'

export interface MicroFacts {
  readonly names: Names
  readonly id: string
  readonly instance: string
  readonly version: string
  readonly leads: boolean
  /** ISO 8601. */
  readonly started: string
  readonly requests: number
  readonly errors: number
}

export const MICRO_VERBS = ['PING', 'INFO', 'STATS'] as const
export type MicroVerb = (typeof MICRO_VERBS)[number]

/** The subjects at which a micro service is asked about itself. */
export function microSubjects(verb: MicroVerb, service: string, id: string): readonly string[] {
  return ['', `.${service}`, `.${service}.${id}`].map((suffix) => `$SRV.${verb}${suffix}`)
}

/** An instance as NATS ADR-32 has it, so that `nats micro ls` and its like show it. */
export function describeMicro(verb: MicroVerb, facts: MicroFacts): object {
  const { names, id, version, instance, leads } = facts
  const identity = {
    name: names.controlService,
    id,
    version,
    metadata: { instance, leads: String(leads) },
  }
  const endpoint = { name: 'leader', subject: leaderSubject(names.prefix), queue_group: '' }
  if (verb === 'PING') return { ...identity, type: 'io.nats.micro.v1.ping_response' }
  if (verb === 'INFO') {
    const description = 'belfry: control of the scheduler'
    return { ...identity, type: 'io.nats.micro.v1.info_response', description, endpoints: [endpoint] }
  }
  const counts = {
    num_requests: facts.requests,
    num_errors: facts.errors,
    processing_time: 0,
    average_processing_time: 0,
  }
  return {
    ...identity,
    type: 'io.nats.micro.v1.stats_response',
    started: facts.started,
    endpoints: [{ ...endpoint, ...counts, last_error: '' }],
  }
}
