import { systemClock } from '../lifecycle/clock.ts'
import { Connection } from '../nats/connection.ts'
import { createControlClient } from '../nats/control-client.ts'
import type { ControlName, ReplyOf, RequestOf } from '../ports/control.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { NatsAccess } from './belfry.ts'

export interface AskLeaderOptions {
  readonly nats: NatsAccess
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Asks the leader one thing from a process that is no part of the installation. Throws what it refuses with. */
export async function askLeader<N extends ControlName>(
  name: N,
  request: RequestOf<N>,
  { nats, logger, signal }: AskLeaderOptions,
): Promise<ReplyOf<N>> {
  const connection = await Connection.open({ ...nats, clock: systemClock, logger, name: `belfry ${name}` })
  try {
    return await createControlClient({ connection }).ask(name, request, signal)
  } finally {
    await connection.close()
  }
}
