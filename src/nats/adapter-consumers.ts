/**
 * The durable pull consumers of adapters on the log: one each, and one more for each partition.
 *
 * Job: the `AdapterConsumers` port. Invariants: a consumer starts after the newest fire, so that a new adapter is not
 * given a week of old ones; it is changed in place and deleted only when nothing is pending; `backoff` is never set,
 * because its first value would replace the acknowledgement wait. On failure: throws; the same again is harmless.
 */
import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream'
import { BelfryError } from '../core/errors.ts'
import { SHARED_LANE } from '../core/run/lane.ts'
import type { AdapterConsumer, AdapterConsumers } from '../ports/adapter-consumers.ts'
import {
  ADAPTER,
  DIGEST,
  FOR_EVER,
  isOurs,
  knownFrom,
  LANE,
  TENANT,
  UNSET,
  wantedConfig,
} from './adapter-consumer-config.ts'
import { LEADER_RETRIES } from './adapter-consumer-settings.ts'
import { API, errorFromApi } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { laneSetsMarks, lanesOfSets, readLaneSets, waitingLanes, withPartitions } from './lane-sets.ts'
import { createLaneTurns, type Group, laneSetsOf, pendingOf } from './lane-turns.ts'
import { consumerName } from './names.ts'
import { streamState } from './streams.ts'

interface ConsumerPage {
  readonly total: number
  readonly consumers: readonly ConsumerInfo[] | null
}

export interface NatsAdapterConsumersOptions {
  readonly connection: Connection
  /** How long lanes must have been empty before those after them begin. */
  readonly lanesEmptyMs?: number
}

