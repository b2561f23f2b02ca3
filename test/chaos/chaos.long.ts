import { expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { isClean } from '../support/verdict.ts'
import { ALONE, BORDERS, BORDERS_OF_THE_LOG, DESTRUCTIONS, type Fault, TOGETHER, WIRES } from './faults.ts'
import { type Act, type Played, play } from './play.ts'
import { chosenSeed, keep, reportOf, strikesOf, tallyOf } from './report.ts'

const MINUTE = 60_000
const isNoWire = (fault: Fault) => !WIRES.includes(fault)

const ACTS: readonly Act[] = [
  {
    title: 'two instances with two checkouts on one server, with edits',
    ticks: 170,
    instances: 2,
    faults: [...BORDERS, ...ALONE.filter(isNoWire)],
    beside: WIRES,
    edits: true,
    strikes: 150,
    fires: 68_000,
    longestMs: 8 * MINUTE,
  },
  {
    title: 'two instances on three servers, three replicas, with edits',
    ticks: 170,
    instances: 2,
    cluster: true,
    faults: [...TOGETHER.filter(isNoWire), ...BORDERS_OF_THE_LOG],
    beside: WIRES,
    edits: true,
    strikes: 40,
    fires: 22_000,
    longestMs: 3.5 * MINUTE,
  },
  {
    title: 'what operators destroy',
    ticks: 170,
    instances: 2,
    faults: DESTRUCTIONS,
    edits: true,
    strikes: 44,
    fires: 14_000,
    longestMs: 2 * MINUTE,
  },
]

it(
  'over 100,000 fires and 200 faults of all kinds none is lost, none doubled, and all that did not fire is explained',
  async () => {
    const seed = chosenSeed(systemClock.now())
    console.log(`BELFRY_SEED=${seed}`)
    const told: string[] = []
    const played: Played[] = []
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
    const neverStruck = [...tallyOf(played)].filter(([, { struck }]) => struck === 0).map(([name]) => name)
    expect(neverStruck).toEqual([])
    expect(strikesOf(played)).toBeGreaterThanOrEqual(200)
    // A connection is soon cut: those faults must not be most of them.
    expect(strikesOf(played, (family) => family === 'wire')).toBeLessThan(strikesOf(played) / 2)
  },
  45 * MINUTE,
)
