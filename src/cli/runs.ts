import { type Command, Option } from 'commander'
import pc from 'picocolors'
import type { RunPage, RunQuery } from '../client/run-views.ts'
import { BelfryError } from '../core/errors.ts'
import { RUN_STATES, type RunState } from '../core/run/run-record.ts'
import { formatInstant } from '../core/time/instant.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { asOption, formatOption, withClient } from './client-options.ts'
import { inColumns } from './columns.ts'
import { countOf, momentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { relativeText } from './local-text.ts'
import { plain } from './problem-text.ts'
import { runDetailText, runsText } from './runs-text.ts'
import { type ServerFlags, withServerOptions } from './settings.ts'

interface RunFlags extends ServerFlags {
  readonly as?: string
  readonly format: 'text' | 'json'
}

interface ListFlags extends RunFlags {
  readonly tenant?: string
  readonly schedule?: string
  readonly job?: string
  readonly adapter?: string
  readonly state?: readonly RunState[]
  readonly since: string
  readonly until?: string
  readonly limit: string
}

type PlannedFlags = RunFlags & { readonly tenant?: string }
type CancelFlags = RunFlags & { readonly reason: string }
type RetryFlags = RunFlags & { readonly key?: string; readonly force?: boolean }

const RUN = 'its id, as list and trigger print it'

export function runsCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  const group = program
    .command('runs')
    .description('What became of fires: list runs, show one, cancel it, run it once more.')
  const add = (usage: string, description: string): Command =>
    withServerOptions(group.command(usage).description(description))
      .addOption(formatOption())
      .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
      .exitOverride()

  add('list', 'The newest runs, with how they stand. Asks no leader.')
    .option('--tenant <name>', 'only of this tenant')
    .option('--schedule <name>', 'only of this schedule, or of this job where it was asked to run by itself')
    .option('--job <name>', 'only of this job')
    .option('--adapter <name>', 'only of this adapter')
    .addOption(new Option('--state <state...>', 'only in one of these states').choices(RUN_STATES))
    .option('--since <moment>', 'fired since then: an instant, or how long ago', '1d')
    .option('--until <moment>', 'fired before then: an instant, or how long ago')
    .option('--limit <number>', 'runs shown, the newest first', '20')
    .action(async (flags: ListFlags) => finish(await runList(flags, io)))
  add(
    'show',
    'One run: its attempts, where they ran, what came of them, its data, and its lines of the last hour.',
  )
    .argument('<run>', RUN)
    .addHelpText('after', '\nExit code 1: nothing is known of such a run.')
    .action(async (run: string, flags: RunFlags) => finish(await runShow(run, flags, io)))
  add(
    'planned',
    'Runs that were asked for at instants to come (trigger --at), the soonest first. Asks no leader.',
  )
    .option('--tenant <name>', 'only of this tenant')
    .action(async (flags: PlannedFlags) => finish(await runPlanned(flags, io)))
  add('cancel', 'Stop a run. The worker that has it, or gets it, is asked to end it.')
    .argument('<run>', RUN)
    .requiredOption('--reason <text>', 'why, for all who look')
    .addOption(asOption())
    .addHelpText('after', '\nExit code 1: it had ended, or is not known.')
    .action(async (run: string, flags: CancelFlags) => finish(await runCancel(run, flags, io)))
  add('retry', 'Run once more what has ended, with its own data and nominal time.')
    .argument('<run>', RUN)
    .option('--key <key>', 'another key is another run; without one, a run is run again once')
    .option('--force', 'also where it is suspended or paused, and where the run is lost')
    .addOption(asOption())
    .addHelpText('after', '\nExit code 1: nothing was stored, and why.')
    .action(async (run: string, flags: RetryFlags) => finish(await runRetry(run, flags, io)))
}

