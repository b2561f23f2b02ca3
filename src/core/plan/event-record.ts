import { tokenOf } from '../digest.ts'

/** Where belfry stands with a stream that a schedule waits on: what it has there, and what it lacks. */
export interface EventRecord {
  readonly tenant: string
  readonly schedule: string
  readonly stream: string
  readonly subject: string
  /** Where its consumer begins if it must be made. */
  readonly start: { readonly after: number } | { readonly sequence: number; readonly of: string }
  /** When that was written, epoch milliseconds. */
  readonly startedAt: number
  /** The stream that its consumer was made on; null: there was none yet. */
  readonly created: string | null
  /** Why nothing comes; null: it does. */
  readonly waitsFor: string | null
}

/** Stands where a record was whose trigger has left. */
export const GONE = 'null'

const PREFIX = 'event.'

export function eventKey(record: Pick<EventRecord, 'tenant' | 'schedule' | 'stream' | 'subject'>): string {
  const { tenant, schedule, stream, subject } = record
  return `${PREFIX}${tenant}.${schedule}.${tokenOf(`${stream}\n${subject}`)}`
}

export function isEventKey(key: string): boolean {
  return key.startsWith(PREFIX)
}
