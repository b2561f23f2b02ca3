import { userInfo } from 'node:os'
import { Option } from 'commander'
import { type BelfryClient, connectBelfry } from '../client/client.ts'
import type { CommandIo } from './io.ts'
import { loggerFor, natsAccess, type ServerFlags, settingsOf } from './settings.ts'

/** A take-over takes about a second; whoever types a command wants to know soon that nobody leads. */
const DEADLINE_MS = 5_000

export function asOption(): Option {
  return new Option('--as <author>', 'who does it (default: the user of this system)')
}

export function formatOption(): Option {
  return new Option('--format <format>', 'how the outcome is printed')
    .choices(['text', 'json'])
    .default('text')
}

/** Connects for as long as `work` takes. */
export async function withClient(
  flags: ServerFlags & { readonly as?: string },
  io: CommandIo,
  work: (client: BelfryClient) => Promise<number>,
): Promise<number> {
  const { config } = await settingsOf(flags, [], io)
  const client = await connectBelfry({
    nats: await natsAccess(config, io),
    author: flags.as ?? userInfo().username,
    deadlineMs: DEADLINE_MS,
    logger: loggerFor(config, io, 'error'),
  })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}
