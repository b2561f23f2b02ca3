import type { Result } from '../core/result.ts'

/** One key of a store. `revision` grows with every write to the store, over all keys. Values are JSON text. */
export interface StoreEntry {
  readonly key: string
  readonly value: string
  readonly revision: number
}

/** A write or (value null) a removal, as a watcher sees it. */
export interface StoreChange {
  readonly key: string
  readonly value: string | null
  readonly revision: number
  /** Of a removal: it was made through this port, not by another hand. */
  readonly deliberate?: boolean
}

export interface StoreWatcher {
  /** Called for every key that is there at the start, then for every change, in the order of revisions. */
  onChange(change: StoreChange): void
  /** Everything that was there when the watch began has been told. Called once a (re)start. */
  onCaughtUp(): void
  /** The store was recreated or the watch lost its place: forget everything, all of it is told anew. */
  onReset(): void
}

/**
 * A key-value bucket with compare-and-set. A write that was refused because the key has moved is the value `conflict`;
 * everything else that goes wrong throws a BelfryError, and whether the write landed is then unknown.
 */
export interface Store {
  get(key: string): Promise<StoreEntry | null>
  /** All keys that are present now. */
  entries(): Promise<readonly StoreEntry[]>
  /** Writes only if the key is absent (never written, or removed). Returns the new revision. */
  create(key: string, value: string): Promise<Result<number, 'conflict'>>
  /** Writes only if the key still has this revision. Returns the new revision. */
  update(key: string, value: string, revision: number): Promise<Result<number, 'conflict'>>
  /** Removes only if the key still has this revision. Returns the revision of the removal. */
  remove(key: string, revision: number): Promise<Result<number, 'conflict'>>
  /** Writes whatever is there. For checkpoints and heartbeats that have one writer. Returns the new revision. */
  put(key: string, value: string): Promise<number>
  /** The revision of the newest write to any key; 0 when there was none. A watcher that has seen it is current. */
  lastRevision(): Promise<number>
  /** Watches until `signal` aborts, over reconnects and recreation of the bucket. */
  watch(watcher: StoreWatcher, signal: AbortSignal): void
}
