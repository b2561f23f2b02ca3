import { expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { isClean } from '../support/verdict.ts'
import { ALONE, BORDERS, DESTRUCTIONS, type Fault } from './faults.ts'
import { play } from './play.ts'
import { chosenSeed, keep, reportOf } from './report.ts'

const named = (faults: readonly Fault[], ...names: readonly string[]) =>
  faults.filter(({ name }) => names.includes(name))

/** One of each family; the long run has them all, many times. */
const FEW: readonly Fault[] = [
  ...named(
    BORDERS,
    'leader killed at a fire: before its answer',
    'leader killed at a marker: after it is sent',
    'leader killed at a live entry: before its answer',
  ),
  ...named(
    ALONE,
    'leader frozen until another leads, then thawed',
    "leader's wall clock jumps forward, and back again",
    'one fire lost',
    'connections of all cut',
    'NATS killed and restarted',
    'log full, then given room again',
  ),
]

it('every fire is stored once through one fault of each family', async () => {
  const seed = chosenSeed(systemClock.now())
  const told: string[] = []
  const act = { ticks: 40, instances: 2, fires: 0, longestMs: 60_000 }
  const played = await play({ ...act, title: 'one server', faults: FEW, strikes: FEW.length }, seed, (line) =>
    told.push(line),
  )
  const destroyed = await play(
    {
      ...act,
      title: 'what operators destroy',
      faults: named(DESTRUCTIONS, 'log deleted and created anew'),
      strikes: 1,
    },
    seed,
    (line) => told.push(line),
  )
  const report = reportOf(seed, [played, destroyed])
  keep(`short-${seed}.txt`, `${told.join('\n')}\n\n${report}`)
  for (const { judgement, surprises } of [played, destroyed]) {
    expect(isClean(judgement), report).toBe(true)
    expect(surprises, report).toEqual([])
    expect(judgement.fired, report).toBeGreaterThan(100)
  }
}, 180_000)
