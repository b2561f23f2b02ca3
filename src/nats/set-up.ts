import { BelfryError } from '../core/errors.ts'
import type { Connection } from './connection.ts'
import { type StreamState, streamState } from './streams.ts'

/** Looking makes nothing, and waits for nothing that is not there. Throws `nats-layout` where belfry has never been. */
export async function requireStream(connection: Connection, stream: string): Promise<StreamState> {
  const state = await streamState(connection, stream)
  if (state !== null) return state
  const { names, server } = connection
  const message = `nothing of belfry is on ${server} under the prefix "${names.prefix}": belfry serve or belfry apply sets it up`
  throw new BelfryError('nats-layout', message)
}
