/** Reads runs for a client: needs no leader, joins nothing, makes nothing. */
import { BelfryError } from '../core/errors.ts'
import { type FireId, isName } from '../core/names.ts'
import { parseRunId } from '../core/run/run-id.ts'
import type { Connection } from '../nats/connection.ts'
import { createNatsFireLog } from '../nats/fire-log.ts'
import { Publisher } from '../nats/publisher.ts'
import { createRunArchive, type RunArchive } from '../nats/run-archive.ts'
import { type RunDetail, type RunPage, type RunQuery, runDetail, runView } from './run-views.ts'

const DAY_MS = 86_400_000
const LIMIT = 20

export async function readRuns(connection: Connection, query: RunQuery): Promise<RunPage> {
  const { states, since, until, limit = LIMIT, ...place } = query
  for (const [what, name] of Object.entries(place)) requireName(what, name)
  const now = connection.clock.now()
  const to = until === undefined ? now : Number(until)
  return withArchive(connection, async (archive) => {
    const { runs, reaches, ended } = await archive.newest({
      ...place,
      until: to,
      since: since === undefined ? to - DAY_MS : Number(since),
      limit,
      isWanted: ({ state }) => states === undefined || states.includes(state),
    })
    return { runs: runs.map(runView), reaches: new Date(reaches), ended }
  })
}

/** null: nothing is known of such a run. */
export async function readRun(connection: Connection, run: string): Promise<RunDetail | null> {
  const id = runIdOf(run)
  return withArchive(connection, async (archive) => {
    const whole = await archive.whole(id)
    return whole === null ? null : runDetail(whole)
  })
}

/** What is asked for becomes part of a subject. Throws `usage`. */
export function requireName(what: string, name: string | undefined): void {
  if (name === undefined || isName(name)) return
  throw new BelfryError('usage', `${JSON.stringify(name.slice(0, 200))} is not the name of a ${what}`)
}

/** Throws `usage`. */
export function runIdOf(text: string): FireId {
  const run = parseRunId(text)
  if (run.ok) return run.value
  throw new BelfryError('usage', run.error)
}

async function withArchive<T>(connection: Connection, work: (archive: RunArchive) => Promise<T>): Promise<T> {
  const publisher = new Publisher(connection)
  try {
    return await work(createRunArchive({ connection, log: createNatsFireLog({ connection, publisher }) }))
  } finally {
    publisher.close()
  }
}
