import type { Problem } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { Result } from '../core/result.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { TreeLoader } from './tree-loader.ts'

export interface LoadTreeOptions {
  /** What relative paths are relative to; the process's current folder if left out. */
  readonly cwd?: string
  /** The moment that findings which depend on the present refer to, epoch milliseconds; now if left out. */
  readonly at?: number
  readonly signal?: AbortSignal
  /** False: what `expect` blocks say is not checked, for those who want to see why it does not hold. */
  readonly expectations?: boolean
}

/**
 * Reads and validates all manifests below the given folders and files, together, once. Fails with every problem found,
 * each with its place; a valid tree carries its warnings.
 */
export function loadTree(
  paths: readonly string[],
  options: LoadTreeOptions = {},
): Promise<Result<Tree, readonly Problem[]>> {
  return new TreeLoader().load(paths, {
    cwd: options.cwd ?? process.cwd(),
    at: options.at ?? systemClock.now(),
    signal: options.signal ?? new AbortController().signal,
    expectations: options.expectations ?? true,
  })
}
