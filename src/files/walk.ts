import { type BigIntStats, type Dirent, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, normalize, relative, resolve, sep } from 'node:path'
import { type Problem, problem } from '../core/errors.ts'
import { LIMITS } from '../core/manifest/limits.ts'
import type { Pause } from './pause.ts'

/** A manifest file that was found, not yet read. */
export interface FoundFile {
  /** Absolute, as it was reached. */
  readonly path: string
  /** For people and problems: as the root was given, with `/`. */
  readonly file: string
  readonly stat: BigIntStats
}

export interface Walk {
  /** Sorted by name, folder by folder; each file once, however many links lead to it. */
  readonly files: readonly FoundFile[]
  readonly problems: readonly Problem[]
  /**
   * The `..data` links met (a mounted ConfigMap or Secret is swapped by renaming that link), with where they led. If
   * one leads elsewhere after reading, the files read are of two versions.
   */
  readonly swaps: ReadonlyMap<string, string>
}

const MANIFEST = /\.ya?ml$/i
const SWAPPED_LINK = '..data'

interface State {
  readonly root: string
  readonly realRoot: string
  readonly files: Map<string, FoundFile & { readonly linked: boolean }>
  readonly problems: Problem[]
  readonly swaps: Map<string, string>
  readonly folders: Set<string>
}

/**
 * Finds the manifest files (`*.yaml`, `*.yml`) below the roots, which may be files themselves. Folders whose names
 * begin with a dot and `node_modules` are left out. Links are followed as long as they stay inside their root; a
 * folder that was reached already is not entered again. `cwd` is what relative roots are relative to.
 */
export async function walk(roots: readonly string[], cwd: string, pause: Pause): Promise<Walk> {
  const files: State['files'] = new Map()
  const problems: Problem[] = []
  const swaps = new Map<string, string>()
  for (const root of roots) {
    const path = resolve(cwd, root)
    const shown = shownName(root, cwd)
    const realRoot = orMissing(() => realpathSync.native(path))
    if (realRoot === undefined) {
      problems.push(
        problem('missing-root', `There is no ${shown}`, {
          expected: 'a folder of manifests, or a manifest file',
          found: 'nothing at that path',
        }),
      )
      continue
    }
    const state: State = { root: shown, realRoot, files, problems, swaps, folders: new Set() }
    const found = statSync(path, { bigint: true })
    if (found.isDirectory()) await walkFolder({ path, real: realRoot, shown, depth: 0 }, state, pause)
    else addFile(state, { path, file: shown, stat: found, linked: false }, realRoot)
  }
  const sorted = [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
  return { files: sorted, problems, swaps }
}

/** Whether the links that were met while walking still lead where they led. */
export function isUnswapped(swaps: Walk['swaps']): boolean {
  for (const [link, target] of swaps) {
    if (orMissing(() => readlinkSync(link)) !== target) return false
  }
  return true
}

interface Folder {
  readonly path: string
  /** The same without links. */
  readonly real: string
  readonly shown: string
  readonly depth: number
}

async function walkFolder(folder: Folder, state: State, pause: Pause): Promise<void> {
  const { path, real, shown, depth } = folder
  await pause()
  if (depth > LIMITS.folderDepth) {
    state.problems.push(
      problem('limit-exceeded', `Folders are nested deeper than ${LIMITS.folderDepth} levels at ${shown}`),
    )
    return
  }
  let entries: Dirent[]
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch (cause) {
    state.problems.push(unreadable(shown, cause))
    return
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const child = join(path, entry.name)
    const childShown = `${shown === '.' ? '' : `${shown.replace(/\/$/, '')}/`}${entry.name}`
    if (entry.name === SWAPPED_LINK && entry.isSymbolicLink()) state.swaps.set(child, readlinkSync(child))
    if (entry.isDirectory()) {
      if (!isLeftOut(entry.name)) {
        await walkFolder(
          { path: child, real: join(real, entry.name), shown: childShown, depth: depth + 1 },
          state,
          pause,
        )
      }
    } else if (entry.isSymbolicLink()) {
      if (!isLeftOut(entry.name)) await walkLink(child, childShown, depth, state, pause)
    } else if (MANIFEST.test(entry.name)) {
      const found = orMissing(() => statSync(child, { bigint: true }))
      if (found !== undefined)
        addFile(state, { path: child, file: childShown, stat: found, linked: false }, join(real, entry.name))
    }
    if (state.files.size > LIMITS.files) {
      state.problems.push(problem('limit-exceeded', `The tree has more than ${LIMITS.files} files`))
      return
    }
  }
}

async function walkLink(
  path: string,
  shown: string,
  depth: number,
  state: State,
  pause: Pause,
): Promise<void> {
  let target: string
  let found: BigIntStats
  try {
    target = realpathSync.native(path)
    found = statSync(path, { bigint: true })
  } catch (cause) {
    // A link to nothing matters only where its name says that it is a manifest.
    if (MANIFEST.test(path)) state.problems.push(unreadable(shown, cause))
    return
  }
  const relevant = found.isDirectory() || MANIFEST.test(path)
  if (!relevant) return
  if (!isInside(target, state.realRoot)) {
    state.problems.push(
      problem('outside-root', `${shown} is a link that leads out of ${state.root}`, {
        expected: 'links that stay inside the tree',
        found: 'a link to a place outside',
        position: { file: shown, line: 1, column: 1 },
      }),
    )
    return
  }
  if (!found.isDirectory()) {
    addFile(state, { path, file: shown, stat: found, linked: true }, target)
    return
  }
  // A folder inside the root is walked under its own name too; only one that is left out there is entered by the link.
  const hidden = relative(state.realRoot, target).split(sep).some(isLeftOut)
  if (!hidden || state.folders.has(target) || isInside(resolve(path), target)) return
  state.folders.add(target)
  await walkFolder({ path, real: target, shown, depth: depth + 1 }, state, pause)
}

function addFile(state: State, found: FoundFile & { readonly linked: boolean }, target: string): void {
  if (!found.stat.isFile()) {
    state.problems.push(
      problem('unreadable-file', `${found.file} is not a regular file`, {
        expected: 'a file',
        position: { file: found.file, line: 1, column: 1 },
      }),
    )
    return
  }
  // A file and the links to it are one file, known by its own name where that is part of the tree.
  const known = state.files.get(target)
  if (known === undefined || (known.linked && !found.linked)) state.files.set(target, found)
}

export function unreadable(file: string, cause: unknown): Problem {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  return problem('unreadable-file', `${file} cannot be read (${code})`, {
    found: code,
    position: { file, line: 1, column: 1 },
  })
}

/** What `look` finds; undefined where there is nothing. */
function orMissing<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EINVAL') return undefined
    throw cause
  }
}

function isLeftOut(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules'
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

function shownName(root: string, cwd: string): string {
  const name = isAbsolute(root) && isInside(root, cwd) ? relative(cwd, root) || '.' : normalize(root)
  return name
    .split(sep)
    .join('/')
    .replace(/(?<=.)\/$/, '')
}
