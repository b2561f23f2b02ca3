import { type Command, Option } from 'commander'
import { type NatsUser, natsUsers } from '../app/permissions.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { type CommandIo, EXIT_OK, EXIT_PROBLEMS } from './io.ts'
import { treeOrProblems } from './plan.ts'
import { settingsOf } from './settings.ts'

interface PermissionFlags {
  readonly prefix?: string
  readonly format: 'conf' | 'json'
}

/** An apply gives a sign of life every second, and may take long. */
const MOST_ANSWERS = 10_000
const ANSWERS_EXPIRE = '1h'

export function natsPermissionsCommand(
  program: Command,
  io: CommandIo,
  finish: (code: number) => void,
): void {
  program
    .command('nats-permissions')
    .description(
      'Print NATS users with no more rights than they need: the scheduler, operators, the workers of each adapter.',
    )
    .argument('[tree...]', 'folders and files of manifests (default: schedules and calendars)')
    .option('--prefix <name>', 'what all names on the server begin with (BELFRY_PREFIX; default belfry)')
    .addOption(
      new Option('--format <format>', 'conf: for the configuration of nats-server')
        .choices(['conf', 'json'])
        .default('conf'),
    )
    .action(async (tree: readonly string[], flags: PermissionFlags) => {
      finish(await runNatsPermissions(tree, flags, io))
    })
}

async function runNatsPermissions(
  roots: readonly string[],
  { format, prefix }: PermissionFlags,
  io: CommandIo,
): Promise<number> {
  const { config } = await settingsOf(prefix === undefined ? {} : { prefix }, roots, io)
  const tree = await treeOrProblems(config.tree, { cwd: io.cwd, at: systemClock.now() }, io)
  if (tree === null) return EXIT_PROBLEMS
  const adapters = tree.documents.flatMap(({ tenant, name, manifest }) => {
    if (manifest.kind !== 'Adapter') return []
    const { partitions } = manifest.spec
    return [{ tenant, adapter: name, ...(partitions === undefined ? {} : { partitions }) }]
  })
  const streams = tree.documents.flatMap(({ manifest }) =>
    manifest.kind === 'Schedule'
      ? manifest.spec.triggers.flatMap((trigger) => ('event' in trigger ? [trigger.event.stream] : []))
      : [],
  )
  const users = natsUsers(config.prefix, adapters, [...new Set(streams)].sort())
  io.stdout(format === 'json' ? `${JSON.stringify({ users }, null, 2)}\n` : configurationText(users))
  return EXIT_OK
}

/** Passwords are taken from the server's environment, so that the text holds no secret and can lie in git. */
function configurationText(users: readonly NatsUser[]): string {
  const lines = [
    '# For nats-server: `include` this file. Each password is read from an environment variable of the server.',
    '# Each client must use the inbox prefix that stands above its user.',
    'authorization {',
    '  users: [',
    ...users.flatMap((user) => [
      `    # ${user.about}; inbox prefix ${user.inboxPrefix}`,
      '    {',
      `      user: ${JSON.stringify(user.user)}`,
      `      password: $${passwordVariable(user.user)}`,
      '      permissions: {',
      ...allowLines('publish', user.publish),
      ...allowLines('subscribe', user.subscribe),
      ...(user.answers
        ? [`        allow_responses: { max: ${MOST_ANSWERS}, expires: "${ANSWERS_EXPIRE}" }`]
        : []),
      '      }',
      '    }',
    ]),
    '  ]',
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function allowLines(verb: string, subjects: readonly string[]): readonly string[] {
  return [
    `        ${verb}: { allow: [`,
    ...subjects.map((subject) => `          ${JSON.stringify(subject)}`),
    '        ] }',
  ]
}

function passwordVariable(user: string): string {
  return `NATS_PASSWORD_${user.toUpperCase().replace(/_/g, '__').replace(/-/g, '_')}`
}
