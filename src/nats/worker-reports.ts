/** What workers last told of themselves. Reads only, and needs no leader. */
import type { WorkerHealth } from '../core/run/worker-health.ts'
import type { Connection } from './connection.ts'
import { readStream } from './feed.ts'
import { bucketStream, keySubject } from './names.ts'
import { requireStream } from './set-up.ts'

export interface WorkerReport {
  readonly health: WorkerHealth
  /** How long ago it was stored, by the server's clock alone: clocks of workers may be wrong. */
  readonly silentMs: number
}

const TIMEOUT_MS = 10_000

export async function readWorkerReports(
  connection: Connection,
  { tenant = '*', adapter = '*' }: { readonly tenant?: string; readonly adapter?: string },
): Promise<readonly WorkerReport[]> {
  const { workers } = connection.names
  const stream = bucketStream(workers)
  await requireStream(connection, stream)
  const reports = new Map<string, { readonly health: WorkerHealth; readonly storedAt: number }>()
  await readStream(
    {
      connection,
      stream,
      filter: keySubject(workers, `${tenant}.${adapter}.*`),
      from: 'last-per-subject',
      headersOnly: false,
      onMessage({ subject, storedAt, message }) {
        const health = healthFrom(message.string())
        if (health === null) reports.delete(subject)
        else reports.set(subject, { health, storedAt })
      },
      onReset: () => reports.clear(),
    },
    TIMEOUT_MS,
  )
  const now = Date.parse((await requireStream(connection, stream)).ts)
  return [...reports.values()].map(({ health, storedAt }) => ({
    health,
    silentMs: Math.max(0, now - storedAt),
  }))
}

/** null: a removal, or nothing that this version knows. */
function healthFrom(text: string): WorkerHealth | null {
  try {
    const health = JSON.parse(text === '' ? 'null' : text) as Partial<WorkerHealth> | null
    return typeof health?.instance === 'string' && typeof health.adapter === 'string'
      ? (health as WorkerHealth)
      : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
