import type { ScheduleKey } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { LogRecord, StoredContent } from '../ports/fire-log.ts'

/** An entry of the log as an instance remembers it. */
export interface TailEntry {
  readonly sequence: number
  readonly key: ScheduleKey
  readonly kind: 'fire' | 'marker'
  readonly nominal: number
  readonly count: number
  /** As it was written here, or as the log told it. */
  readonly content: LogEntry | StoredContent
}

/** An entry by its place and what stands there. */
export interface TailMark {
  readonly sequence: number
  /** `tenant.schedule kind nominal` */
  readonly entry: string
}

/**
 * What was known when an entry was sent that is stored now. An acknowledgement does not say in which log it put the
 * entry: a sequence that was reached before the send is one that the log has lost, or another log's.
 */
export interface Sent {
  /** The highest sequence that was known of the log; 0: none. */
  readonly reached: number
  /** Sent as the first of its schedule: only such a one gets unnoticed into a log that was made anew. */
  readonly isFirst: boolean
}

/** What stands in the log at some place: equal for an entry and for what the log tells of it. */
export function markOf({ key, kind, nominal }: Pick<LogRecord, 'key' | 'kind' | 'nominal'>): string {
  return `${idOf(key)} ${kind} ${nominal}`
}

export function idOf({ tenant, schedule }: ScheduleKey): string {
  return `${tenant}.${schedule}`
}

type Placed = Pick<LogRecord, 'kind' | 'nominal'>

/** How the entries of one schedule follow each other: a cut may stand at the time of the fire before it. */
export function inOrder(a: Placed, b: Placed): number {
  return a.nominal - b.nominal || Number(a.kind === 'marker') - Number(b.kind === 'marker')
}

/** Whether these are one entry of a schedule; markers at one time may differ, and then in what they count. */
export function isSame(a: Counted, b: Counted): boolean {
  return inOrder(a, b) === 0 && (a.kind === 'fire' || a.count === b.count)
}

type Counted = Pick<LogRecord, 'kind' | 'nominal' | 'count'>
