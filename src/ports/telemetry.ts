import type { BelfryEvent } from '../core/events.ts'

/** Structured logging. Messages are constant sentences; what varies goes into `facts`. Never secrets or payloads. */
export interface Logger {
  debug(message: string, facts?: LogFacts): void
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  error(message: string, facts?: LogFacts): void
  child(facts: LogFacts): Logger
}

export type LogFacts = Readonly<Record<string, unknown>>

/** What belfry itself did: the audit trail. */
export interface EventSink {
  /** Never blocks and never throws: an event that cannot be stored is counted and logged. */
  emit(event: BelfryEvent): void
  /** Waits until what was emitted is stored, or `timeoutMs` have passed. */
  flush(timeoutMs: number): Promise<void>
}

/** One line of the audit trail about times that did not fire: all that the manifests closed from `first` to `last`. */
export interface ToldRange {
  readonly tenant: string
  readonly schedule: string
  /** Epoch milliseconds. */
  readonly first: number
  readonly last: number
}

/** Reads what the sink has stored, whichever instance emitted it. */
export interface EventTrail {
  /** What was told since a moment, epoch milliseconds by the store's clock. Throws retryable without an answer. */
  notFiredSince(since: number): Promise<readonly ToldRange[]>
}
