import { type CompileCronOptions, compileCron } from '../../src/core/cron/compile.ts'
import { formatLocal, parseInstant } from '../../src/core/time/instant.ts'
import type { Recurrence } from '../../src/core/time/recurrence.ts'
import { type Zone, zoneOf } from '../../src/core/time/zone.ts'

export function zoneNamed(name: string): Zone {
  const zone = zoneOf(name)
  if (!zone.ok) throw new Error(zone.error.message)
  return zone.value
}

export function instantAt(text: string, zone?: Zone): number {
  const instant = parseInstant(text, zone)
  if (!instant.ok) throw new Error(instant.error.message)
  return instant.value
}

export function compiled(expression: string, options: CompileCronOptions): Recurrence {
  const result = compileCron(expression, options)
  if (!result.ok) throw new Error(result.error.map((found) => found.message).join('; '))
  return result.value
}

export interface Asked extends Omit<CompileCronOptions, 'timezone'> {
  readonly timezone?: string
  /** Local in the zone, itself excluded. */
  readonly after: string
  readonly count: number
}

/** The next fires as local times without their offset, `2026-01-05T20:00:00`. */
export function firesOf(expression: string, asked: Asked): string[] {
  return instantsOf(expression, asked).map((text) => text.slice(0, 19))
}

/** The next fires as local times with their offset, `2026-01-05T20:00:00+05:30`. */
export function instantsOf(expression: string, asked: Asked): string[] {
  const { timezone = 'UTC', after, count, ...rest } = asked
  const recurrence = compiled(expression, { ...rest, timezone })
  const zone = zoneNamed(timezone)
  const found: string[] = []
  let at: number | null = instantAt(after, zone)
  while (found.length < count) {
    at = recurrence.next(at)
    if (at === null) break
    found.push(formatLocal(at, zone))
  }
  return found
}
