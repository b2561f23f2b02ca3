import { userInfo } from 'node:os'
import { type Command, Option } from 'commander'
import { askLeader } from '../app/ask-leader.ts'
import { BelfryError } from '../core/errors.ts'
import { formatInstant } from '../core/time/instant.ts'
import { PAUSE_MISSED, type PauseMissed } from '../core/trigger/pause.ts'
import { formatPauseTarget, PAUSE_TARGET_FORMS, parsePauseTarget } from '../core/trigger/pause-target.ts'
import { instantOf, utc } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf, withServerOptions } from './settings.ts'

interface PauseFlags extends ServerFlags {
  readonly reason: string
  readonly until?: string
  readonly missed: PauseMissed
  readonly as?: string
  readonly format: 'text' | 'json'
}

type ResumeFlags = Pick<PauseFlags, 'as' | 'format' | keyof ServerFlags> & { readonly missed?: PauseMissed }

export function pauseCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('pause')
      .description('Stop firing, or the delivery of an adapter, until it is resumed. Deploys do not undo it.')
      .argument('<target>', PAUSE_TARGET_FORMS),
  )
    .requiredOption('--reason <text>', 'why, for all who look')
    .option('--until <instant>', 'ends it by itself at this moment, such as 2026-01-27T16:30:00Z')
    .addOption(missedOption('what becomes of the times that it holds back').default('discard'))
    .addOption(asOption())
    .addOption(formatOption())
    .addHelpText('after', '\nIt returns when nothing more goes out. Exit code 1: it is not paused, and why.')
    .action(async (target: string, flags: PauseFlags) => finish(await runPause(target, flags, io)))
}

export function resumeCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('resume')
      .description('End a pause. What it held back is settled as the pause said, or as --missed says now.')
      .argument('<target>', PAUSE_TARGET_FORMS),
  )
    .addOption(missedOption('what becomes of the times that it held back, instead of what the pause said'))
    .addOption(asOption())
    .addOption(formatOption())
    .addHelpText('after', '\nExit code 1: it was not paused.')
    .action(async (target: string, flags: ResumeFlags) => finish(await runResume(target, flags, io)))
}

function missedOption(description: string): Option {
  return new Option('--missed <what>', description).choices(PAUSE_MISSED)
}

function asOption(): Option {
  return new Option('--as <author>', 'who does it (default: the user of this system)')
}

function formatOption(): Option {
  return new Option('--format <format>', 'how the outcome is printed')
    .choices(['text', 'json'])
    .default('text')
}

async function runPause(text: string, flags: PauseFlags, io: CommandIo): Promise<number> {
  const target = targetOf(text)
  const { reason, missed } = flags
  const until = flags.until === undefined ? null : instantOf('--until', flags.until, utc())
  const request = { target, author: authorOf(flags), reason, until, missed }
  const { outcome, at } = await askLeader('pause', request, await askingOf(flags, io))
  const since = formatInstant(at)
  if (flags.format === 'json') {
    io.stdout(`${JSON.stringify({ target, outcome, since }, null, 2)}\n`)
    return EXIT_OK
  }
  const end = until === null ? 'until it is resumed' : `until ${formatInstant(until)}`
  const was = outcome === 'paused' ? '' : `, as it was since ${since}`
  io.stdout(`${target} is paused ${end}${was}: ${reason}\n`)
  return EXIT_OK
}

async function runResume(text: string, flags: ResumeFlags, io: CommandIo): Promise<number> {
  const target = targetOf(text)
  const request = { target, author: authorOf(flags), missed: flags.missed ?? null }
  const { outcome, stillPausedBy } = await askLeader('resume', request, await askingOf(flags, io))
  if (flags.format === 'json') {
    io.stdout(`${JSON.stringify({ target, outcome, stillPausedBy }, null, 2)}\n`)
  } else {
    io.stdout(`${target} ${outcome === 'resumed' ? 'is resumed' : 'was not paused'}\n`)
    for (const still of stillPausedBy) io.stdout(`still paused: ${still}\n`)
  }
  return outcome === 'resumed' ? EXIT_OK : EXIT_PROBLEMS
}

function targetOf(text: string): string {
  const target = parsePauseTarget(text)
  if (target.ok) return formatPauseTarget(target.value)
  throw new BelfryError('usage', target.error)
}

function authorOf({ as }: Pick<PauseFlags, 'as'>): string {
  return as ?? userInfo().username
}

async function askingOf(flags: ServerFlags, io: CommandIo) {
  const { config } = await settingsOf(flags, [], io)
  return { nats: await natsAccess(config, io), logger: loggerFor(config, io, 'error'), signal: io.signal }
}
