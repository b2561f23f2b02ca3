import { type Command, Option } from 'commander'
import type { BelfryClient } from '../client/client.ts'
import type { DeadLetterDetail, DeadLetterQuery, DeadLetterView } from '../client/dead-letters.ts'
import { BelfryError } from '../core/errors.ts'
import { DEATH_REASONS, type DeathReason } from '../core/run/run-event.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { asOption, formatOption, withClient } from './client-options.ts'
import { inColumns } from './columns.ts'
import { countOf, momentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { relativeText } from './local-text.ts'
import { plain } from './problem-text.ts'
import { type ServerFlags, withServerOptions } from './settings.ts'

interface DeadFlags extends ServerFlags {
  readonly as?: string
  readonly format: 'text' | 'json'
}

interface FilterFlags extends DeadFlags {
  readonly tenant?: string
  readonly adapter?: string
  readonly job?: string
  readonly reason?: DeathReason
  readonly since?: string
  readonly until?: string
}

type ListFlags = FilterFlags & { readonly limit: string }
type BulkFlags = FilterFlags & { readonly all?: boolean; readonly yes?: boolean; readonly force?: boolean }

const RUN = 'the id of the run that died'

export function deadCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  const group = program
    .command('dead')
    .description('Dead letters, the runs that failed for good: list, show, requeue, discard.')
  const add = (usage: string, description: string): Command =>
    withServerOptions(group.command(usage).description(description))
      .addOption(formatOption())
      .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
      .exitOverride()

  withFilter(add('list', 'The newest dead letters, with why they died. Asks no leader.'))
    .option('--limit <number>', 'letters shown, the newest first', '50')
    .action(async (flags: ListFlags) => finish(await runList(flags, io)))
  add('show', 'One dead letter: why it died, and its message with its data.')
    .argument('<run>', RUN)
    .addHelpText('after', '\nExit code 1: it has no dead letter.')
    .action(async (run: string, flags: DeadFlags) => finish(await runShow(run, flags, io)))
  withFilter(add('requeue', 'Run dead letters again, each once however often it is asked for.'))
    .argument('[run...]', 'the ids of the runs that died; without, all that the filter finds')
    .option('--all', 'without a filter: all dead letters there are')
    .option('--yes', 'what a filter finds is done, and not only counted')
    .option('--force', 'also where a schedule or job is suspended or paused')
    .addOption(asOption())
    .addHelpText('after', '\nExit code 1: some could not be, or --yes is missing.')
    .action(async (runs: readonly string[], flags: BulkFlags) =>
      finish(await forEach({ verb: 'requeue', runs, flags, io }, requeueOne)),
    )
  withFilter(add('discard', 'Remove dead letters for good, and say what was removed.'))
    .argument('[run...]', 'the ids of the runs that died; without, all that the filter finds')
    .option('--all', 'without a filter: all dead letters there are')
    .option('--yes', 'what a filter finds is done, and not only counted')
    .addOption(asOption())
    .addHelpText('after', '\nExit code 1: some could not be, or --yes is missing.')
    .action(async (runs: readonly string[], flags: BulkFlags) =>
      finish(await forEach({ verb: 'discard', runs, flags, io }, discardOne)),
    )
}

function withFilter(command: Command): Command {
  return command
    .option('--tenant <name>', 'only of this tenant')
    .option('--adapter <name>', 'only of this adapter')
    .option('--job <name>', 'only of this job')
    .addOption(new Option('--reason <reason>', 'only those that died of this').choices(DEATH_REASONS))
    .option('--since <moment>', 'died since then: an instant, or how long ago')
    .option('--until <moment>', 'died before then: an instant, or how long ago')
}

function queryOf({ tenant, adapter, job, reason, since, until }: FilterFlags): DeadLetterQuery {
  const present = systemClock.now()
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(adapter === undefined ? {} : { adapter }),
    ...(job === undefined ? {} : { job }),
    ...(reason === undefined ? {} : { reason }),
    ...(since === undefined ? {} : { since: momentOf('--since', since, present) }),
    ...(until === undefined ? {} : { until: momentOf('--until', until, present) }),
  }
}

async function runList(flags: ListFlags, io: CommandIo): Promise<number> {
  const query = queryOf(flags)
  const limit = countOf('--limit', flags.limit)
  return withClient(flags, io, async (client) => {
    const letters = await client.deadLetters(query)
    const shown = letters.toReversed().slice(0, limit)
    if (flags.format === 'json') {
      io.stdout(`${JSON.stringify({ total: letters.length, letters: shown }, null, 2)}\n`)
      return EXIT_OK
    }
    if (letters.length === 0) io.stderr('no dead letters\n')
    else io.stdout(listText(shown))
    if (letters.length > shown.length) io.stderr(`and ${letters.length - shown.length} more (--limit)\n`)
    return EXIT_OK
  })
}

