import type {
  AdapterManifest,
  CalendarManifest,
  JobManifest,
  Kind,
  ScheduleManifest,
  TenantManifest,
} from '../kinds.ts'
import { DEFAULT_TENANT, type Identity, identityOf } from '../names.ts'
import type { TreeDocument } from './tree.ts'

interface ManifestOf {
  readonly Adapter: AdapterManifest
  readonly Calendar: CalendarManifest
  readonly Job: JobManifest
  readonly Schedule: ScheduleManifest
  readonly Tenant: TenantManifest
}

/** A document whose kind is known. */
export type DocumentOf<K extends Kind> = TreeDocument & { readonly kind: K; readonly manifest: ManifestOf[K] }

/** The documents of a tree by what they are, with the rules by which names find each other. */
export class TreeIndex {
  readonly #documents = new Map<Identity, TreeDocument>()
  readonly #byKind = new Map<Kind, TreeDocument[]>()

  /** Of several documents with one identity the first counts. */
  constructor(documents: Iterable<TreeDocument>) {
    for (const document of documents) {
      if (this.#documents.has(document.identity)) continue
      this.#documents.set(document.identity, document)
      const same = this.#byKind.get(document.kind)
      if (same === undefined) this.#byKind.set(document.kind, [document])
      else same.push(document)
    }
  }

  all<K extends Kind>(kind: K): readonly DocumentOf<K>[] {
    return (this.#byKind.get(kind) ?? []) as unknown as readonly DocumentOf<K>[]
  }

  get(identity: Identity): TreeDocument | undefined {
    return this.#documents.get(identity)
  }

  find<K extends Kind>(kind: K, tenant: string, name: string): DocumentOf<K> | undefined {
    return this.#documents.get(identityOf(kind, tenant, name)) as DocumentOf<K> | undefined
  }

  /** The Calendar that a document of `tenant` means by `name`: its own tenant's, else that of the tenant `default`. */
  calendar(tenant: string, name: string): DocumentOf<'Calendar'> | undefined {
    return this.find('Calendar', tenant, name) ?? this.find('Calendar', DEFAULT_TENANT, name)
  }

  /** The Tenant document of a tenant, if it has one. */
  tenant(tenant: string): DocumentOf<'Tenant'> | undefined {
    return this.find('Tenant', tenant, tenant)
  }
}
