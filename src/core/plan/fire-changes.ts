import { type Identity, partsOf } from '../names.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import type { Catalogue } from '../schedule/catalogue.ts'
import type { Occurrence, TraceStep } from '../schedule/occurrence.ts'
import { formatLocal } from '../time/instant.ts'
import { epochDayOfLocal, formatLocalSeconds } from '../time/local.ts'
import { zoneOf } from '../time/zone.ts'
import { compileTrigger, effectiveSpec } from '../trigger/compile-trigger.ts'
import type { CompiledTrigger } from '../trigger/compiled-trigger.ts'
import { activeFromOf, type Plan } from './plan-tree.ts'

/** What a plan does to the fires of one schedule within the horizon. Times are epoch milliseconds. */
export interface FireChanges {
  readonly identity: Identity
  readonly timezone: string
  readonly added: readonly ChangedFire[]
  readonly removed: readonly ChangedFire[]
  readonly moved: readonly { readonly from: ChangedFire; readonly to: ChangedFire }[]
  /** Fires that stay. */
  readonly kept: number
  /** There are more than were compared. */
  readonly truncated: boolean
}

export interface ChangedFire {
  readonly nominal: number
  readonly local: string
  /** Why it is there (a roll, daylight saving) or no longer is (the holiday), where there is more to say than the pattern. */
  readonly because: string | null
}

export interface Horizon {
  readonly from: number
  readonly to: number
}

/** Fires compared for one schedule at most; a schedule that fires every second says enough with these. */
const MOST_COMPARED = 10_000

/** For every schedule that a plan touches, directly or through what it uses, what becomes of its fires. */
export function fireChanges(
  plan: Plan,
  {
    before,
    after,
    horizon,
  }: { readonly before: Catalogue; readonly after: Catalogue; readonly horizon: Horizon },
): readonly FireChanges[] {
  const sides = { before: sideOf(before), after: sideOf(after) }
  return plan.actions.flatMap((action) => {
    const { kind } = partsOf(action.identity)
    if (kind !== 'Schedule' || action.action === 'unchanged' || action.action === 'unmanaged') return []
    if ((action.action === 'update' || action.action === 'rename') && !action.timingChanged) return []
    const name = action.action === 'rename' ? action.from.identity : action.identity
    const old = action.action === 'create' ? null : sides.before(name)
    const now = action.action === 'delete' ? null : sides.after(action.identity)
    const changes = compare(action.identity, { old, now, horizon })
    return changes.added.length + changes.removed.length + changes.moved.length > 0 || changes.kept > 0
      ? [changes]
      : []
  })
}

interface Side {
  readonly trigger: CompiledTrigger
  readonly timezone: string
}

function sideOf(catalogue: Catalogue): (identity: Identity) => Side | null {
  const shelf = new CalendarShelf(catalogue)
  return (identity) => {
    const { tenant, name } = partsOf(identity)
    const schedule = catalogue.find('Schedule', tenant, name)
    if (schedule === undefined) return null
    const spec = effectiveSpec(schedule, catalogue)
    const facts = { generation: 0, revision: '', activeFrom: activeFromOf(spec) ?? 0 }
    const trigger = compileTrigger(schedule, { catalogue, shelf, facts })
    if (!trigger.ok) return null
    return { trigger: trigger.value, timezone: spec.timezone ?? 'UTC' }
  }
}

function compare(
  identity: Identity,
  { old, now, horizon }: { readonly old: Side | null; readonly now: Side | null; readonly horizon: Horizon },
): FireChanges {
  const before = firesOf(old, horizon)
  const after = firesOf(now, horizon)
  const gone = [...before.values()].filter(({ nominal }) => !after.has(nominal))
  const come = [...after.values()].filter(({ nominal }) => !before.has(nominal))
  const timezone = (now ?? old)?.timezone ?? 'UTC'
  const describe = (occurrence: Occurrence, side: Side | null): ChangedFire => ({
    nominal: occurrence.nominal,
    local: localText(occurrence.nominal, timezone),
    because: reasonFor(occurrence.nominal, side),
  })
  // A fire that is asked for on the same date before and after has moved; what it was asked for is in the trace.
  const byAsked = new Map(come.map((occurrence) => [askedDate(occurrence, timezone), occurrence]))
  const moved: { from: ChangedFire; to: ChangedFire }[] = []
  const paired = new Set<Occurrence>()
  for (const occurrence of gone) {
    const partner = byAsked.get(askedDate(occurrence, timezone))
    if (partner === undefined || paired.has(partner)) continue
    paired.add(partner).add(occurrence)
    moved.push({ from: describe(occurrence, now), to: describe(partner, now) })
  }
  return {
    identity,
    timezone,
    added: come
      .filter((occurrence) => !paired.has(occurrence))
      .map((occurrence) => describe(occurrence, now)),
    removed: gone
      .filter((occurrence) => !paired.has(occurrence))
      .map((occurrence) => describe(occurrence, now)),
    moved,
    kept: before.size - gone.length,
    truncated: before.size >= MOST_COMPARED || after.size >= MOST_COMPARED,
  }
}

function firesOf(side: Side | null, { from, to }: Horizon): ReadonlyMap<number, Occurrence> {
  const fires = new Map<number, Occurrence>()
  if (side === null || side.trigger.suspension?.until === null) return fires
  const begins = Math.max(from, side.trigger.activeFrom, (side.trigger.suspension?.until ?? from - 1) + 1)
  for (const occurrence of side.trigger.compiled.occurrences(begins, to)) {
    if (occurrence.outcome === 'fires') fires.set(occurrence.nominal, occurrence)
    if (fires.size >= MOST_COMPARED) break
  }
  return fires
}

/**
 * What the schedule as it will be has to say about a time: its last reason, if that is more than the pattern. A time that
 * is no longer one of its own may still be asked for, and end up elsewhere.
 */
function reasonFor(nominal: number, side: Side | null): string | null {
  if (side === null) return null
  const { compiled } = side.trigger
  const found = compiled.nextCandidate(nominal - 1)
  if (found !== null && found.nominal === nominal) return beyondPattern(found.trace)
  const zone = zoneOf(side.timezone)
  if (!zone.ok) return null
  const local = zone.value.localAt(nominal)
  for (const explained of compiled.on(epochDayOfLocal(local))) {
    if (explained.asked === formatLocalSeconds(local)) return beyondPattern(explained.trace)
  }
  return null
}

function beyondPattern(trace: readonly TraceStep[]): string | null {
  return trace.find(({ step }) => step !== 'pattern' && step !== 'jitter')?.text ?? null
}

function askedDate(occurrence: Occurrence, timezone: string): string {
  return (occurrence.asked ?? localText(occurrence.nominal, timezone)).slice(0, 10)
}

function localText(nominal: number, timezone: string): string {
  const zone = zoneOf(timezone)
  return zone.ok ? formatLocal(nominal, zone.value) : new Date(nominal).toISOString()
}
