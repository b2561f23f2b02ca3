import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Recorder } from './recorder.ts'

const shiftedClock = new URL('./shifted-clock.mjs', import.meta.url).href
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly instance?: string
  readonly [fact: string]: unknown
}

export interface ServeOptions {
  readonly server: { readonly url: string }
  readonly prefix: string
  readonly instance: string
  readonly tree: string
  readonly arguments?: readonly string[]
  /** Its wall clock can be moved by `shiftClock`. */
  readonly clockCanShift?: boolean
}

/** The built program, as a user runs it. */
export class BelfryProcess {
  readonly #child: ChildProcess
  readonly lines = new Recorder<LogLine>()
  readonly ended: Promise<number | NodeJS.Signals | null>
  #output = ''

  private constructor(args: readonly string[], cwd: string, clockCanShift = false) {
    const preload = clockCanShift ? ['--import', shiftedClock] : []
    const channel = clockCanShift ? (['ipc'] as const) : []
    this.#child = spawn(process.execPath, [...preload, main, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', ...channel],
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve(code ?? signal))
    })
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
    let rest = ''
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) this.lines.push(parseLine(part))
    })
  }

  static run(args: readonly string[], cwd: string = process.cwd()): BelfryProcess {
    return new BelfryProcess(args, cwd)
  }

  /** `belfry serve` with its log as JSON lines. */
  static serve(options: ServeOptions): BelfryProcess {
    const { server, prefix, instance, tree, arguments: more = [], clockCanShift } = options
    const names = ['--nats', server.url, '--prefix', prefix, '--instance', instance, '--log-format', 'json']
    return new BelfryProcess(['serve', '.', ...names, ...more], tree, clockCanShift)
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Everything written to standard output so far. */
  get output(): string {
    return this.#output
  }

  /** Resolves with the first line, from line `from` on, that carries this message. */
  async said(message: string, from = 0): Promise<LogLine> {
    const seen = (lines: readonly LogLine[]) => lines.slice(from).find((line) => line.message === message)
    return seen(await this.lines.until((lines) => seen(lines) !== undefined))!
  }

  /** From now on its wall clock is so many milliseconds ahead of the machine's, or, negative, behind it. */
  shiftClock(aheadMs: number): void {
    if (this.#child.connected) this.#child.send({ aheadMs })
  }

  /** Does nothing to a process that has ended. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it at once, as a crash does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to stop, and waits; resolves with its exit code. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    this.#child.kill('SIGTERM')
    return this.ended
  }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return { level: 'text', message: text }
  }
}
