import type { Manifest, ScheduleManifest } from '../kinds.ts'
import { replacedNames } from '../manifest/replaced-names.ts'
import type { Tree } from '../manifest/tree.ts'
import { type Identity, identityOf } from '../names.ts'
import type { LiveRecord, LiveSnapshot } from './live-entry.ts'

/**
 * By new identity the live schedule that each one goes on from. A schedule that is live under its new name has been
 * renamed already: `replaces` may stay in its file.
 */
export function renamesIn(
  { documents }: Tree,
  live: LiveSnapshot,
  wanted: ReadonlySet<Identity>,
): ReadonlyMap<Identity, LiveRecord> {
  const renames = new Map<Identity, LiveRecord>()
  const taken = new Set<Identity>()
  for (const { identity, kind, tenant, manifest } of documents) {
    if (kind !== 'Schedule' || live.has(identity)) continue
    for (const name of replacedNames((manifest as ScheduleManifest).spec)) {
      const old = identityOf('Schedule', tenant, name)
      const record = live.get(old)
      if (record === undefined || wanted.has(old) || taken.has(old)) continue
      renames.set(identity, record)
      taken.add(old)
      break
    }
  }
  return renames
}

/** Jitter and `H` in cron are drawn from the name: under another one they are other times. */
export function timesDependOnName(manifest: Manifest): boolean {
  const { jitter, triggers } = (manifest as ScheduleManifest).spec
  return (
    jitter !== undefined || triggers.some((trigger) => 'cron' in trigger && /(^|[\s,])H\b/.test(trigger.cron))
  )
}
