/**
 * One durable pull consumer per adapter on the log.
 *
 * Job: the `AdapterConsumers` port. Invariants: a consumer starts after the newest fire, so that a new adapter is not
 * given a week of old ones; it is changed in place and deleted only when nothing is pending; `backoff` is never set,
 * because its first value would replace the acknowledgement wait. On failure: throws; the same again is harmless.
 */
import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream'
import { millis, nanos } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'
import type { AdapterConsumer, AdapterConsumers, KnownConsumer } from '../ports/adapter-consumers.ts'
import { LEADER_RETRIES } from './adapter-consumer-settings.ts'
import { API, errorFromApi } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { adapterFilter, consumerName } from './names.ts'
import { streamState } from './streams.ts'

const DIGEST = 'belfry.digest'
const TENANT = 'belfry.tenant'
const ADAPTER = 'belfry.adapter'

/** The server knows no pause without an end. */
const FOR_EVER = '2200-01-01T00:00:00Z'

/**
 * Attempts are counted and ended by belfry, which needs more deliveries than attempts: handing a run back is not an
 * attempt. This is only the net below.
 */
const MOST_DELIVERIES = 1_000

interface ConsumerPage {
  readonly total: number
  readonly consumers: readonly ConsumerInfo[] | null
}

export function createNatsAdapterConsumers(options: { readonly connection: Connection }): AdapterConsumers {
  const { connection } = options
  const { names } = connection

  const find = async (tenant: string, adapter: string): Promise<ConsumerInfo | null> => {
    const name = consumerName(tenant, adapter)
    const doing = `asking for the consumer ${name}`
    const answer = await connection.request<ConsumerInfo>(
      `$JS.API.CONSUMER.INFO.${names.fires}.${name}`,
      null,
      doing,
    )
    if (answer.ok) return answer.value
    if (answer.error.code === API.consumerNotFound) return null
    throw errorFromApi(doing, answer.error)
  }

  const write = (config: Partial<ConsumerConfig>, action: 'create' | 'update') =>
    connection.ask(
      `$JS.API.CONSUMER.CREATE.${names.fires}.${config.durable_name}`,
      { stream_name: names.fires, config, action },
      `writing the consumer ${config.durable_name}`,
    )

  /** An update of the configuration does not change a pause: it has a request of its own. */
  const pause = (name: string, paused: boolean, until = FOR_EVER) =>
    connection.ask(
      `$JS.API.CONSUMER.PAUSE.${names.fires}.${name}`,
      paused ? { pause_until: until } : {},
      `${paused ? 'pausing' : 'resuming'} the consumer ${name}`,
    )

  return {
    async list() {
      const known: KnownConsumer[] = []
      let offset = 0
      for (;;) {
        const page = await connection.ask<ConsumerPage>(
          `$JS.API.CONSUMER.LIST.${names.fires}`,
          { offset },
          'listing the consumers of the log',
        )
        const consumers = page.consumers ?? []
        offset += consumers.length
        known.push(...consumers.flatMap((info) => knownFrom(connection, info) ?? []))
        if (consumers.length === 0 || offset >= page.total) return known
      }
    },

    async ensure(consumer) {
      const info = await find(consumer.tenant, consumer.adapter)
      if (info === null) {
        const state = consumer.after === undefined ? await streamState(connection, names.fires) : undefined
        if (state === null) {
          throw new BelfryError('nats-unavailable', `the stream ${names.fires} is not there`, {
            retryable: true,
          })
        }
        await write(
          {
            ...wantedConfig(connection, consumer),
            ...startingAfter(consumer.after ?? state?.state.last_seq ?? 0),
            ...(consumer.paused ? { pause_until: FOR_EVER } : {}),
          },
          'create',
        )
        return 'created'
      }
      const known = knownFrom(connection, info)
      if (known === null) {
        throw new BelfryError(
          'nats-layout',
          `the stream ${names.fires} has a consumer ${info.name} that belfry did not make: delete or rename it`,
        )
      }
      const isSame =
        known.digest === consumer.digest &&
        known.concurrency === consumer.concurrency &&
        known.ackWaitMs === consumer.ackWaitMs &&
        known.altered.length === 0
      if (isSame && known.paused === consumer.paused) return 'unchanged'
      if (!isSame) await write({ ...info.config, ...wantedConfig(connection, consumer), ...UNSET }, 'update')
      if (known.paused !== consumer.paused) await pause(info.name, consumer.paused)
      return 'updated'
    },

    async hold(tenant, adapter, hold) {
      const info = await find(tenant, adapter)
      if (info === null || knownFrom(connection, info) === null) return
      const until = hold?.until ?? null
      await pause(info.name, hold !== null, until === null ? FOR_EVER : new Date(until).toISOString())
    },

    async limit(tenant, adapter, concurrency) {
      const info = await find(tenant, adapter)
      if (
        info === null ||
        knownFrom(connection, info) === null ||
        info.config.max_ack_pending === concurrency
      )
        return
      await write({ ...info.config, max_ack_pending: concurrency }, 'update')
    },

    async retire(tenant, adapter) {
      const info = await find(tenant, adapter)
      if (info === null || knownFrom(connection, info) === null) return
      await pause(info.name, true)
    },

    async removeIfDrained(tenant, adapter) {
      const info = await find(tenant, adapter)
      if (info === null) return true
      const known = knownFrom(connection, info)
      if (known === null || known.pending > 0) return false
      const doing = `deleting the consumer ${info.name}`
      const answer = await connection.request(
        `$JS.API.CONSUMER.DELETE.${names.fires}.${info.name}`,
        null,
        doing,
      )
      if (!answer.ok && answer.error.code !== API.consumerNotFound) throw errorFromApi(doing, answer.error)
      return true
    },
  }
}

