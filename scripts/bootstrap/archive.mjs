import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, say } from './say.mjs'

// SHA-256 of the official release archives, as pinned by the publisher's own container images
// (nats-io/nats-docker, 2.15.x/alpine3.22/Dockerfile, commit 6299853). They cover Linux only.
const VERSION = '2.15.0'
const CHECKSUMS = {
  x64: ['amd64', '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92'],
  arm64: ['arm64', 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112'],
  arm: ['arm7', 'ec5f4689d017e07cfa18442e10da051c0f3f9dd2e7f4dc7cdb55a11f1303c952'],
  ia32: ['386', 'f572eccdbb35ab5c7fef7703a5b6ca49e55d039e441920ba5478972ecdcf7a47'],
  s390x: ['s390x', 'ac50bf4adc8fa6db575ed9293417b6fbec746e71cc9d360aea5cd447e4207bfc'],
  ppc64: ['ppc64le', 'a402bf73f91f674735cc85aa0e7d06d5dfa3044b98cda6ea9937cfee4e05a266'],
}

/** Resolves to {path, from}, or {reason} why this route is closed here. */
export async function fetchArchive(work) {
  const pinned = process.platform === 'linux' ? CHECKSUMS[process.arch] : undefined
  if (!pinned)
    return { reason: `release archive: no pinned checksum for ${process.platform} ${process.arch}` }
  const [architecture, checksum] = pinned
  const name = `nats-server-v${VERSION}-linux-${architecture}`
  const url = `https://github.com/nats-io/nats-server/releases/download/v${VERSION}/${name}.tar.gz`
  say(`downloading ${url}`)
  const file = join(work, 'nats-server.tar.gz')
  const problem = await download(url, file)
  if (problem) return { reason: `release archive: ${problem}` }
  const found = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (found !== checksum)
    return { reason: `release archive: its SHA-256 is ${found}, not ${checksum}; it was not used` }
  const unpacked = await run('tar', ['-xzf', file, '-C', work])
  if (unpacked.code !== 0) return { reason: `release archive: tar: ${unpacked.output.trim()}` }
  return { path: join(work, name, 'nats-server'), from: 'the release archive' }
}

/** With curl where there is one, because it knows the machine's proxies; resolves to what went wrong, if anything. */
async function download(url, file) {
  const curl = await run('curl', [
    '--fail',
    '--silent',
    '--show-error',
    '--location',
    '--max-time',
    '120',
    '--output',
    file,
    url,
  ])
  if (curl.code === 0) return undefined
  if (curl.code !== 127) return curl.output.trim()
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) })
    if (!response.ok) return `HTTP ${response.status}`
    writeFileSync(file, Buffer.from(await response.arrayBuffer()))
    return undefined
  } catch (error) {
    return `${error.message}${error.cause ? ` (${error.cause.message})` : ''}`
  }
}
