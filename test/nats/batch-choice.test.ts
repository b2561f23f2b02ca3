import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/memory/virtual-clock.ts'
import { BatchChoice, type Way } from '../../src/nats/batch-choice.ts'
import { keepsExpectationsApart } from '../../src/nats/batch-versions.ts'
import { NOON } from '../support/entries.ts'

const SECOND = 1_000

/** A server on which an entry costs so much, each way, in milliseconds. */
function onServer(costs: Record<Way, number>) {
  const clock = new VirtualClock(NOON)
  const choice = new BatchChoice(clock)
  /** Sends so many pieces of work, each the way that is chosen then; says which ways they went. */
  function work(pieces: number): readonly Way[] {
    return Array.from({ length: pieces }, () => {
      const { way } = choice
      choice.measured(way, 256, 256 * costs[way])
      return way
    })
  }
  /** One piece a second, until the other way is chosen; resolves with how many seconds that takes. */
  async function secondsUntilOther(): Promise<number> {
    const before = choice.way
    for (let seconds = 0; seconds < 1_000; seconds += 1) {
      work(1)
      if (choice.way !== before) return seconds
      await clock.advance(SECOND)
    }
    throw new Error('the other way is never tried')
  }
  return { choice, clock, costs, work, secondsUntilOther }
}

describe('whether entries go one by one or in batches', () => {
  it('begins with singles, tries batches, and stays with singles where they are cheaper', () => {
    const { choice, work } = onServer({ singles: 0.02, batches: 0.03 })
    const ways = work(60)
    expect(ways.slice(0, 9)).not.toContain('batches')
    expect(ways.filter((way) => way === 'batches')).toHaveLength(36)
    expect(choice.way).toBe('singles')
  })

  it('stays with batches where each single waits for a disk', () => {
    const { choice, work } = onServer({ singles: 1, batches: 0.05 })
    expect(work(60).filter((way) => way === 'singles')).toHaveLength(9)
    expect(choice.way).toBe('batches')
  })

  it('takes no notice of a small difference', () => {
    const { choice, work } = onServer({ singles: 0.05, batches: 0.045 })
    work(60)
    expect(choice.way).toBe('singles')
  })

  it('is not led astray by a process that is still warming up', () => {
    const { choice, work } = onServer({ singles: 0.06, batches: 0.085 })
    for (const cost of [0.135, 0.519, 0.115, 0.017]) choice.measured('singles', 256, 256 * cost)
    expect(choice.way).toBe('singles')
    work(60)
    expect(choice.way).toBe('singles')
  })

  it('takes batches that are answered together for what they cost together', () => {
    const { choice, work } = onServer({ singles: 0.06, batches: 0.085 })
    work(9)
    for (let gust = 0; gust < 9; gust += 1) {
      for (const cost of [0.319, 0.007, 0.007, 0.007]) choice.measured('batches', 500, 500 * cost)
    }
    expect(choice.way).toBe('singles')
    work(1)
    expect(choice.way).toBe('singles')
  })

  it('tries the other way again soon at first, then less and less often', async () => {
    const { work, secondsUntilOther } = onServer({ singles: 0.02, batches: 0.03 })
    work(45)
    const waits: number[] = []
    for (let trial = 0; trial < 7; trial += 1) {
      waits.push(await secondsUntilOther())
      work(36)
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300])
  })

  it('ends a trial early that costs dearly', () => {
    const { work } = onServer({ singles: 0.02, batches: 0.5 })
    expect(work(40).filter((way) => way === 'batches')).toHaveLength(8)
  })

  it('puts a wrong choice right within seconds', async () => {
    const { choice, clock, costs, work } = onServer({ singles: 0.3, batches: 0.085 })
    work(60)
    expect(choice.way).toBe('batches')
    costs.singles = 0.06
    await clock.advance(10 * SECOND)
    work(10)
    expect(choice.way).toBe('singles')
  })

  it('finds out within minutes when the server has changed', async () => {
    const { choice, clock, costs, work } = onServer({ singles: 0.02, batches: 0.04 })
    work(60)
    for (const [singles, cheaper] of [
      [1, 'batches'],
      [0.02, 'singles'],
    ] as const) {
      costs.singles = singles
      for (let round = 0; round < 10; round += 1) {
        await clock.advance(60 * SECOND)
        work(60)
      }
      expect(choice.way).toBe(cheaper)
    }
  })

  it('leaves batches alone for a minute when they were refused for what they are', async () => {
    const { choice, clock, work } = onServer({ singles: 1, batches: 0.05 })
    work(60)
    choice.withoutBatches()
    expect(work(60)).not.toContain('batches')
    await clock.advance(60 * SECOND)
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
