import { tokenOf } from '../core/digest.ts'
import { BelfryError } from '../core/errors.ts'
import type { BelfryEvent } from '../core/events.ts'
import { isName, type ScheduleKey } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { EventWatch } from '../ports/event-sources.ts'
import type { FireTarget } from '../ports/fire-log.ts'

/** Where one entry goes, and the pattern whose last sequence fences it. */
export interface EntryAddress {
  readonly subject: string
  readonly pattern: string
}

/**
 * Names of everything that one installation has on a server, all made from its prefix. Subjects below `fire` are a
 * frozen wire format (docs/spec/wire.md): changing them needs a new stream.
 */
export interface Names {
  readonly prefix: string
  readonly fires: string
  readonly events: string
  readonly live: string
  readonly cursors: string
  readonly lease: string
  readonly instances: string
  readonly overrides: string
  readonly fireSubjects: string
  readonly runs: string
  readonly logs: string
  readonly dead: string
  readonly advisories: string
  readonly workers: string
  readonly locks: string
  readonly tracker: string
  readonly planned: string
  readonly eventSubjects: string
  readonly runSubjects: string
  readonly logSubjects: string
  readonly deadSubjects: string
  /** What the server itself says of the consumers of the log. */
  readonly advisorySubjects: readonly string[]
  readonly controlService: string
}

export function createNames(prefix = 'belfry'): Names {
  if (!isName(prefix)) {
    throw new BelfryError(
      'usage',
      `the prefix ${JSON.stringify(prefix)} is not a name (lower case letters, digits, hyphens)`,
    )
  }
  const upper = prefix.toUpperCase()
  return {
    prefix,
    fires: `${upper}_FIRES`,
    events: `${upper}_EVENTS`,
    live: `${prefix}-live`,
    cursors: `${prefix}-cursors`,
    lease: `${prefix}-lease`,
    instances: `${prefix}-instances`,
    overrides: `${prefix}-overrides`,
    fireSubjects: `${prefix}.fire.>`,
    runs: `${upper}_RUNS`,
    logs: `${upper}_LOGS`,
    dead: `${upper}_DEAD`,
    advisories: `${upper}_ADVISORIES`,
    workers: `${prefix}-workers`,
    locks: `${prefix}-locks`,
    tracker: `${prefix}-tracker`,
    planned: `${prefix}-planned`,
    eventSubjects: `${prefix}.event.>`,
    runSubjects: `${prefix}.run.>`,
    logSubjects: `${prefix}.log.>`,
    deadSubjects: `${prefix}.dead.>`,
    advisorySubjects: [
      `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${upper}_FIRES.>`,
      `$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.${upper}_FIRES.>`,
      `$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.${upper}_FIRES.>`,
      `$JS.EVENT.METRIC.CONSUMER.ACK.${upper}_FIRES.>`,
    ],
    controlService: prefix,
  }
}

/**
 * The subject of an entry and the pattern of its expectation, always made together: the server accepts a pattern that
 * does not cover the subject, and then fences nothing; and two patterns that differ in a byte do not fence each other.
 */
export function addressOf(names: Names, entry: LogEntry): EntryAddress {
  const identity = `${names.prefix}.fire.${entry.key.tenant}.${entry.key.schedule}.`
  const rest = entry.kind === 'fire' ? `${entry.job}.${entry.adapter}.${entry.lane}` : 'mark'
  return { subject: identity + rest, pattern: `${identity}>` }
}

/** Everything of one schedule: the pattern of `addressOf`. */
export function patternOf(names: Names, key: ScheduleKey): string {
  return `${names.prefix}.fire.${key.tenant}.${key.schedule}.>`
}

/** What a subject below `fire` says, or null if it has neither of the two shapes. */
export function parseFireSubject(subject: string): ParsedFireSubject | null {
  const tokens = subject.split('.')
  const [, fire, tenant, schedule, fifth, adapter, lane] = tokens
  if (fire !== 'fire' || !tenant || !schedule) return null
  const key = { tenant, schedule }
  if (tokens.length === 7 && fifth && adapter && lane) {
    return { key, kind: 'fire', target: { job: fifth, adapter, lane } }
  }
  if (tokens.length === 5 && fifth === 'mark') return { key, kind: 'marker', target: null }
  return null
}

export interface ParsedFireSubject {
  readonly key: ScheduleKey
  readonly kind: 'fire' | 'marker'
  readonly target: FireTarget | null
}

export function consumerName(tenant: string, adapter: string, lane = '0'): string {
  return lane === '0' ? `${tenant}_${adapter}` : `${tenant}_${adapter}_${lane}`
}

/** One lane of an adapter, the shared one if left out: six tokens after the prefix, so that no marker matches. */
export function adapterFilter(names: Names, tenant: string, adapter: string, lane = '0'): string {
  return `${names.prefix}.fire.${tenant}.*.*.${adapter}.${lane}`
}

/**
 * The consumer on a user's stream. When the stream was made is part of it, so that one that is made again is waited on
 * anew; the subject only as a hash, for it may hold what no name may.
 */
export function eventConsumerName(
  names: Names,
  { tenant, schedule, subject }: Pick<EventWatch, 'tenant' | 'schedule' | 'subject'>,
  created: string,
): string {
  return `${names.prefix}_${tenant}_${schedule}_${tokenOf(`${subject}\n${created}`)}`
}

/** All fires of an adapter, of whichever lane. */
export function adapterFires(names: Names, tenant: string, adapter: string): string {
  return `${names.prefix}.fire.${tenant}.*.*.${adapter}.*`
}

export function eventSubject(names: Names, event: BelfryEvent): string {
  const below = (...tokens: readonly string[]) => [names.prefix, 'event', ...tokens].join('.')
  if ('schedule' in event) return below('schedule', event.tenant, event.schedule, event.type)
  if ('adapter' in event) return below('adapter', event.tenant, event.adapter, event.type)
  if ('source' in event) return below('source', event.source, event.type)
  if ('target' in event) return below('pause', ...event.target.split('/'), event.type)
  if ('name' in event) return below('alarm', event.name)
  return below('leader', event.type)
}

/** The stream behind a key-value bucket, and the subject of a key: fixed by NATS. */
export function bucketStream(bucket: string): string {
  return `KV_${bucket}`
}

export function keySubject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`
}
