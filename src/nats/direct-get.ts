/**
 * Reads the newest message of one subject by the stream's direct reads.
 *
 * Job: what a worker may read: the request's own subject names what is read, so that it can be permitted for one adapter.
 * Invariant: any replica may answer, so that what is read may be old; whoever writes after it expects its sequence. On
 * failure: throws retryable.
 */

import { BelfryError } from '../core/errors.ts'
import { errorFromClient } from './api-errors.ts'
import type { Connection } from './connection.ts'

export interface NewestMessage {
  readonly sequence: number
  readonly payload: string
  /** The operation of a key-value bucket; undefined for a value. */
  readonly operation: string | undefined
}

const TIMEOUT_MS = 3_000
const NOT_FOUND = 404

export async function newestOf(
  connection: Connection,
  stream: string,
  subject: string,
): Promise<NewestMessage | null> {
  const doing = `reading the newest message of ${subject}`
  try {
    const answer = await connection.nc.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, '', {
      timeout: TIMEOUT_MS,
    })
    const { headers } = answer
    const sequence = Number(headers?.get('Nats-Sequence') || 0)
    if (sequence > 0) {
      return { sequence, payload: answer.string(), operation: headers?.get('KV-Operation') || undefined }
    }
    if (headers?.code === NOT_FOUND) return null
    throw new BelfryError('nats-unavailable', `${doing}: ${headers?.description ?? 'no message'}`, {
      retryable: true,
    })
  } catch (error) {
    throw errorFromClient(doing, error)
  }
}
