import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { isClean } from '../support/verdict.ts'
import { ALONE, BORDERS, DESTRUCTIONS, type Fault, TOGETHER } from './faults.ts'
import { type Act, type Played, play } from './play.ts'
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
    'all killed at once',
    "leader's wall clock jumps forward, and back again",
    'one fire lost',
    'connections of all cut',
    'NATS killed and restarted',
    'log full, then given room again',
  ),
]

/** Plays one act with few schedules, and expects nothing to be wrong at its end. */
async function playShortly(act: Pick<Act, 'title' | 'faults' | 'cluster'>): Promise<void> {
  const seed = chosenSeed(systemClock.now())
  const told: string[] = []
  const whole = { ticks: 40, instances: 2, fires: 0, longestMs: 60_000, strikes: act.faults.length, ...act }
  const played: Played = await play(whole, seed, (line) => told.push(line))
  const report = reportOf(seed, [played])
  keep(`short-${act.title.replaceAll(' ', '-')}.txt`, `${told.join('\n')}\n\n${report}`)
  expect(isClean(played.judgement), report).toBe(true)
  expect(played.surprises, report).toEqual([])
  expect(played.judgement.fired, report).toBeGreaterThan(100)
}

describe('every fire is stored once', () => {
  it('through faults of each family, on one server', async () => {
    await playShortly({ title: 'one server', faults: FEW })
  }, 240_000)

  it('through faults of three servers', async () => {
    const faults = named(
      TOGETHER,
      'NATS node that leads a stream killed and restarted',
      'NATS node that leads a stream cut off',
      'leader of a stream stepped down',
    )
    // Those of the cluster stand twice in the long run's deck.
    await playShortly({ title: 'three servers', faults: [...new Set(faults)], cluster: true })
  }, 240_000)

  it('but for what an operator destroys', async () => {
    const faults = named(DESTRUCTIONS, 'log deleted and created anew', 'old store restored')
    await playShortly({ title: 'what operators destroy', faults })
  }, 240_000)
})
