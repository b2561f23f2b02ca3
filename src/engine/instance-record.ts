/** What an instance says of itself, every few seconds, under its name. Its health is the age of `seenAt`. */
export interface InstanceRecord {
  readonly instance: string
  readonly role: 'leader' | 'standby'
  readonly term: number | null
  readonly version: string
  readonly host: string
  readonly pid: number
  readonly startedAt: number
  readonly seenAt: number
  /** The tz database in use; instances that differ may decide differently. */
  readonly tz: string
  /** Local clock minus server clock, milliseconds. */
  readonly skewMs: number | null
  readonly schedules: number
  /** Schedules that are live but cannot be compiled here. */
  readonly unusable: number
  /** Epoch milliseconds. */
  readonly nextDue: number | null
  /** The folder or repository that it watches. */
  readonly source: string | null
}

export const HEARTBEAT_MS = 5_000
export const LATE_AFTER_MS = 15_000
export const LOST_AFTER_MS = 60_000
