import { expect, it } from 'vitest'
import { systemClock } from '../../src/lifecycle/clock.ts'
import { runStorm, type StormOptions, stormReport } from './edit-storm.ts'
import { chosenSeed, keep } from './report.ts'

it('a storm of edits: nothing fires before its edit, nothing is forgotten, nothing fires twice', async () => {
  const told: string[] = []
  const options: StormOptions = {
    seed: chosenSeed(systemClock.now()),
    edits: Number(process.env.BELFRY_EDITS ?? 50),
    schedules: 50,
    instances: 1,
    restMs: 500,
    onEdit: (line) => told.push(line),
  }
  const stormed = await runStorm(options).catch((error: unknown) => {
    keep('edit-storm.log', told.join('\n'))
    throw error
  })
  const report = stormReport(options, stormed)
  keep('edit-storm.txt', `${report}\n${told.join('\n')}\n`)
  expect(stormed.findings.wrong, report).toEqual([])
  expect(stormed.findings.fires, report).toBeGreaterThan(200)
}, 240_000)