async function runList(flags: ListFlags, io: CommandIo): Promise<number> {
  const { tenant, schedule, job, adapter, state } = flags
  const present = systemClock.now()
  const until = flags.until === undefined ? undefined : momentOf('--until', flags.until, present)
  const query: RunQuery = {
    since: momentOf('--since', flags.since, present),
    limit: countOf('--limit', flags.limit),
    ...(until === undefined ? {} : { until }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(job === undefined ? {} : { job }),
    ...(adapter === undefined ? {} : { adapter }),
    ...(state === undefined ? {} : { states: state }),
  }
  return withClient(flags, io, async (client) => {
    const page = await client.runs(query)
    if (flags.format === 'json') io.stdout(`${JSON.stringify(page, null, 2)}\n`)
    else {
      io.stdout(runsText(page, present, pc.createColors(io.color)))
      io.stderr(remarkOn(page))
    }
    return page.ended === 'too-many' ? EXIT_PROBLEMS : EXIT_OK
  })
}

function remarkOn({ runs, reaches, ended }: RunPage): string {
  if (ended === 'too-many')
    return `too many runs to look through: only those since ${reaches.toISOString()}; name a tenant, job or adapter, or a shorter time with --until\n`
  if (ended === 'limit') return 'there may be more (--limit)\n'
  return runs.length === 0 ? `no such run since ${reaches.toISOString()}\n` : ''
}

async function runShow(run: string, flags: RunFlags, io: CommandIo): Promise<number> {
  return withClient(flags, io, async (client) => {
    const detail = await client.run(run)
    if (detail === null) throw new BelfryError('unknown-run', `nothing is known of a run ${run}`)
    io.stdout(
      flags.format === 'json'
        ? `${JSON.stringify(detail, null, 2)}\n`
        : runDetailText(detail, pc.createColors(io.color)),
    )
    return EXIT_OK
  })
}

async function runPlanned({ tenant, ...flags }: PlannedFlags, io: CommandIo): Promise<number> {
  return withClient(flags, io, async (client) => {
    const planned = await client.plannedRuns(tenant === undefined ? {} : { tenant })
    if (flags.format === 'json') io.stdout(`${JSON.stringify(planned, null, 2)}\n`)
    else if (planned.length === 0) io.stderr('no runs are planned\n')
    else {
      const present = systemClock.now()
      const rows = planned.map(({ run, at, author }) => [
        run,
        formatInstant(at.getTime()),
        relativeText(at.getTime(), present),
        plain(author),
      ])
      io.stdout(`${inColumns([['run', 'at', '', 'by'], ...rows]).join('\n')}\n`)
    }
    return EXIT_OK
  })
}

async function runCancel(run: string, flags: CancelFlags, io: CommandIo): Promise<number> {
  return withClient(flags, io, async (client) => {
    const { outcome, state } = await client.cancelRun(run, { reason: flags.reason, signal: io.signal })
    if (flags.format === 'json') io.stdout(`${JSON.stringify({ run, outcome, state }, null, 2)}\n`)
    else io.stdout(`${run} ${CANCELLED[outcome].replace('STATE', state ?? 'ended')}\n`)
    return outcome === 'ended' ? EXIT_PROBLEMS : EXIT_OK
  })
}

const CANCELLED = {
  cancelled: 'is cancelled',
  asked: 'is asked to stop: belfry runs show tells when it has',
  ended: 'had ended already: STATE',
} as const

async function runRetry(run: string, flags: RetryFlags, io: CommandIo): Promise<number> {
  const { key, force = false } = flags
  return withClient(flags, io, async (client) => {
    const again = await client.retryRun(run, {
      force,
      signal: io.signal,
      ...(key === undefined ? {} : { key }),
    })
    if (flags.format === 'json') {
      io.stdout(`${JSON.stringify({ of: run, ...again }, null, 2)}\n`)
      return EXIT_OK
    }
    io.stdout(`${again.run}\n`)
    if (again.already) io.stderr('asked for before: nothing was stored now (another --key is another run)\n')
    return EXIT_OK
  })
}
