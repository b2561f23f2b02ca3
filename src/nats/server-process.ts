/**
 * Runs a nats-server as a child of this process.
 *
 * Job: start it, know its port, end it. Invariants: it listens when `startServerProcess` resolves, and it never
 * outlives this process, not even when that is killed with SIGKILL. On failure to start: its last words are in the error.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BelfryError } from '../core/errors.ts'

export interface ServerProcess {
  /** Of the server itself, not of the shell that watches over it. */
  readonly pid: number
  readonly port: number
  readonly url: string
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>
}

export interface ServerProcessOptions {
  readonly binary: string
  readonly arguments: readonly string[]
  readonly onLine?: (line: string) => void
}

// A pipe from this process is the shell's standard input: when this process dies in any way the pipe ends, and with it
// the server. The server runs in its own session, so that Ctrl-C in a terminal reaches this process only, which then
// stops the server after it has drained.
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( while read -r line <&3; do :; done; kill -TERM "$server" 2>/dev/null ) &
guard=$!
trap 'kill -TERM "$server" 2>/dev/null' TERM INT HUP
exec 3<&-
wait "$server"
code=$?
while kill -0 "$server" 2>/dev/null; do wait "$server"; code=$?; done
kill "$guard" 2>/dev/null
exit "$code"
`

const LAST_WORDS = 5

/** Resolves once the server accepts connections; throws `nats-server-failed` if it ends before that. */
export function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { binary, onLine } = options
  const child = spawn('/bin/sh', ['-c', GUARD, 'nats-server-guard', binary, ...options.arguments], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  return new Promise((resolve, reject) => {
    const lastWords: string[] = []
    let port = 0
    let pid = 0
    // Without a reader on its pipe the server would stop for want of room.
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      onLine?.(line)
      lastWords.push(line)
      if (lastWords.length > LAST_WORDS) lastWords.shift()
      pid ||= Number(/^\[(\d+)\]/.exec(line)?.[1] ?? 0)
      port ||= Number(/Listening for client connections on \S*:(\d+)/.exec(line)?.[1] ?? 0)
      if (port === 0 || !/Server is ready/.test(line)) return
      resolve({ pid, port, url: `nats://127.0.0.1:${port}`, ended, stop: () => stop(child, ended) })
    })
    void ended.then(() => {
      const said = lastWords.length > 0 ? `; it said:\n${lastWords.join('\n')}` : ''
      reject(new BelfryError('nats-server-failed', `${binary} ended before it was ready${said}`))
    })
  })
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  await ended
}
