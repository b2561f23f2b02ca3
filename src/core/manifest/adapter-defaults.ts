/** Runs in flight at once of an Adapter that says nothing of it. */
export const DEFAULT_CONCURRENCY = 10

/** How long a worker of an Adapter that says nothing of it may be silent. */
export const DEFAULT_ACK_WAIT_MS = 60_000
