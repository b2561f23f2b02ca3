import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Recorder } from './recorder.ts'
import type { Stage } from './worker-stage.ts'

const script = fileURLToPath(new URL('../worker/fixtures/worker.mjs', import.meta.url))

/** The built worker in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly lines = new Recorder<string>()
  readonly ended: Promise<number | NodeJS.Signals | null>

  constructor(stage: Stage, instance: string, environment: Readonly<Record<string, string>> = {}) {
    const { servers, prefix } = stage.nats
    this.#child = spawn(process.execPath, [script], {
      env: { ...process.env, NATS_URL: servers, PREFIX: prefix, INSTANCE: instance, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code, signal) => resolve(code ?? signal)),
    )
    let rest = ''
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) this.lines.push(part)
    })
  }

  /** Resolves with the first line that begins so. */
  async said(beginning: string): Promise<string> {
    const is = (line: string) => line.startsWith(beginning)
    return (await this.lines.until((lines) => lines.some(is))).find(is)!
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }
}
