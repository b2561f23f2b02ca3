import type { FireId } from '../names.ts'

/**
 * What a worker tells of a run, one event a message, in order, on the run's own subject (docs/spec/wire.md, "Runs").
 * The newest event of a run says where it stands and what its next attempt is numbered.
 */
export type RunEvent = Started | Succeeded | Failed | HandedBack | Lost | Cancelled | Expired | Dead

export type RunEventType = RunEvent['type']

interface RunFacts {
  /** The id of the run's first fire: a retry keeps it. */
  readonly run: FireId
  /** From 1. In `handed-back` how many attempts were used up before: handing back is none. */
  readonly attempt: number
  /** ISO 8601 by the clock of whoever tells. */
  readonly at: string
  /** The worker, as its health names it. */
  readonly instance: string
  /** In the log of fires: the message that was delivered. */
  readonly sequence: number
  /** How often that message had been delivered, this time included. */
  readonly delivery: number
}

interface EndFacts extends RunFacts {
  /** ISO 8601; null when the attempt ended before its handler began. */
  readonly startedAt: string | null
}

/** Told of a run that lasts; one that ends at once is told by its end alone, which says when it started. */
export interface Started extends RunFacts {
  readonly type: 'started'
}

export interface Succeeded extends EndFacts {
  readonly type: 'succeeded'
  /** What the handler returned, if that is JSON and small. */
  readonly result?: unknown
  /** Nothing was done, because this run had already done it: runs with one idempotency key do their work once. */
  readonly duplicateOf?: FireId
}

/** One attempt failed, and another follows. */
export interface Failed extends EndFacts {
  readonly type: 'failed'
  readonly error: RunError
  /** ISO 8601: not before. */
  readonly retryAt: string
  /**
   * Who sees to it: the `server`, to which the message was given back with a delay, or the `leader`, because it was
   * acknowledged: without a fire for the next attempt there is none.
   */
  readonly retryBy: 'server' | 'leader'
  /** The instance that shall not have the next attempt while another one is healthy. */
  readonly notOn?: string
}

export type HandBackReason = 'stopping' | 'key-taken' | 'not-here' | 'not-yet'

/** Given back to be delivered again. Not an attempt, whether or not its handler had begun. */
export interface HandedBack extends RunFacts {
  readonly type: 'handed-back'
  readonly reason: HandBackReason
  /** Not before this instant, carried on from the failure before. */
  readonly retryAt?: string
  readonly notOn?: string
}

/**
 * Told by the leader: no sign of it for longer than its job's timeout and two acknowledgement waits. Nothing waits for it
 * any more; a worker that is given its message again goes on with it.
 */
export interface Lost extends RunFacts {
  readonly type: 'lost'
}

export interface Cancelled extends EndFacts {
  readonly type: 'cancelled'
  readonly by: string
  readonly reason: string
}

/** Its job's `startWithin` had passed before anybody could begin. */
export interface Expired extends EndFacts {
  readonly type: 'expired'
}

/**
 * `terminated`: a worker without the SDK said that the message must not come again. `expired`: the log is about to forget
 * its fire.
 */
export const DEATH_REASONS = [
  'attempts',
  'permanent',
  'no-handler',
  'unreadable',
  'terminated',
  'expired',
] as const

export type DeathReason = (typeof DEATH_REASONS)[number]

/** Failed for good: the message is terminated and goes to the dead letters. */
export interface Dead extends EndFacts {
  readonly type: 'dead'
  readonly reason: DeathReason
  readonly error: RunError
}

export interface RunError {
  readonly name: string
  readonly message: string
  /** A code of the failed work's own, where its error has one. */
  readonly code?: string
}

/** Whether nothing follows on this event. */
export function isFinal({ type }: RunEvent): boolean {
  return type === 'succeeded' || type === 'cancelled' || type === 'expired' || type === 'dead'
}

/**
 * The attempt that a delivery is. `last` is the run's newest event, `first` the number that the message itself begins
 * with. Deliveries of one message of which no event tells were attempts whose worker died before it could say so.
 */
export function attemptOf(
  last: RunEvent | null,
  {
    sequence,
    delivery,
    first,
  }: { readonly sequence: number; readonly delivery: number; readonly first: number },
): number {
  if (last === null) return first + delivery - 1
  const untold = last.sequence === sequence ? Math.max(0, delivery - last.delivery - 1) : delivery - 1
  return last.attempt + untold + 1
}
