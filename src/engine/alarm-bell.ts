/**
 * Rings once for what many schedules suffer at once.
 *
 * Job: pass an alarm on when it is new, then once a minute with the number of times it came meanwhile, so that a full log
 * under ten thousand waiting schedules is a line a minute and not ten thousand a second.
 */
import type { Clock } from '../ports/clock.ts'

export type AlarmFacts = Readonly<Record<string, string | number>>

const EVERY_MS = 60_000

export function alarmBell<N extends string>(
  clock: Clock,
  ring: (name: N, facts: AlarmFacts) => void,
): (name: N, facts: AlarmFacts) => void {
  const rung = new Map<N, { at: number; since: number }>()
  return (name, facts) => {
    const last = rung.get(name)
    if (last !== undefined && clock.monotonic() - last.at < EVERY_MS) {
      last.since += 1
      return
    }
    rung.set(name, { at: clock.monotonic(), since: 0 })
    ring(name, last === undefined || last.since === 0 ? facts : { ...facts, alsoMeanwhile: last.since })
  }
}
