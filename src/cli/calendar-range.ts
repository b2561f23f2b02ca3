import type { Command } from 'commander'
import type { CompiledCalendar } from '../core/calendar/compiled-calendar.ts'
import { BelfryError } from '../core/errors.ts'
import { epochDayOf, formatDate, yearOf } from '../core/time/civil.ts'
import { epochDayOfLocal } from '../core/time/local.ts'
import { dateOf } from './instant-option.ts'
import type { CommandIo } from './io.ts'

export interface RangeFlags {
  readonly from?: string
  readonly to?: string
}

/** Epoch days, both included. */
export interface DayRange {
  readonly from: number
  readonly to: number
}

export function withRange(command: Command): Command {
  return command
    .option('--from <date>', 'first day (default: of this year)')
    .option('--to <date>', 'last day (default: of the year of --from)')
}

/** Both days included. */
export function rangeOf(flags: RangeFlags, calendar: CompiledCalendar, present: number): DayRange {
  const today = epochDayOfLocal(calendar.zone.localAt(present))
  const from = flags.from === undefined ? epochDayOf(yearOf(today), 1, 1) : dateOf('--from', flags.from)
  const to = flags.to === undefined ? epochDayOf(yearOf(from) + 1, 1, 1) - 1 : dateOf('--to', flags.to)
  if (to < from) throw new BelfryError('usage', `--to ${formatDate(to)} is before --from ${formatDate(from)}`)
  return { from, to }
}

/** What is not known must not look like usual days. */
export function tellUncovered(calendar: CompiledCalendar, { from, to }: DayRange, io: CommandIo): void {
  const { coverage, name } = calendar
  const ends = coverage.to !== null && to > coverage.to
  const begins = coverage.from !== null && from < coverage.from
  if (begins) io.stderr(`${name} does not cover the days before ${formatDate(coverage.from!)}\n`)
  if (ends)
    io.stderr(`${name} covers no days after ${formatDate(coverage.to!)} (afterEnd: ${coverage.afterEnd})\n`)
}
