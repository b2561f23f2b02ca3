import { type HealthState, healthOf, type WorkerHealth } from '../core/run/worker-health.ts'
import type { Connection } from '../nats/connection.ts'
import { readWorkerReports } from '../nats/worker-reports.ts'
import { requireName } from './run-reading.ts'

export interface WorkerQuery {
  readonly tenant?: string
  readonly adapter?: string
}

export interface WorkerView extends Omit<WorkerHealth, 'startedAt' | 'reportedAt'> {
  /** Of those that have not said that they stop: `late` after 15 s without a sign, `lost` after a minute. */
  readonly health: HealthState
  readonly startedAt: Date
  /** When it was last heard of. */
  readonly seenAt: Date
}

/** By tenant, adapter and instance. Those that were heard of in the last day. */
export async function readWorkers(
  connection: Connection,
  query: WorkerQuery,
): Promise<readonly WorkerView[]> {
  for (const [what, name] of Object.entries(query)) requireName(what, name)
  const reports = await readWorkerReports(connection, query)
  const now = connection.clock.now()
  return reports
    .map(({ health: { startedAt, reportedAt: _, ...rest }, silentMs }) => ({
      ...rest,
      health: healthOf(rest, silentMs),
      startedAt: new Date(startedAt),
      seenAt: new Date(now - silentMs),
    }))
    .toSorted((a, b) => compared(nameOf(a), nameOf(b)))
}

function nameOf({ tenant, adapter, instance }: WorkerView): string {
  return `${tenant}/${adapter}/${instance}`
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
