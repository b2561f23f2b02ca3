import type { Fire, Marker } from '../../src/core/trigger/log-entry.ts'

export const NOON = Date.UTC(2026, 0, 27, 12)

/** A fire with plain values, for tests that care about a few of them. */
export function someFire(schedule: string, nominal = NOON, changes: Partial<Fire> = {}): Fire {
  return {
    kind: 'fire',
    key: { tenant: 'default', schedule },
    nominal,
    count: 1,
    term: 1,
    revision: 'r1',
    generation: 1,
    ttlSeconds: 604_800,
    reason: 'scheduled',
    job: 'import',
    adapter: 'zerodha',
    lane: '0',
    message: 'RunImport',
    jobVersion: 1,
    payload: '{"portfolio":"main"}',
    calendars: [],
    tz: '2025b',
    ...changes,
  }
}

export function someMarker(schedule: string, nominal = NOON, changes: Partial<Marker> = {}): Marker {
  return {
    kind: 'marker',
    key: { tenant: 'default', schedule },
    nominal,
    count: 0,
    term: 1,
    revision: 'r1',
    generation: 1,
    ttlSeconds: 604_800,
    reason: 'superseded',
    ...changes,
  }
}
