import type { Problem } from '../errors.ts'
import { CheckMemory, checkTree } from '../manifest/check-tree.ts'
import type { ManifestFile } from '../manifest/parse-file.ts'
import { sortProblems } from '../manifest/sort-problems.ts'
import { type Tree, treeDigest } from '../manifest/tree.ts'
import { err, ok, type Result } from '../result.ts'

/** What validating a tree remembers, so that the next time costs what has changed. */
export class ValidationMemory {
  readonly checks = new CheckMemory()
}

export interface ValidateOptions {
  /** The present moment, epoch milliseconds. Findings that depend on it are warnings, never errors. */
  readonly at: number
  readonly memory?: ValidationMemory
}

/**
 * Validates all files of a tree together: documents among each other, then schedules and calendars as compiled. Fails
 * with every error and warning, in the order of files and lines; a valid tree carries its warnings.
 */
export function validateTree(
  files: readonly ManifestFile[],
  options: ValidateOptions,
): Result<Tree, readonly Problem[]> {
  const memory = options.memory ?? new ValidationMemory()
  const checked = checkTree(files, memory.checks)
  const problems = sortProblems(checked.problems)
  if (problems.some(({ severity }) => severity === 'error')) return err(problems)
  const documents = [...checked.documents].sort((a, b) => (a.identity < b.identity ? -1 : 1))
  return ok({ documents, digest: treeDigest(documents), warnings: problems })
}
