/**
 * What the server says of deliveries: acknowledgement metrics (consumers with `sample_freq`), and the advisories of a
 * message that is not delivered any more. Formats: NATS schemas `io.nats.jetstream.metric.v1.consumer_ack`,
 * `io.nats.jetstream.advisory.v1.max_deliver`, `io.nats.jetstream.advisory.v1.terminated`.
 */
import type { DeliveryNotice } from '../ports/run-journal.ts'

const KINDS: ReadonlyArray<readonly [string, DeliveryNotice['kind']]> = [
  ['$JS.EVENT.METRIC.CONSUMER.ACK.', 'acknowledged'],
  ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.', 'exhausted'],
  ['$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.', 'terminated'],
]

/** null for what is none of the three, or not about a consumer of belfry's naming. */
export function noticeFrom(subject: string, payload: string): DeliveryNotice | null {
  const kind = KINDS.find(([start]) => subject.startsWith(start))?.[1]
  const body = parsed(payload)
  if (kind === undefined || body === null) return null
  const { consumer, stream_seq: fireSequence, deliveries } = body
  if (typeof consumer !== 'string' || typeof fireSequence !== 'number' || typeof deliveries !== 'number')
    return null
  const [tenant, adapter] = consumer.split('_')
  if (!tenant || !adapter) return null
  return { kind, tenant, adapter, fireSequence, deliveries }
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
