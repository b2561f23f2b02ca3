import { BelfryError } from './core/errors.ts'
import { DEFAULT_TENANT, isName } from './core/names.ts'
import { DEFAULT_PRUNE_LIMIT, type PruneLimit } from './core/plan/guard.ts'

/** What an instance is told from outside. Flags win over the environment, the environment over `belfry.yaml`. */
export interface Config {
  readonly servers: readonly string[]
  /** Path of a credentials file; null: none. */
  readonly credentialsFile: string | null
  /** What inboxes begin with; null: `_INBOX`. One of its own keeps other users from reading answers. */
  readonly inboxPrefix: string | null
  readonly prefix: string
  readonly replicas: number | null
  /** Room for the log of fires on the server, bytes; null: what is there, 10 GiB for a new one. */
  readonly logBytes: number | null
  readonly instance: string
  readonly maxPrune: PruneLimit
  readonly logFormat: 'json' | 'pretty'
  readonly source: string
  readonly tree: readonly string[]
}

export type Origin = 'flag' | 'environment' | 'belfry.yaml' | 'default'

export interface LoadedConfig {
  readonly config: Config
  /** Where each value came from. */
  readonly origins: Readonly<Record<keyof Config, Origin>>
}

/** Texts by setting, from one place; absent where that place says nothing. */
export type Settings = { readonly [K in keyof Config]?: string | readonly string[] | undefined }

export interface ConfigInputs {
  readonly flags: Settings
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The parsed content of `belfry.yaml`; null: there is none. */
  readonly file: unknown
  readonly hostname: string
  readonly pid: number
}

const VARIABLES: Readonly<Record<keyof Config, string>> = {
  servers: 'BELFRY_NATS',
  credentialsFile: 'BELFRY_NATS_CREDS',
  inboxPrefix: 'BELFRY_NATS_INBOX',
  prefix: 'BELFRY_PREFIX',
  replicas: 'BELFRY_REPLICAS',
  logBytes: 'BELFRY_LOG_SIZE',
  instance: 'BELFRY_INSTANCE',
  maxPrune: 'BELFRY_MAX_PRUNE',
  logFormat: 'BELFRY_LOG_FORMAT',
  source: 'BELFRY_SOURCE',
  tree: 'BELFRY_TREE',
}

/** The key of each setting in `belfry.yaml` and, with `--`, on the command line. */
export const SETTING_KEYS: Readonly<Record<keyof Config, string>> = {
  servers: 'nats',
  credentialsFile: 'nats-creds',
  inboxPrefix: 'nats-inbox',
  prefix: 'prefix',
  replicas: 'replicas',
  logBytes: 'log-size',
  instance: 'instance',
  maxPrune: 'max-prune',
  logFormat: 'log-format',
  source: 'source',
  tree: 'tree',
}

const NAMES = Object.keys(SETTING_KEYS) as (keyof Config)[]
export const DEFAULT_SERVER = 'nats://127.0.0.1:4222'
export const DEFAULT_TREE = ['schedules', 'calendars']

