/**
 * What the server says of deliveries: acknowledgement metrics (consumers with `sample_freq`), and the advisories of a
 * message that is given back, or not delivered any more. Formats: NATS schemas `io.nats.jetstream.metric.v1.consumer_ack`,
 * `io.nats.jetstream.advisory.v1.max_deliver`, `io.nats.jetstream.advisory.v1.terminated`, `io.nats.jetstream.advisory.v1.nak`.
 */
import type { DeliveryNotice } from '../ports/run-journal.ts'

const KINDS: ReadonlyArray<readonly [string, DeliveryNotice['kind']]> = [
  ['$JS.EVENT.METRIC.CONSUMER.ACK.', 'acknowledged'],
  ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.', 'exhausted'],
  ['$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.', 'terminated'],
  ['$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.', 'returned'],
]

/** null for what is none of these, or not about a consumer of belfry's naming. */
export function noticeFrom(subject: string, payload: string): DeliveryNotice | null {
  const kind = KINDS.find(([start]) => subject.startsWith(start))?.[1]
  const body = parsed(payload)
  if (kind === undefined || body === null) return null
  const { consumer, stream_seq: fireSequence, consumer_seq, deliveries } = body
  if (typeof consumer !== 'string' || typeof fireSequence !== 'number' || typeof deliveries !== 'number')
    return null
  const [tenant, adapter] = consumer.split('_')
  if (!tenant || !adapter) return null
  // Of an exhausted message the server does not tell it, and nobody needs it.
  const consumerSequence = typeof consumer_seq === 'number' ? consumer_seq : 0
  return { kind, tenant, adapter, fireSequence, deliveries, consumer, consumerSequence }
}

function parsed(payload: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(payload)
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>> | null) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
