import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import pc from 'picocolors'
import { readLive } from '../app/look.ts'
import { BelfryError } from '../core/errors.ts'
import type { Tree } from '../core/manifest/tree.ts'
import { TreeIndex } from '../core/manifest/tree-index.ts'
import { fireChanges } from '../core/plan/fire-changes.ts'
import type { LiveSnapshot } from '../core/plan/live-entry.ts'
import { countsOf, planTree } from '../core/plan/plan-tree.ts'
import { refusalOf } from '../core/plan/refusal.ts'
import { liveCatalogue, treeAsLive } from '../core/plan/tree-as-live.ts'
import { catalogueOf } from '../core/schedule/catalogue.ts'
import { loadTree } from '../files/load-tree.ts'
import { sourceLines } from '../files/source-lines.ts'
import { presentOf } from './instant-option.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { planJson, planText } from './plan-text.ts'
import { problemText } from './problem-text.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf, withServerOptions } from './settings.ts'

const EXIT_CHANGES = 2
const DAY_MS = 86_400_000

interface PlanFlags extends ServerFlags {
  readonly base?: string
  readonly days: string
  readonly at?: string
  readonly format: 'text' | 'json'
}

export function planCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('plan')
      .description('Show what applying a tree would do: objects, and fires added, removed and moved.')
      .argument('[tree...]', 'folders and files of manifests (default: schedules and calendars)'),
  )
    .option(
      '--base <folder>',
      'compare with the same tree in this checkout instead of with live state; needs no server',
    )
    .option('--days <number>', 'how far to look at fires, 1 to 400', '30')
    .option('--source <name>', 'id of the source (default main)')
    .option('--max-prune <limit>', 'refuse to delete more than COUNT,PERCENT% (default 10,20%)')
    .addOption(
      new Option('--format <format>', 'how the plan is printed').choices(['text', 'json']).default('text'),
    )
    .option('--at <instant>', 'as of this moment instead of now, such as 2026-01-27T16:30:00Z')
    .addHelpText('after', '\nExit code 0: no change, 2: changes, 1: problems or a refused plan.')
    .action(async (tree: readonly string[], flags: PlanFlags) => {
      finish(await runPlan(tree, flags, io))
    })
}

async function runPlan(roots: readonly string[], flags: PlanFlags, io: CommandIo): Promise<number> {
  const { config } = await settingsOf(flags, roots, io)
  const days = Number(flags.days)
  if (!Number.isInteger(days) || days < 1 || days > 400)
    throw new BelfryError('usage', `--days is ${flags.days}; expected 1 to 400`)
  const at = presentOf(flags.at)
  const tree = await treeOrProblems(config.tree, { cwd: io.cwd, at }, io)
  if (tree === null) return EXIT_PROBLEMS
  const live = await otherSide(flags, { roots: config.tree, source: config.source, at }, io)
  if (live === null) return EXIT_PROBLEMS
  const plan = planTree(tree, live, config.source)
  const refusal = refusalOf(plan, live, { limit: config.maxPrune, at })
  const changes = fireChanges(plan, {
    before: liveCatalogue(live),
    after: catalogueOf(new TreeIndex(tree.documents)),
    horizon: { from: at, to: at + days * DAY_MS },
  })
  const facts = { plan, changes, refusal, days, warnings: tree.warnings }
  io.stdout(
    flags.format === 'json'
      ? `${JSON.stringify(planJson(facts), null, 2)}\n`
      : planText(facts, pc.createColors(io.color)),
  )
  if (refusal !== null) return EXIT_PROBLEMS
  const { created, updated, renamed, deleted } = countsOf(plan)
  return created + updated + renamed + deleted > 0 ? EXIT_CHANGES : EXIT_OK
}

async function otherSide(
  flags: PlanFlags,
  { roots, source, at }: { readonly roots: readonly string[]; readonly source: string; readonly at: number },
  io: CommandIo,
): Promise<LiveSnapshot | null> {
  if (flags.base !== undefined) {
    const base = await treeOrProblems(roots, { cwd: resolve(io.cwd, flags.base), at }, io)
    return base === null ? null : treeAsLive(base, source)
  }
  const { config } = await settingsOf(flags, roots, io)
  return readLive(await natsAccess(config, io), loggerFor(config, io, 'error'))
}

/** The valid tree, or null after every problem has been printed. */
export async function treeOrProblems(
  roots: readonly string[],
  where: { readonly cwd: string; readonly at: number },
  io: CommandIo,
): Promise<Tree | null> {
  const loaded = await loadTree(roots, { ...where, signal: io.signal })
  if (loaded.ok) return loaded.value
  const line = sourceLines(where.cwd)
  for (const found of loaded.error) io.stderr(`${problemText(found, { ...io, line })}\n`)
  io.stderr(
    `${loaded.error.length} ${loaded.error.length === 1 ? 'problem' : 'problems'}: nothing is planned or applied\n`,
  )
  return null
}
