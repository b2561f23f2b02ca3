import { runCli } from '../../src/cli/program.ts'

export interface CommandRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command line in a folder, as from a pipe: no colours, no terminal. */
export function belfry(cwd: string, ...args: readonly string[]): Promise<CommandRun> {
  return runIn({ cwd, color: false }, args)
}

/** The same, with colours. */
export function belfryInColor(cwd: string, ...args: readonly string[]): Promise<CommandRun> {
  return runIn({ cwd, color: true }, args)
}

async function runIn(
  { cwd, color }: { readonly cwd: string; readonly color: boolean },
  args: readonly string[],
): Promise<CommandRun> {
  let stdout = ''
  let stderr = ''
  const code = await runCli(args, {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    color,
    interactive: false,
    columns: 110,
    cwd,
    env: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}
