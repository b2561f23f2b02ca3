import { hostname } from 'node:os'
import type { Command } from 'commander'
import type { NatsAccess } from '../app/belfry.ts'
import { createLogger } from '../app/logging.ts'
import { type Config, DEFAULT_SERVER, type LoadedConfig, loadConfig, SETTING_KEYS } from '../config.ts'
import { readSettingsFile, readText } from '../files/settings-file.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { CommandIo } from './io.ts'

/** What the options of the commands that talk to a server are called when they are parsed. */
export interface ServerFlags {
  readonly nats?: string
  readonly natsCreds?: string
  readonly natsInbox?: string
  readonly prefix?: string
  readonly replicas?: string
  readonly logSize?: string
  readonly instance?: string
  readonly maxPrune?: string
  readonly logFormat?: string
  readonly source?: string
}

/** The options that say which installation is meant. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--nats <url>', `NATS server, several with commas (BELFRY_NATS; default ${DEFAULT_SERVER})`)
    .option('--nats-creds <file>', 'credentials file (BELFRY_NATS_CREDS)')
    .option('--nats-inbox <prefix>', 'what inboxes begin with (BELFRY_NATS_INBOX; default _INBOX)')
    .option('--prefix <name>', 'what all names on the server begin with (BELFRY_PREFIX; default belfry)')
}

export async function settingsOf(
  flags: ServerFlags,
  tree: readonly string[],
  io: CommandIo,
): Promise<LoadedConfig> {
  return loadConfig({
    flags: {
      servers: flags.nats,
      credentialsFile: flags.natsCreds,
      inboxPrefix: flags.natsInbox,
      prefix: flags.prefix,
      replicas: flags.replicas,
      logBytes: flags.logSize,
      instance: flags.instance,
      maxPrune: flags.maxPrune,
      logFormat: flags.logFormat,
      source: flags.source,
      tree,
    },
    environment: io.env,
    file: await readSettingsFile(io.cwd),
    hostname: hostname(),
    pid: process.pid,
  })
}

export async function natsAccess(config: Config, io: CommandIo): Promise<NatsAccess> {
  const { servers, prefix, credentialsFile, inboxPrefix } = config
  return {
    servers,
    prefix,
    ...(inboxPrefix === null ? {} : { inboxPrefix }),
    ...(credentialsFile === null ? {} : { credentials: await readText(credentialsFile, io.cwd) }),
  }
}

/** Logs go to standard error: standard output is for what was asked for. */
export function loggerFor(config: Config, io: CommandIo, level: 'info' | 'warn' | 'error' = 'info'): Logger {
  return createLogger({ level, format: config.logFormat, write: io.stderr, color: io.color })
}

/** Every setting with where it came from, as `--print-config` shows it. */
export function describeSettings({ config, origins }: LoadedConfig): readonly (readonly string[])[] {
  return (Object.keys(SETTING_KEYS) as (keyof Config)[]).map((name) => [
    SETTING_KEYS[name],
    name === 'maxPrune' ? `${config.maxPrune.count},${config.maxPrune.percent}%` : String(config[name] ?? ''),
    origins[name],
  ])
}
