import type { Command } from 'commander'
import pc from 'picocolors'
import { BelfryError } from '../core/errors.ts'
import type { PreviewedSchedule } from '../core/plan/preview.ts'
import { joinedOutages, type Outage, type SimulatedEvent, simulate } from '../core/plan/simulate.ts'
import type { Zone } from '../core/time/zone.ts'
import { nextTurn } from '../lifecycle/turn.ts'
import { inColumns } from './columns.ts'
import { instantOf, presentOf, utc } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { jsonArray } from './json-array.ts'
import { LiveRegion } from './live-region.ts'
import { localText } from './local-text.ts'
import {
  chosenSchedules,
  formatOption,
  openPreview,
  type TreeFlags,
  withTreeOptions,
} from './open-preview.ts'
import { plain } from './problem-text.ts'
import { simulatedJson, simulatedLines, Totals } from './simulate-text.ts'

interface SimulateFlags extends TreeFlags {
  readonly from?: string
  readonly to?: string
  readonly down: readonly string[]
  readonly summary?: boolean
  readonly format: 'text' | 'json'
}

const DEFAULT_DAYS = 7
const EVENTS_A_TURN = 200

export function simulateCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withTreeOptions(
    program
      .command('simulate')
      .description(
        'Play a period, with outages: what fires, late or never, what is caught up, what is left out.',
      )
      .argument('[schedules...]', 'NAME or TENANT/NAME; without them all schedules of the tree'),
  )
    .option('--from <instant>', 'when it begins, and the schedules are applied (default: now)')
    .option('--to <instant>', `when it ends, itself excluded (default: ${DEFAULT_DAYS} days later)`)
    .option(
      '--down <A..B>',
      'nobody leads from A until B; may be repeated',
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .option('--summary', 'only the sums of each schedule')
    .addOption(formatOption(['text', 'json']))
    .action(async (names: readonly string[], flags: SimulateFlags) => {
      finish(await runSimulate(names, flags, io))
    })
}

async function runSimulate(names: readonly string[], flags: SimulateFlags, io: CommandIo): Promise<number> {
  const present = presentOf(flags.at)
  const preview = await openPreview(io, { tree: flags.tree, at: present })
  if (preview === null) return EXIT_PROBLEMS
  const schedules = chosenSchedules(preview, names)
  const zone = schedules.length === 1 ? schedules[0]!.zone : utc()
  const from = flags.from === undefined ? present : instantOf('--from', flags.from, zone)
  const to = flags.to === undefined ? from + DEFAULT_DAYS * 86_400_000 : instantOf('--to', flags.to, zone)
  if (to <= from) throw new BelfryError('usage', '--to is not after --from')
  const down = joinedOutages(flags.down.map((text) => outageOf(text, zone)))
  const events = simulate(schedules, { from, to, down })
  const totals = new Totals(schedules)
  if (flags.summary === true) await summarise(io, totals, { events, schedules, zone, format: flags.format })
  else if (flags.format === 'json') await jsonArray(io, entriesOf(events))
  else await printEvents(io, totals, { events, zone })
  return EXIT_OK
}

function outageOf(text: string, zone: Zone): Outage {
  const [begin, end, more] = text.split('..')
  if (begin === undefined || end === undefined || more !== undefined || begin === '' || end === '')
    throw new BelfryError(
      'usage',
      `--down ${plain(text)} is not a stretch of time; expected INSTANT..INSTANT`,
    )
  const outage = { from: instantOf('--down', begin, zone), to: instantOf('--down', end, zone) }
  if (outage.to <= outage.from) throw new BelfryError('usage', `--down ${plain(text)} ends before it begins`)
  return outage
}

function* entriesOf(events: Iterable<SimulatedEvent>): Generator<unknown> {
  for (const event of events) yield* simulatedJson(event)
}

async function printEvents(
  io: CommandIo,
  totals: Totals,
  { events, zone }: { readonly events: Iterable<SimulatedEvent>; readonly zone: Zone },
): Promise<void> {
  const colors = pc.createColors(io.color)
  let count = 0
  for (const event of events) {
    totals.add(event)
    for (const line of simulatedLines(event, zone, colors)) io.stdout(`${line}\n`)
    count += 1
    if (count % EVENTS_A_TURN === 0) await nextTurn()
    if (io.signal.aborted) return
  }
  if (count > 0) io.stdout('\n')
  for (const line of inColumns(totals.rows())) io.stdout(`${line}\n`)
}

interface SummaryOptions {
  readonly events: Iterable<SimulatedEvent>
  readonly schedules: readonly PreviewedSchedule[]
  readonly zone: Zone
  readonly format: 'text' | 'json'
}

async function summarise(
  io: CommandIo,
  totals: Totals,
  { events, zone, format }: SummaryOptions,
): Promise<void> {
  const region = new LiveRegion(io)
  let count = 0
  for (const event of events) {
    totals.add(event)
    count += 1
    if (count % EVENTS_A_TURN !== 0) continue
    if (format === 'text' && count % (50 * EVENTS_A_TURN) === 0)
      region.draw([`${localText(event.at, zone)}, ${count} events`])
    await nextTurn()
    if (io.signal.aborted) return
  }
  region.draw([])
  if (format === 'json') await jsonArray(io, totals.json())
  else for (const line of inColumns(totals.rows())) io.stdout(`${line}\n`)
}
