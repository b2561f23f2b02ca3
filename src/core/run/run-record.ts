/**
 * A run as people look at it: all its attempts, those of the past too, folded from what is stored of it. Pure. What has not
 * been told of it is not guessed: a worker that only acknowledges tells nothing of its attempts.
 */
import type { FireId } from '../names.ts'
import type { OpenState, RunPlace, StoredFire, ToldEvent } from './open-run.ts'
import type { RunError, RunEvent } from './run-event.ts'

export const RUN_STATES = [
  'pending',
  'running',
  'failed',
  'lost',
  'succeeded',
  'cancelled',
  'expired',
  'dead',
] as const

/** `failed` says that another attempt follows; what failed for good is `dead`. */
export type RunState = OpenState | 'succeeded' | 'cancelled' | 'expired' | 'dead'

export interface AttemptRecord {
  readonly attempt: number
  /**
   * `silent`: its worker never told its end, and another attempt began. `handed-back` counts as no attempt, and the next
   * one has the same number.
   */
  readonly outcome:
    | 'running'
    | 'succeeded'
    | 'failed'
    | 'handed-back'
    | 'lost'
    | 'silent'
    | 'cancelled'
    | 'expired'
    | 'dead'
  readonly instance: string
  /** Epoch milliseconds, by the worker's clock; null if its handler had not begun. */
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** The message of the log that was delivered, and how often it had been. */
  readonly sequence: number
  readonly delivery: number
  readonly error: RunError | null
  /** Why it was handed back, died, or was cancelled and by whom. */
  readonly reason: string | null
  /** When the next one may be, epoch milliseconds. */
  readonly retryAt: number | null
}

export interface RunRecord extends RunPlace {
  readonly run: FireId
  /** Why it was fired: `scheduled`, `manual` and so on; null where the log has forgotten its fire. */
  readonly reason: string | null
  /** Epoch milliseconds; null where nobody knows it any more. */
  readonly nominal: number | null
  /** When its fire was stored, epoch milliseconds; where the log has forgotten it, the first sign of the run. */
  readonly storedAt: number
  /** Its first message in the log; null where the log has forgotten it. */
  readonly sequence: number | null
  readonly state: RunState
  readonly attempts: readonly AttemptRecord[]
  /** The last event told, whole: it has the result, the error, or who cancelled it. */
  readonly last: RunEvent | null
  /** When it ended, epoch milliseconds by the server's clock. */
  readonly endedAt: number | null
}

export interface RunTraces {
  /** All messages of the run that the log has. */
  readonly fires: readonly StoredFire[]
  readonly events: readonly ToldEvent[]
}

/** null: nothing is known of such a run. */
export function runRecordOf({ fires, events }: RunTraces): RunRecord | null {
  const inLog = [...fires].sort((a, b) => a.sequence - b.sequence)
  const told = [...events].sort((a, b) => a.sequence - b.sequence)
  const first = inLog.find(({ attempt }) => attempt === 1)
  const source = first ?? inLog[0]
  const oldest = told[0]
  if (source === undefined && oldest === undefined) return null
  const place = source ?? oldest!.place
  const run = source?.run ?? oldest!.event.run
  const newest = told.at(-1)
  const state = stateOf(newest, inLog.at(-1))
  return {
    tenant: place.tenant,
    schedule: place.schedule,
    job: place.job,
    adapter: place.adapter,
    run,
    reason: first?.reason ?? null,
    nominal: source?.nominal ?? nominalOf(run),
    storedAt: first?.storedAt ?? oldest?.storedAt ?? source!.storedAt,
    sequence: first?.sequence ?? null,
    state,
    attempts: attemptsOf(told),
    last: newest?.event ?? null,
    endedAt: newest !== undefined && isEnd(state) ? newest.storedAt : null,
  }
}

export function isEnd(state: RunState): boolean {
  return state === 'succeeded' || state === 'cancelled' || state === 'expired' || state === 'dead'
}

/** The nominal time that the id of a scheduled run ends with. */
export function nominalOf(run: FireId): number | null {
  const at = run.indexOf('@')
  const nominal = at < 0 ? Number.NaN : Date.parse(run.slice(at + 1))
  return Number.isFinite(nominal) ? nominal : null
}

function stateOf(newest: ToldEvent | undefined, fire: StoredFire | undefined): RunState {
  if (newest === undefined) return 'pending'
  switch (newest.event.type) {
    case 'started':
      return 'running'
    case 'handed-back':
      return 'pending'
    case 'failed':
      // The leader has sent the next attempt: it waits for a worker.
      return fire !== undefined && fire.sequence > newest.event.sequence ? 'pending' : 'failed'
    default:
      return newest.event.type
  }
}

function attemptsOf(told: readonly ToldEvent[]): readonly AttemptRecord[] {
  const attempts: AttemptRecord[] = []
  for (const { event } of told) {
    const before = attempts.at(-1)
    const going = before?.outcome === 'running' ? before : null
    if (event.type === 'started') {
      if (going !== null) attempts[attempts.length - 1] = { ...going, outcome: 'silent' }
      attempts.push({ ...factsOf(event, event.attempt), outcome: 'running', startedAt: Date.parse(event.at) })
      continue
    }
    const attempt = event.type === 'handed-back' ? event.attempt + 1 : event.attempt
    // Told by the leader of a run that nobody has: an end, and no attempt.
    const isTold = before?.attempt === attempt && before.outcome !== 'handed-back'
    const isBetween = going === null && isTold && startOf(event) === null
    if (isBetween && event.type !== 'handed-back') continue
    const ended = endOf(event, attempt)
    if (going !== null && going.attempt === attempt) {
      const startedAt = going.startedAt ?? ended.startedAt
      attempts[attempts.length - 1] = { ...ended, instance: going.instance, startedAt }
      continue
    }
    if (going !== null) attempts[attempts.length - 1] = { ...going, outcome: 'silent' }
    attempts.push(ended)
  }
  return attempts
}

function factsOf(
  { instance, sequence, delivery }: RunEvent,
  attempt: number,
): Omit<AttemptRecord, 'outcome'> {
  return {
    attempt,
    instance,
    sequence,
    delivery,
    startedAt: null,
    endedAt: null,
    error: null,
    reason: null,
    retryAt: null,
  }
}

function endOf(event: Exclude<RunEvent, { type: 'started' }>, attempt: number): AttemptRecord {
  const ended = {
    ...factsOf(event, attempt),
    outcome: event.type,
    startedAt: startOf(event),
    endedAt: Date.parse(event.at),
  }
  switch (event.type) {
    case 'failed':
      return { ...ended, error: event.error, retryAt: Date.parse(event.retryAt) }
    case 'dead':
      return { ...ended, error: event.error, reason: event.reason }
    case 'cancelled':
      return { ...ended, reason: `by ${event.by}: ${event.reason}` }
    case 'handed-back':
      return {
        ...ended,
        reason: event.reason,
        retryAt: event.retryAt === undefined ? null : Date.parse(event.retryAt),
      }
    default:
      return ended
  }
}

function startOf(event: RunEvent): number | null {
  return 'startedAt' in event && event.startedAt !== null ? Date.parse(event.startedAt) : null
}
