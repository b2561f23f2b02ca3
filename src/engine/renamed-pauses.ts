/**
 * Has an operator's pause of a schedule follow its rename.
 *
 * Job: keep the override of the old name over both names while the apply that renames is under way, and over the new one
 * alone afterwards. Invariants, in this order:
 * 1. Nobody else changes the overrides of either name: a pause that is asked for meanwhile waits, and finds the new name.
 * 2. The new name is paused before its live entry is written, and the old one until its version is live no longer.
 * On failure before the live entry: the copy is found, and made again, by whoever applies next. After it: whoever leads
 * next clears the override of the old name (`put-back.ts`).
 */
import { type Identity, partsOf } from '../core/names.ts'
import type { RenameAction } from '../core/plan/plan-tree.ts'
import { formatInstant } from '../core/time/instant.ts'
import { carriedOver, NO_OVERRIDE } from '../core/trigger/override.ts'
import { formatPauseTarget, type PauseTarget } from '../core/trigger/pause-target.ts'
import type { EventSink } from '../ports/telemetry.ts'
import type { OverrideWriter } from './override-writer.ts'

export interface RenamedPausesOptions {
  readonly overrides: OverrideWriter
  readonly events: EventSink
}

export interface RenamedPauses {
  /** The old version is live no longer: nothing is over its name any more. */
  clear(identity: Identity): Promise<void>
  letGo(): void
}

/** Resolves when each new name is as paused as the old one. */
export async function carryPauses(
  renames: readonly RenameAction[],
  { overrides, events }: RenamedPausesOptions,
  signal: AbortSignal,
): Promise<RenamedPauses> {
  const names = renames.flatMap(({ identity, from }) => [targetOf(identity), targetOf(from.identity)])
  const held = await overrides.hold(names)
  try {
    for (const { identity, from } of renames) {
      const target = targetOf(identity)
      const { before: old } = await held.change(targetOf(from.identity), (override) => override, signal)
      const { before, after } = await held.change(target, (override) => carriedOver(old, override), signal)
      if (after.pause === null || after.pause === before.pause) continue
      const { by, reason, until, missed } = after.pause
      const facts = {
        by,
        reason,
        until: until === null ? null : formatInstant(until),
        missed,
        renamedFrom: formatPauseTarget(targetOf(from.identity)),
      }
      events.emit({ type: 'paused', target: formatPauseTarget(target), facts })
    }
  } catch (error) {
    held.letGo()
    throw error
  }
  return {
    clear: async (identity) => {
      await held.change(targetOf(identity), () => NO_OVERRIDE, signal)
    },
    letGo: held.letGo,
  }
}

export function targetOf(identity: Identity): PauseTarget {
  const { tenant, name } = partsOf(identity)
  return { kind: 'schedule', tenant, name }
}
