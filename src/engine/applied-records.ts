/**
 * What was applied last for each source, and what became of the tree that was looked at last, as the store tells it.
 *
 * Job: keep the last good record of each source. Invariants: a record that another hand has written, or removed, changes
 * nothing here, and its source is `unrecorded` until it is put right; one of a belfry that knew no seals counts until a
 * sealed one has been seen. On failure: an unreadable record is like one of another hand; nothing here throws.
 */
import type { AppliedRecord, AttemptRecord } from '../core/plan/live-entry.ts'
import { readApplied, readUnsealedApplied } from '../core/plan/seal.ts'
import type { StoreChange } from '../ports/store.ts'

export interface Attempted {
  readonly record: AttemptRecord
  readonly revision: number
}

export class AppliedRecords {
  readonly #applied = new Map<string, AppliedRecord>()
  readonly #attempted = new Map<string, Attempted>()
  readonly #unrecorded = new Set<string>()
  readonly #unsealed = new Set<string>()
  /** After a reset: what has not been told again yet. */
  #untold: Set<string> | null = null

  get applied(): ReadonlyMap<string, AppliedRecord> {
    return this.#applied
  }

  /** Sources whose record of what was applied is unreadable or gone. */
  get unrecorded(): ReadonlySet<string> {
    return this.#unrecorded
  }

  /** Sources that a belfry without seals has applied: of these also what has no seal counts. */
  get unsealed(): ReadonlySet<string> {
    return this.#unsealed
  }

  attempted(source: string): Attempted | null {
    return this.#attempted.get(source) ?? null
  }

  /** The source whose record of what was applied is another one now; null if none is. */
  take({ key, value, revision }: StoreChange): string | null {
    const [what, source, more] = key.split('.')
    if (source === undefined || more !== undefined) return null
    if (what === 'attempted') {
      const record = value === null ? null : readAttempt(value)
      if (record === null) this.#attempted.delete(source)
      else this.#attempted.set(source, { record, revision })
    }
    if (what !== 'applied') return null
    this.#untold?.delete(source)
    const record = this.#good(source, value)
    if (record === null) {
      this.#unrecorded.add(source)
      return null
    }
    this.#unrecorded.delete(source)
    this.#applied.set(source, record)
    return source
  }

  /** All is told anew. What is good stays so. */
  reset(): void {
    this.#attempted.clear()
    this.#untold = new Set(this.#applied.keys())
  }

  /** All that there is has been told: what has not been is gone. */
  caughtUp(): void {
    for (const source of this.#untold ?? []) this.#unrecorded.add(source)
    this.#untold = null
  }

  #good(source: string, value: string | null): AppliedRecord | null {
    const record = value === null ? null : readApplied(value)
    if (record !== null) {
      this.#unsealed.delete(source)
      return record
    }
    const isSealed = this.#applied.has(source) && !this.#unsealed.has(source)
    const unsealed = value === null || isSealed ? null : readUnsealedApplied(value)
    if (unsealed !== null) this.#unsealed.add(source)
    return unsealed
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
