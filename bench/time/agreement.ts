import { zoneOf } from '../../src/core/time/zone.ts'
import { END, START } from './cases.ts'
import type { Engine } from './engines.ts'

const DAY_MS = 86_400_000

export interface Agreement {
  readonly compared: number
  readonly differing: number
}

export interface Comparison {
  readonly ours: Engine
  readonly peer: Engine
  readonly expression: string
  readonly timezone: string
  readonly count: number
}

/**
 * Compares the first fires of two engines. Fires within a day of a change of clocks are left out: there the engines
 * mean different things (docs/spec/cron.md says what ours means).
 */
export function compareFires({ ours: engine, peer, expression, timezone, count }: Comparison): Agreement {
  const zone = zoneOf(timezone)
  if (!zone.ok) throw new Error(zone.error.message)
  const changes = zone.value.transitions(START, END).map((transition) => transition.at)
  const farFromChange = (at: number) => !changes.some((change) => Math.abs(change - at) < DAY_MS)
  const theirs = fires(peer, expression, timezone, count)
  const until = theirs.at(-1) ?? START
  const admitted = theirs.filter((at) => engine.admits === undefined || engine.admits(at, timezone))
  const expected = new Set(admitted.filter(farFromChange))
  const ours = new Set(
    fires(engine, expression, timezone, 2 * count).filter((at) => at <= until && farFromChange(at)),
  )
  const missing = [...expected].filter((at) => !ours.has(at)).length
  const extra = [...ours].filter((at) => !expected.has(at)).length
  return { compared: expected.size, differing: missing + extra }
}

function fires(engine: Engine, expression: string, timezone: string, count: number): number[] {
  const walker = engine.walk(expression, timezone)
  const found: number[] = []
  while (found.length < count) {
    const at = walker.next()
    if (at === null || at >= END) break
    found.push(at)
  }
  return found
}