function listText(letters: readonly DeadLetterView[]): string {
  const present = systemClock.now()
  const rows = letters.map(({ run, job, adapter, reason, attempts, diedAt, error }) => [
    run,
    `${job} on ${adapter}`,
    reason,
    String(attempts),
    relativeText(diedAt.getTime(), present),
    plain(error),
  ])
  return `${inColumns([['run', 'job', 'reason', 'attempts', 'died', 'error'], ...rows]).join('\n')}\n`
}

async function runShow(run: string, flags: DeadFlags, io: CommandIo): Promise<number> {
  return withClient(flags, io, async (client) => {
    const letter = await client.deadLetter(run)
    if (letter === null) throw new BelfryError('unknown-run', `${run} has no dead letter`)
    io.stdout(flags.format === 'json' ? `${JSON.stringify(letter, null, 2)}\n` : detailText(letter))
    return EXIT_OK
  })
}

function detailText(letter: DeadLetterDetail): string {
  const { run, job, adapter, message, reason, attempts, error, diedAt, nominal, data } = letter
  const facts = [
    ['run', run],
    ['job', `${job} on ${adapter}, message ${plain(message)}`],
    ['nominal', nominal.toISOString()],
    ['died', `${diedAt.toISOString()}, after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`],
    ['reason', reason],
    ['error', plain(error)],
    ['data', plain(JSON.stringify(data))],
  ] as const
  return `${facts.map(([name, text]) => `${name.padEnd(9)}${text}`).join('\n')}\n`
}

interface Asked {
  readonly verb: 'requeue' | 'discard'
  readonly runs: readonly string[]
  readonly flags: BulkFlags
  readonly io: CommandIo
}

interface Done {
  /** For people. */
  readonly text: string
  readonly json: object
}

/** Does it to each; what cannot be done to one does not keep it from the others. */
async function forEach(
  { verb, runs, flags, io }: Asked,
  work: (client: BelfryClient, run: string, flags: BulkFlags) => Promise<Done>,
): Promise<number> {
  const query = queryOf(flags)
  const isFiltered = Object.keys(query).length > 0
  if (runs.length > 0 && (isFiltered || flags.all === true))
    throw new BelfryError('usage', 'name runs, or filter them: not both')
  if (runs.length === 0 && !isFiltered && flags.all !== true)
    throw new BelfryError('usage', `name the runs to ${verb}, or a filter, or --all`)
  return withClient(flags, io, async (client) => {
    const found = runs.length > 0 ? runs : (await client.deadLetters(query)).map(({ run }) => run)
    if (runs.length === 0 && flags.yes !== true) {
      const count = found.length === 1 ? '1 dead letter is' : `${found.length} dead letters are`
      io.stderr(`${count} found; nothing was changed: --yes ${verb}s them, belfry dead list shows them\n`)
      return found.length === 0 ? EXIT_OK : EXIT_PROBLEMS
    }
    const done: object[] = []
    let failed = 0
    for (const run of found) {
      try {
        const { text, json } = await work(client, run, flags)
        done.push(json)
        if (flags.format === 'text') io.stdout(`${text}\n`)
      } catch (error) {
        if (!(error instanceof BelfryError) || error.retryable || error.code === 'usage') throw error
        failed += 1
        done.push({ of: run, error: { code: error.code, message: error.message } })
        io.stderr(`${error.message} [${error.code}]\n`)
      }
    }
    if (flags.format === 'json') io.stdout(`${JSON.stringify(done, null, 2)}\n`)
    return failed === 0 ? EXIT_OK : EXIT_PROBLEMS
  })
}

async function requeueOne(client: BelfryClient, of: string, { force = false }: BulkFlags): Promise<Done> {
  const { run, already } = await client.requeue(of, { force })
  const text = `${of} runs again as ${run}${already ? ', as was asked for before: nothing was stored now' : ''}`
  return { text, json: { of, run, already } }
}

async function discardOne(client: BelfryClient, run: string): Promise<Done> {
  const removed = await client.discard(run)
  const { job, adapter, reason, attempts, error } = removed
  const died = `${job} on ${adapter}, dead of ${reason} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
  return { text: `discarded ${run}: ${died}: ${plain(error)}`, json: removed }
}
