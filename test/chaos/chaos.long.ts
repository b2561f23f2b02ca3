import { expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { isClean } from '../support/verdict.ts'
import { ALONE, BORDERS, DESTRUCTIONS, TOGETHER, WIRES } from './faults.ts'
import { type Act, play } from './play.ts'
import { chosenSeed, keep, reportOf } from './report.ts'

const MINUTE = 60_000
const ACTS: readonly Act[] = [
  {
    title: 'two instances with two checkouts on one server, with edits',
    ticks: 130,
    instances: 2,
    faults: [...BORDERS, ...ALONE.filter((fault) => !WIRES.includes(fault))],
    beside: WIRES,
    strikes: 160,
    fires: 64_000,
    longestMs: 10 * MINUTE,
  },
  {
    title: 'two instances on three servers, three replicas',
    ticks: 130,
    instances: 2,
    cluster: true,
    faults: TOGETHER.filter((fault) => !WIRES.includes(fault)),
    beside: WIRES,
    strikes: 40,
    fires: 25_000,
    longestMs: 5 * MINUTE,
  },
  {
    title: 'what operators destroy',
    ticks: 130,
    instances: 2,
    faults: DESTRUCTIONS,
    strikes: 12,
    fires: 14_000,
    longestMs: 3 * MINUTE,
  },
]

it(
  'over 100,000 fires and 200 faults of all kinds none is lost, none doubled, and all that did not fire is explained',
  async () => {
    const seed = chosenSeed(systemClock.now())
    console.log(`BELFRY_SEED=${seed}`)
    const told: string[] = []
    const played = []
    try {
      for (const act of ACTS)
        played.push(
          await play(act, seed, (line) => {
            told.push(line)
            console.log(line)
          }),
        )
    } finally {
      keep(`long-${seed}.log`, `${told.join('\n')}\n`)
    }
    const report = reportOf(seed, played)
    console.log(`${report}\nkept as ${keep(`long-${seed}.txt`, report)}`)
    for (const { judgement, surprises } of played) {
      expect(isClean(judgement)).toBe(true)
      expect(surprises).toEqual([])
    }
    expect(played.reduce((total, { judgement }) => total + judgement.fired, 0)).toBeGreaterThanOrEqual(
      100_000,
    )
    const strikes = played.flatMap(({ struck }) => [...struck.values()])
    expect(strikes.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(200)
  },
  45 * MINUTE,
)
