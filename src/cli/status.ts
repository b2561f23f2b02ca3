import { type Command, Option } from 'commander'
import pc from 'picocolors'
import type { Sight } from '../app/look.ts'
import { readSight } from '../app/look.ts'
import { type Standing, standings } from '../core/plan/standing.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf, withServerOptions } from './settings.ts'
import { statusJson, statusText } from './status-text.ts'

interface StatusFlags extends ServerFlags {
  readonly limit: string
  readonly format: 'text' | 'json'
}

export function statusCommand(program: Command, io: CommandIo, finish: (code: number) => void): void {
  withServerOptions(
    program
      .command('status')
      .description(
        'Show who leads, what is applied, how the instances are, and when each schedule fires next.',
      )
      .argument('[schedule...]', 'only these: name or tenant/name'),
  )
    .option('--limit <number>', 'schedules shown, the soonest first', '20')
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExit code 0: somebody leads and the newest tree is applied; 1: not so.')
    .action(async (names: readonly string[], flags: StatusFlags) => {
      finish(await runStatus(names, flags, io))
    })
}

async function runStatus(names: readonly string[], flags: StatusFlags, io: CommandIo): Promise<number> {
  const { config } = await settingsOf(flags, [], io)
  const sight = await readSight(await natsAccess(config, io), loggerFor(config, io, 'error'))
  const last = new Map(sight.last.map((record) => [`${record.key.tenant}/${record.key.schedule}`, record]))
  const all = standings(sight.live, sight.at, (tenant, name) => last.get(`${tenant}/${name}`) ?? null)
  const shown =
    names.length === 0 ? all : all.filter((standing) => names.some((name) => isNamed(standing, name)))
  const limit = Math.max(1, Number.parseInt(flags.limit, 10) || 20)
  const standing = names.length === 0 ? shown.slice(0, limit) : shown
  const facts = {
    sight,
    standings: standing,
    total: all.length,
    hidden: shown.length - standing.length,
    last,
  }
  io.stdout(
    flags.format === 'json'
      ? `${JSON.stringify(statusJson(facts), null, 2)}\n`
      : statusText(facts, pc.createColors(io.color)),
  )
  return isHealthy(sight) && (names.length === 0 || shown.length > 0) ? EXIT_OK : EXIT_PROBLEMS
}

function isNamed({ tenant, name }: Standing, asked: string): boolean {
  return asked.includes('/') ? asked === `${tenant}/${name}` : asked === name
}

function isHealthy({ lease, attempted }: Sight): boolean {
  const leads = lease !== null && !lease.record.released
  return leads && [...attempted.values()].every(({ outcome }) => outcome === 'applied')
}
