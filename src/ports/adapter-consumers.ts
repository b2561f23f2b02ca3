/** The durable consumer that one adapter's workers pull from, as declared by its manifest. */
export interface AdapterConsumer {
  readonly tenant: string
  readonly adapter: string
  /** Runs in flight over all instances. */
  readonly concurrency: number
  readonly ackWaitMs: number
  /** Ordered lanes beside the shared one; none if left out. */
  readonly partitions?: number
  /** Deliveries stop, firing goes on. */
  readonly paused: boolean
  /** Digest of the manifest, kept with the consumer so that an unchanged one is not written again. */
  readonly digest: string
  /** Where it begins if it must be made: after this sequence of the log. Left out: after the newest. */
  readonly after?: number
}

export interface KnownConsumer {
  readonly tenant: string
  readonly adapter: string
  readonly digest: string
  readonly paused: boolean
  /** When that ends by itself, epoch milliseconds; null: not, or it is not paused. */
  readonly pausedUntil: number | null
  /** Runs in flight at once, as the server holds it. */
  readonly concurrency: number
  readonly ackWaitMs: number
  /** Other settings that are not as belfry makes them. */
  readonly altered: readonly string[]
  /** Of all lanes. */
  readonly lanes: readonly string[]
  /** Fires not yet acknowledged: waiting or in flight. */
  readonly pending: number
  /** Every fire of it up to this sequence of the log has been acknowledged or given up. */
  readonly ackFloor: number
}

export interface AdapterConsumers {
  /** Only the consumers that belfry made. */
  list(): Promise<readonly KnownConsumer[]>
  /** Creates it (starting after the newest fire unless `after` says otherwise) or updates it in place; never deletes. */
  ensure(consumer: AdapterConsumer): Promise<'created' | 'updated' | 'unchanged'>
  /**
   * Holds the deliveries of a consumer that is there, or (null) lets them go on. `until`: epoch milliseconds of the moment
   * at which they go on by themselves, whoever is up.
   */
  hold(tenant: string, adapter: string, hold: { readonly until: number | null } | null): Promise<void>
  /** Sets how many runs may be in flight at once, of a consumer that is there. */
  limit(tenant: string, adapter: string, concurrency: number): Promise<void>
  /**
   * After a change of the partitions: lets the new lanes begin when the ones before are empty, and removes those in time.
   * Called now and then; whether nothing of this is left to do.
   */
  turnLanes(): Promise<boolean>
  /** Pauses an adapter that has left the tree, so that what is pending is kept for its return. */
  retire(tenant: string, adapter: string): Promise<void>
  /** Deletes it if nothing is pending; returns whether it is gone. */
  removeIfDrained(tenant: string, adapter: string): Promise<boolean>
}
