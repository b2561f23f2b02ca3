/** Runs in flight at once of an Adapter that says nothing of it. */
export const DEFAULT_CONCURRENCY = 10
