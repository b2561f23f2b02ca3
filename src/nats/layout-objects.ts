import type { StreamConfig } from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { bucketStream, type Names } from './names.ts'

/** What the operator chooses. Left out, an existing object keeps what it has, and a new one gets the default. */
export interface LayoutOptions {
  readonly replicas?: number
  /** Room for the log. Full, fires wait: late, not lost. */
  readonly firesMaxBytes?: number
}

/** One stream as it must be. */
export interface LayoutObject {
  /** For people: `stream BELFRY_FIRES`, `bucket belfry-live`. */
  readonly title: string
  readonly stream: string
  /** Every field that matters; others are the server's business. */
  readonly fixed: Partial<StreamConfig>
  /** Chosen by the operator: applied when given, otherwise only at creation. */
  readonly chosen: Partial<StreamConfig>
  readonly defaults: Partial<StreamConfig>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FIRES_MAX_BYTES = 10 * 1024 ** 3
/** Log lines live in the server's memory, where a chatty worker must find an end. */
const LOG_LINES = 200_000
const LOG_LINES_OF_A_RUN = 2_000

/** Everything that belfry needs on the server (docs/spec/wire.md says what each holds). */
export function layoutObjects(names: Names, options: LayoutOptions): readonly LayoutObject[] {
  const common = {
    chosen: options.replicas === undefined ? {} : { num_replicas: options.replicas },
    defaults: { num_replicas: 1 },
  }
  return [
    {
      title: `stream ${names.fires}`,
      stream: names.fires,
      fixed: {
        ...limits([names.fireSubjects]),
        // A log that drops its oldest to take the newest would forget what was fired.
        discard: 'new',
        max_age: 0,
        deny_delete: true,
        deny_purge: true,
        allow_msg_ttl: true,
        allow_atomic: true,
        allow_direct: true,
      },
      chosen: {
        ...common.chosen,
        ...(options.firesMaxBytes === undefined ? {} : { max_bytes: options.firesMaxBytes }),
      },
      defaults: { ...common.defaults, max_bytes: FIRES_MAX_BYTES },
    },
    {
      title: `stream ${names.events}`,
      stream: names.events,
      fixed: {
        ...limits([names.eventSubjects]),
        discard: 'old',
        max_age: nanos(400 * DAY_MS),
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
      },
      ...common,
    },
    {
      title: `stream ${names.runs}`,
      stream: names.runs,
      fixed: {
        ...limits([names.runSubjects]),
        discard: 'old',
        max_age: nanos(30 * DAY_MS),
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
      },
      ...common,
    },
    {
      title: `stream ${names.logs}`,
      stream: names.logs,
      fixed: {
        ...limits([names.logSubjects]),
        storage: 'memory',
        discard: 'old',
        max_age: nanos(HOUR_MS),
        max_msgs: LOG_LINES,
        max_msgs_per_subject: LOG_LINES_OF_A_RUN,
        allow_direct: true,
      },
      ...common,
    },
    {
      title: `stream ${names.dead}`,
      stream: names.dead,
      // A dead letter that is requeued or discarded goes, so that deleting is allowed.
      fixed: {
        ...limits([names.deadSubjects]),
        discard: 'old',
        max_age: nanos(90 * DAY_MS),
        max_msgs_per_subject: 1,
        allow_direct: true,
      },
      ...common,
    },
    {
      title: `stream ${names.advisories}`,
      stream: names.advisories,
      fixed: {
        ...limits([...names.advisorySubjects]),
        discard: 'old',
        max_age: nanos(7 * DAY_MS),
        allow_direct: true,
      },
      ...common,
    },
    bucket(names.live, { max_msgs_per_subject: 5, allow_direct: true }, common),
    bucket(names.cursors, { max_msgs_per_subject: 1, allow_direct: true }, common),
    bucket(names.overrides, { max_msgs_per_subject: 5, allow_direct: true }, common),
    // Without direct reads every read is the leader's: a stale replica must not say who leads.
    bucket(names.lease, { max_msgs_per_subject: 1, allow_direct: false }, common),
    bucket(names.instances, { max_msgs_per_subject: 1, allow_direct: true, max_age: nanos(DAY_MS) }, common),
    bucket(names.workers, { max_msgs_per_subject: 1, allow_direct: true, max_age: nanos(DAY_MS) }, common),
    bucket(names.planned, { max_msgs_per_subject: 1, allow_direct: true }, common),
    bucket(names.tracker, { max_msgs_per_subject: 1, allow_direct: true }, common),
    // A lock that nobody renews goes by itself.
    bucket(names.locks, { max_msgs_per_subject: 1, allow_direct: true, allow_msg_ttl: true }, common),
  ]
}

function limits(subjects: string[]): Partial<StreamConfig> {
  return { subjects, retention: 'limits', storage: 'file', max_msgs: -1, max_msgs_per_subject: -1 }
}

/** A key-value bucket is a stream of this shape (NATS ADR-8), so that every client reads it as one. */
function bucket(
  name: string,
  own: Partial<StreamConfig>,
  common: Pick<LayoutObject, 'chosen' | 'defaults'>,
): LayoutObject {
  return {
    title: `bucket ${name}`,
    stream: bucketStream(name),
    fixed: {
      ...limits([`$KV.${name}.>`]),
      discard: 'new',
      max_age: 0,
      allow_rollup_hdrs: true,
      deny_delete: true,
      deny_purge: false,
      ...own,
    },
    ...common,
  }
}
