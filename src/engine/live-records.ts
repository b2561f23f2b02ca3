/**
 * What was applied, as the store of live state tells it, and where that store says something else.
 *
 * Job: take every change of the store and keep the last good version of each object. Invariants:
 * - Only what belfry itself has written counts: a value with another seal, an older version that was put back, and a
 *   removal that is none of belfry's change nothing here. They are `strange`, until they are put right.
 * - Of a source that a belfry without seals has applied also what has no seal counts, until it is sealed.
 * - A store that was deleted and made anew is strange for everything that it no longer has.
 * On failure: an unreadable value is strange like any other; nothing here throws.
 */
import { type Identity, identityOf, partsOf } from '../core/names.ts'
import { identityOfLiveKey, type LiveEntry, type LiveRecord } from '../core/plan/live-entry.ts'
import { readLiveEntry, readUnsealedEntry, sealOfEntry } from '../core/plan/seal.ts'
import type { StoreChange } from '../ports/store.ts'
import { AppliedRecords } from './applied-records.ts'

/** A key of live state that does not hold what was applied. */
export interface Strange {
  readonly identity: Identity
  /** `added`: nothing good is known of it. */
  readonly kind: 'changed' | 'removed' | 'added'
  /** Of what stands there now; 0: nothing does. */
  readonly revision: number
  readonly text: string | null
}

export class LiveRecords {
  readonly bySource = new AppliedRecords()
  readonly #records = new Map<Identity, LiveRecord>()
  readonly #strange = new Map<Identity, Strange>()
  /** Those that count, although they have no seal. */
  readonly #unsealed = new Set<Identity>()
  /** What nobody applied and is left alone has been told of. */
  readonly #told = new WeakSet<Strange>()
  /** The versions that have gone on under another name, by their old identities. */
  readonly #renamed = new Map<Identity, string>()
  /** Those of them whose end a crash has left undone; revision 0: the store has lost them meanwhile. */
  readonly #leftovers = new Map<Identity, LiveRecord>()
  /** After a reset: what has not been told again yet. */
  #untold: Set<Identity> | null = null

  get all(): ReadonlyMap<Identity, LiveRecord> {
    return this.#records
  }

  get leftovers(): ReadonlyMap<Identity, LiveRecord> {
    return this.#leftovers
  }

  get strange(): ReadonlyMap<Identity, Strange> {
    return this.#strange
  }

  get unsealed(): readonly LiveRecord[] {
    return [...this.#unsealed].flatMap((identity) => this.#records.get(identity) ?? [])
  }

  /** The store is as it was applied, but for what nobody applied and has been told of. */
  get isRight(): boolean {
    const { unrecorded, unsealed } = this.bySource
    const known = this.#unsealed.size + this.#leftovers.size + unrecorded.size + unsealed.size
    return known === 0 && [...this.#strange.values()].every((found) => this.#told.has(found))
  }

  /** Whether it is told of for the first time. */
  tell(found: Strange): boolean {
    if (this.#told.has(found)) return false
    this.#told.add(found)
    return true
  }

  /** The identities whose good version is another one now. */
  take(change: StoreChange): readonly Identity[] {
    const identity = identityOfLiveKey(change.key)
    if (identity !== null) return this.#takeManifest(identity, change)
    const source = this.bySource.take(change)
    if (source === null || !this.bySource.unsealed.has(source)) return []
    // What was told before its source was: now it counts.
    return [...this.#strange.values()].flatMap(({ identity: waiting, kind, text, revision }) =>
      kind === 'added' && text !== null && readUnsealedEntry(waiting, text)?.source === source
        ? this.#takeManifest(waiting, { key: change.key, value: text, revision })
        : [],
    )
  }

  /** All is told anew. What is good stays so. */
  reset(): void {
    this.bySource.reset()
    this.#strange.clear()
    this.#untold = new Set([...this.#records.keys(), ...this.#leftovers.keys()])
  }

  /** All that there is has been told: what has not been is gone. */
  caughtUp(): void {
    this.bySource.caughtUp()
    for (const identity of this.#untold ?? []) {
      const leftover = this.#leftovers.get(identity)
      if (leftover === undefined)
        this.#strange.set(identity, { identity, kind: 'removed', revision: 0, text: null })
      else this.#leftovers.set(identity, { ...leftover, revision: 0 })
    }
    this.#untold = null
  }

  /** A leftover has ended that the store does not have, and so will not tell of. */
  ended(identity: Identity): void {
    this.#leftovers.delete(identity)
  }

  #takeManifest(identity: Identity, change: StoreChange): readonly Identity[] {
    this.#untold?.delete(identity)
    if (change.value === null) this.#leftovers.delete(identity)
    const isAnother =
      change.value === null
        ? this.#takeRemoval(identity, change)
        : this.#takeValue(identity, change.value, change.revision)
    if (!isAnother) return []
    const old = this.#renamedBy(identity)
    return old === null ? [identity] : [identity, old]
  }

  #takeRemoval(identity: Identity, { revision, deliberate }: StoreChange): boolean {
    const known = this.#records.get(identity)
    if (known !== undefined && deliberate !== true && !this.#unsealed.has(identity)) {
      this.#strange.set(identity, { identity, kind: 'removed', revision, text: null })
      return false
    }
    this.#strange.delete(identity)
    this.#unsealed.delete(identity)
    return this.#records.delete(identity)
  }

  #takeValue(identity: Identity, text: string, revision: number): boolean {
    const known = this.#records.get(identity)
    const sealed = readLiveEntry(identity, text)
    const entry = sealed ?? this.#readUnsealed(identity, text)
    const isOlder =
      entry !== null &&
      known !== undefined &&
      entry.appliedAt < known.entry.appliedAt &&
      !this.#unsealed.has(identity)
    if (entry === null || isOlder) {
      const kind = known === undefined ? 'added' : 'changed'
      this.#strange.set(identity, { identity, kind, revision, text })
      return false
    }
    this.#strange.delete(identity)
    const record = { identity, entry, revision }
    if (this.#renamed.get(identity) === sealOfEntry(entry)) {
      this.#leftovers.set(identity, record)
      return false
    }
    this.#leftovers.delete(identity)
    if (sealed === null) this.#unsealed.add(identity)
    else this.#unsealed.delete(identity)
    this.#records.set(identity, record)
    return true
  }

  #readUnsealed(identity: Identity, text: string): LiveEntry | null {
    const entry = this.bySource.unsealed.size === 0 ? null : readUnsealedEntry(identity, text)
    return entry !== null && this.bySource.unsealed.has(entry.source) ? entry : null
  }

  /** Takes out the version that this one goes on from, if it is still there. */
  #renamedBy(identity: Identity): Identity | null {
    const from = this.#records.get(identity)?.entry.renamedFrom
    if (from === undefined) return null
    const old = identityOf('Schedule', partsOf(identity).tenant, from.schedule)
    this.#renamed.set(old, from.seal)
    const record = this.#records.get(old)
    if (record === undefined || sealOfEntry(record.entry) !== from.seal) return null
    this.#records.delete(old)
    const { kind, revision } = this.#strange.get(old) ?? { kind: 'changed', revision: record.revision }
    this.#strange.delete(old)
    this.#leftovers.set(old, { ...record, revision: kind === 'removed' ? 0 : revision })
    return old
  }
}
