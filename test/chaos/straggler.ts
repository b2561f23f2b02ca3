import type { LogRecord } from '../../src/ports/fire-log.ts'

/** A fire that was stored long after those of most others with the same nominal time. */
export interface Straggler {
  readonly schedule: string
  readonly nominal: number
  readonly behindMs: number
}

/** The one that came last of all, compared with the middle one of the schedules that fire every second; null without any. */
export function straggler(records: readonly LogRecord[], ticks: readonly string[]): Straggler | null {
  const isTick = new Set(ticks)
  const ofTicks = new Map<number, number[]>()
  const first = new Map<string, LogRecord>()
  for (const record of records) {
    const { key, nominal, storedAt, kind, reason } = record
    const id = `${key.schedule}@${nominal}`
    // What is missed waits for its policy, and what was destroyed comes again.
    if (kind !== 'fire' || reason !== 'scheduled' || first.has(id)) continue
    first.set(id, record)
    if (!isTick.has(key.schedule)) continue
    const others = ofTicks.get(nominal)
    if (others === undefined) ofTicks.set(nominal, [storedAt])
    else others.push(storedAt)
  }
  const middle = new Map(
    [...ofTicks].map(([nominal, stored]) => [
      nominal,
      stored.sort((a, b) => a - b)[Math.floor(stored.length / 2)] as number,
    ]),
  )
  let last: Straggler | null = null
  for (const { key, nominal, storedAt } of first.values()) {
    const behindMs = storedAt - (middle.get(nominal) ?? storedAt)
    if (behindMs > (last?.behindMs ?? 0)) last = { schedule: key.schedule, nominal, behindMs }
  }
  return last
}
