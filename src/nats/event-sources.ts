/**
 * The durable pull consumers on the streams of users, one for each event trigger.
 *
 * Job: the `EventSources` port. Invariants:
 * - A consumer is made once for one stream of a name, and never moved: what was not acknowledged comes again.
 * - Nothing is ever waited on that belfry itself stores, for that would never end.
 * On failure: throws, and the same again is harmless. What only the owner of the stream can mend is a state, not a failure.
 */
import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'
import type {
  EventFeed,
  EventSourceState,
  EventSources,
  EventStart,
  EventWatch,
} from '../ports/event-sources.ts'
import { API, errorFromApi } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { Deliveries } from './deliveries.ts'
import { layoutObjects } from './layout-objects.ts'
import { eventConsumerName } from './names.ts'
import { streamState } from './streams.ts'

/** Who holds a message says so more often than this; one whose holder has died comes again after it. */
const ACK_WAIT_MS = 10_000
const MOST_PENDING = 1_000

export function createNatsEventSources(connection: Connection): EventSources {
  const { names } = connection
  const own = new Set(layoutObjects(names, {}).map(({ stream }) => stream))

  const find = async (stream: string, name: string): Promise<ConsumerInfo | null> => {
    const doing = `asking for the consumer ${name} of ${stream}`
    const answer = await connection.request<ConsumerInfo>(
      `$JS.API.CONSUMER.INFO.${stream}.${name}`,
      null,
      doing,
    )
    if (answer.ok) return answer.value
    if (answer.error.code === API.consumerNotFound || answer.error.code === API.streamNotFound) return null
    throw errorFromApi(doing, answer.error)
  }

  const remove = async (watch: EventWatch, created: string): Promise<void> => {
    const name = eventConsumerName(names, watch, created)
    const doing = `deleting the consumer ${name} of ${watch.stream}`
    const answer = await connection.request(`$JS.API.CONSUMER.DELETE.${watch.stream}.${name}`, null, doing)
    if (answer.ok) return
    const { code } = answer.error
    if (code !== API.consumerNotFound && code !== API.streamNotFound) throw errorFromApi(doing, answer.error)
  }

  return {
    async ensure(watch, start): Promise<EventSourceState> {
      const { stream } = watch
      const state = await streamState(connection, stream)
      if (state === null) return { kind: 'waits', because: `there is no stream ${stream}` }
      const { created, config } = state
      const from = [config.mirror, ...(config.sources ?? [])].flatMap((source) => source?.name ?? [])
      const ours = [stream, ...from].find((name) => own.has(name))
      if (ours !== undefined)
        return { kind: 'waits', because: `the stream ${ours} is belfry's own: each run would start the next` }
      const name = eventConsumerName(names, watch, String(created))
      if ((await find(stream, name)) === null) {
        const doing = `making the consumer ${name} of ${stream}`
        const request = {
          stream_name: stream,
          config: configOf(name, watch, { start, created: String(created) }),
          action: 'create',
        }
        const answer = await connection.request(`$JS.API.CONSUMER.CREATE.${stream}.${name}`, request, doing)
        if (!answer.ok) {
          const failure = errorFromApi(doing, answer.error)
          if (failure.retryable) throw failure
          return { kind: 'waits', because: answer.error.description }
        }
        // Made again meanwhile, the stream would have a consumer that belongs to the one before.
        const now = await streamState(connection, stream)
        if (now?.created !== created) {
          await remove(watch, String(created))
          throw new BelfryError('nats-unavailable', `the stream ${stream} was just made again`, {
            retryable: true,
          })
        }
      }
      return { kind: 'ready', created: String(created) }
    },
    async floor(watch, created) {
      const info = await find(watch.stream, eventConsumerName(names, watch, created))
      return info?.ack_floor.stream_seq ?? null
    },
    remove,
    open(watch, created, { room, onMessage }): EventFeed {
      const deliveries = new Deliveries({
        connection,
        stream: watch.stream,
        consumer: eventConsumerName(names, watch, created),
        room,
        onDelivery: (delivery) => {
          const { message, sequence, storedAt } = delivery
          onMessage({
            sequence,
            storedAt,
            subject: message.subject,
            payload: message.data,
            ack: () => delivery.ack(),
            giveBack: () => delivery.nak(),
            working: () => delivery.working(),
          })
        },
      })
      deliveries.start()
      return { refill: () => deliveries.refill(), stop: () => deliveries.stop() }
    },
  }
}

function configOf(
  name: string,
  watch: EventWatch,
  { start, created }: { readonly start: EventStart; readonly created: string },
): Partial<ConsumerConfig> {
  const { tenant, schedule, subject } = watch
  return {
    durable_name: name,
    name,
    description: `starts runs of the schedule ${tenant}/${schedule}`,
    filter_subject: subject,
    ack_policy: 'explicit',
    replay_policy: 'instant',
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: MOST_PENDING,
    max_deliver: -1,
    ...('after' in start
      ? { deliver_policy: 'by_start_time', opt_start_time: new Date(start.after + 1).toISOString() }
      : { deliver_policy: 'by_start_sequence', opt_start_seq: start.of === created ? start.sequence : 1 }),
  }
}
