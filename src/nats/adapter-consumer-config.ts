/**
 * How the consumers of an adapter must be, and what is found of them.
 */
import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream'
import { millis, nanos } from '@nats-io/nats-core'
import { SHARED_LANE } from '../core/run/lane.ts'
import type { AdapterConsumer, KnownConsumer } from '../ports/adapter-consumers.ts'
import { LEADER_RETRIES } from './adapter-consumer-settings.ts'
import type { Connection } from './connection.ts'
import { lanesOfSets } from './lane-sets.ts'
import { type Group, heldLane, laneSetsOf, pendingOf } from './lane-turns.ts'
import { adapterFilter, consumerName } from './names.ts'

export const DIGEST = 'belfry.digest'
export const TENANT = 'belfry.tenant'
export const ADAPTER = 'belfry.adapter'
/** Of the consumers of partitions. */
export const LANE = 'belfry.lane'

/** The server knows no pause without an end. */
export const FOR_EVER = '2200-01-01T00:00:00Z'

/**
 * Attempts are counted and ended by belfry, which needs more deliveries than attempts: handing a run back is not an
 * attempt. This is only the net below.
 */
const MOST_DELIVERIES = 1_000

export function wantedConfig(
  connection: Connection,
  consumer: AdapterConsumer,
  lane: string,
): Partial<ConsumerConfig> {
  const { tenant, adapter, concurrency, ackWaitMs } = consumer
  const name = consumerName(tenant, adapter, lane)
  return {
    durable_name: name,
    name,
    description: `workers of the adapter ${tenant}/${adapter}`,
    filter_subject: adapterFilter(connection.names, tenant, adapter, lane),
    ack_policy: 'explicit',
    replay_policy: 'instant',
    ack_wait: nanos(ackWaitMs),
    // One at a time is what keeps the order, also while a failed run waits for its next attempt.
    max_ack_pending: lane === SHARED_LANE ? concurrency : 1,
    max_deliver: MOST_DELIVERIES,
    sample_freq: '100',
  }
}

/** Settings that belfry leaves out: an update with them keeps what another hand has set. */
export const UNSET = {
  filter_subjects: undefined,
  backoff: undefined,
  rate_limit_bps: undefined,
  headers_only: undefined,
  max_batch: undefined,
  max_expires: undefined,
  max_bytes: undefined,
  inactive_threshold: undefined,
} satisfies Partial<Record<keyof ConsumerConfig, undefined>>

/** Of the settings that every adapter's consumer has: what is there, and not as belfry makes it. */
function alteredFields(
  { names }: Connection,
  { config }: ConsumerInfo,
  { tenant, adapter, lane }: { readonly tenant: string; readonly adapter: string; readonly lane: string },
): readonly string[] {
  const fixed: Partial<ConsumerConfig> = {
    filter_subject: adapterFilter(names, tenant, adapter, lane),
    ack_policy: 'explicit',
    max_deliver: MOST_DELIVERIES,
    ...(lane === SHARED_LANE ? {} : { max_ack_pending: 1 }),
  }
  const wrong = (Object.keys(fixed) as (keyof ConsumerConfig)[]).filter(
    (field) => config[field] !== fixed[field],
  )
  const added = (Object.keys(UNSET) as (keyof typeof UNSET)[]).filter((field) => {
    const value: unknown = config[field]
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  })
  return [...wrong, ...added].map((field) => (lane === SHARED_LANE ? field : `${lane}: ${field}`))
}

export function isOurs({ config }: ConsumerInfo): boolean {
  return config.metadata?.[DIGEST] !== undefined && config.metadata[ADAPTER] !== undefined
}

/** null: belfry did not make its shared lane, or somebody has deleted one of its lanes. */
export function knownFrom(connection: Connection, group: Group): KnownConsumer | null {
  const { tenant, adapter, lanes } = group
  const shared = lanes.get(SHARED_LANE)
  if (shared === undefined || !isOurs(shared)) return null
  if (!lanesOfSets(laneSetsOf(group)).every((lane) => lanes.has(lane))) return null
  const { [DIGEST]: digest = '', [LEADER_RETRIES]: retries } = shared.config.metadata ?? {}
  const infos = [...lanes.values()]
  const held = heldLane(group)
  return {
    tenant,
    adapter,
    lanes: [...lanes.keys()],
    // One that a version without this mark made is not yet as it must be, whatever its manifest.
    digest: retries === '1' ? digest : '',
    paused: held !== undefined,
    pausedUntil: endOf(held?.config.pause_until),
    concurrency: shared.config.max_ack_pending ?? 1,
    ackWaitMs: millis(shared.config.ack_wait ?? 0),
    altered: [...lanes].flatMap(([lane, info]) => alteredFields(connection, info, { tenant, adapter, lane })),
    pending: infos.reduce((sum, info) => sum + pendingOf(info), 0),
    ackFloor: infos.length === 1 ? shared.ack_floor.stream_seq : Math.min(...infos.map(floorOf)),
  }
}

/** Of several lanes an empty one has answered everything that was stored before it was looked at. */
function floorOf(info: ConsumerInfo): number {
  return pendingOf(info) > 0 ? info.ack_floor.stream_seq : Number.MAX_SAFE_INTEGER
}

function endOf(pauseUntil: string | undefined): number | null {
  const end = Date.parse(pauseUntil ?? '')
  return Number.isNaN(end) || end >= Date.parse(FOR_EVER) ? null : end
}
