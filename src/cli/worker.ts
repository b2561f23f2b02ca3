import type { Command } from 'commander'
import { BelfryError } from '../core/errors.ts'
import { commandHandler } from '../worker/exec.ts'
import { httpHandler } from '../worker/http-post.ts'
import type { Handler } from '../worker/run.ts'
import { defineWorker } from '../worker/worker.ts'
import { type CommandIo, EXIT_OK } from './io.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf, withServerOptions } from './settings.ts'

interface WorkerFlags extends ServerFlags {
  readonly adapter: string
  readonly tenant?: string
  readonly concurrency?: string
}

interface HttpFlags extends WorkerFlags {
  readonly url: string
}

export function workerCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  const group = program
    .command('worker')
    .description('Ready-made workers: a command or an HTTP endpoint does the work.')
  withWorkerOptions(
    group
      .command('exec')
      .description(
        'Run a command for each fire of an adapter: data on its standard input, its exit code decides.',
      )
      .argument('<command...>', 'the command and its arguments, after --'),
  ).action(async (command: readonly string[], flags: WorkerFlags) => {
    finish(await serve(flags, commandHandler(command as [string, ...string[]], { ...io.env }), io))
  })
  withWorkerOptions(
    group
      .command('http')
      .description('POST each fire of an adapter to a URL; the status of the answer decides.')
      .requiredOption('--url <url>', 'where to (BELFRY_HTTP_SECRET signs the requests)'),
  ).action(async (flags: HttpFlags) => {
    if (!/^https?:\/\//.test(flags.url) || !URL.canParse(flags.url)) {
      throw new BelfryError('usage', `--url is "${flags.url}"; expected http://... or https://...`)
    }
    const secret = io.env.BELFRY_HTTP_SECRET
    finish(await serve(flags, httpHandler({ url: flags.url, ...(secret ? { secret } : {}) }), io))
  })
  for (const command of group.commands)
    command.exitOverride().configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
}

function withWorkerOptions(command: Command): Command {
  return withServerOptions(command)
    .requiredOption('--adapter <name>', 'the Adapter whose fires it takes')
    .option(
      '--instance <name>',
      "unique among the adapter's workers (BELFRY_INSTANCE; default host name and process id)",
    )
    .option('--tenant <name>', 'tenant of the Adapter (default default)')
    .option('--concurrency <number>', "runs that this process takes at once (default: the adapter's)")
}

/** Works until the process is asked to end. */
async function serve(flags: WorkerFlags, handler: Handler, io: CommandIo): Promise<number> {
  const { config } = await settingsOf(flags, [], io)
  const concurrency = flags.concurrency === undefined ? null : Number(flags.concurrency)
  if (concurrency !== null && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw new BelfryError('usage', `--concurrency is "${flags.concurrency}"; expected a number from 1`)
  }
  const worker = defineWorker({
    adapter: flags.adapter,
    ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
    ...(concurrency === null ? {} : { concurrency }),
    instance: config.instance,
    nats: await natsAccess(config, io),
    logger: loggerFor(config, io, 'warn'),
    handlers: { '*': handler },
  })
  const asked = new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve()
    io.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([worker.start(), asked])
  await asked
  await worker.stop()
  return EXIT_OK
}
