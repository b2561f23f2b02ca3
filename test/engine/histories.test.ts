import { describe, expect, it } from 'vitest'
import { problemOf, seedsOf } from './histories/play.ts'

// Random histories on a virtual clock (see histories/world.ts for what can happen in one), judged by an oracle of its own
// (histories/oracle.ts). BELFRY_HISTORIES: how many, 1,000 by default. BELFRY_SEED: one of them again.

describe.runIf(seedsOf(1).length > 0)('whatever happens, in histories of odd seeds', () => {
  it(`each time fires once or something explains why not, and edits are safe (${seedsOf(1).length} histories)`, async () => {
    for (const seed of seedsOf(1)) expect(await problemOf(seed)).toBeNull()
  }, 3_600_000)
})
