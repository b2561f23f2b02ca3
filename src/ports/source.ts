import type { Problem } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { Result } from '../core/result.ts'

/** Where a tree comes from. Loading reads, parses and validates everything; it never returns half a tree. */
export interface TreeSource {
  /** The source's id in live state, such as `main`. */
  readonly id: string
  /** For people: the folder or repository. */
  describe(): string
  load(signal: AbortSignal): Promise<Result<Tree, readonly Problem[]>>
  /** Calls `onChange` (a dirty flag, no content) whenever the tree may have changed, until `signal` aborts. */
  watch(onChange: () => void, signal: AbortSignal): void
}
