import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Where a tree stands unless somebody says otherwise. */
export const DEFAULT_ROOTS = ['schedules', 'calendars'] as const

/** Those of the default roots that there are; all of them if there is none, so that the problem names them. */
export function defaultRoots(cwd: string): readonly string[] {
  const present = DEFAULT_ROOTS.filter((root) => existsSync(resolve(cwd, root)))
  return present.length > 0 ? present : DEFAULT_ROOTS
}
