import type { Problem } from '../errors.ts'
import { KINDS, type Kind, type Manifest } from '../kinds.ts'
import { type Identity, identityOf, partsOf } from '../names.ts'

/** A manifest as applied: the value of `<kind>.<tenant>.<name>` in live state. */
export interface LiveEntry {
  readonly manifest: Manifest
  readonly digest: string
  /** Schedules only. */
  readonly timingDigest: string | null
  /** Counts the versions of the manifest, from 1. */
  readonly generation: number
  /** The source that it belongs to and that alone may change or prune it. */
  readonly source: string
  readonly revision: string
  readonly file: string
  readonly line: number
  /** Epoch milliseconds. */
  readonly appliedAt: number
  /** Schedules: nothing at or before it fires. Epoch milliseconds. */
  readonly activeFrom: number
  /** Schedules: goes on where this one stood, which is live no longer even if its key is still there. */
  readonly renamedFrom?: { readonly schedule: string; readonly seal: string }
}

/** The value of `applied.<source>`: written last, so that it says that all of a tree is live. */
export interface AppliedRecord {
  readonly revision: string
  readonly digest: string
  readonly counts: {
    readonly created: number
    readonly updated: number
    readonly renamed: number
    readonly unchanged: number
    readonly deleted: number
  }
  /** An instance that knows only a lower one does not lead. */
  readonly format: number
  readonly appliedAt: number
  /** Digests of the trees applied, the newest first, this one included. */
  readonly digests: readonly string[]
}

/** The value of `attempted.<source>`: what became of the tree that was looked at last. */
export interface AttemptRecord {
  readonly outcome: 'applied' | 'invalid' | 'refused' | 'behind'
  /** null: the tree could not be read as a whole. */
  readonly digest: string | null
  readonly observedAt: number
  readonly instance: string
  readonly message: string
  readonly problems: readonly Problem[]
  /** How many problems there are in all. */
  readonly problemCount: number
}

/** 2: values are sealed (`seal.ts`). */
export const LIVE_FORMAT = 2
export const DIGESTS_KEPT = 50
export const PROBLEMS_KEPT = 50

export const appliedKey = (source: string): string => `applied.${source}`
export const attemptedKey = (source: string): string => `attempted.${source}`

export function liveKeyOf(identity: Identity): string {
  return identity.replaceAll('/', '.')
}

/** The identity behind a key of live state; null for keys that are none (`applied.main`). */
export function identityOfLiveKey(key: string): Identity | null {
  const [kind, tenant, name, more] = key.split('.')
  if (tenant === undefined || name === undefined || more !== undefined) return null
  return (KINDS as readonly string[]).includes(kind ?? '') ? identityOf(kind as Kind, tenant, name) : null
}

export interface LiveRecord {
  readonly identity: Identity
  readonly entry: LiveEntry
  /** Of the key in the store, for compare-and-set. */
  readonly revision: number
}

/** All of live state at one moment. */
export type LiveSnapshot = ReadonlyMap<Identity, LiveRecord>

export function kindRank(identity: Identity): number {
  return KINDS.indexOf(partsOf(identity).kind)
}
