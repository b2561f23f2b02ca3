import type { Command } from 'commander'
import { exportIcs } from '../core/calendar/ics-export.ts'
import { rangeOf, tellUncovered, withRange } from './calendar-range.ts'
import { presentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { found, openPreview, type TreeFlags, withTreeOptions } from './open-preview.ts'

interface ExportFlags extends TreeFlags {
  readonly from?: string
  readonly to?: string
}

export function exportCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  const ics = program
    .command('export')
    .description('Manifests in other formats.')
    .command('ics')
    .description('The closed days of a calendar as iCalendar text, on standard output.')
    .argument('<calendar>', 'NAME or TENANT/NAME')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride()
  withRange(withTreeOptions(ics)).action(async (name: string, flags: ExportFlags) => {
    finish(await runExportIcs(name, flags, io))
  })
}

async function runExportIcs(name: string, flags: ExportFlags, io: CommandIo): Promise<number> {
  const present = presentOf(flags.at)
  const preview = await openPreview(io, { tree: flags.tree, at: present })
  if (preview === null) return EXIT_PROBLEMS
  const calendar = found(preview.calendar(name))
  const range = rangeOf(flags, calendar, present)
  io.stdout(exportIcs(calendar, { ...range, madeAt: present }))
  tellUncovered(calendar, range, io)
  return EXIT_OK
}
