import type { Command } from 'commander'
import pc from 'picocolors'
import type { CompiledCalendar } from '../core/calendar/compiled-calendar.ts'
import { DEFAULT_TENANT } from '../core/names.ts'
import { differingDays } from '../core/plan/calendar-days.ts'
import type { Preview } from '../core/plan/preview.ts'
import { runwayOf } from '../core/plan/runway.ts'
import { formatDate } from '../core/time/civil.ts'
import { type RangeFlags, rangeOf, tellUncovered, withRange } from './calendar-range.ts'
import {
  coverageJson,
  coverageLines,
  dayJson,
  daysLines,
  dayText,
  differenceJson,
  differenceLines,
  whyJson,
  whyLines,
} from './calendar-text.ts'
import { dateOf, presentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { jsonArray } from './json-array.ts'
import { formatOption, found, openPreview, type TreeFlags, withTreeOptions } from './open-preview.ts'

interface CalendarFlags extends TreeFlags {
  readonly format: 'text' | 'json'
}

type DaysFlags = CalendarFlags & RangeFlags

interface Asked {
  readonly preview: Preview
  readonly present: number
  readonly io: CommandIo
}

export function calendarCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  const calendar = program
    .command('calendar')
    .description('The days of calendars: list, explain, compare, coverage.')
  const add = <F extends CalendarFlags>(
    usage: string,
    description: string,
    run: (names: readonly string[], flags: F, asked: Asked) => Promise<void>,
  ): Command =>
    withTreeOptions(calendar.command(usage).description(description))
      .addOption(formatOption(['text', 'json']))
      .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
      .exitOverride()
      .action(async (...parsed: readonly unknown[]) => {
        // The arguments, then the options, then the command itself.
        const flags = parsed.at(-2) as F
        const names = parsed.slice(0, -2).flat() as readonly string[]
        const present = presentOf(flags.at)
        const preview = await openPreview(io, { tree: flags.tree, at: present })
        if (preview !== null) await run(names, flags, { preview, present, io })
        finish(preview === null ? EXIT_PROBLEMS : EXIT_OK)
      })

  withRange(add('days <name>', 'Days that are closed, shortened or have a session of their own.', runDays))
  add('why <name> <date>', 'Why a day is open or closed: every rule that has a say, with its place.', runWhy)
  withRange(add('compare <first> <second>', 'The days that two calendars do not treat alike.', runCompare))
  add('coverage [names...]', 'How long calendars still know what they say.', runCoverage)
}

async function runDays([name = '']: readonly string[], flags: DaysFlags, asked: Asked): Promise<void> {
  const { preview, present, io } = asked
  const calendar = found(preview.calendar(name))
  const { from, to } = rangeOf(flags, calendar, present)
  const days = [...calendar.days(from, to)]
  if (flags.format === 'json')
    await jsonArray(
      io,
      days.map((day) => dayJson(day, calendar.name)),
    )
  else {
    for (const line of daysLines(calendar, days)) io.stdout(`${line}\n`)
    if (days.length === 0)
      io.stdout(`${calendar.name}: only usual days from ${formatDate(from)} to ${formatDate(to)}\n`)
  }
  tellUncovered(calendar, { from, to }, io)
}

async function runWhy(
  [name = '', date = '']: readonly string[],
  flags: CalendarFlags,
  asked: Asked,
): Promise<void> {
  const { preview, io } = asked
  const calendar = found(preview.calendar(name))
  const day = dateOf('DATE', date)
  if (flags.format === 'json') io.stdout(`${JSON.stringify(whyJson(calendar, day), null, 2)}\n`)
  else for (const line of whyLines(calendar, day, pc.createColors(io.color))) io.stdout(`${line}\n`)
}

async function runCompare(names: readonly string[], flags: DaysFlags, asked: Asked): Promise<void> {
  const { preview, present, io } = asked
  const [first, second] = names.map((name) => found(preview.calendar(name))) as [
    CompiledCalendar,
    CompiledCalendar,
  ]
  const range = rangeOf(flags, first, present)
  const differences = differingDays(first, second, range)
  if (flags.format === 'json') {
    await jsonArray(io, map(differences, differenceJson))
    return
  }
  const all = [...differences]
  const span = `from ${dayText(range.from)} to ${dayText(range.to)}`
  if (all.length === 0) io.stdout(`${first.name} and ${second.name} do not differ ${span}\n`)
  else {
    for (const line of differenceLines([first, second], all)) io.stdout(`${line}\n`)
    io.stdout(`\n${all.length} days differ ${span}\n`)
  }
}

async function runCoverage(names: readonly string[], flags: CalendarFlags, asked: Asked): Promise<void> {
  const { preview, present, io } = asked
  const wanted =
    names.length > 0
      ? names
      : preview.calendars.map(({ tenant, name }) => (tenant === DEFAULT_TENANT ? name : `${tenant}/${name}`))
  const rows = wanted.map((name) => {
    const calendar = found(preview.calendar(name))
    return { name, calendar, runway: runwayOf(calendar, present) }
  })
  if (flags.format === 'json') await jsonArray(io, rows.map(coverageJson))
  else for (const line of coverageLines(rows, pc.createColors(io.color))) io.stdout(`${line}\n`)
}

function* map<T, U>(values: Iterable<T>, change: (value: T) => U): Generator<U> {
  for (const value of values) yield change(value)
}
