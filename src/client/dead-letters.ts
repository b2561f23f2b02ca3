/** Reads dead letters for a client: needs no leader, joins nothing, makes nothing. */
import type { Data } from '../core/kinds.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import type { Connection } from '../nats/connection.ts'
import { createNatsDeadLetters } from '../nats/dead-letters.ts'
import { Publisher } from '../nats/publisher.ts'
import { requireStream } from '../nats/set-up.ts'
import type { DeadLetter, DeadLetters } from '../ports/dead-letters.ts'
import type { InstantLike } from './client-options.ts'
import { requireName, runIdOf } from './run-reading.ts'

export interface DeadLetterQuery {
  readonly tenant?: string
  readonly adapter?: string
  readonly job?: string
  /** As `attempts` or `permanent`. */
  readonly reason?: string
  /** Died from here on. */
  readonly since?: InstantLike
  /** And before here. */
  readonly until?: InstantLike
}

export interface DeadLetterView {
  readonly run: string
  readonly tenant: string
  readonly adapter: string
  readonly job: string
  readonly reason: string
  /** How many it had. */
  readonly attempts: number
  readonly error: string
  readonly diedAt: Date
}

export interface DeadLetterDetail extends DeadLetterView {
  readonly message: string
  readonly nominal: Date
  readonly data: Data
}

/** The oldest first. */
export async function readDeadLetters(
  connection: Connection,
  query: DeadLetterQuery,
): Promise<readonly DeadLetterView[]> {
  const { tenant, adapter, job, reason, since, until } = query
  for (const [what, name] of Object.entries({ tenant, adapter, job })) requireName(what, name)
  const from = since === undefined ? Number.NEGATIVE_INFINITY : Number(since)
  const to = until === undefined ? Number.POSITIVE_INFINITY : Number(until)
  const place = { ...(tenant === undefined ? {} : { tenant }), ...(adapter === undefined ? {} : { adapter }) }
  const letters = await withLetters(connection, (dead) => dead.list(place))
  return letters
    .filter(
      (letter) =>
        (job ?? letter.job) === letter.job &&
        (reason ?? letter.reason) === letter.reason &&
        letter.diedAt >= from &&
        letter.diedAt < to,
    )
    .map(letterView)
}

/** null: it has none. */
export async function readDeadLetter(connection: Connection, run: string): Promise<DeadLetterDetail | null> {
  const id = runIdOf(run)
  return withLetters(connection, async (dead) => {
    const letter = await dead.find(id)
    const fire = letter === null ? null : await dead.fire(letter)
    return letter === null || fire === null ? null : detailOf(letter, fire)
  })
}

export function letterView(letter: DeadLetter): DeadLetterView {
  const { run, tenant, adapter, job, reason, attempts, error, diedAt } = letter
  return { run, tenant, adapter, job, reason, attempts, error, diedAt: new Date(diedAt) }
}

function detailOf(letter: DeadLetter, { message, nominal, payload }: Fire): DeadLetterDetail {
  const data = JSON.parse(payload) as Data
  return { ...letterView(letter), message, nominal: new Date(nominal), data }
}

async function withLetters<T>(connection: Connection, work: (dead: DeadLetters) => Promise<T>): Promise<T> {
  await requireStream(connection, connection.names.dead)
  const publisher = new Publisher(connection)
  try {
    return await work(createNatsDeadLetters({ connection, publisher }))
  } finally {
    publisher.close()
  }
}
