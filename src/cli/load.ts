import { type Command, Option } from 'commander'
import pc from 'picocolors'
import { BelfryError } from '../core/errors.ts'
import { type AdapterLoad, adapterIdOf, countLoad } from '../core/plan/load.ts'
import { type LoadRange, lineGrid, rowGrid } from '../core/plan/load-grid.ts'
import { findNamed, type Preview, type PreviewedSchedule } from '../core/plan/preview.ts'
import { formatInstant } from '../core/time/instant.ts'
import type { Zone } from '../core/time/zone.ts'
import { nextTurn } from '../lifecycle/turn.ts'
import { daysAfter, instantOf, presentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { adaptersPicture, singlePicture } from './load-picture.ts'
import { loadSvg } from './load-svg.ts'
import { cellsInWidth, type LoadFacts, loadJson, loadText } from './load-text.ts'
import { localText } from './local-text.ts'
import { formatOption, found, openPreview, type TreeFlags } from './open-preview.ts'
import { Progress } from './progress.ts'
import { sharedZone } from './shared-zone.ts'
import { heldNote, standingNotes } from './standing-notes.ts'

interface LoadFlags extends Omit<TreeFlags, 'tree'> {
  readonly from?: string
  readonly to?: string
  readonly adapter?: string
  readonly timezone?: string
  readonly format: 'text' | 'json' | 'svg'
}

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 7
const MOST_DAYS = 1_100
/** Cells of a row of JSON and SVG: a week and a bit of hours. What is printed must not depend on a terminal. */
const CELLS = 170
const MOST_NOTES = 20

export function loadCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program
    .command('load')
    .description(
      'A heat map of the fires per adapter, and the minutes in which it gets more than it can run.',
    )
    .argument('[tree...]', 'folders and files of manifests (default: schedules and calendars)')
    .option('--from <instant>', 'begin, included (default: now)')
    .option('--to <instant>', `end, excluded (default: ${DEFAULT_DAYS} days after the begin)`)
    .option('--adapter <name>', 'only this adapter, in rows of hours, days or months')
    .option(
      '--timezone <zone>',
      'zone of the wall clock (default: that of all schedules if they have one, else UTC)',
    )
    .addOption(formatOption(['text', 'json', 'svg']))
    .addOption(new Option('--at <instant>', 'as of this moment instead of now, such as 2026-01-27'))
    .action(async (tree: readonly string[], flags: LoadFlags) => {
      finish(await runLoad(tree, flags, io))
    })
}

async function runLoad(tree: readonly string[], flags: LoadFlags, io: CommandIo): Promise<number> {
  const present = presentOf(flags.at)
  const preview = await openPreview(io, { tree, at: present })
  if (preview === null) return EXIT_PROBLEMS
  const adapters = adaptersOf(preview, flags.adapter)
  const ids = adapters.map(({ tenant, name }) => `${tenant}/${name}`)
  const shown = new Set(ids)
  const schedules = found(preview.schedules()).filter((each) => shown.has(adapterIdOf(each)))
  const range = rangeOf(flags, sharedZone(flags.timezone, schedules), present)
  const rows = flags.adapter === undefined ? null : rowGrid(range)
  const cells = flags.format === 'text' ? Math.min(CELLS, cellsInWidth(ids, io.columns)) : CELLS
  const grid = rows ?? lineGrid(range, cells)
  const loads = await counted(countLoad(adapters, schedules, { ...range, grid }), range, io)
  if (loads === null) return EXIT_PROBLEMS
  const facts: LoadFacts = { ...range, loads, grid }
  const picture = rows === null ? adaptersPicture(loads, grid) : singlePicture(loads[0]!, rows)
  if (flags.format === 'json') io.stdout(`${JSON.stringify(loadJson(facts), null, 2)}\n`)
  else if (flags.format === 'svg') io.stdout(loadSvg(facts, picture))
  else {
    const options = { colors: pc.createColors(io.color), width: io.columns }
    for (const line of loadText(facts, picture, options)) io.stdout(`${line}\n`)
  }
  tellNotes(schedules, range, io)
  return EXIT_OK
}

function adaptersOf({ index }: Preview, name: string | undefined) {
  const all = index.all('Adapter')
  if (name === undefined) return all
  const chosen = findNamed(all, name, 'adapter')
  return [found(chosen.ok ? chosen : { ok: false, error: [chosen.error] })]
}

function rangeOf(flags: LoadFlags, zone: Zone, present: number): LoadRange {
  const from = flags.from === undefined ? present : instantOf('--from', flags.from, zone)
  const to = flags.to === undefined ? daysAfter(from, DEFAULT_DAYS, zone) : instantOf('--to', flags.to, zone)
  const span = `${formatInstant(from)} to ${formatInstant(to)}`
  if (to <= from) throw new BelfryError('usage', `--to is not after --from: ${span}`)
  if (to - from > MOST_DAYS * DAY_MS)
    throw new BelfryError('usage', `${span} is too long; expected at most ${MOST_DAYS} days`)
  return { from, to, zone }
}

/** null when the command was asked to end: half a map would look like a quiet end of the range. */
async function counted(
  counting: Generator<number, readonly AdapterLoad[]>,
  { from, to, zone }: LoadRange,
  io: CommandIo,
): Promise<readonly AdapterLoad[] | null> {
  const progress = new Progress(io)
  for (;;) {
    const step = counting.next()
    if (step.done === true) return step.value
    progress.at(() => {
      const share = Math.floor(((step.value - from) / (to - from)) * 100)
      return `counted up to ${localText(step.value, zone)}, ${Math.max(0, share)} %`
    })
    await nextTurn()
    if (io.signal.aborted) {
      io.stderr('ended before everything was counted\n')
      return null
    }
  }
}

/** What is not on the map though it is in the tree. */
function tellNotes(schedules: readonly PreviewedSchedule[], { from, to }: LoadRange, io: CommandIo): void {
  const notes = schedules.flatMap((schedule) => {
    const after = Math.max(from - 1, schedule.compiled.previous(to) ?? from)
    // Only a schedule with nothing to come can be one whose calendar has ended.
    const isEnding = schedule.firesAfter < to && schedule.compiled.next(to - 1) === null
    const held = isEnding ? heldNote(schedule, { after, before: to }) : null
    const others = standingNotes(schedule, { after: from, before: to, isFull: true })
    return held === null ? others : [...others, held]
  })
  for (const note of notes.slice(0, MOST_NOTES)) io.stderr(`${note}\n`)
  if (notes.length > MOST_NOTES) io.stderr(`... and ${notes.length - MOST_NOTES} more such notes\n`)
}
