import { errors } from '@nats-io/nats-core'
import { BelfryError } from '../core/errors.ts'

/** An error as JetStream's API reports it. `code` is the specific one (`err_code`), `status` its HTTP-like class. */
export interface ApiError {
  readonly code: number
  readonly status: number
  readonly description: string
}

/** The codes that belfry tells apart (nats-server's server/errors.json). */
export const API = {
  noSuitablePeers: 10005,
  clusterNotAvailable: 10008,
  clusterNotLeader: 10009,
  consumerNotFound: 10014,
  insufficientResources: 10023,
  noMessageFound: 10037,
  notEnabledForAccount: 10039,
  storageExceeded: 10047,
  streamNotFound: 10059,
  streamNameInUse: 10058,
  wrongLastSequence: 10071,
  notEnabled: 10076,
  storeFailed: 10077,
  duplicateInProcess: 10158,
  expectationNotReady: 10163,
  wrongLastSequenceInFlight: 10164,
} as const

/**
 * What an answer to a fenced write means:
 * - `conflict`: the last sequence is another one; nothing was stored.
 * - `busy`: another write for the same subject pattern is under way; nothing was stored.
 * - `unknown`: nobody is there to say; it may or may not be stored.
 * - `refused`: nothing was stored, and the same again helps only after somebody acts.
 */
export type WriteMeaning = 'conflict' | 'busy' | 'unknown' | 'refused'

export function meaningOf(error: ApiError): WriteMeaning {
  switch (error.code) {
    case API.wrongLastSequence:
      return 'conflict'
    case API.wrongLastSequenceInFlight:
    case API.duplicateInProcess:
    case API.expectationNotReady:
      return 'busy'
    // A full store answers with status 503 like a missing one; only its code tells them apart.
    case API.storeFailed:
    case API.insufficientResources:
      return 'refused'
    case API.clusterNotLeader:
      return 'unknown'
    default:
      return error.status === 503 || error.status === 429 ? 'unknown' : 'refused'
  }
}

/** No room for what a limit reserves; a cluster says so only in the text of `noSuitablePeers`. */
export function lacksRoom({ code, description }: ApiError): boolean {
  return (
    code === API.storageExceeded ||
    (code === API.noSuitablePeers && description.includes('insufficient storage'))
  )
}

/** A failed API request as an error; whether the same again can help is decided here. */
export function errorFromApi(doing: string, error: ApiError): BelfryError {
  const details = { code: error.code, status: error.status }
  const message = `${doing}: ${error.description} (${error.code})`
  if (error.code === API.notEnabled || error.code === API.notEnabledForAccount) {
    return new BelfryError('nats-no-jetstream', message, { details })
  }
  // A cluster that has just started places nothing on nodes that have not joined yet.
  const mayPass = meaningOf(error) !== 'refused' || (error.code === API.noSuitablePeers && !lacksRoom(error))
  return !mayPass
    ? new BelfryError('nats-refused', message, { details })
    : new BelfryError('nats-unavailable', message, { details, retryable: true })
}

/** What the client throws while it asks, as an error of ours. */
export function errorFromClient(doing: string, error: unknown): BelfryError {
  if (error instanceof BelfryError) return error
  if (error instanceof errors.TimeoutError) {
    return new BelfryError('timeout', `${doing}: no answer in time`, { retryable: true, cause: error })
  }
  if (
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders())
  ) {
    return new BelfryError('nats-unavailable', `${doing}: nobody answers on the server`, {
      retryable: true,
      cause: error,
    })
  }
  if (error instanceof errors.PermissionViolationError || error instanceof errors.AuthorizationError) {
    return new BelfryError('nats-unauthorized', `${doing}: ${error.message}`, { cause: error })
  }
  if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError) {
    return new BelfryError('nats-unreachable', `${doing}: the connection is closed`, { cause: error })
  }
  return new BelfryError('nats-unavailable', `${doing}: ${messageOf(error)}`, {
    retryable: true,
    cause: error,
  })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