function wantedConfig(connection: Connection, consumer: AdapterConsumer): Partial<ConsumerConfig> {
  const { tenant, adapter, concurrency, ackWaitMs, digest } = consumer
  return {
    durable_name: consumerName(tenant, adapter),
    name: consumerName(tenant, adapter),
    description: `workers of the adapter ${tenant}/${adapter}`,
    filter_subject: adapterFilter(connection.names, tenant, adapter),
    ack_policy: 'explicit',
    replay_policy: 'instant',
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: concurrency,
    max_deliver: MOST_DELIVERIES,
    sample_freq: '100',
    metadata: { [DIGEST]: digest, [TENANT]: tenant, [ADAPTER]: adapter, [LEADER_RETRIES]: '1' },
  }
}

/** Settings that belfry leaves out: an update with them keeps what another hand has set. */
const UNSET = {
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
  place: { readonly tenant: string; readonly adapter: string },
): readonly string[] {
  const fixed: Partial<ConsumerConfig> = {
    filter_subject: adapterFilter(names, place.tenant, place.adapter),
    ack_policy: 'explicit',
    max_deliver: MOST_DELIVERIES,
  }
  const wrong = (Object.keys(fixed) as (keyof ConsumerConfig)[]).filter(
    (field) => config[field] !== fixed[field],
  )
  const added = (Object.keys(UNSET) as (keyof typeof UNSET)[]).filter((field) => {
    const value: unknown = config[field]
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  })
  return [...wrong, ...added]
}

function startingAfter(sequence: number): Partial<ConsumerConfig> {
  return { deliver_policy: 'by_start_sequence', opt_start_seq: sequence + 1 }
}

/** null if belfry did not make it. */
function knownFrom(connection: Connection, info: ConsumerInfo): KnownConsumer | null {
  const metadata = info.config.metadata ?? {}
  const { [DIGEST]: digest, [TENANT]: tenant, [ADAPTER]: adapter, [LEADER_RETRIES]: retries } = metadata
  if (digest === undefined || tenant === undefined || adapter === undefined) return null
  return {
    tenant,
    adapter,
    // One that a version without this mark made is not yet as it must be, whatever its manifest.
    digest: retries === '1' ? digest : '',
    paused: info.paused === true,
    pausedUntil: info.paused === true ? endOf(info.config.pause_until) : null,
    concurrency: info.config.max_ack_pending ?? 1,
    ackWaitMs: millis(info.config.ack_wait ?? 0),
    altered: alteredFields(connection, info, { tenant, adapter }),
    pending: info.num_pending + info.num_ack_pending,
    ackFloor: info.ack_floor.stream_seq,
  }
}

function endOf(pauseUntil: string | undefined): number | null {
  const end = Date.parse(pauseUntil ?? '')
  return Number.isNaN(end) || end >= Date.parse(FOR_EVER) ? null : end
}
