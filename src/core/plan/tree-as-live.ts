import type { Kind } from '../kinds.ts'
import type { Tree } from '../manifest/tree.ts'
import { TreeIndex } from '../manifest/tree-index.ts'
import { type Identity, partsOf } from '../names.ts'
import { CalendarShelf } from '../schedule/calendar-shelf.ts'
import {
  type Catalogue,
  type CatalogueEntry,
  catalogueOf,
  type ManifestByKind,
} from '../schedule/catalogue.ts'
import { timingDigestOf } from '../trigger/compile-trigger.ts'
import type { LiveRecord, LiveSnapshot } from './live-entry.ts'

/** A tree as if it had been applied: the other side of a plan between two checkouts, which needs no server. */
export function treeAsLive(tree: Tree, source: string): LiveSnapshot {
  const catalogue = catalogueOf(new TreeIndex(tree.documents))
  const shelf = new CalendarShelf(catalogue)
  const live = new Map<Identity, LiveRecord>()
  for (const { identity, kind, tenant, name, manifest, digest, file, line } of tree.documents) {
    const schedule = kind === 'Schedule' ? catalogue.find('Schedule', tenant, name) : undefined
    const timingDigest = schedule === undefined ? null : timingDigestOf(schedule, catalogue, shelf)
    const entry = {
      manifest,
      digest,
      timingDigest,
      generation: 1,
      source,
      revision: '',
      file,
      line,
      appliedAt: 0,
      activeFrom: 0,
    }
    live.set(identity, { identity, entry, revision: 1 })
  }
  return live
}

/** Live state by name, so that what is applied is compiled by the same code as a tree. */
export function liveCatalogue(live: LiveSnapshot): Catalogue {
  const entries = new Map<string, CatalogueEntry<Kind>>()
  for (const { identity, entry } of live.values()) {
    const { tenant, name } = partsOf(identity)
    const { manifest, digest, file, line } = entry
    const locate = () => ({ file, line, column: 1 })
    entries.set(identity, { tenant, name, manifest: manifest as ManifestByKind[Kind], digest, locate })
  }
  return {
    find: <K extends Kind>(kind: K, tenant: string, name: string) =>
      entries.get(`${kind}/${tenant}/${name}`) as CatalogueEntry<K> | undefined,
  }
}
