/** What a worker needs to know of its adapter's consumer: all that it may ask the API for. */
import type { ConsumerInfo } from '@nats-io/jetstream'
import { API, errorFromApi } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { lanesOfSets, readLaneSets } from './lane-sets.ts'
import { consumerName } from './names.ts'

/** In the consumer's metadata: the leader stores a fire for each failure that asks for it. */
export const LEADER_RETRIES = 'belfry.leader-retries'

/** null: there is no such adapter, or it has not been applied yet. Throws if the server does not answer. */
export async function readConsumer(connection: Connection, tenant: string, adapter: string) {
  const name = consumerName(tenant, adapter)
  const doing = `asking for the consumer ${name}`
  const subject = `$JS.API.CONSUMER.INFO.${connection.names.fires}.${name}`
  const answer = await connection.request<ConsumerInfo>(subject, null, doing)
  if (!answer.ok) {
    const { code } = answer.error
    if (code === API.consumerNotFound || code === API.streamNotFound) return null
    throw errorFromApi(doing, answer.error)
  }
  const { ack_wait = 30_000_000_000, max_ack_pending = 1, metadata } = answer.value.config
  return {
    ackWaitMs: ack_wait / 1_000_000,
    concurrency: max_ack_pending,
    lanes: lanesOfSets(readLaneSets(metadata ?? {})),
    leaderRetries: metadata?.[LEADER_RETRIES] === '1',
  }
}
