import { readFileSync, statSync } from 'node:fs'
import { digestOfText } from '../core/digest.ts'
import { type Problem, problem } from '../core/errors.ts'
import { LIMITS } from '../core/manifest/limits.ts'
import { type ManifestFile, parseFile, renamed } from '../core/manifest/parse-file.ts'
import type { Tree } from '../core/manifest/tree.ts'
import { ValidationMemory, validateTree } from '../core/plan/validate-tree.ts'
import { err, ok, type Result } from '../core/result.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { type Pause, pauseAfter } from './pause.ts'
import { type FoundFile, isUnswapped, unreadable, type Walk, walk } from './walk.ts'

export interface LoadOptions {
  /** What relative roots are relative to; problems name files the same way. */
  readonly cwd: string
  /** The present moment, epoch milliseconds, for findings that depend on it. */
  readonly at: number
  readonly signal: AbortSignal
  /** False: `expect` blocks are not checked. */
  readonly expectations?: boolean
}

interface KnownFile {
  /** What the file system said of the file when it was read. */
  readonly stamp: string
  readonly digest: string
  readonly parsed: ManifestFile
}

/** How long the event loop may wait for this. File access is synchronous: ten times faster for many small files. */
const SLICE_MS = 20

/** Files that vanish or are swapped while being read: how often everything is looked at again. */
const ATTEMPTS = 5

/** A file changed this shortly before it was read may change again without its times telling: it is read again next time. */
const SETTLED_MS = 50
/** A file that is written without end is taken as it is after half a second. */
const SETTLE_ATTEMPTS = 10

/**
 * Loads trees and remembers what it has read and checked: a file whose inode, size and times are unchanged is not read
 * again, one whose content is unchanged is not parsed again, and so on. Not for two loads at a time.
 */
export class TreeLoader {
  #known = new Map<string, KnownFile>()
  readonly #memory = new ValidationMemory()

  /**
   * Reads and validates everything below the roots. Never half a tree: whatever is wrong with any file fails the whole,
   * with all problems of all files.
   */
  async load(roots: readonly string[], options: LoadOptions): Promise<Result<Tree, readonly Problem[]>> {
    const { found, files, problems } = await this.#readAll(roots, options)
    if (
      problems.length === 0 &&
      files.every(({ documents, problems: own }) => documents.length + own.length === 0)
    ) {
      return err([emptyTree(roots, found.files.length)])
    }
    const { at, expectations = true } = options
    const validated = validateTree(files, { at, memory: this.#memory, expectations })
    if (problems.length === 0) return validated
    return err([...problems, ...(validated.ok ? validated.value.warnings : validated.error)])
  }

  async #readAll(roots: readonly string[], { cwd, at, signal }: LoadOptions) {
    const pause = pauseAfter(SLICE_MS, signal)
    for (let attempt = 1; ; attempt += 1) {
      const found = await walk(roots, cwd, pause)
      const { files, problems, moving } = await this.#readFiles(found, at, pause)
      if (!isUnswapped(found.swaps)) moving.push(...[...found.swaps.keys()].map(stillMoving))
      if (moving.length > 0 && attempt < ATTEMPTS) continue
      // Half of a write may be valid YAML with half of its documents: what was written just now is read again later.
      if (attempt < SETTLE_ATTEMPTS && isJustWritten(found)) {
        await systemClock.sleep(SETTLED_MS, signal)
        signal.throwIfAborted()
        continue
      }
      return { found, files, problems: [...found.problems, ...problems, ...moving] }
    }
  }

  async #readFiles(found: Walk, at: number, pause: Pause) {
    const files: ManifestFile[] = []
    const problems: Problem[] = []
    const moving: Problem[] = []
    const known = new Map<string, KnownFile>()
    let byDigest: ReadonlyMap<string, ManifestFile> | undefined
    const parsedBefore = (digest: string): ManifestFile | undefined => {
      byDigest ??= this.#parsedByDigest()
      return byDigest.get(digest)
    }
    for (const file of found.files) {
      await pause()
      const before = this.#known.get(file.path)
      const unchanged = before !== undefined && before.stamp === stampOf(file.stat)
      const read = unchanged ? ok(before) : readOne(file, { at, parsedBefore })
      if (read === 'moving') moving.push(stillMoving(file.file))
      else if (!read.ok) problems.push(read.error)
      else {
        const parsed = renamed(read.value.parsed, file.file)
        known.set(file.path, parsed === read.value.parsed ? read.value : { ...read.value, parsed })
        files.push(parsed)
      }
    }
    this.#known = known
    return { files, problems, moving }
  }

  /** A file that was moved or only touched need not be parsed again. */
  #parsedByDigest(): ReadonlyMap<string, ManifestFile> {
    return new Map([...this.#known.values()].map((file) => [file.digest, file.parsed]))
  }
}

interface ReadContext {
  readonly at: number
  readonly parsedBefore: (digest: string) => ManifestFile | undefined
}

/** `moving`: the file went away or changed while it was read; looking again is better than half of it. */
function readOne(
  { path, file, stat: before }: FoundFile,
  { at, parsedBefore }: ReadContext,
): Result<KnownFile, Problem> | 'moving' {
  const start = { file, line: 1, column: 1 }
  if (before.size > LIMITS.fileBytes) {
    const expected = `at most ${LIMITS.fileBytes} bytes`
    const found = `${before.size} bytes`
    return err(problem('limit-exceeded', `${file} is too large`, { expected, found, position: start }))
  }
  // The first half of a write that empties the file before it fills it, or a mistake: in neither case is it a wish to
  // delete what the file held.
  if (before.size === 0n) {
    const cure = 'delete the file if its manifests shall go; a comment is enough if it shall stay without any'
    return err(
      problem('empty-file', `${file} is empty`, {
        expected: 'manifests, or a comment',
        cure,
        position: start,
      }),
    )
  }
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
    if (stampOf(statSync(path, { bigint: true })) !== stampOf(before)) return 'moving'
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'moving' : err(unreadable(file, cause))
  }
  const text = decode(bytes)
  if (text === undefined) {
    const position = { ...start, line: lineOfFirstBadByte(bytes) }
    return err(problem('not-utf-8', `${file} is not UTF-8 text`, { expected: 'UTF-8', position }))
  }
  const digest = digestOfText(text)
  const parsed = parsedBefore(digest) ?? parseFile(text, file)
  const settled = Math.max(Number(before.mtimeMs), Number(before.ctimeMs)) < at - SETTLED_MS
  return ok({ stamp: settled ? stampOf(before) : 'unsettled', digest, parsed })
}

function isJustWritten({ files }: Walk): boolean {
  const since = systemClock.now() - SETTLED_MS
  return files.some(({ stat }) => Math.max(Number(stat.mtimeMs), Number(stat.ctimeMs)) > since)
}

function stillMoving(file: string): Problem {
  return problem('unreadable-file', `${file} keeps changing while it is read`, {
    found: 'another version at each attempt',
  })
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: FoundFile['stat']): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (cause instanceof TypeError) return undefined
    throw cause
  }
}

function lineOfFirstBadByte(bytes: Uint8Array): number {
  const lenient = new TextDecoder('utf-8').decode(bytes)
  const bad = lenient.indexOf('\uFFFD')
  return lenient.slice(0, Math.max(bad, 0)).split('\n').length
}

function emptyTree(roots: readonly string[], files: number): Problem {
  return problem('empty-tree', `There are no manifests in ${roots.join(', ')}`, {
    expected: 'at least one manifest in a *.yaml or *.yml file',
    found: files === 0 ? 'no *.yaml or *.yml file' : `${files} files without a document`,
  })
}