export function createNatsAdapterConsumers(options: NatsAdapterConsumersOptions): AdapterConsumers {
  const { connection, lanesEmptyMs = 5_000 } = options
  const { names } = connection

  const find = async (tenant: string, adapter: string, lane = SHARED_LANE): Promise<ConsumerInfo | null> => {
    const name = consumerName(tenant, adapter, lane)
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

  const remove = async (name: string): Promise<void> => {
    const doing = `deleting the consumer ${name}`
    const answer = await connection.request(`$JS.API.CONSUMER.DELETE.${names.fires}.${name}`, null, doing)
    if (!answer.ok && answer.error.code !== API.consumerNotFound) throw errorFromApi(doing, answer.error)
  }

  const groups = async (): Promise<ReadonlyMap<string, Group>> => {
    const found = new Map<string, Group>()
    let offset = 0
    for (;;) {
      const page = await connection.ask<ConsumerPage>(
        `$JS.API.CONSUMER.LIST.${names.fires}`,
        { offset },
        'listing the consumers of the log',
      )
      const consumers = page.consumers ?? []
      offset += consumers.length
      for (const info of consumers) {
        const {
          [TENANT]: tenant,
          [ADAPTER]: adapter,
          [LANE]: lane = SHARED_LANE,
        } = info.config.metadata ?? {}
        if (tenant === undefined || adapter === undefined) continue
        const name = consumerName(tenant, adapter)
        const group = found.get(name) ?? { tenant, adapter, lanes: new Map() }
        group.lanes.set(lane, info)
        found.set(name, group)
      }
      if (consumers.length === 0 || offset >= page.total) return found
    }
  }

  const groupOf = async (tenant: string, adapter: string): Promise<Group | null> => {
    const shared = await find(tenant, adapter)
    if (shared === null || !isOurs(shared)) return null
    const lanes = new Map([[SHARED_LANE, shared]])
    for (const lane of lanesOfSets(readLaneSets(shared.config.metadata ?? {}))) {
      const info = lane === SHARED_LANE ? null : await find(tenant, adapter, lane)
      if (info !== null) lanes.set(lane, info)
    }
    return { tenant, adapter, lanes }
  }

  /** Every lane but those that wait for others. */
  const holdAll = async (group: Group, paused: boolean, until?: string): Promise<void> => {
    const waiting = waitingLanes(laneSetsOf(group))
    for (const [lane, { name }] of group.lanes) if (!waiting.has(lane)) await pause(name, paused, until)
  }

  const ensureLane = async (consumer: AdapterConsumer, lane: LaneWish): Promise<void> => {
    const { info, marks, paused } = lane
    const config = { ...wantedConfig(connection, consumer, lane.name), metadata: marks }
    if (info !== null) {
      await write({ ...info.config, ...config, ...UNSET }, 'update')
      if ((info.paused === true) !== paused) await pause(info.name, paused)
      return
    }
    const state = consumer.after === undefined ? await streamState(connection, names.fires) : undefined
    if (state === null) {
      throw new BelfryError('nats-unavailable', `the stream ${names.fires} is not there`, { retryable: true })
    }
    const from = startingAfter(consumer.after ?? state?.state.last_seq ?? 0)
    await write({ ...config, ...from, ...(paused ? { pause_until: FOR_EVER } : {}) }, 'create')
  }

  const turning = createLaneTurns({
    groups,
    emptyMs: lanesEmptyMs,
    now: () => connection.clock.monotonic(),
    async begin(group, { sets, begun }) {
      const shared = group.lanes.get(SHARED_LANE)!
      const metadata = { ...shared.config.metadata, ...laneSetsMarks({ sets, begun }) }
      await write({ ...shared.config, metadata }, 'update')
    },
    pause,
    remove,
  })

  return {
    async list() {
      return [...(await groups()).values()].flatMap((group) => knownFrom(connection, group) ?? [])
    },

    async ensure(consumer) {
      const { tenant, adapter, partitions = 0, digest, paused } = consumer
      const shared = await find(tenant, adapter)
      if (shared !== null && !isOurs(shared)) {
        throw new BelfryError(
          'nats-layout',
          `the stream ${names.fires} has a consumer ${shared.name} that belfry did not make: delete or rename it`,
        )
      }
      const group = await groupOf(tenant, adapter)
      const known = group === null ? null : knownFrom(connection, group)
      const isSame =
        known?.digest === digest &&
        known.concurrency === consumer.concurrency &&
        known.ackWaitMs === consumer.ackWaitMs &&
        known.altered.length === 0
      if (isSame && known.paused === paused) return 'unchanged'
      const sets = withPartitions(group === null ? null : laneSetsOf(group), partitions)
      const waiting = waitingLanes(sets)
      // The shared one last: it says what there is, and a crash before leaves it as it was.
      for (const lane of [...lanesOfSets(sets)].reverse()) {
        const marks: Record<string, string> = {
          [TENANT]: tenant,
          [ADAPTER]: adapter,
          [LEADER_RETRIES]: '1',
          ...(lane === SHARED_LANE ? { [DIGEST]: digest, ...laneSetsMarks(sets) } : { [LANE]: lane }),
        }
        const info = group?.lanes.get(lane) ?? (group === null ? await find(tenant, adapter, lane) : null)
        await ensureLane(consumer, { name: lane, info, marks, paused: paused || waiting.has(lane) })
      }
      if (sets.sets.length > 1) turning.look()
      return group === null ? 'created' : 'updated'
    },

    turnLanes: () => turning.turn(),

    async hold(tenant, adapter, hold) {
      const group = await groupOf(tenant, adapter)
      if (group === null) return
      const until = hold?.until ?? null
      await holdAll(group, hold !== null, until === null ? FOR_EVER : new Date(until).toISOString())
    },

    async limit(tenant, adapter, concurrency) {
      const info = await find(tenant, adapter)
      if (info === null || !isOurs(info) || info.config.max_ack_pending === concurrency) return
      await write({ ...info.config, max_ack_pending: concurrency }, 'update')
    },

    async retire(tenant, adapter) {
      const group = await groupOf(tenant, adapter)
      if (group !== null) await holdAll(group, true)
    },

    async removeIfDrained(tenant, adapter) {
      if ((await find(tenant, adapter)) === null) return true
      const group = await groupOf(tenant, adapter)
      if (group === null || [...group.lanes.values()].some((info) => pendingOf(info) > 0)) return false
      for (const { name } of [...group.lanes.values()].reverse()) await remove(name)
      return true
    },
  }
}

interface LaneWish {
  readonly name: string
  readonly info: ConsumerInfo | null
  readonly marks: Record<string, string>
  readonly paused: boolean
}

function startingAfter(sequence: number): Partial<ConsumerConfig> {
  return { deliver_policy: 'by_start_sequence', opt_start_seq: sequence + 1 }
}
