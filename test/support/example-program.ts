import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Recorder } from './recorder.ts'

type Environment = Readonly<Record<string, string>>

/** Runs the programs of one example, as its README says; `environment` holds for all of them. */
export function examplePrograms(example: string, environment: Environment) {
  const cwd = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url))
  const environmentOf = (more: Environment) => ({ ...process.env, ...environment, ...more })
  const killAll: (() => void)[] = []

  return {
    /** Its output as lines, and how it ended: an exit code or a signal. */
    start(program: string, given: readonly string[] = [], more: Environment = {}) {
      const child = spawn(process.execPath, [program, ...given], {
        cwd,
        env: environmentOf(more),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      killAll.push(() => child.kill('SIGKILL'))
      const lines = new Recorder<string>()
      for (const stream of [child.stdout, child.stderr]) {
        let rest = ''
        stream.setEncoding('utf8').on('data', (text: string) => {
          const parts = (rest + text).split('\n')
          rest = parts.pop() ?? ''
          for (const part of parts) lines.push(part)
        })
      }
      const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
        child.once('close', (code, signal) => resolve(code ?? signal))
      })
      return {
        lines,
        ended,
        kill: (signal: NodeJS.Signals) => child.kill(signal),
        /** Resolves with the line that holds this text for the `count`th time. */
        async said(text: string, count = 1): Promise<string> {
          const found = (all: readonly string[]) => all.filter((line) => line.includes(text))
          return found(await lines.until((all) => found(all).length >= count))[count - 1] ?? ''
        },
        stop() {
          child.kill('SIGTERM')
          return ended
        },
      }
    },
    /** Runs one to its end; its output. Throws if it fails. */
    run(program: string, ...given: readonly string[]): string {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...given], {
        cwd,
        env: environmentOf({}),
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
      return stdout
    },
    killAll: () => {
      for (const kill of killAll) kill()
    },
  }
}

export type StartedProgram = ReturnType<ReturnType<typeof examplePrograms>['start']>
