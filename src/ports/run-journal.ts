import type { FireId } from '../core/names.ts'
import type { RunPlace, ToldEvent } from '../core/run/open-run.ts'
import type { RunEvent } from '../core/run/run-event.ts'

/** What the server says of the delivery of one fire. All of it is best effort: none may come. */
export interface DeliveryNotice {
  readonly kind: /** A worker acknowledged it. */
    | 'acknowledged'
    /** It was delivered as often as its consumer allows, and is not delivered any more. */
    | 'exhausted'
    /** A worker said that it must not be delivered again. */
    | 'terminated'
    /** A worker gave it back: it will be delivered again. */
    | 'returned'
  readonly tenant: string
  readonly adapter: string
  /** Of the fire, in the log. */
  readonly fireSequence: number
  readonly deliveries: number
  /** The delivery itself, for `terminate`: the consumer's name, and the number of its delivery. */
  readonly consumer: string
  readonly consumerSequence: number
}

export interface ToldNotice {
  readonly notice: DeliveryNotice
  readonly sequence: number
  readonly storedAt: number
}

export interface JournalFollower<T> {
  onTold(told: T): void
  /** The stream is another one than before: sequences are void, and all that is there is told. */
  onReset(): void
}

/** What is stored of runs, beside their fires: their events, and what the server says of deliveries. */
export interface RunJournal {
  /**
   * Stores the event if the newest of its run has this sequence (0: there is none). Throws retryable; whether it landed
   * is then unknown.
   */
  append(place: RunPlace, event: RunEvent, expectedSequence: number): Promise<number | 'conflict'>
  /** The newest event of a run; null if none is stored. Throws retryable. */
  last(place: RunPlace, run: FireId): Promise<ToldEvent | null>
  /** The same of whoever knows the run's id alone. Throws retryable. */
  find(run: FireId): Promise<ToldEvent | null>
  /** The newest sequences of both streams. Throws retryable. */
  positions(): Promise<{ readonly events: number; readonly notices: number }>
  followEvents(fromSequence: number, follower: JournalFollower<ToldEvent>, signal: AbortSignal): void
  followNotices(fromSequence: number, follower: JournalFollower<ToldNotice>, signal: AbortSignal): void
  /** Has the server deliver a message no more. Throws retryable. */
  terminate(notice: DeliveryNotice, reason: string): Promise<void>
  /** Asks the worker that has the run to stop it. Whether one has it is not known. */
  askToStop(place: RunPlace, run: FireId, request: { readonly by: string; readonly reason: string }): void
}
