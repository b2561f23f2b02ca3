import { describe, expect, it } from 'vitest'
import { problemOf } from './histories/play.ts'

// The histories of histories.test.ts, ten times as many. BELFRY_HISTORIES: how many, 10,000 here by default.

const COUNT = Number(process.env.BELFRY_HISTORIES ?? 10_000)

describe('whatever happens', () => {
  it(`each time fires once or something explains why not, and edits are safe (${COUNT} histories)`, async () => {
    for (let seed = 1; seed <= COUNT; seed++) expect(await problemOf(seed)).toBeNull()
  })
})
