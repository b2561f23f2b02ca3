/**
 * Where a run stands, folded from what is stored of it: its fires in the log, its events, and what the server says of the
 * deliveries of its messages. Pure; the engine's run tracker keeps the runs that have not ended.
 */
import { type FireId, type ScheduleKey, scheduleOfRun } from '../names.ts'
import { isFinal, type RunEvent } from './run-event.ts'
import type { Lateness } from './service-level.ts'

/** What a run belongs to. `schedule` is the schedule or job that its fire's id begins with. */
export interface RunPlace {
  readonly tenant: string
  readonly schedule: string
  readonly job: string
  readonly adapter: string
}

export type OpenState =
  /** Its message waits for a worker. */
  | 'pending'
  | 'running'
  /** An attempt failed, and the next one waits for its time. */
  | 'failed'
  /** Nothing was heard of it for too long; nobody waits for it any more. */
  | 'lost'

export interface OpenRun extends RunPlace {
  readonly run: FireId
  /** Of the first fire, epoch milliseconds. */
  readonly nominal: number
  readonly reason: string
  readonly lane: string
  /** The newest message of the run in the log; 0 while only an event of it is known. */
  readonly sequence: number
  readonly storedAt: number
  readonly state: OpenState
  /** Attempts that have begun, as far as told. */
  readonly attempt: number
  readonly instance: string | null
  /** The last sign of it, epoch milliseconds by the server's clock. */
  readonly signAt: number
  /** The newest of its events, in the stream of run events; 0: none. The next one expects it. */
  readonly eventSequence: number
  /** What of it was told to be late; left out, nothing. */
  readonly late?: readonly Lateness[]
  /** While failed: when the next attempt may be, who sees to it, and who is to leave it to another. */
  readonly retry: {
    readonly at: number
    readonly by: 'server' | 'leader'
    readonly notOn: string | null
  } | null
}

/** A fire as the log tells it. */
export interface StoredFire extends RunPlace {
  readonly run: FireId
  readonly nominal: number
  readonly reason: string
  readonly lane: string
  readonly sequence: number
  readonly storedAt: number
  /** From 1; higher for a fire that goes on with a run. */
  readonly attempt: number
}

export interface ToldEvent {
  readonly place: RunPlace
  readonly event: RunEvent
  /** In the stream of run events. */
  readonly sequence: number
  readonly storedAt: number
}

export interface EndedRun extends RunPlace {
  readonly run: FireId
  readonly event: RunEvent
  /** When that was stored, epoch milliseconds. */
  readonly endedAt: number
}

/** What the log remembers of an entry, as far as it is about runs. */
export interface RecordOfFire {
  readonly key: ScheduleKey
  readonly sequence: number
  readonly storedAt: number
  readonly nominal: number
  readonly reason: string
  readonly fireId: FireId | null
  readonly target: { readonly job: string; readonly adapter: string; readonly lane: string } | null
  readonly retry: { readonly run: FireId; readonly attempt: number } | null
}

/** null for markers, and for what somebody else put into the log. */
export function storedFireOf(record: RecordOfFire): StoredFire | null {
  const { target, fireId, retry, key, nominal, reason, sequence, storedAt } = record
  if (target === null || fireId === null) return null
  const run = retry?.run ?? fireId
  const { tenant } = key
  const { job, adapter, lane } = target
  const place: RunPlace = { tenant, schedule: scheduleOfRun(run), job, adapter }
  return { ...place, run, lane, nominal, reason, sequence, storedAt, attempt: retry?.attempt ?? 1 }
}

/** A run that has begun, or goes on with a message of its own after a failure. */
export function withFire(before: OpenRun | undefined, fire: StoredFire): OpenRun {
  const { attempt: next, ...facts } = fire
  if (before === undefined) {
    return {
      ...facts,
      state: 'pending',
      attempt: next - 1,
      instance: null,
      signAt: fire.storedAt,
      eventSequence: 0,
      retry: null,
    }
  }
  if (fire.sequence <= before.sequence) return before
  // An event can be told before the fire that it is about; the fire then only says what the event could not.
  const toldOfIt = before.sequence === 0
  return {
    ...before,
    nominal: toldOfIt ? fire.nominal : before.nominal,
    reason: toldOfIt ? fire.reason : before.reason,
    lane: fire.lane,
    sequence: fire.sequence,
    storedAt: fire.storedAt,
    ...(toldOfIt ? {} : { state: 'pending' as const, retry: null }),
  }
}

/** The run after an event; null if it has ended. An event that is older than what is known changes nothing. */
export function withEvent(before: OpenRun | undefined, told: ToldEvent): OpenRun | null {
  const { event, place, sequence, storedAt } = told
  if (before !== undefined && sequence <= before.eventSequence) return before
  if (isFinal(event)) return null
  const known: OpenRun = before ?? {
    ...place,
    run: event.run,
    nominal: storedAt,
    reason: 'unknown',
    lane: '0',
    sequence: 0,
    storedAt,
    state: 'pending',
    attempt: 0,
    instance: null,
    signAt: storedAt,
    eventSequence: 0,
    retry: null,
  }
  const next = { ...known, attempt: event.attempt, signAt: storedAt, eventSequence: sequence }
  switch (event.type) {
    case 'started':
      return { ...next, state: 'running', instance: event.instance, retry: null }
    case 'failed': {
      const retry = { at: Date.parse(event.retryAt), by: event.retryBy, notOn: event.notOn ?? null }
      return { ...next, state: 'failed', instance: event.instance, retry }
    }
    case 'handed-back':
      return { ...next, state: 'pending', instance: null, retry: null }
    case 'lost':
      return { ...next, state: 'lost', retry: null }
    default:
      return next
  }
}
