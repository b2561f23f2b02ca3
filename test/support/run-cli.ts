import { runCli } from '../../src/cli/program.ts'

export interface CliRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command line in this process, as `cwd` sees it, with no terminal and no environment. */
export async function runInProcess(cwd: string, args: readonly string[]): Promise<CliRun> {
  let stdout = ''
  let stderr = ''
  const code = await runCli(args, {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    color: false,
    interactive: false,
    columns: 110,
    cwd,
    env: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}
