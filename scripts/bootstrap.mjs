#!/usr/bin/env node
// Makes a clone ready to run: dependencies, build, a fitting nats-server. Does only what is missing, so that a second
// run takes a moment. Uses Node's built-ins alone, because it runs before anything is installed.
//
//   node scripts/bootstrap.mjs                       all three
//   node scripts/bootstrap.mjs --print-nats-server   only the server; prints its path on stdout
import { fileURLToPath } from 'node:url'
import { buildIsCurrent, ensureBuild } from './bootstrap/build.mjs'
import { dependenciesAreCurrent, ensureDependencies } from './bootstrap/dependencies.mjs'
import { withLock } from './bootstrap/lock.mjs'
import { findNatsServer, installNatsServer } from './bootstrap/nats-server.mjs'
import { Unable } from './bootstrap/say.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

async function main(flags) {
  const unknown = flags.filter((flag) => flag !== '--print-nats-server')
  if (unknown.length > 0) {
    throw new Unable(`bootstrap does not know ${unknown.join(' ')}`, 'Its only flag is --print-nats-server.')
  }
  if (flags.includes('--print-nats-server')) {
    const server = (await findNatsServer(root)) ?? (await withLock(root, () => installNatsServer(root)))
    process.stdout.write(`${server.path}\n`)
    return
  }
  requireNode()
  if (dependenciesAreCurrent(root) && buildIsCurrent(root) && (await findNatsServer(root))) return
  await withLock(root, async () => {
    // The server does not need the packages: both are fetched at once. All is waited for, so that a failure of one does
    // not leave the other at work after the lock is gone.
    const results = await Promise.allSettled([
      ensureDependencies(root).then(() => ensureBuild(root)),
      installNatsServer(root),
    ])
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  })
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new Unable(
    `Node.js ${process.versions.node} is too old`,
    'Install Node.js 20.19 or newer (https://nodejs.org) and run this again.',
  )
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Unable)) throw error
  process.stderr.write(`\nbootstrap: ${error.message}\n${error.cure.replace(/^/gm, '  ')}\n`)
  process.exitCode = 1
}
