import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, say, seconds, Unable } from './say.mjs'

/** True if node_modules is what package-lock.json asks for, by the digest that the last bootstrap left in it. */
export function dependenciesAreCurrent(root) {
  const stamp = stampPath(root)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted(root)
}

export async function ensureDependencies(root) {
  if (dependenciesAreCurrent(root)) return
  if (!installedByHand(root)) {
    const start = performance.now()
    say('installing the dependencies of package-lock.json (npm ci)')
    const { code, output } = await run(npm(), ['ci', '--no-audit', '--no-fund'], { cwd: root })
    if (code !== 0) {
      throw new Unable(
        `npm ci failed with code ${code}:\n${output.trim()}`,
        'If the registry cannot be reached, check the network or the `registry` in ~/.npmrc; then run this again.',
      )
    }
    say(`dependencies installed in ${seconds(start)}`)
  }
  writeFileSync(stampPath(root), wanted(root))
}

/**
 * True if a plain `npm install` or `npm ci` has left exactly the locked versions: npm keeps what it installed in
 * node_modules/.package-lock.json. Packages for other platforms are locked but not installed.
 */
function installedByHand(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return false
  const have = JSON.parse(readFileSync(hidden, 'utf8')).packages
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(want).every(([path, entry]) => {
    if (path === '') return true
    const there = have[path]
    return there === undefined ? entry.optional === true : there.version === entry.version
  })
}

function wanted(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function stampPath(root) {
  return join(root, 'node_modules', '.belfry-stamp')
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm'
}
