import { expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { runStorm, type StormOptions, stormReport } from './edit-storm.ts'
import { chosenSeed, keep } from './report.ts'

const EDITS = Number(process.env.BELFRY_EDITS ?? 500)

/** Plays a storm, prints what came of it, and expects nothing to be wrong. */
async function storm(more: Pick<StormOptions, 'instances' | 'killEvery'>): Promise<void> {
  const seed = chosenSeed(systemClock.now())
  console.log(`BELFRY_SEED=${seed}`)
  const told: string[] = []
  const onEdit = (line: string) => told.push(line)
  const options: StormOptions = { seed, edits: EDITS, schedules: 50, restMs: 400, onEdit, ...more }
  const name = `edit-storm-long-${more.instances}-${seed}`
  try {
    const stormed = await runStorm(options)
    const report = stormReport(options, stormed)
    console.log(`${report}\nkept as ${keep(`${name}.txt`, report)}`)
    expect(stormed.findings.wrong).toEqual([])
    expect(stormed.findings.fires).toBeGreaterThan(5 * EDITS)
  } finally {
    keep(`${name}.log`, `${told.join('\n')}\n`)
  }
}

const QUARTER_MS = 900_000

it(
  'a storm of edits: nothing fires before its edit, nothing is forgotten, nothing fires twice',
  () => storm({ instances: 1 }),
  QUARTER_MS,
)

it(
  'a storm of edits while leaders are killed amid them',
  () => storm({ instances: 2, killEvery: 25 }),
  QUARTER_MS,
)
