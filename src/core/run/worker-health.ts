/** What a worker tells of itself every few seconds, and what is made of its silence. */
export interface WorkerHealth {
  readonly tenant: string
  readonly adapter: string
  readonly instance: string
  readonly host: string
  readonly pid: number
  /** Of this package. */
  readonly version: string
  readonly state: 'working' | 'stopping' | 'stopped'
  readonly startedAt: string
  readonly reportedAt: string
  readonly memoryBytes: number
  /** Runs now, and those ended since the start. */
  readonly inHand: number
  readonly handled: number
  readonly failed: number
  readonly messages: readonly string[]
}

export const REPORT_EVERY_MS = 5_000
/** Three reports are missing. */
export const LATE_AFTER_MS = 15_000
export const LOST_AFTER_MS = 60_000

/** `stopped` said so itself; `late` and `lost` have not been heard of. */
export type HealthState = 'healthy' | 'late' | 'lost' | 'stopped'

export function healthOf({ state }: Pick<WorkerHealth, 'state'>, silentMs: number): HealthState {
  if (state === 'stopped') return 'stopped'
  if (silentMs > LOST_AFTER_MS) return 'lost'
  return silentMs > LATE_AFTER_MS ? 'late' : 'healthy'
}
