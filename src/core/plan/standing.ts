import { type Identity, partsOf } from '../names.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import { followedTexts } from '../schedule/trigger-text.ts'
import { formatLocal } from '../time/instant.ts'
import { zoneOf } from '../time/zone.ts'
import { compileTrigger, effectiveSpec } from '../trigger/compile-trigger.ts'
import { decide } from '../trigger/decide.ts'
import type { LiveSnapshot } from './live-entry.ts'
import { liveCatalogue } from './tree-as-live.ts'

/** How a live schedule stands. Times are epoch milliseconds. */
export interface Standing {
  readonly identity: Identity
  readonly tenant: string
  readonly name: string
  readonly job: string
  readonly timezone: string
  /** `Ready`, or why nothing (or nothing new) fires. */
  readonly condition: 'Ready' | 'Suspended' | 'OutOfCoverage' | 'Exhausted' | 'Unusable'
  readonly message: string
  readonly next: number | null
  readonly nextLocal: string | null
  readonly generation: number
  readonly file: string
  readonly line: number
}

/** Stored fires and the last entry of a schedule, as the log has them. */
export interface LastEntry {
  readonly nominal: number
  readonly count: number
}

/** How every schedule of live state stands at `now`. `last` knows what the log has of a schedule. */
export function standings(
  live: LiveSnapshot,
  now: number,
  last: (tenant: string, name: string) => LastEntry | null,
): readonly Standing[] {
  const catalogue = liveCatalogue(live)
  const shelf = new CalendarShelf(catalogue)
  const found: Standing[] = []
  for (const { identity, entry } of live.values()) {
    const { kind, tenant, name } = partsOf(identity)
    const schedule = kind === 'Schedule' ? catalogue.find('Schedule', tenant, name) : undefined
    if (schedule === undefined) continue
    const { generation, revision, activeFrom, file, line } = entry
    const spec = effectiveSpec(schedule, catalogue)
    const timezone = spec.timezone ?? 'UTC'
    const facts = { identity, tenant, name, job: spec.job, timezone, generation, file, line }
    const trigger = compileTrigger(schedule, {
      catalogue,
      shelf,
      facts: { generation, revision, activeFrom },
    })
    if (!trigger.ok) {
      const message = trigger.error[0]?.message ?? 'it cannot be compiled'
      found.push({ ...facts, condition: 'Unusable', message, next: null, nextLocal: null })
      continue
    }
    const entryOf = last(tenant, name)
    const cursor = Math.max(now, activeFrom, entryOf?.nominal ?? 0)
    // The engine's own decision says what holds a schedule back.
    const { condition } = decide(trigger.value, { cursor, count: entryOf?.count ?? 0 }, cursor)
    const next =
      condition === 'suspended' || condition === 'exhausted' ? null : trigger.value.compiled.next(cursor)
    const candidate =
      next === null && condition === null ? trigger.value.compiled.nextCandidate(cursor) : null
    const word = wordFor(condition, candidate?.outcome === 'held')
    const follows = word === 'Ready' ? followedTexts(spec).join(', ') : ''
    const message = word === 'OutOfCoverage' ? (candidate?.trace.at(-1)?.text ?? '') : follows
    found.push({
      ...facts,
      condition: word,
      message,
      next,
      nextLocal: next === null ? null : localOf(next, timezone),
    })
  }
  return found.sort((a, b) => (a.next ?? Number.POSITIVE_INFINITY) - (b.next ?? Number.POSITIVE_INFINITY))
}

function wordFor(condition: string | null, held: boolean): Standing['condition'] {
  if (condition === 'suspended') return 'Suspended'
  if (condition === 'exhausted') return 'Exhausted'
  return condition === 'out-of-coverage' || held ? 'OutOfCoverage' : 'Ready'
}

function localOf(instant: number, timezone: string): string {
  const zone = zoneOf(timezone)
  return zone.ok ? formatLocal(instant, zone.value) : new Date(instant).toISOString()
}
