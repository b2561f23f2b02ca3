import type { Command } from 'commander'
import pc from 'picocolors'
import type { RunView } from '../client/run-views.ts'
import type { WorkerView } from '../client/worker-views.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { formatOption, withClient } from './client-options.ts'
import { inColumns } from './columns.ts'
import { type CommandIo, EXIT_OK } from './io.ts'
import { relativeText, spanText } from './local-text.ts'
import { plain } from './problem-text.ts'
import { type ServerFlags, withServerOptions } from './settings.ts'

interface WorkersFlags extends ServerFlags {
  readonly tenant?: string
  readonly adapter?: string
  readonly runs?: boolean
  readonly all?: boolean
  readonly format: 'text' | 'json'
}

interface Shown extends WorkerView {
  /** The ids of those that it has told of; with `--runs`. */
  readonly running?: readonly string[]
}

const LONGEST_RUN_MS = 7 * 86_400_000
const MOST_RUNS = 1_000

export function workersCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('workers')
      .description('The workers of adapters: healthy, late or lost, with the runs that they have in hand.'),
  )
    .option('--tenant <name>', 'only of this tenant')
    .option('--adapter <name>', 'only of this adapter')
    .option('--runs', 'which runs each has in hand: those that last longer than a moment')
    .option('--all', 'also those that have stopped')
    .addOption(formatOption())
    .addHelpText('after', '\nThose of the last day. Workers without the SDK tell nothing of themselves.')
    .action(async (flags: WorkersFlags) => finish(await runWorkers(flags, io)))
}

async function runWorkers(flags: WorkersFlags, io: CommandIo): Promise<number> {
  const { tenant, adapter } = flags
  const place = { ...(tenant === undefined ? {} : { tenant }), ...(adapter === undefined ? {} : { adapter }) }
  return withClient(flags, io, async (client) => {
    const found = await client.workers(place)
    const workers = flags.all === true ? found : found.filter(({ health }) => health !== 'stopped')
    const since = systemClock.now() - LONGEST_RUN_MS
    const runs =
      flags.runs === true
        ? (await client.runs({ ...place, states: ['running'], since, limit: MOST_RUNS })).runs
        : null
    const shown = workers.map((worker) => withRuns(worker, runs))
    if (flags.format === 'json') io.stdout(`${JSON.stringify(shown, null, 2)}\n`)
    else if (shown.length === 0) io.stderr('no worker was heard of in the last day\n')
    else io.stdout(workersText(shown, pc.createColors(io.color)))
    return EXIT_OK
  })
}

function withRuns(worker: WorkerView, runs: readonly RunView[] | null): Shown {
  if (runs === null) return worker
  const { tenant, adapter, instance } = worker
  const own = runs.filter(
    (run) => run.tenant === tenant && run.adapter === adapter && run.instance === instance,
  )
  return { ...worker, running: own.map(({ run }) => run) }
}

function workersText(workers: readonly Shown[], colors: ReturnType<typeof pc.createColors>): string {
  const present = systemClock.now()
  const rows = workers.map(({ tenant, adapter, instance, state, health, seenAt, startedAt, ...rest }) => [
    `${tenant}/${adapter}`,
    instance,
    health === 'healthy' && state === 'stopping' ? 'stopping' : health,
    relativeText(seenAt.getTime(), present),
    String(rest.inHand),
    String(rest.handled),
    String(rest.failed),
    spanText(Math.max(0, seenAt.getTime() - startedAt.getTime())),
    `${Math.round(rest.memoryBytes / 1024 ** 2)} MiB`,
    plain(rest.version),
    plain(rest.host),
  ])
  const [head = '', ...lines] = inColumns([
    [
      'adapter',
      'instance',
      'health',
      'seen',
      'in hand',
      'handled',
      'failed',
      'up',
      'memory',
      'version',
      'host',
    ],
    ...rows,
  ])
  const text = lines.flatMap((line, index) => {
    const { health, running = [] } = workers[index]!
    const colored = health === 'lost' ? colors.red(line) : health === 'late' ? colors.yellow(line) : line
    return [colored, ...running.map((run) => `  ${run}`)]
  })
  return `${[head, ...text].join('\n')}\n`
}
