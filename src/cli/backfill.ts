import type { Command } from 'commander'
import type { BelfryClient } from '../client/client.ts'
import type { BackfillCounts, BackfillOptions, BackfillSummary } from '../client/client-options.ts'
import { formatInstant } from '../core/time/instant.ts'
import type { BackfillOutcome } from '../ports/control.ts'
import { asOption, formatOption, withClient } from './client-options.ts'
import { instantOf, utc } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { type ServerFlags, withServerOptions } from './settings.ts'

interface BackfillFlags extends ServerFlags {
  readonly from: string
  readonly to: string
  readonly tenant?: string
  readonly again?: string | true
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly force?: boolean
  readonly as?: string
  readonly format: 'text' | 'json'
}

/** More than this is not fired by a slip of the keyboard. */
const MANY = 1_000

export function backfillCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('backfill')
      .description('Fire the times of a schedule in a range of the past: each once, and none that was fired.')
      .argument('<schedule>', 'NAME or TENANT/NAME'),
  )
    .requiredOption('--from <instant>', 'from here, such as 2026-01-27 or 2026-01-27T16:30:00Z (else UTC)')
    .requiredOption('--to <instant>', 'up to here, itself excluded')
    .option('--tenant <name>', 'the tenant of the schedule (default: default)')
    .option('--again [key]', 'also what was fired; the same key again fires nothing twice')
    .option('--dry-run', 'store nothing: list what would be fired, and what not')
    .option(
      '--yes',
      `also more than ${MANY} times, and those of which the log cannot tell whether they fired`,
    )
    .option('--force', 'also where it is suspended or paused')
    .addOption(asOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExit code 1: it was refused, or needs --yes. Interrupted, the same again goes on.',
    )
    .action(async (schedule: string, flags: BackfillFlags) => finish(await runBackfill(schedule, flags, io)))
}

async function runBackfill(schedule: string, flags: BackfillFlags, io: CommandIo): Promise<number> {
  const from = instantOf('--from', flags.from, utc())
  const to = instantOf('--to', flags.to, utc())
  const { tenant, again, yes = false, force = false } = flags
  const options: BackfillOptions = {
    from,
    to,
    force,
    beyondLog: yes ? 'fire' : 'skip',
    signal: io.signal,
    ...(tenant === undefined ? {} : { tenant }),
    ...(again === undefined ? {} : { again }),
  }
  return withClient(flags, io, async (client) => {
    if (flags.dryRun === true) return dryRun(client, { schedule, options, flags, io })
    if (!yes) {
      const until = (counts: BackfillCounts) => counts.fired > MANY || counts['beyond-log'] > MANY
      const question = questionOf(await client.backfill(schedule, { ...options, dryRun: true, until }))
      if (question !== null) {
        io.stderr(`${question}; nothing was stored: --yes fires them, --dry-run lists them\n`)
        return EXIT_PROBLEMS
      }
    }
    const summary = await client.backfill(schedule, {
      ...options,
      onProgress: ({ times, counts, isLast }) => {
        const last = times.at(-1)?.at
        if (last !== undefined && flags.format === 'text' && !isLast)
          io.stderr(`up to ${formatInstant(last.getTime())}: ${counts.fired} fired\n`)
      },
    })
    print(summary, { flags, io, verb: 'fired' })
    return EXIT_OK
  })
}

interface DryRun {
  readonly schedule: string
  readonly options: BackfillOptions
  readonly flags: BackfillFlags
  readonly io: CommandIo
}

async function dryRun(client: BelfryClient, { schedule, options, flags, io }: DryRun): Promise<number> {
  const all: { readonly at: string; readonly outcome: BackfillOutcome }[] = []
  const summary = await client.backfill(schedule, {
    ...options,
    dryRun: true,
    onProgress: ({ times }) => {
      for (const { at, outcome } of times) {
        const time = formatInstant(at.getTime())
        if (flags.format === 'json') all.push({ at: time, outcome })
        else io.stdout(`${time}  ${WORDS[outcome].replace('fired', 'would fire')}\n`)
      }
    },
  })
  print(summary, { flags, io, verb: 'would fire', times: all })
  return EXIT_OK
}

const WORDS: Readonly<Record<BackfillOutcome, string>> = {
  fired: 'fired',
  already: 'backfilled before',
  'in-log': 'in the log already',
  'beyond-log': 'before what the log can tell',
  pending: 'still to be decided by its schedule',
}

interface Printing {
  readonly flags: BackfillFlags
  readonly io: CommandIo
  readonly verb: string
  readonly times?: readonly object[]
}

function print({ counts, logReaches }: BackfillSummary, { flags, io, verb, times }: Printing): void {
  const reaches = formatInstant(logReaches.getTime())
  if (flags.format === 'json') {
    const json = {
      counts,
      logReaches: reaches,
      dryRun: flags.dryRun === true,
      ...(times === undefined ? {} : { times }),
    }
    io.stdout(`${JSON.stringify(json, null, 2)}\n`)
    return
  }
  const { fired, ...others } = counts
  const rest = Object.entries(others).flatMap(([outcome, count]) =>
    count === 0 ? [] : [`${count} ${WORDS[outcome as BackfillOutcome]}`],
  )
  io.stdout(`${[`${fired} ${verb}`, ...rest].join(', ')}\n`)
  io.stdout(`The log holds every fire since ${reaches}.\n`)
}

/** What is to be confirmed; null: nothing. */
function questionOf({ counts, logReaches }: BackfillSummary): string | null {
  const unknown = counts['beyond-log']
  if (unknown > 0) {
    const reaches = formatInstant(logReaches.getTime())
    return `${countText(unknown)} of these times are before ${reaches}, as far as the log reaches back: whether they fired then it cannot tell`
  }
  return counts.fired > MANY ? `${countText(counts.fired)} times would be fired` : null
}

/** Beyond so many it is not counted to the end. */
function countText(count: number): string {
  return count > MANY ? `more than ${MANY}` : `${count}`
}
