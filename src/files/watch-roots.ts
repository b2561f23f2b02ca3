/**
 * Tells when something below some roots may have changed.
 * Folders are watched, not files: one watch each, and every way in which an editor or a deployment replaces a file
 * shows in its folder. Besides, every root is looked at once a second: a root that is deleted, made again, or a link
 * that is turned elsewhere gets new watches. Events are gathered until they pause.
 */
import { type Stats, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/telemetry.ts'

export interface WatchOptions {
  readonly roots: readonly string[]
  readonly cwd: string
  readonly clock: Clock
  readonly logger: Logger
  readonly onChange: () => void
  readonly signal: AbortSignal
}

/** A burst of events (a checkout, an editor's save) is one change: it is over when nothing happens for this long. */
const QUIET_MS = 40
/** A burst without an end is told of this often. */
const LONGEST_BURST_MS = 400
const ROOT_CHECK_MS = 1000

/** Watches until the signal aborts; then everything is closed. `onChange` is also called once when the watches are set. */
export async function watchRoots(options: WatchOptions): Promise<void> {
  const { roots, cwd, clock, onChange, signal } = options
  const burst = new Burst(clock, onChange, signal)
  const watched = roots.map((root) => new WatchedRoot(resolve(cwd, root), options, () => burst.add()))
  try {
    do {
      for (const root of watched) await root.check()
    } while (await clock.sleep(ROOT_CHECK_MS, signal))
  } finally {
    await Promise.all(watched.map((root) => root.close()))
    await burst.ended()
  }
}

/** Turns many events into one call when they pause. */
class Burst {
  readonly #clock: Clock
  readonly #onChange: () => void
  readonly #signal: AbortSignal
  #events = 0
  #running: Promise<void> | undefined

  constructor(clock: Clock, onChange: () => void, signal: AbortSignal) {
    this.#clock = clock
    this.#onChange = onChange
    this.#signal = signal
  }

  add(): void {
    this.#events += 1
    this.#running ??= this.#settle().finally(() => {
      this.#running = undefined
    })
  }

  async ended(): Promise<void> {
    await this.#running
  }

  async #settle(): Promise<void> {
    const end = this.#clock.monotonic() + LONGEST_BURST_MS
    let seen: number
    do {
      seen = this.#events
      if (!(await this.#clock.sleep(QUIET_MS, this.#signal))) return
    } while (seen !== this.#events && this.#clock.monotonic() < end)
    this.#onChange()
  }
}

/** One root with its watches, which are made anew whenever the root becomes another folder. */
class WatchedRoot {
  readonly #path: string
  readonly #logger: Logger
  readonly #changed: () => void
  #watcher: FSWatcher | undefined
  /** What the root was when the watches were set; undefined before the first look, null while it is missing. */
  #identity: string | null | undefined

  constructor(path: string, { logger }: Pick<WatchOptions, 'logger'>, changed: () => void) {
    this.#path = path
    this.#logger = logger
    this.#changed = changed
  }

  async check(): Promise<void> {
    const stats = statSync(this.#path, { throwIfNoEntry: false })
    const identity = stats === undefined ? null : `${stats.dev} ${stats.ino} ${stats.birthtimeMs}`
    if (identity === this.#identity) return
    const first = this.#identity === undefined
    this.#identity = identity
    await this.close()
    if (stats !== undefined) this.#watch(stats)
    else this.#logger.warn('the root of the tree is missing', { root: this.#path })
    if (!first) this.#changed()
  }

  async close(): Promise<void> {
    const watcher = this.#watcher
    this.#watcher = undefined
    await watcher?.close()
  }

  #watch(stats: Stats): void {
    // A single file is watched through its folder: replacing it would leave a watch on the file itself behind.
    const single = stats.isDirectory() ? undefined : basename(this.#path)
    const watcher = watch(single === undefined ? this.#path : dirname(this.#path), {
      ignoreInitial: true,
      ignorePermissionErrors: true,
      atomic: false,
      ...(single === undefined ? {} : { depth: 0 }),
      ignored: (path, entry) =>
        (entry !== undefined && !entry.isDirectory()) || (path !== this.#path && isLeftOut(path)),
    })
    this.#watcher = watcher
    const report = (name: string, kind: string): void => {
      if (this.#watcher === watcher && (single === undefined ? isRelevant(name, kind) : name === single))
        this.#changed()
    }
    watcher.on('addDir', (path) => report(basename(path), 'rename'))
    watcher.on('unlinkDir', (path) => {
      // A folder made again at once may get the same inode: the next look must not take it for the same.
      if (path === this.#path && this.#watcher === watcher) this.#identity = null
      report(basename(path), 'rename')
    })
    watcher.on('raw', (kind, path) => report(basename(path ?? ''), kind))
    watcher.on('ready', () => report(single ?? '', 'rename'))
    watcher.on('error', (cause) => {
      this.#logger.warn('watching the tree failed in part; changes there are seen at each resync', {
        root: this.#path,
        cause,
      })
    })
  }
}

/** Folders that the loader leaves out. `..name` folders are where mounted ConfigMaps keep their versions. */
function isLeftOut(path: string): boolean {
  const name = basename(path)
  return name === 'node_modules' || (name.startsWith('.') && !name.startsWith('..'))
}

/** Whether an event about this name can concern a manifest: editors leave backups and locks beside the files. */
function isRelevant(name: string, kind: string): boolean {
  if (/\.ya?ml$/i.test(name) || name.startsWith('..') || name === '') return true
  // Anything else matters only if it can be a folder or a link that came or went.
  return kind === 'rename' && !name.startsWith('.') && !/[~#]$|\.(swp|swx|tmp|bak|orig)$/.test(name)
}
