import { type Command, Option } from 'commander'
import { examine, type Finding } from '../app/doctor.ts'
import { loadTree } from '../files/load-tree.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { inColumns } from './columns.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf, withServerOptions } from './settings.ts'

interface DoctorFlags extends ServerFlags {
  readonly monitor?: string
  readonly format: 'text' | 'json'
}

export function doctorCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('doctor')
      .description('Check the set-up, from the server up, and say what to do about what is wrong.')
      .argument('[tree...]', 'folders and files of manifests to read as well'),
  )
    .option('--monitor <url>', 'monitoring address of a nats-server, which tells when it writes to disk')
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExit code 0: nothing is wrong, though there may be warnings; 1: something is.')
    .action(async (tree: readonly string[], flags: DoctorFlags) => {
      finish(await runDoctor(tree, flags, io))
    })
}

async function runDoctor(tree: readonly string[], flags: DoctorFlags, io: CommandIo): Promise<number> {
  const { config } = await settingsOf(flags, tree, io)
  const findings = [
    ...(tree.length === 0 ? [] : [await treeFinding(tree, io)]),
    ...(await examine({
      nats: await natsAccess(config, io),
      monitor: flags.monitor ?? null,
      logger: loggerFor(config, io, 'error'),
      signal: io.signal,
    })),
  ]
  const healthy = findings.every(({ verdict }) => verdict !== 'fail')
  io.stdout(
    flags.format === 'json' ? `${JSON.stringify({ healthy, findings }, null, 2)}\n` : textOf(findings),
  )
  return healthy ? EXIT_OK : EXIT_PROBLEMS
}

async function treeFinding(roots: readonly string[], { cwd, signal }: CommandIo): Promise<Finding> {
  const loaded = await loadTree(roots, { cwd, at: systemClock.now(), signal })
  if (loaded.ok) {
    const { length } = loaded.value.documents
    return { check: 'tree', verdict: 'ok', message: `${length} valid manifests`, cure: null }
  }
  const { length } = loaded.error
  const message = `${length} ${length === 1 ? 'problem' : 'problems'}: ${loaded.error[0]?.message}`
  return { check: 'tree', verdict: 'fail', message, cure: 'belfry validate shows each with its line' }
}

function textOf(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ check, verdict, message, cure }) => [
    [verdict, check, message],
    ...(cure === null ? [] : [['', '', `-> ${cure}`]]),
  ])
  return `${inColumns(rows).join('\n')}\n`
}
