import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import { type Dev, startDev } from '../app/dev.ts'
import { createLogger } from '../app/logging.ts'
import { DEFAULT_PRUNE_LIMIT } from '../core/plan/guard.ts'
import { formatDuration, parseDuration } from '../core/time/duration.ts'
import { defaultRoots } from '../files/default-roots.ts'
import { systemClock } from '../lifecycle/clock.ts'
import type { LogRecord } from '../ports/fire-log.ts'
import { inColumns } from './columns.ts'
import { type CommandIo, EXIT_OK } from './io.ts'
import { LiveRegion } from './live-region.ts'

interface DevFlags {
  readonly for?: number
  readonly store: string
}

const SHOWN = 8
const REDRAW_MS = 500

export function devCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program
    .command('dev')
    .description(
      'Run everything on this machine: a nats-server of its own, the leader, and a worker that acknowledges.',
    )
    .argument('[tree...]', 'folders and files of manifests (default: schedules and calendars)')
    .option('--for <duration>', 'end cleanly after this long, such as 30s', duration)
    .option('--store <folder>', 'where the nats-server keeps its store', '.belfry/dev')
    .action(async (tree: readonly string[], flags: DevFlags) => {
      finish(await runDev(tree, flags, io))
    })
}

function duration(text: string): number {
  const parsed = parseDuration(text)
  if (parsed.ok) return parsed.value
  throw new InvalidArgumentError(parsed.error.expected ?? '')
}

async function runDev(tree: readonly string[], flags: DevFlags, io: CommandIo): Promise<number> {
  const colors = pc.createColors(io.color)
  const region = new LiveRegion(io)
  const tally = new Tally()
  const logger = createLogger({
    level: 'warn',
    format: 'pretty',
    write: (line) => region.print(line.trimEnd()),
    color: io.color,
  })
  const step = (text: string): void => region.print(colors.dim(`belfry dev: ${text}`))
  const roots = tree.length > 0 ? tree : defaultRoots(io.cwd)
  const dev = await startDev({
    folder: resolve(io.cwd, flags.store),
    roots,
    cwd: io.cwd,
    pruneLimit: DEFAULT_PRUNE_LIMIT,
    logger,
    signal: io.signal,
    onStep: step,
    onStored: (record) => {
      tally.stored(record)
      region.print(storedLine(record, colors))
    },
    onAcknowledged: () => tally.acknowledged(),
  })
  step(
    `this instance leads; it applies ${roots.join(' and ')} now and whenever a file changes (belfry status --nats ${dev.url})`,
  )
  const ending = flags.for === undefined ? 'Ctrl-C ends it' : `it ends after ${formatDuration(flags.for)}`
  step(`${ending}; fires follow as they are stored`)
  await watch(dev, { flags, region, io })
  region.draw([])
  step('stopping: what is on its way is waited for')
  await dev.stop()
  for (const line of tally.summary()) io.stdout(`${line}\n`)
  return EXIT_OK
}

/** Shows the next fires until the time is up or the user ends it. */
async function watch(
  dev: Dev,
  { flags, region, io }: { flags: DevFlags; region: LiveRegion; io: CommandIo },
): Promise<void> {
  const { scheduler } = dev.belfry
  const until = flags.for === undefined ? Number.POSITIVE_INFINITY : systemClock.monotonic() + flags.for
  await scheduler.applied(io.signal)
  if (!io.interactive) for (const line of table(dev)) region.print(line)
  while (!io.signal.aborted) {
    const left = until - systemClock.monotonic()
    if (left <= 0) return
    region.draw(['', ...table(dev)])
    await systemClock.sleep(Math.min(REDRAW_MS, left), io.signal)
  }
}

function table({ belfry: { scheduler } }: Dev): readonly string[] {
  const now = systemClock.now()
  const rows = scheduler
    .upcoming(SHOWN)
    .map(({ key, job, adapter, nominal }) => [
      `in ${formatDuration(Math.max(0, Math.round((nominal - now) / 1000) * 1000))}`,
      new Date(nominal).toISOString().replace('.000', ''),
      `${key.tenant}/${key.schedule}`,
      `${job} on ${adapter}`,
    ])
  if (rows.length === 0) return ['no fire is to come']
  return inColumns([['next fires', 'nominal (UTC)', 'schedule', 'job'], ...rows])
}

function storedLine(record: LogRecord, colors: ReturnType<typeof pc.createColors>): string {
  const { key, kind, nominal, storedAt, sequence, reason, fireId } = record
  if (kind === 'marker')
    return colors.dim(
      `marker  ${key.tenant}/${key.schedule} up to ${new Date(nominal).toISOString()}: ${reason}`,
    )
  const note = reason === 'scheduled' ? '' : ` ${colors.yellow(reason)}`
  return `${colors.green('stored')}  ${fireId ?? ''}  ${colors.dim(`${storedAt - nominal} ms after its time, sequence ${sequence}`)}${note}`
}

/** Counts what was seen. */
class Tally {
  readonly #lateness: number[] = []
  #caughtUp = 0
  #acknowledged = 0

  stored({ kind, nominal, storedAt, reason }: LogRecord): void {
    if (kind !== 'fire') return
    // What was missed before this process began is late by definition.
    if (reason === 'scheduled') this.#lateness.push(storedAt - nominal)
    else this.#caughtUp += 1
  }

  acknowledged(): void {
    this.#acknowledged += 1
  }

  summary(): readonly string[] {
    const sorted = this.#lateness.toSorted((a, b) => a - b)
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    const stored = sorted.length + this.#caughtUp
    return [
      '',
      `fires stored        ${stored}${this.#caughtUp === 0 ? '' : ` (${this.#caughtUp} of them caught up after an outage)`}`,
      `fires acknowledged  ${this.#acknowledged}`,
      `lateness            median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, worst ${sorted.at(-1) ?? 0} ms`,
    ]
  }
}