/** Joins all places into one frozen config. Throws `usage` with every problem at once. */
export function loadConfig(inputs: ConfigInputs): LoadedConfig {
  const problems: string[] = []
  const file = fileSettings(inputs.file, problems)
  const origins = {} as Record<keyof Config, Origin>
  const given = {} as Record<keyof Config, string | readonly string[] | undefined>
  for (const name of NAMES) {
    const variable = inputs.environment[VARIABLES[name]]
    const places: readonly [Origin, string | readonly string[] | undefined][] = [
      ['flag', inputs.flags[name]],
      ['environment', variable === '' ? undefined : variable],
      ['belfry.yaml', file[name]],
    ]
    const found = places.find(([, value]) => value !== undefined && value.length > 0)
    origins[name] = found?.[0] ?? 'default'
    given[name] = found?.[1]
  }
  const wrong = (name: keyof Config, expected: string): void => {
    const where = {
      flag: `--${SETTING_KEYS[name]}`,
      environment: VARIABLES[name],
      'belfry.yaml': `belfry.yaml: ${SETTING_KEYS[name]}`,
      default: '',
    }
    problems.push(`${where[origins[name]]} is "${String(given[name])}"; expected ${expected}`)
  }
  const list = (
    value: string | readonly string[] | undefined,
    otherwise: readonly string[],
  ): readonly string[] =>
    value === undefined
      ? otherwise
      : typeof value === 'string'
        ? value.split(',').map((item) => item.trim())
        : value
  const text = (value: string | readonly string[] | undefined, otherwise: string): string =>
    value === undefined ? otherwise : String(value)

  const servers = list(given.servers, [DEFAULT_SERVER])
  const prefix = text(given.prefix, 'belfry')
  if (!isName(prefix)) wrong('prefix', 'a name of lower-case letters, digits and hyphens')
  const inboxPrefix = given.inboxPrefix === undefined ? null : text(given.inboxPrefix, '')
  if (inboxPrefix !== null && !/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(inboxPrefix))
    wrong('inboxPrefix', 'a subject without wildcards, such as _INBOX_belfry')
  const replicasText = given.replicas === undefined ? null : text(given.replicas, '')
  if (replicasText !== null && !/^[135]$/.test(replicasText)) wrong('replicas', '1, 3 or 5')
  const logBytes = given.logBytes === undefined ? null : parseSize(text(given.logBytes, ''))
  if (given.logBytes !== undefined && logBytes === null) wrong('logBytes', 'a size such as 512MiB or 10GiB')
  const instance = text(given.instance, instanceName(inputs.hostname, inputs.pid))
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(instance)) wrong('instance', 'letters, digits, - and _')
  const maxPrune =
    given.maxPrune === undefined ? DEFAULT_PRUNE_LIMIT : parsePruneLimit(text(given.maxPrune, ''))
  if (maxPrune === null) wrong('maxPrune', 'COUNT,PERCENT% such as 10,20%')
  const logFormat = text(given.logFormat, 'pretty')
  if (logFormat !== 'json' && logFormat !== 'pretty') wrong('logFormat', 'json or pretty')
  const source = text(given.source, 'main')
  if (!isName(source)) wrong('source', 'a name of lower-case letters, digits and hyphens')
  if (problems.length > 0) throw new BelfryError('usage', problems.join('\n'))
  const config: Config = Object.freeze({
    servers,
    credentialsFile: given.credentialsFile === undefined ? null : text(given.credentialsFile, ''),
    inboxPrefix,
    prefix,
    replicas: replicasText === null ? null : Number(replicasText),
    logBytes,
    instance,
    maxPrune: maxPrune ?? DEFAULT_PRUNE_LIMIT,
    logFormat: logFormat === 'json' ? 'json' : 'pretty',
    source,
    tree: list(given.tree, DEFAULT_TREE),
  })
  return { config, origins }
}

/** `512MiB`, `10GiB`, `1TiB`, in bytes. null: not readable. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,6})(MiB|GiB|TiB)$/.exec(text.trim())
  const power = { MiB: 2, GiB: 3, TiB: 4 }[match?.[2] ?? ''] ?? 0
  return match === null ? null : Number(match[1]) * 1024 ** power
}

/** `10,20%`: both must be exceeded for a plan to be refused. null: not readable. */
export function parsePruneLimit(text: string): PruneLimit | null {
  const match = /^(\d{1,9}),\s*(\d{1,3})%$/.exec(text.trim())
  const percent = Number(match?.[2])
  return match === null || percent > 100 ? null : { count: Number(match[1]), percent }
}

function instanceName(hostname: string, pid: number): string {
  const host = hostname
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 40)
  return `${host === '' ? DEFAULT_TENANT : host}-${pid}`
}

function fileSettings(file: unknown, problems: string[]): Settings {
  if (file === null || file === undefined) return {}
  if (typeof file !== 'object' || Array.isArray(file)) {
    problems.push('belfry.yaml is not a mapping of settings')
    return {}
  }
  const settings: { -readonly [K in keyof Config]?: string | readonly string[] } = {}
  for (const [key, value] of Object.entries(file)) {
    const name = NAMES.find((candidate) => SETTING_KEYS[candidate] === key)
    if (name === undefined) {
      problems.push(
        `belfry.yaml: "${key}" is no setting; expected one of ${Object.values(SETTING_KEYS).join(', ')}`,
      )
    } else if (Array.isArray(value)) {
      settings[name] = value.map(String)
    } else if (typeof value === 'string' || typeof value === 'number') {
      settings[name] = String(value)
    } else {
      problems.push(`belfry.yaml: ${key} is neither a text nor a list of texts`)
    }
  }
  return settings
}
