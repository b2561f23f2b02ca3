import { Command, CommanderError } from 'commander'
import { BelfryError } from '../core/errors.ts'
import { packageVersion } from '../version.ts'
import { applyCommand } from './apply.ts'
import { backfillCommand } from './backfill.ts'
import { calendarCommand } from './calendar.ts'
import { deadCommand } from './dead.ts'
import { devCommand } from './dev.ts'
import { doctorCommand } from './doctor.ts'
import { eventsCommand } from './events.ts'
import { explainCommand } from './explain.ts'
import { exportCommand } from './export.ts'
import { importCommand } from './import.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS, EXIT_USAGE } from './io.ts'
import { loadCommand } from './load.ts'
import { natsPermissionsCommand } from './nats-permissions.ts'
import { nextCommand } from './next.ts'
import { pauseCommand, resumeCommand } from './pause.ts'
import { planCommand } from './plan.ts'
import { runsCommand } from './runs.ts'
import { serveCommand } from './serve.ts'
import { simulateCommand } from './simulate.ts'
import { statusCommand } from './status.ts'
import { triggerCommand } from './trigger.ts'
import { validateCommand } from './validate.ts'
import { workerCommand } from './worker.ts'
import { workersCommand } from './workers.ts'

/** Adds a command to the program; `finish` takes its exit code. */
export type AddCommand = (program: Command, io: CommandIo, finish: (code: number) => void) => void

const COMMANDS: readonly AddCommand[] = [
  devCommand,
  serveCommand,
  workerCommand,
  validateCommand,
  planCommand,
  applyCommand,
  statusCommand,
  runsCommand,
  deadCommand,
  workersCommand,
  eventsCommand,
  triggerCommand,
  backfillCommand,
  pauseCommand,
  resumeCommand,
  nextCommand,
  explainCommand,
  calendarCommand,
  simulateCommand,
  loadCommand,
  importCommand,
  exportCommand,
  doctorCommand,
  natsPermissionsCommand,
]

/** Runs one command line to its end and returns the exit code. */
export async function runCli(args: readonly string[], io: CommandIo): Promise<number> {
  let code = EXIT_OK
  const program = new Command('belfry')
    .description('A job scheduler whose schedules are YAML in git: it decides when, adapters decide how.')
    .version(packageVersion, '-V, --version')
    .showHelpAfterError('(belfry COMMAND --help lists the options)')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride()
  for (const add of COMMANDS) {
    add(program, io, (finished) => {
      code = finished
    })
  }
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : usageCode(args)
    if (error instanceof BelfryError) {
      io.stderr(`belfry: ${error.message} [${error.code}]\n`)
      return error.code === 'usage' ? usageCode(args) : EXIT_PROBLEMS
    }
    throw error
  }
}

/** A plan's exit code 2 says that there are changes, so wrong usage of it must say something else. */
function usageCode(args: readonly string[]): number {
  return args[0] === 'plan' ? EXIT_PROBLEMS : EXIT_USAGE
}
