import { type Command, Option } from 'commander'
import pc from 'picocolors'
import { BelfryError, type Problem } from '../core/errors.ts'
import { KINDS } from '../core/kinds.ts'
import type { Tree } from '../core/manifest/tree.ts'
import type { Result } from '../core/result.ts'
import { parseInstant } from '../core/time/instant.ts'
import { zoneOf } from '../core/time/zone.ts'
import { defaultRoots } from '../files/default-roots.ts'
import { loadTree } from '../files/load-tree.ts'
import { sourceLines } from '../files/source-lines.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { problemGithub, problemJson } from './problem-formats.ts'
import { problemsSarif } from './problem-sarif.ts'
import { plain, problemText } from './problem-text.ts'

const FORMATS = ['text', 'json', 'github', 'sarif'] as const

export interface ValidateOptions {
  readonly format: (typeof FORMATS)[number]
  readonly strict?: boolean
  readonly at?: string
}

export function validateCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program
    .command('validate')
    .description('Check a tree: every problem of every file in one run, each with its place.')
    .argument('[tree...]', 'folders and files of manifests (default: schedules and calendars)')
    .addOption(new Option('--format <format>', 'how problems are printed').choices(FORMATS).default('text'))
    .option('--strict', 'exit 1 for warnings too')
    .option(
      '--at <instant>',
      'check as of this moment instead of now, such as 2026-01-27 or 2026-01-27T16:30:00Z',
    )
    .action(async (tree: readonly string[], options: ValidateOptions) => {
      finish(await runValidate(tree, options, io))
    })
}

export type ValidateIo = Pick<CommandIo, 'stdout' | 'color' | 'columns' | 'cwd' | 'signal'>

/** Exit code 0 for a valid tree, 1 for problems (with `strict` also for warnings). */
export async function runValidate(
  tree: readonly string[],
  options: ValidateOptions,
  io: ValidateIo,
): Promise<number> {
  const roots = tree.length > 0 ? tree : defaultRoots(io.cwd)
  const at = options.at === undefined ? {} : { at: instantOf(options.at) }
  const loaded = await loadTree(roots, { cwd: io.cwd, signal: io.signal, ...at })
  const problems = loaded.ok ? loaded.value.warnings : loaded.error
  if (options.format === 'json') io.stdout(`${JSON.stringify(report(loaded, problems), null, 2)}\n`)
  else if (options.format === 'sarif') io.stdout(`${JSON.stringify(problemsSarif(problems), null, 2)}\n`)
  else {
    const line = sourceLines(io.cwd)
    for (const found of problems) {
      io.stdout(
        options.format === 'github' ? problemGithub(found) : `${problemText(found, { ...io, line })}\n`,
      )
    }
    io.stdout(`${summary(loaded, problems, options.format === 'text' && io.color)}\n`)
  }
  const failed = !loaded.ok || (options.strict === true && problems.length > 0)
  return failed ? EXIT_PROBLEMS : EXIT_OK
}

function instantOf(text: string): number {
  const utc = zoneOf('UTC')
  const at = parseInstant(text, utc.ok ? utc.value : undefined)
  if (at.ok) return at.value
  throw new BelfryError('usage', `--at ${plain(text)} is not an instant; expected ${at.error.expected}`)
}

function countOf(problems: readonly Problem[], severity: Problem['severity']): number {
  return problems.filter((found) => found.severity === severity).length
}

function report(loaded: Result<Tree, readonly Problem[]>, problems: readonly Problem[]) {
  return {
    valid: loaded.ok,
    digest: loaded.ok ? loaded.value.digest : null,
    manifests: loaded.ok ? countByKind(loaded.value) : null,
    errors: countOf(problems, 'error'),
    warnings: countOf(problems, 'warning'),
    problems: problems.map(problemJson),
  }
}

function countByKind(tree: Tree): Readonly<Record<string, number>> {
  return Object.fromEntries(
    KINDS.map((kind) => [kind, tree.documents.filter((document) => document.kind === kind).length]),
  )
}

function summary(
  loaded: Result<Tree, readonly Problem[]>,
  problems: readonly Problem[],
  color: boolean,
): string {
  const colors = pc.createColors(color)
  const warnings = countOf(problems, 'warning')
  const files = new Set(problems.flatMap(({ position }) => (position === undefined ? [] : [position.file])))
    .size
  const where = files === 0 ? '' : ` in ${counted(files, 'file')}`
  if (!loaded.ok) {
    const errors = counted(countOf(problems, 'error'), 'problem')
    return colors.red(`${errors}${warnings === 0 ? '' : ` and ${counted(warnings, 'warning')}`}${where}`)
  }
  const counts = Object.entries(countByKind(loaded.value)).filter(([, count]) => count > 0)
  const kinds = counts.map(([kind, count]) => counted(count, kind)).join(', ')
  const valid = colors.green(`${counted(loaded.value.documents.length, 'manifest')} valid`)
  return `${valid} (${kinds})${warnings === 0 ? '' : colors.yellow(`, ${counted(warnings, 'warning')}${where}`)}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
