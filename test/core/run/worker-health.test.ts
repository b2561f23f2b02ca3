import { expect, it } from 'vitest'
import { healthOf } from '../../../src/core/run/worker-health.ts'

it.each([
  ['working', 0, 'healthy'],
  ['working', 15_000, 'healthy'],
  ['working', 15_001, 'late'],
  ['stopping', 60_000, 'late'],
  ['working', 60_001, 'lost'],
  ['stopped', 60_001, 'stopped'],
] as const)('a worker that is %s and silent for %i ms is %s', (state, silentMs, health) => {
  expect(healthOf({ state }, silentMs)).toBe(health)
})
