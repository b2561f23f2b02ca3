import { type Command, Option } from 'commander'
import { readLive } from '../app/look.ts'
import { sendTree } from '../app/send-tree.ts'
import { planTree } from '../core/plan/plan-tree.ts'
import { refusalOf } from '../core/plan/refusal.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { treeOrProblems } from './plan.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf, withServerOptions } from './settings.ts'

interface ApplyFlags extends ServerFlags {
  readonly format: 'text' | 'json'
}

export function applyCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('apply')
      .description(
        'Apply a tree once. The leader does it; where none runs, this command leads for as long as it takes.',
      )
      .argument('[tree...]', 'folders and files of manifests (default: schedules and calendars)'),
  )
    .option(
      '--source <name>',
      'id of the source that the tree is (default main); each source prunes only its own',
    )
    .option('--max-prune <limit>', 'allow deleting up to COUNT,PERCENT% (default 10,20%)')
    .option('--replicas <number>', 'copies that the server keeps, when nothing is there yet')
    .option('--log-size <size>', 'room for the log of fires, when nothing is there yet (default 10GiB)')
    .addOption(
      new Option('--format <format>', 'how the outcome is printed').choices(['text', 'json']).default('text'),
    )
    .action(async (tree: readonly string[], flags: ApplyFlags) => {
      finish(await runApply(tree, flags, io))
    })
}

async function runApply(roots: readonly string[], flags: ApplyFlags, io: CommandIo): Promise<number> {
  const { config } = await settingsOf(flags, roots, io)
  const tree = await treeOrProblems(config.tree, { cwd: io.cwd, at: systemClock.now() }, io)
  if (tree === null) return EXIT_PROBLEMS
  const nats = await natsAccess(config, io)
  if (flags.maxPrune !== undefined) {
    // A limit that was given for this apply lifts the leader's own, so it is held against the plan here.
    const live = await readLive(nats, loggerFor(config, io, 'error'))
    const plan = planTree(tree, live, config.source)
    const refusal = refusalOf(plan, live, { limit: config.maxPrune, at: systemClock.now() })
    if (refusal !== null) {
      io.stderr(`refused (${refusal.code}): ${refusal.message}\n`)
      return EXIT_PROBLEMS
    }
  }
  const reply = await sendTree({
    nats,
    source: config.source,
    tree,
    pruneLimit: config.maxPrune,
    allowPrune: flags.maxPrune !== undefined,
    instance: config.instance,
    logger: loggerFor(config, io, 'warn'),
    signal: io.signal,
    ...(config.replicas === null ? {} : { replicas: config.replicas }),
    ...(config.logBytes === null ? {} : { logBytes: config.logBytes }),
  })
  if (flags.format === 'json') io.stdout(`${JSON.stringify(reply, null, 2)}\n`)
  if (reply.outcome === 'refused') {
    if (flags.format === 'text') io.stderr(`refused (${reply.code}): ${reply.message}\n`)
    return EXIT_PROBLEMS
  }
  const { created, updated, unchanged, deleted } = reply.counts
  if (flags.format === 'text') {
    io.stdout(
      `${reply.outcome} ${reply.revision}: ${created} created, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged\n`,
    )
  }
  return EXIT_OK
}
