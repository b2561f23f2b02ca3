import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, say } from './say.mjs'

// Stable releases carry an old nats-server; the development suite of the same mirror carries the newest. It is read with
// apt's own tools in folders of our own, so that neither root nor a change to this system is needed and signatures are
// checked against the keyring that this machine already trusts.
const DEVELOPMENT = {
  debian: { suite: 'sid', component: 'main' },
  ubuntu: { suite: 'devel', component: 'universe' },
}

/** Resolves to {path, from}, or {reason} why this route is closed here. */
export async function fetchByApt(work) {
  if (process.platform !== 'linux') return { reason: 'apt: only on Linux' }
  const architecture = (await run('dpkg', ['--print-architecture'])).output.trim()
  if ((await run('apt-get', ['--version'])).code !== 0 || architecture === '')
    return { reason: 'apt: not on this machine' }
  const source = machineSources().find((entry) => entry.family !== undefined)
  if (!source) return { reason: 'apt: no Debian or Ubuntu mirror among the sources of this machine' }

  const { suite, component } = DEVELOPMENT[source.family]
  say(`reading ${suite} of ${source.uri} for nats-server (apt, in a folder of its own)`)
  const folder = join(work, 'apt')
  const environment = {
    ...process.env,
    APT_CONFIG: await writeConfiguration(folder, architecture, source, suite, component),
  }
  for (const step of [['update'], ['download', 'nats-server']]) {
    const { code, output } = await run('apt-get', ['--quiet', ...step], { cwd: folder, env: environment })
    if (code !== 0) return { reason: `apt: ${problemIn(output)}` }
  }
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb'))
  if (!archive) return { reason: 'apt: nothing was downloaded' }
  const unpacked = await run('dpkg-deb', ['-x', join(folder, archive), join(folder, 'root')])
  const path = join(folder, 'root', 'usr', 'sbin', 'nats-server')
  if (unpacked.code !== 0 || !existsSync(path))
    return { reason: `apt: ${archive} holds no usr/sbin/nats-server` }
  return { path, from: `${source.uri} ${suite}` }
}

/**
 * Everything apt would read or write is redirected. Of the machine's own settings only `Acquire` (proxies, certificates,
 * credentials) is kept: its hooks may change the system.
 */
async function writeConfiguration(folder, architecture, source, suite, component) {
  for (const name of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'status'), '')
  let signedBy = source.signedBy
  if (signedBy?.includes('BEGIN PGP')) {
    writeFileSync(join(folder, 'keyring.asc'), signedBy)
    signedBy = join(folder, 'keyring.asc')
  }
  const option = signedBy ? `[signed-by=${signedBy}] ` : ''
  writeFileSync(join(folder, 'sources.list'), `deb ${option}${source.uri} ${suite} ${component}\n`)
  const acquire = await run('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire'])
  const settings = {
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': architecture,
    'Acquire::Languages': 'none',
    // As root apt would read these folders as another user, who may not enter them.
    'APT::Sandbox::User': 'root',
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";`)
  const kept = acquire.output
    .split('\n')
    .filter((line) => /^Acquire::\S+ ".*";$/.test(line) && !line.startsWith('Acquire::Languages'))
  writeFileSync(join(folder, 'apt.conf'), `${[...kept, ...lines].join('\n')}\n`)
  return join(folder, 'apt.conf')
}

/** The archives of this machine, from both formats (`man sources.list`), as {uri, signedBy?, family?}. */
export function machineSources(etc = '/etc/apt') {
  const texts = []
  const read = (path) => existsSync(path) && texts.push({ path, text: readFileSync(path, 'utf8') })
  read(join(etc, 'sources.list'))
  const parts = join(etc, 'sources.list.d')
  if (existsSync(parts)) {
    for (const name of readdirSync(parts).sort()) if (/\.(list|sources)$/.test(name)) read(join(parts, name))
  }
  return texts
    .flatMap(({ path, text }) => (path.endsWith('.sources') ? stanzas(text) : lines(text)))
    .filter((entry) => /^https?:/.test(entry.uri) && !entry.suites.every((suite) => suite.includes('-')))
    .map((entry) => ({ ...entry, family: familyOf(entry) }))
}

function stanzas(text) {
  return text
    .split(/\n\s*\n/)
    .map((stanza) => {
      const fields = {}
      let last = ''
      for (const line of stanza.split('\n')) {
        if (line.startsWith('#')) continue
        const field = /^([\w-]+):\s*(.*)$/.exec(line)
        // A continued line starts with a blank; a lone dot stands for an empty one.
        if (field) {
          last = field[1].toLowerCase()
          fields[last] = field[2]
        } else if (last && /^\s/.test(line)) {
          fields[last] += `\n${line.trim() === '.' ? '' : line.trim()}`
        }
      }
      return fields
    })
    .filter(
      (fields) => /\bdeb\b/.test(fields.types ?? '') && fields.uris && (fields.enabled ?? 'yes') !== 'no',
    )
    .flatMap((fields) =>
      fields.uris.split(/\s+/).map((uri) => ({
        uri,
        suites: (fields.suites ?? '').split(/\s+/),
        signedBy: fields['signed-by']?.trim(),
      })),
    )
}

function lines(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line.trim())
    if (!match) return []
    const signedBy = /signed-by=(\S+)/.exec(match[1] ?? '')?.[1]
    return [{ uri: match[2], suites: [match[3]], signedBy }]
  })
}

function familyOf({ uri }) {
  if (/\/ubuntu(-ports)?\/?$/.test(uri)) return 'ubuntu'
  if (/\/debian\/?$/.test(uri)) return 'debian'
  return undefined
}

function problemIn(output) {
  const lines = output.trim().split('\n')
  return lines.find((line) => line.startsWith('E:')) ?? lines.at(-1) ?? 'no reason given'
}
