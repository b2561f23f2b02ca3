import type { Command } from 'commander'
import pc from 'picocolors'
import { BelfryError } from '../core/errors.ts'
import type { PreviewedSchedule } from '../core/plan/preview.ts'
import { joinedOutages, type Outage, type SimulatedEvent, simulate } from '../core/plan/simulate.ts'
import { formatInstant } from '../core/time/instant.ts'
import type { Zone } from '../core/time/zone.ts'
import { nextTurn } from '../lifecycle/turn.ts'
import { inColumns } from './columns.ts'
import { daysAfter, instantOf, presentOf, utc, zoneNamed } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { jsonArray } from './json-array.ts'
import { clockText, localText } from './local-text.ts'
import {
  chosenSchedules,
  formatOption,
  openPreview,
  type TreeFlags,
  withTreeOptions,
} from './open-preview.ts'
import { plain } from './problem-text.ts'
import { Progress } from './progress.ts'
import { sharedZone } from './shared-zone.ts'
import { simulatedJson, simulatedLine } from './simulate-text.ts'
import { isLate, Totals } from './simulate-totals.ts'

interface SimulateFlags extends TreeFlags {
  readonly from?: string
  readonly to?: string
  readonly down: readonly string[]
  readonly timezone?: string
  readonly unusual?: boolean
  readonly summary?: boolean
  readonly format: 'text' | 'json'
}

const DEFAULT_DAYS = 7
const EVENTS_A_TURN = 200
const LONGEST_ID = 40

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
      'nobody leads from A until B, such as 2026-01-26T20:00..2026-01-26T23:00; may be repeated',
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .option('--timezone <zone>', 'zone of local times that are given, and of the first column (default: UTC)')
    .option('--unusual', 'leave out what fires on time')
    .option('--summary', 'only the sums of each schedule')
    .addOption(formatOption(['text', 'json']))
    .action(async (names: readonly string[], flags: SimulateFlags) => {
      finish(await runSimulate(names, flags, io))
    })
}

async function runSimulate(names: readonly string[], flags: SimulateFlags, io: CommandIo): Promise<number> {
  const period = periodOf(flags)
  const stretch = names.find((name) => name.includes('..'))
  if (stretch !== undefined)
    throw new BelfryError('usage', `${plain(stretch)} is not a schedule; give --down before each outage`)
  const preview = await openPreview(io, { tree: flags.tree, at: presentOf(flags.at) })
  if (preview === null) return EXIT_PROBLEMS
  const schedules = chosenSchedules(preview, names)
  const totals = new Totals(schedules)
  const zone = sharedZone(flags.timezone, schedules)
  const play = new Play(io, period, totals)
  const events = play.events(simulate(schedules, period))
  if (flags.format === 'json') await printJson(io, { events, totals, flags, play })
  else await printText(io, { events, totals, flags, play, period, schedules, zone })
  if (play.isWhole) return EXIT_OK
  io.stderr('ended before the period was played to its end\n')
  return EXIT_PROBLEMS
}

interface Period {
  readonly from: number
  readonly to: number
  readonly down: readonly Outage[]
}

/** Outages are those of servers, so that what is read does not depend on the zones of schedules. */
function periodOf(flags: SimulateFlags): Period {
  const zone = flags.timezone === undefined ? utc() : zoneNamed('--timezone', flags.timezone)
  const from = flags.from === undefined ? presentOf(flags.at) : instantOf('--from', flags.from, zone)
  const to = flags.to === undefined ? daysAfter(from, DEFAULT_DAYS, zone) : instantOf('--to', flags.to, zone)
  if (to <= from) {
    const span = `${formatInstant(from)} to ${formatInstant(to)}`
    throw new BelfryError('usage', `--to is not after --from: ${span}`)
  }
  return { from, to, down: joinedOutages(flags.down.map((text) => outageOf(text, zone))) }
}

