import type { Problem } from '../core/errors.ts'
import { parseFile } from '../core/manifest/parse-file.ts'
import type { Tree } from '../core/manifest/tree.ts'
import { validateTree } from '../core/plan/validate-tree.ts'
import type { Result } from '../core/result.ts'

/** A tree of manifests that a program made, validated as one in files is. `at`: the present, epoch milliseconds. */
export function treeOfManifests(manifests: readonly unknown[], at: number): Result<Tree, readonly Problem[]> {
  const files = manifests.map((manifest, index) =>
    parseFile(JSON.stringify(manifest) ?? 'null', `manifest-${index + 1}.json`),
  )
  return validateTree(files, { at })
}
