import type { Command } from 'commander'
import { startBelfry } from '../app/belfry.ts'
import { FolderSource } from '../files/folder-source.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { inColumns } from './columns.ts'
import { type CommandIo, EXIT_OK } from './io.ts'
import {
  describeSettings,
  loggerFor,
  natsAccess,
  type ServerFlags,
  settingsOf,
  withServerOptions,
} from './settings.ts'

export function serveCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('serve')
      .description(
        'Run the scheduler. Several on one NATS server are a cluster: one leads, the others stand by.',
      )
      .argument('[tree...]', 'folders and files of manifests to watch (default: schedules and calendars)'),
  )
    .option('--replicas <number>', 'copies that the server keeps: 1, 3 or 5 (BELFRY_REPLICAS)')
    .option('--log-size <size>', 'room for the log of fires, such as 10GiB (BELFRY_LOG_SIZE; default 10GiB)')
    .option('--instance <name>', 'name of this instance (BELFRY_INSTANCE; default host and process id)')
    .option('--source <name>', 'id of the watched tree (BELFRY_SOURCE; default main)')
    .option(
      '--max-prune <limit>',
      'refuse to delete more than COUNT,PERCENT% (BELFRY_MAX_PRUNE; default 10,20%)',
    )
    .option('--log-format <format>', 'json or pretty (BELFRY_LOG_FORMAT; default pretty)')
    .option('--print-config', 'show the settings and where each comes from, and end')
    .action(async (tree: readonly string[], flags: ServerFlags & { readonly printConfig?: boolean }) => {
      finish(await runServe(tree, flags, io))
    })
}

async function runServe(
  tree: readonly string[],
  flags: ServerFlags & { readonly printConfig?: boolean },
  io: CommandIo,
): Promise<number> {
  const loaded = await settingsOf(flags, tree, io)
  if (flags.printConfig === true) {
    for (const line of inColumns(describeSettings(loaded))) io.stdout(`${line}\n`)
    return EXIT_OK
  }
  const { config } = loaded
  const logger = loggerFor(config, io).child({ instance: config.instance })
  const source = new FolderSource({
    id: config.source,
    roots: config.tree,
    cwd: io.cwd,
    clock: systemClock,
    logger,
  })
  const belfry = await startBelfry({
    nats: await natsAccess(config, io),
    instance: config.instance,
    pruneLimit: config.maxPrune,
    source,
    logger,
    signal: io.signal,
    ...(config.replicas === null ? {} : { replicas: config.replicas }),
    ...(config.logBytes === null ? {} : { logBytes: config.logBytes }),
  })
  logger.info('ready', { server: belfry.connection.server, tree: config.tree })
  await stopAsked(io.signal)
  logger.info('stopping: what is in flight is waited for')
  await belfry.stop()
  await source.closed()
  logger.info('stopped')
  return EXIT_OK
}

function stopAsked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
