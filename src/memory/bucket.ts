import { err, ok, type Result } from '../core/result.ts'
import type { StoreChange, StoreEntry, StoreWatcher } from '../ports/store.ts'

/** What a write expects of the key: this revision (0: absent), or nothing. */
export type Expectation = number | 'anything'

/**
 * The shared content of a key-value bucket: what several instances, each with its own store, have in common. Revisions
 * are one sequence over all keys, removals included, and start again only when the bucket is created anew.
 */
export class MemoryBucket {
  #revision = 0
  #entries = new Map<string, StoreChange>()
  readonly #watches = new Set<Watch>()

  get lastRevision(): number {
    return this.#revision
  }

  get(key: string): StoreEntry | null {
    return present(this.#entries.get(key))
  }

  /** All keys that are present, in the order of their revisions. */
  entries(): readonly StoreEntry[] {
    return this.#ordered().flatMap((change) => present(change) ?? [])
  }

  write(
    key: string,
    value: string | null,
    expected: Expectation,
    deliberate = false,
  ): Result<number, 'conflict'> {
    const current = this.#entries.get(key)
    // A removed key counts as absent for a creation, and has its removal's revision for an update.
    const matches =
      expected === 'anything' ||
      (expected === 0 ? current === undefined || current.value === null : current?.revision === expected)
    if (!matches) return err('conflict')
    this.#revision += 1
    const change = { key, value, revision: this.#revision, deliberate }
    this.#entries.set(key, change)
    for (const watch of this.#watches) watch.tell((watcher) => watcher.onChange(change))
    return ok(this.#revision)
  }

  /** Deletes and recreates the bucket: revisions begin again. */
  recreate(): void {
    this.#entries = new Map()
    this.#revision = 0
    for (const watch of this.#watches) {
      watch.tell((watcher) => watcher.onReset())
      watch.tell((watcher) => watcher.onCaughtUp())
    }
  }

  watch(watcher: StoreWatcher, signal: AbortSignal): void {
    if (signal.aborted) return
    const watch = new Watch(watcher, signal)
    this.#watches.add(watch)
    signal.addEventListener('abort', () => this.#watches.delete(watch), { once: true })
    for (const change of this.#ordered()) watch.tell((told) => told.onChange(change))
    watch.tell((told) => told.onCaughtUp())
  }

  #ordered(): StoreChange[] {
    return [...this.#entries.values()].sort((a, b) => a.revision - b.revision)
  }
}

/** Tells a watcher in order, but never inside the call that made the change. */
class Watch {
  readonly #watcher: StoreWatcher
  readonly #signal: AbortSignal
  #told: Promise<void> = Promise.resolve()

  constructor(watcher: StoreWatcher, signal: AbortSignal) {
    this.#watcher = watcher
    this.#signal = signal
  }

  tell(what: (watcher: StoreWatcher) => void): void {
    this.#told = this.#told.then(() => {
      if (!this.#signal.aborted) what(this.#watcher)
    })
  }
}

function present(change: StoreChange | undefined): StoreEntry | null {
  if (change === undefined || change.value === null) return null
  return { key: change.key, value: change.value, revision: change.revision }
}
