/**
 * A nats-server for one folder, run by this process: for development and for trying belfry out.
 *
 * Job: find a fitting server on this machine, start it on a free port with its store in the folder, end it. Invariants:
 * never two servers on one store; the server never outlives this process. On failure the error says what to do.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { BelfryError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { messageOf } from './api-errors.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const run = promisify(execFile)
const OLDEST = { major: 2, minor: 12 }
const GRACE_MS = 5_000
const POLL_MS = 50

export interface EmbeddedServerOptions {
  /** Holds the store and the process id. Made if missing. */
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Left out: a free one. */
  readonly port?: number
  /** Left out: found by `findNatsServer`. */
  readonly binary?: string
  /** How long the server of an owner that has just died may take to end. */
  readonly graceMs?: number
  /** Each line of the server's log. */
  readonly onLine?: (line: string) => void
}

export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<ServerProcess> {
  const { folder, port = -1, onLine } = options
  const binary = options.binary ?? (await requireNatsServer())
  mkdirSync(folder, { recursive: true })
  const pidFile = join(folder, 'nats-server.pid')
  await waitForPredecessor(pidFile, options)
  return startServerProcess({
    binary,
    arguments: [
      '--addr',
      '127.0.0.1',
      '--port',
      String(port),
      '--jetstream',
      '--store_dir',
      folder,
      '--pid',
      pidFile,
    ],
    ...(onLine === undefined ? {} : { onLine }),
  })
}

/**
 * The first nats-server that is new enough: BELFRY_NATS_SERVER, PATH, and what `npm run bootstrap` fetched into
 * `.belfry/tools` under `folder`. null if there is none. Fetches nothing.
 */
export async function findNatsServer(
  folder: string = process.cwd(),
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  const chosen = environment.BELFRY_NATS_SERVER
  if (chosen) {
    if (await isFitting(chosen)) return chosen
    throw new BelfryError(
      'nats-server-missing',
      `BELFRY_NATS_SERVER is ${chosen}, which is not a nats-server ${OLDEST.major}.${OLDEST.minor} or newer that runs here`,
    )
  }
  // Debian puts it into /usr/sbin, which is not on everyone's PATH.
  const folders = [...(environment.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const candidates = [
    ...folders.filter((each) => each !== '').map((each) => join(each, 'nats-server')),
    join(folder, '.belfry', 'tools', 'nats-server'),
  ]
  for (const candidate of candidates) {
    if (existsSync(candidate) && (await isFitting(candidate))) return candidate
  }
  return null
}

async function requireNatsServer(): Promise<string> {
  const found = await findNatsServer()
  if (found !== null) return found
  throw new BelfryError(
    'nats-server-missing',
    `there is no nats-server ${OLDEST.major}.${OLDEST.minor} or newer on this machine: install one (https://github.com/nats-io/nats-server/releases), put it on PATH or name it in BELFRY_NATS_SERVER; in a clone of belfry, npm run bootstrap fetches one`,
  )
}

async function isFitting(binary: string): Promise<boolean> {
  // What cannot be run is not a server; why is of no interest while there are other candidates.
  const said = await run(binary, ['--version'], { timeout: 10_000 }).then(
    ({ stdout, stderr }) => stdout + stderr,
    () => '',
  )
  const version = /nats-server: v?(\d+)\.(\d+)\./.exec(said)
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])]
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)
}

/**
 * Two servers on one store destroy it. The server of a process that was killed ends by itself in a moment; one that
 * stays belongs to somebody who still runs.
 */
async function waitForPredecessor(pidFile: string, options: EmbeddedServerOptions): Promise<void> {
  const { clock, signal, folder, graceMs = GRACE_MS } = options
  const end = clock.monotonic() + graceMs
  for (let pid = await serverIn(pidFile); pid !== null; pid = await serverIn(pidFile)) {
    if (clock.monotonic() > end) {
      throw new BelfryError(
        'nats-server-running',
        `the nats-server with process id ${pid} already uses ${folder}: stop the belfry that runs there, or choose another folder`,
        { details: { pid, folder } },
      )
    }
    if (!(await clock.sleep(POLL_MS, signal))) throw signal.reason
  }
}

/** The id of the nats-server that the file names, if it is alive and really is one. */
async function serverIn(pidFile: string): Promise<number | null> {
  const pid = readPid(pidFile)
  if (pid === null || !isAlive(pid)) return null
  try {
    // Ids are used again: after a reboot the same id may be anybody.
    const { stdout } = await run('ps', ['-o', 'args=', '-p', String(pid)])
    return stdout.includes('nats-server') && stdout.includes(pidFile) ? pid : null
  } catch (error) {
    // ps ends with an error when the process has gone meanwhile; without ps the id alone must do.
    return /ENOENT/.test(messageOf(error)) ? pid : null
  }
}

function readPid(pidFile: string): number | null {
  try {
    return Number(readFileSync(pidFile, 'utf8').trim()) || null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
