import type { Data } from '../core/kinds.ts'
import { parsePlannedRun } from '../core/trigger/planned-run.ts'
import type { Connection } from '../nats/connection.ts'
import { bucketStream } from '../nats/names.ts'
import { Publisher } from '../nats/publisher.ts'
import { requireStream } from '../nats/set-up.ts'
import { createNatsStore } from '../nats/store.ts'
import { requireName } from './run-reading.ts'

/** A run that was asked for at an instant to come. */
export interface PlannedRunView {
  /** The id that it will have. */
  readonly run: string
  readonly at: Date
  readonly kind: 'job' | 'schedule'
  readonly tenant: string
  readonly name: string
  readonly key: string
  readonly data: Data | null
  /** Also if it is suspended or paused by then. */
  readonly force: boolean
  /** Who asked for it. */
  readonly author: string
}

/** The soonest first. */
export async function readPlannedRuns(
  connection: Connection,
  { tenant }: { readonly tenant?: string },
): Promise<readonly PlannedRunView[]> {
  requireName('tenant', tenant)
  const { planned: bucket } = connection.names
  await requireStream(connection, bucketStream(bucket))
  const publisher = new Publisher(connection)
  try {
    const entries = await createNatsStore({ connection, publisher, bucket }).entries()
    return entries
      .flatMap(({ value }) => parsePlannedRun(value) ?? [])
      .filter((planned) => tenant === undefined || planned.tenant === tenant)
      .sort((a, b) => a.at - b.at)
      .map(({ format: _, at, ...rest }) => ({ ...rest, at: new Date(at) }))
  } finally {
    publisher.close()
  }
}
