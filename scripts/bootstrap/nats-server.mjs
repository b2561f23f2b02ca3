import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fetchByApt } from './apt.mjs'
import { fetchArchive } from './archive.mjs'
import { run, say, seconds, Unable } from './say.mjs'

/** The oldest server that has all that belfry uses: message TTL, atomic batches, consumer pause. */
const OLDEST = [2, 12]

/**
 * Looks, in this order, at BELFRY_NATS_SERVER, PATH and the project's own cache; resolves to {path, version} of the
 * first server that is new enough, or undefined. A BELFRY_NATS_SERVER that does not fit is an error, not a hint.
 */
export async function findNatsServer(root) {
  const chosen = process.env.BELFRY_NATS_SERVER
  if (chosen) {
    const version = await versionOf(chosen)
    if (version && isNewEnough(version)) return { path: chosen, version }
    throw new Unable(
      `BELFRY_NATS_SERVER is ${chosen}, which is ${version ? `version ${version}` : 'not a nats-server that runs here'}`,
      `Set it to a nats-server of version ${OLDEST.join('.')} or newer, or unset it.`,
    )
  }
  for (const path of [...onPath(), cached(root)]) {
    if (!existsSync(path)) continue
    const version = await versionOf(path)
    if (version && isNewEnough(version)) return { path, version }
  }
  return undefined
}

/** Like `findNatsServer`, but fetches one into the project's cache if there is none. Changes nothing outside it. */
export async function installNatsServer(root) {
  const found = await findNatsServer(root)
  if (found) return found
  const start = performance.now()
  const reasons = []
  const work = mkdtempSync(join(tmpdir(), 'belfry-bootstrap-'))
  try {
    for (const route of [fetchByApt, fetchByBrew, fetchArchive]) {
      const outcome = await route(work)
      if (outcome.path === undefined) {
        reasons.push(outcome.reason)
        continue
      }
      const version = await versionOf(outcome.path)
      if (!version || !isNewEnough(version)) {
        reasons.push(`${outcome.from} has nats-server ${version ?? 'that does not run here'}, too old`)
        continue
      }
      const path = keep(outcome.path, root)
      say(`nats-server ${version} from ${outcome.from} in ${seconds(start)}`)
      return { path, version }
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  throw new Unable(
    `there is no nats-server ${OLDEST.join('.')} or newer here, and none could be fetched:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`,
    [
      'Install one by hand, in any of these ways, and run this again:',
      '- the archive for this machine from https://github.com/nats-io/nats-server/releases, its `nats-server` put on PATH',
      '- `brew install nats-server`, or `go install github.com/nats-io/nats-server/v2@latest`',
      '- BELFRY_NATS_SERVER=/path/to/nats-server',
    ].join('\n'),
  )
}

async function fetchByBrew() {
  if (process.platform !== 'darwin') return { reason: 'Homebrew: only tried on macOS' }
  if ((await run('brew', ['--version'])).code !== 0) return { reason: 'Homebrew: not installed' }
  say('installing nats-server with Homebrew')
  const installed = await run('brew', ['install', '--quiet', 'nats-server'])
  const prefix = await run('brew', ['--prefix', 'nats-server'])
  const path = join(prefix.output.trim(), 'bin', 'nats-server')
  if (!existsSync(path)) return { reason: `Homebrew: ${lastLine(installed.output)}` }
  return { path, from: 'Homebrew' }
}

/** Copies beside its final place first: whoever runs at the same time sees the whole file or none. */
function keep(path, root) {
  const final = cached(root)
  mkdirSync(join(root, '.belfry', 'tools'), { recursive: true })
  const partial = `${final}.${process.pid}`
  copyFileSync(path, partial)
  chmodSync(partial, 0o755)
  renameSync(partial, final)
  return final
}

function cached(root) {
  return join(root, '.belfry', 'tools', 'nats-server')
}

function onPath() {
  const name = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'
  // Debian puts it into /usr/sbin, which is not on everyone's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.filter((folder) => folder !== '').map((folder) => join(folder, name))
}

async function versionOf(path) {
  const { code, output } = await run(path, ['--version'])
  const match = /nats-server: v?(\d+\.\d+\.\d+\S*)/.exec(output)
  return code === 0 && match ? match[1] : undefined
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? ''
}
