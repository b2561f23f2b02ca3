import type { PreviewedSchedule } from '../core/plan/preview.ts'
import type { Zone } from '../core/time/zone.ts'
import { utc, zoneNamed } from './instant-option.ts'

/** `--timezone`, else the zone that everybody thinks in who looks at these schedules, else UTC. Throws `usage`. */
export function sharedZone(timezone: string | undefined, schedules: readonly PreviewedSchedule[]): Zone {
  if (timezone !== undefined) return zoneNamed('--timezone', timezone)
  const first = schedules[0]?.zone
  return first !== undefined && schedules.every(({ zone }) => zone.name === first.name) ? first : utc()
}