function outageOf(text: string, zone: Zone): Outage {
  const [begin = '', end = '', more] = text.split('..')
  if (begin === '' || end === '' || more !== undefined)
    throw new BelfryError(
      'usage',
      `--down ${plain(text)} is not a stretch of time; expected INSTANT..INSTANT, such as 2026-01-26T20:00..2026-01-26T23:00`,
    )
  const outage = { from: instantOf('--down', begin, zone), to: instantOf('--down', end, zone) }
  if (outage.to <= outage.from)
    throw new BelfryError('usage', `--down ${plain(text)} does not end after it begins`)
  return outage
}

/** Goes through the events, sums them up, and knows whether it came to the end. */
class Play {
  readonly #io: CommandIo
  readonly #progress: Progress
  readonly #period: Period
  readonly #totals: Totals
  #isWhole = false

  constructor(io: CommandIo, period: Period, totals: Totals) {
    this.#io = io
    this.#period = period
    this.#totals = totals
    this.#progress = new Progress(io)
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  *events(all: Iterable<SimulatedEvent>): Generator<SimulatedEvent> {
    const { from, to } = this.#period
    let count = 0
    for (const event of all) {
      this.#totals.add(event)
      count += 1
      if (count % EVENTS_A_TURN === 0) {
        this.#progress.at(() => {
          const share = Math.floor(((event.at - from) / (to - from)) * 100)
          return `played up to ${localText(event.at, utc())}, ${share} %, ${count} events`
        })
      }
      yield event
      if (this.#io.signal.aborted) return
    }
    this.#isWhole = true
  }
}

interface Printed {
  readonly events: Iterable<SimulatedEvent>
  readonly totals: Totals
  readonly flags: SimulateFlags
  readonly play: Play
}

/** Whether an event is more than a fire at its time. */
function isUnusual(event: SimulatedEvent): boolean {
  return event.kind !== 'entry' || event.entry.kind !== 'fire' || isLate(event)
}

async function printJson(io: CommandIo, { events, totals, flags, play }: Printed): Promise<void> {
  async function* entries() {
    let count = 0
    for (const event of events) {
      count += 1
      if (count % EVENTS_A_TURN === 0) await nextTurn()
      if (flags.summary === true || (flags.unusual === true && !isUnusual(event))) continue
      yield simulatedJson(event)
    }
    if (!play.isWhole) return
    if (flags.summary === true) yield* totals.json()
    yield totals.summaryJson()
  }
  await jsonArray(io, entries())
}

interface PrintedText extends Printed {
  readonly period: Period
  readonly schedules: readonly PreviewedSchedule[]
  readonly zone: Zone
}

async function printText(io: CommandIo, printed: PrintedText): Promise<void> {
  const { events, totals, flags, play, period, schedules, zone } = printed
  const colors = pc.createColors(io.color)
  const longest = schedules.reduce((most, { id }) => Math.max(most, id.length), 0)
  const options = { colors, zone, width: Math.min(LONGEST_ID, longest) }
  io.stdout(`${colors.bold(headOf(period, zone))}\n\n`)
  let count = 0
  let printedLines = 0
  for (const event of events) {
    count += 1
    if (count % EVENTS_A_TURN === 0) await nextTurn()
    if (flags.summary === true || (flags.unusual === true && !isUnusual(event))) continue
    io.stdout(`${simulatedLine(event, options)}\n`)
    printedLines += 1
  }
  if (!play.isWhole) return
  if (printedLines > 0) io.stdout('\n')
  for (const line of inColumns(totals.rows())) io.stdout(`${line}\n`)
  const notes = totals.notes()
  if (notes.length > 0) io.stdout(`\n${notes.join('\n')}\n`)
}

function headOf({ from, to, down }: Period, zone: Zone): string {
  const outages = down.filter((outage) => outage.from < to && outage.to > from).length
  const without = outages === 0 ? '' : `, with ${outages} ${outages === 1 ? 'outage' : 'outages'}`
  return `From ${clockText(from, zone)} to ${clockText(to, zone)} (${zone.name})${without}`
}
