import type { FireId } from '../core/names.ts'

/** What a handler is given. */
export interface Run<Data = unknown> {
  /** The same over all attempts: be idempotent on it. */
  readonly id: FireId
  /** From 1. */
  readonly attempt: number
  readonly maxAttempts: number
  /** The instant that the schedule asked for. */
  readonly nominalTime: Date
  readonly message: string
  readonly job: string
  readonly jobVersion: number
  readonly tenant: string
  /** Why it was fired: `scheduled`, `misfire`, `manual`, ... */
  readonly reason: string
  /** The job's and schedule's data, with secrets filled in. */
  readonly data: Data
  /** Aborts at the timeout, when the run is cancelled, and when the worker stops at its deadline. */
  readonly signal: AbortSignal
  /** Of a run with a concurrency key: higher than that of every run with this key before. 0 without a key. */
  readonly fence: number
  /** Lines for whoever looks at the run; kept for an hour. */
  readonly log: RunLog
  /** How far it is, from 0 to 1. */
  progress(fraction: number, text?: string): void
  /** One header of the message, decoded. */
  header(name: string): string | undefined
}

export interface RunLog {
  debug(text: string, facts?: Readonly<Record<string, unknown>>): void
  info(text: string, facts?: Readonly<Record<string, unknown>>): void
  warn(text: string, facts?: Readonly<Record<string, unknown>>): void
  error(text: string, facts?: Readonly<Record<string, unknown>>): void
}

/**
 * Does the work of one message type. What it returns is the run's result, if that is small JSON. It may return a
 * handler instead, which is then called: so a registry can hold factories that make one for each run.
 */
export type Handler = HandlerShape['handle']

/** A method, because its parameter may be narrower: each handler knows the data of its own message type. */
interface HandlerShape {
  handle(run: Run): unknown
}

export type Handlers = Readonly<Record<string, Handler>>
