import { type Command, Option } from 'commander'
import { BelfryError, type Problem } from '../core/errors.ts'
import { type Preview, type PreviewedSchedule, previewOf } from '../core/plan/preview.ts'
import type { Result } from '../core/result.ts'
import { defaultRoots } from '../files/default-roots.ts'
import { loadTree } from '../files/load-tree.ts'
import { sourceLines } from '../files/source-lines.ts'
import { atOption } from './instant-option.ts'
import type { CommandIo } from './io.ts'
import { plain, problemText } from './problem-text.ts'
import { settingsOf } from './settings.ts'

export interface TreeFlags {
  readonly tree?: readonly string[]
  readonly at?: string
}

/** The options of every command that looks at a tree of files. */
export function withTreeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--tree <paths...>', 'folders and files of manifests (default: schedules and calendars)'),
    )
    .addOption(atOption())
}

export function formatOption<T extends string>(formats: readonly T[]): Option {
  return new Option('--format <format>', 'how it is printed').choices(formats).default(formats[0])
}

/** Loads a tree to ask about its times; null when it is not valid, with every problem printed. */
export async function openPreview(
  io: CommandIo,
  { tree, at }: { readonly tree: readonly string[] | undefined; readonly at: number },
): Promise<Preview | null> {
  const { config, origins } = await settingsOf({}, tree ?? [], io)
  const roots = origins.tree === 'default' ? defaultRoots(io.cwd) : config.tree
  // A schedule that does not do what its `expect` says is one that people want to look at.
  const options = { cwd: io.cwd, at, signal: io.signal, expectations: false }
  const loaded = await loadTree(roots, options)
  if (loaded.ok) return previewOf(loaded.value, at)
  printProblems(io, loaded.error)
  return null
}

export function printProblems(io: CommandIo, problems: readonly Problem[]): void {
  const line = sourceLines(io.cwd)
  for (const found of problems) {
    if (found.severity === 'error') io.stderr(problemText(found, { color: false, columns: io.columns, line }))
  }
}

/** The value, or `usage` with what was not found and what may be meant. */
export function found<T>(result: Result<T, readonly Problem[]>): T {
  if (result.ok) return result.value
  const texts = result.error.map(({ message, suggestion, expected }) => {
    if (suggestion !== undefined) return `${message}; did you mean "${suggestion}"?`
    return expected === undefined ? message : `${message}; expected ${expected}`
  })
  throw new BelfryError('usage', plain(texts.join('\n')))
}

/** The schedules that are named, or all of them. Throws `usage` for a name that there is not. */
export function chosenSchedules(preview: Preview, names: readonly string[]): readonly PreviewedSchedule[] {
  if (names.length === 0) return found(preview.schedules())
  return [...new Set(names)].map((name) => found(preview.schedule(name)))
}
