import { type Command, Option } from 'commander'
import pc from 'picocolors'
import { BelfryError } from '../core/errors.ts'
import type { CronDialect } from '../core/kinds.ts'
import { previewOfCron, type Timed } from '../core/plan/preview.ts'
import { type Upcoming, upcomingOfAll } from '../core/plan/upcoming.ts'
import type { GapPolicy, OverlapPolicy } from '../core/time/dst.ts'
import type { Zone } from '../core/time/zone.ts'
import { nextTurn } from '../lifecycle/turn.ts'
import { afterOf, countOf, instantOf, presentOf, utc } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { jsonArray } from './json-array.ts'
import { type NextTextOptions, occurrenceJson, upcomingLines } from './next-text.ts'
import {
  chosenSchedules,
  formatOption,
  openPreview,
  printProblems,
  type TreeFlags,
  withTreeOptions,
} from './open-preview.ts'
import { standingNotes } from './standing-notes.ts'

interface NextFlags extends TreeFlags {
  readonly cron?: string
  readonly timezone?: string
  readonly dialect?: CronDialect
  readonly dstGap?: GapPolicy
  readonly dstOverlap?: OverlapPolicy
  readonly from?: string
  readonly to?: string
  readonly count: string
  readonly all?: boolean
  readonly format: 'text' | 'json'
}

/** Where nothing bounds the search: whatever fires less often than this is not a schedule to wait for. */
const FARTHEST_MS = 100 * 366 * 86_400_000
const MOST_IN_GAP = 5_000
const ENTRIES_A_TURN = 200

export function nextCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withTreeOptions(
    program
      .command('next')
      .description('The next fires of a schedule, of a whole tree, or of a bare cron expression.')
      .argument('[schedule]', 'NAME or TENANT/NAME; without it all schedules of the tree'),
  )
    .option('--cron <expression>', 'a cron expression instead of a schedule; needs no tree')
    .option('--timezone <zone>', 'its zone (default: UTC)')
    .addOption(new Option('--dialect <dialect>', 'its dialect (default: unix)').choices(['unix', 'quartz']))
    .addOption(
      new Option('--dst-gap <policy>', 'local times that clocks skip').choices([
        'next-valid',
        'shift',
        'skip',
      ]),
    )
    .addOption(
      new Option('--dst-overlap <policy>', 'local times that happen twice').choices([
        'first',
        'last',
        'both',
      ]),
    )
    .option(
      '--from <instant>',
      'fires strictly after it; of a bare date, from its midnight on (default: now)',
    )
    .option('--to <instant>', 'fires before it')
    .option('--count <number>', 'how many fires', '10')
    .option('--all', 'what does not fire too, each candidate with its reason')
    .addOption(formatOption(['text', 'json']))
    .action(async (name: string | undefined, flags: NextFlags) => {
      finish(await runNext(name, flags, io))
    })
}

async function runNext(name: string | undefined, flags: NextFlags, io: CommandIo): Promise<number> {
  const present = presentOf(flags.at)
  const schedules = await schedulesOf(name, flags, { io, present })
  if (schedules === null) return EXIT_PROBLEMS
  const only = schedules.length === 1 && (name ?? flags.cron) !== undefined ? schedules[0]! : null
  const zone: Zone = only?.zone ?? utc()
  const after = flags.from === undefined ? present : afterOf('--from', flags.from, zone)
  const before = flags.to === undefined ? after + FARTHEST_MS : instantOf('--to', flags.to, zone)
  const count = countOf('--count', flags.count)
  const all = flags.all === true
  const gaps = all || (only !== null && flags.format === 'text')
  const upcoming = upcomingOfAll(schedules, { after, before, mostInGap: gaps ? MOST_IN_GAP : 0 })
  const shown = firstFires(upcoming, count)
  if (flags.format === 'json') await jsonArray(io, entriesOf(shown.entries, { all, named: only === null }))
  else {
    if (only !== null) io.stdout(`${headOf(only, flags.cron)}\n`)
    // A list from some other time on is told as from that time, unless somebody says what the present is.
    const base = flags.at === undefined && flags.from !== undefined ? after : present
    const colors = pc.createColors(io.color)
    await printLines(io, shown.entries, { colors, present: base, named: only === null, all })
  }
  const end = flags.to === undefined ? null : before
  const isFull = shown.isFull()
  for (const schedule of only === null && isFull ? [] : schedules) {
    for (const note of standingNotes(schedule, { after, before: end, isFull })) io.stderr(`${note}\n`)
  }
  return EXIT_OK
}

async function printLines(
  io: CommandIo,
  entries: Iterable<Upcoming>,
  options: NextTextOptions,
): Promise<void> {
  let printed = 0
  for (const entry of entries) {
    for (const line of upcomingLines(entry, options)) io.stdout(`${line}\n`)
    printed += 1
    if (printed % ENTRIES_A_TURN === 0) await nextTurn()
    if (io.signal.aborted) return
  }
}

async function schedulesOf(
  name: string | undefined,
  flags: NextFlags,
  { io, present }: { readonly io: CommandIo; readonly present: number },
): Promise<readonly Timed[] | null> {
  if (flags.cron === undefined) {
    for (const key of ['timezone', 'dialect', 'dstGap', 'dstOverlap'] as const) {
      if (flags[key] !== undefined) {
        const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
        throw new BelfryError('usage', `--${option} goes with --cron; a schedule of the tree has its own`)
      }
    }
    const preview = await openPreview(io, { tree: flags.tree, at: present })
    return preview === null ? null : chosenSchedules(preview, name === undefined ? [] : [name])
  }
  if (name !== undefined) throw new BelfryError('usage', 'give either a schedule or --cron, not both')
  const dst = {
    ...(flags.dstGap === undefined ? {} : { gap: flags.dstGap }),
    ...(flags.dstOverlap === undefined ? {} : { overlap: flags.dstOverlap }),
  }
  const schedule = previewOfCron(flags.cron, {
    timezone: flags.timezone ?? 'UTC',
    ...(flags.dialect === undefined ? {} : { dialect: flags.dialect }),
    ...(Object.keys(dst).length === 0 ? {} : { dst }),
  })
  if (schedule.ok) return [schedule.value]
  printProblems(io, schedule.error)
  return null
}

function headOf(schedule: Timed, cron: string | undefined): string {
  return `${cron ?? schedule.id}  ${schedule.zone.name}`
}

/** The entries up to the last of `count` fires, made as they are read. */
function firstFires(
  upcoming: Iterable<Upcoming>,
  count: number,
): { readonly entries: Iterable<Upcoming>; readonly isFull: () => boolean } {
  let fires = 0
  function* entries(): Generator<Upcoming> {
    for (const entry of upcoming) {
      yield entry
      if (entry.kind === 'fire' && ++fires >= count) return
    }
  }
  return { entries: entries(), isFull: () => fires >= count }
}

function* entriesOf(
  entries: Iterable<Upcoming>,
  { all, named }: { readonly all: boolean; readonly named: boolean },
): Generator<unknown> {
  for (const entry of entries) {
    const { zone, id } = entry.schedule
    const options = { zone, id: named ? id : null, all }
    if (entry.kind === 'fire') yield occurrenceJson(entry.occurrence, options)
    else if (all) for (const each of entry.occurrences) yield occurrenceJson(each, options)
  }
}
