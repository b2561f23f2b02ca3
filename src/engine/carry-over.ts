/**
 * What a plan does to the logs of schedules beyond cutting them: renames, and names that begin anew.
 *
 * Job: have a renamed schedule go on where it stood, under its new name. Invariants, in this order:
 * 1. The old name is settled up to the edit, and held.
 * 2. A marker begins the log of the new name there, with the count of the old one.
 * 3. The live entry of the new name is written. It says which version of the old name it goes on from, and from this
 *    write on that version is live no longer, wherever it is seen: so no crash leaves both or neither firing.
 * 4. A marker ends the log of the old name, with count 0, so that a schedule of that name to come is a new one, and no
 *    operator's pause is over that name any more: it is over the new one since before 3 (`renamed-pauses.ts`).
 * 5. The live entry of the old name is removed.
 * On failure before 3: the old name goes on from its cut. After 3: whoever leads next does 4 and 5 (`put-back.ts`).
 */
import type { Manifest, ScheduleManifest } from '../core/kinds.ts'
import { type Identity, partsOf, type ScheduleKey } from '../core/names.ts'
import { type LiveRecord, liveKeyOf } from '../core/plan/live-entry.ts'
import type { Plan, RenameAction } from '../core/plan/plan-tree.ts'
import type { Store } from '../ports/store.ts'
import { positionKey } from './log-positions.ts'
import type { RenamedPauses } from './renamed-pauses.ts'
import type { TriggerLoop } from './trigger-loop.ts'

export function keyOf(identity: Identity): ScheduleKey {
  const { tenant, name } = partsOf(identity)
  return { tenant, schedule: name }
}

function jobOf(manifest: Manifest): string {
  return (manifest as ScheduleManifest).spec.job
}

export interface CarryOverOptions {
  readonly loop: TriggerLoop
  readonly appliedAt: number
  /** Whether an operator's pause lies over this version. */
  readonly isPaused: (record: LiveRecord) => boolean
}

/** Steps 1 and 2. Up to where each new name is settled, by `positionKey`; null if leadership was lost. */
export async function carryOver(
  renames: readonly RenameAction[],
  { loop, appliedAt, isPaused }: CarryOverOptions,
): Promise<ReadonlyMap<string, number> | null> {
  // A pause goes along, but one of the job only where the job does: what it held back must not come up as missed.
  const isCut = ({ timingChanged, from, document }: RenameAction): boolean =>
    timingChanged || (jobOf(from.entry.manifest) !== jobOf(document.manifest) && isPaused(from))
  const fromOf = (cut: boolean) =>
    renames.filter((action) => isCut(action) === cut).map(({ from }) => keyOf(from.identity))
  const cut = { cutAt: appliedAt, reason: 'superseded' } as const
  const settled = await Promise.all([
    loop.settle(fromOf(true), cut),
    loop.settle(fromOf(false), { ...cut, leavesHeld: true }),
  ])
  if (settled.includes(null)) return null
  const begins = new Map<string, number>()
  for (const { identity, from } of renames) {
    const to = keyOf(identity)
    const at = await loop.carryOver(keyOf(from.identity), to)
    if (at === null) return null
    begins.set(positionKey(to), at)
  }
  return begins
}

export interface EndingOptions {
  readonly store: Store
  readonly loop: TriggerLoop
  readonly mayWrite: () => boolean
  readonly pauses: Pick<RenamedPauses, 'clear'>
}

/** Steps 4 and 5. False: somebody else wrote, or leadership is lost. */
export async function endRenamed(
  renames: readonly RenameAction[],
  { loop, store, mayWrite, pauses }: EndingOptions,
): Promise<boolean> {
  for (const { from } of renames) {
    const marked = await loop.mark(keyOf(from.identity), { reason: 'renamed', cutAt: 0, count: 0 })
    if (!marked) return false
    await pauses.clear(from.identity)
    if (!mayWrite()) return false
    const removed = await store.remove(liveKeyOf(from.identity), from.revision)
    if (!removed.ok) return false
  }
  return true
}

/**
 * The count of a schedule that is created begins with 0, whatever its name was used for; so does what ends without being
 * installed here. False: leadership is lost.
 */
export async function beginAnew(
  { actions }: Plan,
  { loop, appliedAt, ended }: BeginningAnew,
): Promise<boolean> {
  for (const { action, identity } of actions) {
    if ((action !== 'create' && action !== 'delete') || partsOf(identity).kind !== 'Schedule') continue
    const key = keyOf(identity)
    if (ended.has(positionKey(key)) || loop.countOf(key) === 0) continue
    if (!(await loop.mark(key, { reason: 'deleted', cutAt: appliedAt, count: 0 }))) return false
  }
  return true
}

interface BeginningAnew {
  readonly loop: TriggerLoop
  readonly appliedAt: number
  /** What was settled as deleted, by `positionKey`. */
  readonly ended: ReadonlyMap<string, number>
}
