/**
 * A tree of many schedules: checking it from nothing, applying nothing, and one file edited until its trigger is armed.
 *
 *   npm run bench:edits -- [schedules=10000]
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Belfry } from '../../src/app/belfry.ts'
import {
  NO_LIMIT,
  print,
  startInstance,
  until,
  watchEventLoop,
  withFolder,
  withServer,
} from './bench-instance.ts'
import { scheduleFile, scheduleText, writeTree } from './tree.ts'

const [count = 10_000] = process.argv.slice(2).map(Number)
const YEARLY = '0 4 1 1 *'
const EDITS = 5
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

await withFolder(async (folder) => {
  const schedules = Array.from({ length: count }, (_, index) => `s${index}`)
  writeTree(folder, schedules, YEARLY)

  const before = performance.now()
  const validated = spawnSync(process.execPath, [program, 'validate', folder], { encoding: 'utf8' })
  if (validated.status !== 0) throw new Error(validated.stdout + validated.stderr)
  print(`validate ${count} schedules, from nothing`, ms(performance.now() - before), '5000 ms')

  await withServer(async (server) => {
    const first = performance.now()
    const { belfry, source, stop } = await startInstance(server, folder)
    const { scheduler } = belfry
    await until(() => scheduler.live.snapshot.size >= count && scheduler.live.applied('main') !== null)
    print(`apply ${count} schedules to an empty server`, ms(performance.now() - first), 'none')

    const looping = watchEventLoop()
    const armed: number[] = []
    for (let edit = 0; edit < EDITS; edit += 1) {
      const index = Math.floor((edit * count) / EDITS)
      const name = schedules[index] as string
      const cron = `${edit} 5 1 1 *`
      const start = performance.now()
      writeFileSync(scheduleFile(folder, name, index), scheduleText(name, index, cron))
      await until(() => isArmed(belfry, name, cron))
      armed.push(performance.now() - start)
    }
    print(`one file edited until its trigger is armed, worst of ${EDITS}`, ms(Math.max(...armed)), '500 ms')

    let writes = 0
    const nothing: number[] = []
    // The round before the first one ends what the last edit has begun.
    for (let round = -1; round < EDITS; round += 1) {
      if (round === 0) writes = await revisionOf(belfry)
      const start = performance.now()
      const loaded = await source!.load(new AbortController().signal)
      if (!loaded.ok) throw new Error('the tree does not load')
      const outcome = await scheduler.applyTree({ source: 'main', tree: loaded.value, limit: NO_LIMIT })
      if (round >= 0 && outcome.kind !== 'unchanged') throw new Error(`the tree was found ${outcome.kind}`)
      if (round >= 0) nothing.push(performance.now() - start)
    }
    print(`reconcile that finds nothing, worst of ${EDITS}`, ms(Math.max(...nothing)), '300 ms')
    print('writes of those', String((await revisionOf(belfry)) - writes), '0')
    print('event loop held up at most, all edits', ms(looping.worstMs()), '20 ms')
    await stop()
  })
})

function isArmed(belfry: Belfry, name: string, cron: string): boolean {
  const { live } = belfry.scheduler
  const entry = live.find('Schedule', 'default', name)
  const trigger = entry?.manifest.spec.triggers[0]
  return live.revision > 0 && trigger !== undefined && 'cron' in trigger && trigger.cron === cron
}

async function revisionOf({ connection }: Belfry): Promise<number> {
  const state = await connection.ask<{ state: { last_seq: number } }>(
    `$JS.API.STREAM.INFO.KV_${connection.names.live}`,
    null,
    'asking for the live bucket',
  )
  return state.state.last_seq
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
