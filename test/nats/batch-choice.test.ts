import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import { BatchChoice, type Way } from '../../src/nats/batch-choice.ts'
import { keepsExpectationsApart } from '../../src/nats/batch-versions.ts'
import { NOON } from '../support/entries.ts'

const MINUTE = 60_000

/** A server on which an entry costs so much, each way, in milliseconds. */
function onServer(costs: Record<Way, number>) {
  const clock = new VirtualClock(NOON)
  const choice = new BatchChoice(clock)
  return {
    choice,
    clock,
    costs,
    /** Sends so many pieces of work, each the way that is chosen then; says which ways they went. */
    work(pieces: number): readonly Way[] {
      return Array.from({ length: pieces }, () => {
        const { way } = choice
        choice.measured(way, 256, 256 * costs[way])
        return way
      })
    },
  }
}

describe('whether entries go one by one or in batches', () => {
  it('begins with singles, tries batches, and stays with singles where they are cheaper', () => {
    const { choice, work } = onServer({ singles: 0.02, batches: 0.04 })
    const ways = work(40)
    expect(ways.slice(0, 3)).toEqual(['singles', 'singles', 'singles'])
    expect(ways.filter((way) => way === 'batches')).toHaveLength(3)
    expect(choice.way).toBe('singles')
  })

  it('stays with batches where each single waits for a disk', () => {
    const { choice, work } = onServer({ singles: 1, batches: 0.05 })
    expect(work(40).filter((way) => way === 'singles')).toHaveLength(3)
    expect(choice.way).toBe('batches')
  })

  it('takes no notice of a small difference', () => {
    const { choice, work } = onServer({ singles: 0.05, batches: 0.045 })
    work(40)
    expect(choice.way).toBe('singles')
  })

  it('is not led astray by one slow moment', () => {
    const { choice, work } = onServer({ singles: 0.02, batches: 0.04 })
    work(40)
    choice.measured('singles', 256, 256 * 0.2)
    expect(choice.way).toBe('singles')
  })

  it('finds out within minutes when the server has changed', async () => {
    const { choice, clock, costs, work } = onServer({ singles: 0.02, batches: 0.04 })
    work(10)
    costs.singles = 1
    for (let round = 0; round < 10; round += 1) {
      await clock.advance(MINUTE)
      work(20)
    }
    expect(choice.way).toBe('batches')
    costs.singles = 0.02
    for (let round = 0; round < 30; round += 1) {
      await clock.advance(MINUTE)
      work(20)
    }
    expect(choice.way).toBe('singles')
  })

  it('leaves batches alone for a minute when they were refused for what they are', async () => {
    const { choice, clock, work } = onServer({ singles: 1, batches: 0.05 })
    work(10)
    choice.withoutBatches()
    expect(work(20)).not.toContain('batches')
    await clock.advance(2 * MINUTE)
    work(1)
    expect(choice.way).toBe('batches')
  })
})

describe('which servers keep the expectations of one batch apart', () => {
  it.each([
    '2.12.14',
    '2.12.15',
    '2.14.4',
    '2.14.10',
    '2.15.0',
    '2.15.1',
    '2.16.0',
    '3.0.0',
    '2.15.0-dev',
  ])('%s does', (version) => expect(keepsExpectationsApart(version)).toBe(true))

  it.each([
    '2.11.9',
    '2.12.0',
    '2.12.13',
    '2.14.0',
    '2.14.3',
    '1.9.0',
    '',
    'unknown',
    undefined,
  ])('%s does not', (version) => expect(keepsExpectationsApart(version)).toBe(false))
})
