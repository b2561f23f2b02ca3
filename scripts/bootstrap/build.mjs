import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { run, say, seconds, Unable } from './say.mjs'

/** True if dist was built from exactly these sources. By content: a checkout changes times without changing files. */
export function buildIsCurrent(root) {
  const stamp = stampPath(root)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOfSources(root)
}

export async function ensureBuild(root) {
  const digest = digestOfSources(root)
  if (existsSync(stampPath(root)) && readFileSync(stampPath(root), 'utf8') === digest) return
  const start = performance.now()
  say('building dist (tsc)')
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, output } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root })
  if (code !== 0) {
    throw new Unable(
      `the build failed:\n${output.trim()}`,
      'The errors above are in the sources: correct them and run this again.',
    )
  }
  removeOrphans(root)
  const main = join(root, 'dist', 'cli', 'main.js')
  if (existsSync(main)) chmodSync(main, 0o755)
  writeFileSync(stampPath(root), digest)
  say(`built in ${seconds(start)}`)
}

function digestOfSources(root) {
  const hash = createHash('sha256')
  const files = [
    ...filesUnder(join(root, 'src')),
    ...['tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name)),
  ]
  // The compiler is an input too.
  hash.update(readFileSync(join(root, 'package-lock.json')))
  for (const file of files)
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** What was built from a source that is gone would still be found by an import. */
function removeOrphans(root) {
  const dist = join(root, 'dist')
  for (const file of filesUnder(dist)) {
    const source = relative(dist, file).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
    if (source.endsWith('.ts') && !existsSync(join(root, 'src', source))) rmSync(file)
  }
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath ?? entry.path}${sep}${entry.name}`)
    .sort()
}

function stampPath(root) {
  return join(root, 'dist', '.belfry-stamp')
}
