import type { Command } from 'commander'
import { BelfryError } from '../core/errors.ts'
import type { Data } from '../core/kinds.ts'
import { formatInstant } from '../core/time/instant.ts'
import { ONE_OFF_TARGET_FORMS } from '../core/trigger/one-off-target.ts'
import { readText } from '../files/settings-file.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { asOption, formatOption, withClient } from './client-options.ts'
import { instantOf, utc } from './instant-option.ts'
import { type CommandIo, EXIT_OK } from './io.ts'
import { type ServerFlags, withServerOptions } from './settings.ts'

interface TriggerFlags extends ServerFlags {
  readonly tenant?: string
  readonly data?: string
  readonly key?: string
  readonly at?: string
  readonly force?: boolean
  readonly as?: string
  readonly format: 'text' | 'json'
}

export function triggerCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('trigger')
      .description(
        'Run a job or schedule once, now or --at an instant. Returns with the id of the run when that is stored.',
      )
      .argument('<target>', ONE_OFF_TARGET_FORMS),
  )
    .option('--tenant <name>', 'the tenant of the target (default: default)')
    .option('--data <json>', 'a JSON object, or @FILE with one, over the data of the schedule and the job')
    .option('--key <key>', 'the same key again gives the same run, for 30 days')
    .option(
      '--at <instant>',
      'not now but then, such as 2026-01-27T16:30:00Z (else UTC); belfry runs cancel undoes it',
    )
    .option('--force', 'also where it is suspended or paused')
    .addOption(asOption())
    .addOption(formatOption())
    .addHelpText('after', '\nExit code 1: nothing was stored, and why.')
    .action(async (target: string, flags: TriggerFlags) => finish(await runTrigger(target, flags, io)))
}

async function runTrigger(target: string, flags: TriggerFlags, io: CommandIo): Promise<number> {
  const { tenant, key, force = false } = flags
  const data = flags.data === undefined ? undefined : await dataOf(flags.data, io)
  const when = flags.at === undefined ? undefined : instantOf('--at', flags.at, utc())
  return withClient(flags, io, async (client) => {
    const stored = await client.trigger(target, {
      force,
      signal: io.signal,
      ...(tenant === undefined ? {} : { tenant }),
      ...(key === undefined ? {} : { key }),
      ...(data === undefined ? {} : { data }),
      ...(when === undefined ? {} : { at: when }),
    })
    const { run, already, notes } = stored
    const at = formatInstant(stored.at.getTime())
    if (flags.format === 'json') {
      io.stdout(`${JSON.stringify({ run, at, already, notes }, null, 2)}\n`)
      return EXIT_OK
    }
    io.stdout(`${run}\n`)
    if (when !== undefined && stored.at.getTime() > systemClock.now()) io.stderr(`planned for ${at}\n`)
    if (already) io.stderr(`stored before, at ${at}, with the data of then: nothing was stored now\n`)
    for (const note of notes) io.stderr(`${note}\n`)
    return EXIT_OK
  })
}

async function dataOf(text: string, io: CommandIo): Promise<Data> {
  const json = text.startsWith('@') ? await readText(text.slice(1), io.cwd) : text
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    throw new BelfryError('usage', '--data is not JSON', { cause: error })
  }
  if (data !== null && typeof data === 'object' && !Array.isArray(data)) return data as Data
  throw new BelfryError('usage', '--data is not a JSON object')
}
