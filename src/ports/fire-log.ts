import type { FireId, ScheduleKey } from '../core/names.ts'
import type { Fire, LogEntry } from '../core/trigger/log-entry.ts'

/** What the log remembers of an entry, without its payload. */
export interface LogRecord {
  readonly sequence: number
  /** When the server stored it, epoch milliseconds: the *actual* time of a fire. */
  readonly storedAt: number
  readonly key: ScheduleKey
  readonly kind: 'fire' | 'marker'
  /** For a marker the last nominal time that it settles. */
  readonly nominal: number
  /** null for markers. */
  readonly fireId: FireId | null
  readonly reason: string
  /** Stored fires (scheduled and misfire) of this schedule since its creation, this one included. */
  readonly count: number
  /** Where a fire went; null for markers. */
  readonly target: FireTarget | null
  /** Set for the fire of a later attempt: the run that it goes on with. */
  readonly retry: { readonly run: FireId; readonly attempt: number } | null
}

export interface FireTarget {
  readonly job: string
  readonly adapter: string
  /** `0` shared, `p<k>` a partition. */
  readonly lane: string
}

/** One answer of the log; what to do with each is in engine/fire-writer.ts and docs/spec/wire.md. */
export type AppendOutcome =
  | { readonly kind: 'stored'; readonly sequence: number }
  /** The schedule's last entry is not the expected one (10071). */
  | { readonly kind: 'conflict' }
  /** Another write for this schedule is in flight (10164, 10158): the same again in a moment. */
  | { readonly kind: 'busy' }
  /** No answer, time-out, 503, 429, connection lost: it may or may not be stored. The same again until it resolves. */
  | { readonly kind: 'unknown'; readonly cause: string }
  /** Full stream or wrong configuration (10077, 10122, other 4xx): nothing was stored; hold and raise an alarm. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string }

export interface AdapterPlace {
  readonly tenant: string
  readonly adapter: string
}

/** Epoch milliseconds; `from` included, `to` excluded. */
export interface NominalRange {
  readonly from: number
  readonly to: number
}

export interface LogRange {
  readonly records: readonly LogRecord[]
  /** When this incarnation of the log was made, epoch milliseconds: of before it knows nothing. */
  readonly madeAt: number
}

export interface LogInfo {
  /** Identifies this incarnation of the log: changes when the stream is deleted and created again. */
  readonly incarnation: string
  /** When this incarnation was made, epoch milliseconds. */
  readonly madeAt: number
  readonly firstSequence: number
  readonly lastSequence: number
  /** The server's clock, epoch milliseconds, at the middle of the round trip. */
  readonly serverTime: number
  /** How full the log is, 0 to 1; 0 if it has no limit. */
  readonly fill: number
}

/** An entry as the log holds it, byte for byte, so that it can be stored again. Only the log that told it reads it. */
export interface StoredContent {
  /** About how much memory it takes, bytes. */
  readonly size: number
  readonly ttlSeconds: number
}

export interface LogFollower {
  onRecord(record: LogRecord, content: StoredContent): void
  /** The log was recreated: positions are void, everything that is there now is told from its start. */
  onReset(incarnation: string): void
  /**
   * The log is the same, but has lost entries that were told: those after some sequence, unknown yet, whose numbers
   * others may have by now. Returns the sequence from which to tell anew. Left out: as `onReset`.
   */
  onLoss?(lastSequence: number): number
}

/** The ordered log of fires and markers. Only `append` writes, always fenced by the schedule's last sequence. */
export interface FireLog {
  /**
   * Stores the entry if `expectedSequence` is the sequence of the schedule's last entry (0: none). Never throws for
   * what the log answered; a schedule may have only one append in flight (asserted).
   */
  append(entry: LogEntry, expectedSequence: number): Promise<AppendOutcome>
  /** Stores again what the log once told and has lost since; fenced and answered as `append`. */
  restore(key: ScheduleKey, content: StoredContent, expectedSequence: number): Promise<AppendOutcome>
  /** The entry with this sequence, read from the leader of the log; null if it has none. Throws retryable. */
  at(sequence: number): Promise<LogRecord | null>
  /** Calls `listener` whenever the log is in reach again after it was not, until `signal` aborts. */
  onReturn(listener: () => void, signal: AbortSignal): void
  /** The schedule's last entry, read from the leader of the log (never a stale replica). Throws retryable. */
  last(key: ScheduleKey): Promise<LogRecord | null>
  /** The last entry of every schedule, one-offs left out, in no order. Throws retryable. */
  lastOfAll(): Promise<readonly LogRecord[]>
  /** The fire at a sequence, whole; null if it is not there any more, or is none. Throws retryable. */
  fire(sequence: number): Promise<Fire | null>
  /**
   * The entries of one schedule whose nominal times lie in a range, in order, as far as they have not expired. What was
   * stored before the call is not left out. Throws retryable.
   */
  range(key: ScheduleKey, range: NominalRange): Promise<LogRange>
  /**
   * When the fires of an adapter were stored, those of `since` (epoch milliseconds) and later, in order. What was stored
   * before the call is not left out. Throws retryable.
   */
  storedOf(adapter: AdapterPlace, since: number): Promise<readonly number[]>
  info(): Promise<LogInfo>
  /** Tells all records from `fromSequence` (included) on, until `signal` aborts, over reconnects and recreation. */
  follow(fromSequence: number, follower: LogFollower, signal: AbortSignal): void
}
