/** Who leads. `nonce` is drawn anew for every taking, so that an own write whose answer was lost is recognised. */
export interface LeaseRecord {
  readonly holder: string
  readonly nonce: string
  readonly term: number
  /** For people to look at; no decision compares it with any clock. */
  readonly renewedAt: number
  /** True after a clean release: whoever sees it may take the lease at once. */
  readonly released: boolean
}

export interface HeldLease {
  readonly record: LeaseRecord
  readonly revision: number
}

export type LeaseWrite =
  | { readonly kind: 'written'; readonly revision: number }
  /** Somebody else wrote since the expected revision (or an own write landed whose answer was lost): read again. */
  | { readonly kind: 'conflict' }
  /** No answer, or the store cannot answer now: whether it landed is unknown. */
  | { readonly kind: 'unknown' }

/** One lease, by compare-and-set, with reads that see the newest write (never a stale replica). */
export interface LeaseStore {
  /** Throws a retryable BelfryError while the store does not answer. */
  read(): Promise<HeldLease | null>
  /** Writes if the lease still has this revision; `null` means that it was never written. */
  write(record: LeaseRecord, expectedRevision: number | null): Promise<LeaseWrite>
  /** Tells every write as it happens (best effort: a read decides, a watch only wakes). */
  watch(onChange: (held: HeldLease) => void, signal: AbortSignal): void
}
