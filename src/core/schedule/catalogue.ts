import type { Path, Position } from '../errors.ts'
import type {
  AdapterManifest,
  CalendarManifest,
  JobManifest,
  Kind,
  ScheduleManifest,
  TenantManifest,
} from '../kinds.ts'
import { locate } from '../manifest/tree.ts'
import type { TreeIndex } from '../manifest/tree-index.ts'

export interface ManifestByKind {
  readonly Adapter: AdapterManifest
  readonly Calendar: CalendarManifest
  readonly Job: JobManifest
  readonly Schedule: ScheduleManifest
  readonly Tenant: TenantManifest
}

/** One manifest, wherever it comes from. */
export interface CatalogueEntry<K extends Kind> {
  readonly tenant: string
  readonly name: string
  readonly manifest: ManifestByKind[K]
  readonly digest: string
  /** Where the value at a path of the manifest was written, as exactly as is known. */
  locate(path: Path): Position | undefined
}

/** Manifests by name: of a tree, or of live state. Schedules are compiled from either by the same code. */
export interface Catalogue {
  find<K extends Kind>(kind: K, tenant: string, name: string): CatalogueEntry<K> | undefined
}

export function catalogueOf(index: TreeIndex): Catalogue {
  return {
    find<K extends Kind>(kind: K, tenant: string, name: string): CatalogueEntry<K> | undefined {
      const document = index.find(kind, tenant, name)
      if (document === undefined) return undefined
      const { digest } = document
      const manifest = document.manifest as unknown as ManifestByKind[K]
      return { tenant, name, manifest, digest, locate: (path) => locate(document, path) }
    },
  }
}
