import { digestOf } from '../digest.ts'
import type { Path, Position, Problem } from '../errors.ts'
import type { Kind, Manifest } from '../kinds.ts'
import type { Identity } from '../names.ts'
import { type PositionTable, positionAt, type Spot } from './positions.ts'

/** One manifest of a tree and where it was written. Plain data: it crosses threads by structured clone. */
export interface TreeDocument {
  readonly identity: Identity
  readonly kind: Kind
  readonly tenant: string
  readonly name: string
  /** As written, no defaults filled in. */
  readonly manifest: Manifest
  /** Of the manifest's canonical JSON: equal on every machine, whatever file, spacing or comments it stands in. */
  readonly digest: string
  /** As the loader names it: relative to the folder that was asked for, with `/`. */
  readonly file: string
  /** Where the document begins, from 1. */
  readonly line: number
  readonly column: number
  readonly positions: PositionTable
}

/** All manifests of one source at one revision, valid as a whole, ordered by identity. */
export interface Tree {
  readonly documents: readonly TreeDocument[]
  /** Over identities and document digests, never over file names or anything else of this machine. */
  readonly digest: string
  /** What a reader should know although the tree is valid. */
  readonly warnings: readonly Problem[]
}

/**
 * Where in its file the value at `path` stands; the nearest value around it that was written if it was not.
 * `spot` asks for the key instead of the value.
 */
export function locate(document: TreeDocument, path: Path, spot: Spot = 'value'): Position {
  return { file: document.file, ...positionAt(document.positions, document.manifest, path, spot) }
}

export function treeDigest(documents: readonly Pick<TreeDocument, 'identity' | 'digest'>[]): string {
  const pairs = documents.map(({ identity, digest }) => [identity, digest] as const)
  return digestOf(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
