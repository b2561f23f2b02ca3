/** How many random cases a property tries: few by default, `BELFRY_PROPERTY_RUNS` for the long run. */
export function propertyRuns(byDefault: number): { numRuns: number } {
  const wanted = Number(process.env.BELFRY_PROPERTY_RUNS ?? 0)
  return { numRuns: wanted > 0 ? wanted : byDefault }
}

/** For vitest: the long run may take hours, the default one must not. */
export const PROPERTY_TIMEOUT_MS = process.env.BELFRY_PROPERTY_RUNS === undefined ? 30_000 : 6 * 3_600_000
