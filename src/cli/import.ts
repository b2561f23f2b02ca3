import { basename } from 'node:path'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { importIcs, type NotCarried } from '../core/calendar/ics-import.ts'
import type { Problem } from '../core/errors.ts'
import { BelfryError } from '../core/errors.ts'
import type { CalendarManifest } from '../core/kinds.ts'
import { isName } from '../core/names.ts'
import { readText } from '../files/settings-file.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { printProblems } from './open-preview.ts'
import { plain } from './problem-text.ts'

interface IcsFlags {
  readonly name?: string
  readonly timezone?: string
}

export function importCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program
    .command('import')
    .description('Other formats as manifests; what cannot be carried over is listed.')
    .command('ics')
    .description('The all-day events of an iCalendar file as a Calendar, on standard output.')
    .argument('<file>', 'an .ics file')
    .option('--name <name>', 'name of the calendar (default: of the file)')
    .option('--timezone <zone>', 'its zone (default: the one that the file names)')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride()
    .action(async (file: string, flags: IcsFlags) => {
      finish(await runImportIcs(file, flags, io))
    })
}

async function runImportIcs(file: string, flags: IcsFlags, io: CommandIo): Promise<number> {
  const name = flags.name ?? nameOf(file)
  if (!isName(name))
    throw new BelfryError(
      'usage',
      `--name ${plain(name)} is not a name; expected small letters, digits and -`,
    )
  const text = await readText(file, io.cwd)
  const { timezone } = flags
  const imported = importIcs(text, timezone === undefined ? { name } : { name, timezone })
  if (!imported.ok) {
    printProblems(io, imported.error.map(withFlag))
    return EXIT_PROBLEMS
  }
  io.stdout(calendarYaml(imported.value.manifest))
  const { notCarried } = imported.value
  for (const each of notCarried) io.stderr(`${notCarriedText(each, file)}\n`)
  if (notCarried.length > 0) {
    const count = notCarried.length === 1 ? 'One thing was' : `${notCarried.length} things were`
    io.stderr(`${count} not carried over.\n`)
  }
  return EXIT_OK
}

/** What the core asks for is given by an option here. */
function withFlag(found: Problem): Problem {
  return found.code === 'missing-timezone' ? { ...found, cure: 'Name it with --timezone.' } : found
}

function nameOf(file: string): string {
  return basename(file)
    .replace(/\.[^.]*$/, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
}

function notCarriedText({ line, summary, reason }: NotCarried, file: string): string {
  const place = line === 0 ? file : `${file}:${line}`
  return plain(`${place}: not carried over: ${summary}: ${reason}`)
}

/** As people write it: a rule a line where it fits. */
function calendarYaml(manifest: CalendarManifest): string {
  return stringify(manifest, { lineWidth: 110, flowCollectionPadding: false })
}
