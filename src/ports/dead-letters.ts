import type { FireId } from '../core/names.ts'
import type { Fire } from '../core/trigger/log-entry.ts'

/** A fire that failed for good, kept for people: its message as it was, and why it died. */
export interface DeadLetter {
  readonly tenant: string
  readonly adapter: string
  /** Of the fire in the log; with tenant and adapter it names the letter. */
  readonly fireSequence: number
  readonly run: FireId
  readonly job: string
  readonly reason: string
  readonly attempts: number
  readonly error: string
  /** Epoch milliseconds. */
  readonly diedAt: number
}

export interface DeadLetterFilter {
  readonly tenant?: string
  readonly adapter?: string
}

/** What names a letter. */
export type DeadLetterPlace = Pick<DeadLetter, 'tenant' | 'adapter' | 'fireSequence'>

export interface DeadLetters {
  /** Stores the letter with the fire's own message; again changes nothing. Throws retryable. */
  bury(letter: DeadLetter): Promise<'buried' | 'already' | 'fire-is-gone'>
  list(filter: DeadLetterFilter): Promise<readonly DeadLetter[]>
  /** The letter of a run, or null. */
  find(run: FireId): Promise<DeadLetter | null>
  /** The letter at a place, or null. Throws retryable. */
  read(place: DeadLetterPlace): Promise<DeadLetter | null>
  /** The fire that a letter keeps, or null. Throws retryable. */
  fire(place: DeadLetterPlace): Promise<Fire | null>
  /** Removes the letter; false if there was none. */
  discard(place: DeadLetterPlace): Promise<boolean>
}
