/**
 * What was applied, as the store of live state tells it, and where that store says something else.
 *
 * Job: take every change of the store and keep the last good version of each object. Invariants:
 * - Only what belfry itself has written counts: a value with another seal, an older version that was put back, and a
 *   removal that is none of belfry's change nothing here. They are `strange`, until they are put right.
 * - A store that was deleted and made anew is strange for everything that it no longer has.
 * On failure: an unreadable value is strange like any other; nothing here throws.
 */
import { type Identity, identityOf, partsOf } from '../core/names.ts'
import {
  type AppliedRecord,
  type AttemptRecord,
  identityOfLiveKey,
  type LiveRecord,
} from '../core/plan/live-entry.ts'
import { readApplied, readLiveEntry, sealOfEntry } from '../core/plan/seal.ts'
import type { StoreChange } from '../ports/store.ts'

/** A key of live state that does not hold what was applied. */
export interface Strange {
  readonly identity: Identity
  /** `added`: nothing good is known of it. */
  readonly kind: 'changed' | 'removed' | 'added'
  /** Of what stands there now; 0: nothing does. */
  readonly revision: number
  readonly text: string | null
}

export interface Attempted {
  readonly record: AttemptRecord
  readonly revision: number
}

export class LiveRecords {
  readonly #records = new Map<Identity, LiveRecord>()
  readonly #strange = new Map<Identity, Strange>()
  readonly #applied = new Map<string, AppliedRecord>()
  readonly #attempted = new Map<string, Attempted>()
  /** Sources whose record of what was applied is unreadable or gone. */
  readonly #unrecorded = new Set<string>()
  /** The versions that have gone on under another name, by their old identities. */
  readonly #renamed = new Map<Identity, string>()
  /** Those of them that a crash has left in the store. */
  readonly #leftovers = new Map<Identity, LiveRecord>()
  /** After a reset: what has not been told again yet. */
  #untold: { readonly identities: Set<Identity>; readonly sources: Set<string> } | null = null

  get all(): ReadonlyMap<Identity, LiveRecord> {
    return this.#records
  }

  get leftovers(): ReadonlyMap<Identity, LiveRecord> {
    return this.#leftovers
  }

  get strange(): ReadonlyMap<Identity, Strange> {
    return this.#strange
  }

  get unrecorded(): ReadonlySet<string> {
    return this.#unrecorded
  }

  get applied(): ReadonlyMap<string, AppliedRecord> {
    return this.#applied
  }

  attempted(source: string): Attempted | null {
    return this.#attempted.get(source) ?? null
  }

  /** The identities whose good version is another one now. */
  take(change: StoreChange): readonly Identity[] {
    const identity = identityOfLiveKey(change.key)
    if (identity === null) {
      this.#takeRecord(change)
      return []
    }
    this.#untold?.identities.delete(identity)
    if (change.value === null) this.#leftovers.delete(identity)
    if (!this.#takeManifest(identity, change)) return []
    const old = this.#renamedBy(identity)
    return old === null ? [identity] : [identity, old]
  }

  /** All is told anew. What is good stays so. */
  reset(): void {
    this.#attempted.clear()
    this.#strange.clear()
    this.#untold = { identities: new Set(this.#records.keys()), sources: new Set(this.#applied.keys()) }
  }

  /** All that there is has been told: what has not been is gone. */
  caughtUp(): void {
    for (const identity of this.#untold?.identities ?? [])
      this.#strange.set(identity, { identity, kind: 'removed', revision: 0, text: null })
    for (const source of this.#untold?.sources ?? []) this.#unrecorded.add(source)
    this.#untold = null
  }

  #takeManifest(identity: Identity, { value, revision, deliberate }: StoreChange): boolean {
    const known = this.#records.get(identity)
    if (value === null) {
      if (known === undefined || deliberate === true) {
        this.#strange.delete(identity)
        return this.#records.delete(identity)
      }
      this.#strange.set(identity, { identity, kind: 'removed', revision, text: null })
      return false
    }
    const entry = readLiveEntry(identity, value)
    if (entry === null || (known !== undefined && entry.appliedAt < known.entry.appliedAt)) {
      const kind = known === undefined ? 'added' : 'changed'
      this.#strange.set(identity, { identity, kind, revision, text: value })
      return false
    }
    this.#strange.delete(identity)
    const record = { identity, entry, revision }
    if (this.#renamed.get(identity) === sealOfEntry(entry)) {
      this.#leftovers.set(identity, record)
      return false
    }
    this.#leftovers.delete(identity)
    this.#records.set(identity, record)
    return true
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
    this.#leftovers.set(old, record)
    return old
  }

  #takeRecord({ key, value, revision }: StoreChange): void {
    const [what, source, more] = key.split('.')
    if (source === undefined || more !== undefined) return
    if (what === 'applied') {
      this.#untold?.sources.delete(source)
      const record = value === null ? null : readApplied(value)
      if (record === null) this.#unrecorded.add(source)
      else {
        this.#unrecorded.delete(source)
        this.#applied.set(source, record)
      }
    }
    if (what === 'attempted') {
      const record = value === null ? null : readAttempt(value)
      if (record === null) this.#attempted.delete(source)
      else this.#attempted.set(source, { record, revision })
    }
  }
}

/** For people: where it cannot be read it is as if there were none, and the next one takes its place. */
export function readAttempt(text: string): AttemptRecord | null {
  try {
    const found: unknown = JSON.parse(text)
    const isRecord =
      typeof found === 'object' && found !== null && 'outcome' in found && 'problemCount' in found
    return isRecord ? (found as AttemptRecord) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
