import type { FireId } from '../core/names.ts'
import { logSubject } from '../nats/run-subjects.ts'
import type { Run, RunLog } from './run.ts'
import type { WorkerContext } from './worker-context.ts'

const LONGEST_LINE = 8_192

/** Lines and progress of one attempt. Best effort: nothing waits for them, and nothing fails with them. */
export function runLog(
  { connection, tenant, adapter }: WorkerContext,
  { run, attempt }: { readonly run: FireId; readonly attempt: number },
): Pick<Run, 'log' | 'progress'> {
  let subject: string | null = null
  const tell = (fields: Readonly<Record<string, unknown>>): void => {
    if (connection.nc.isClosed()) return
    subject ??= logSubject(connection.names, { tenant, adapter, run })
    const at = new Date(connection.clock.now()).toISOString()
    connection.nc.publish(subject, JSON.stringify({ at, run, attempt, ...fields }))
  }
  const line =
    (level: keyof RunLog) =>
    (text: string, facts?: Readonly<Record<string, unknown>>): void =>
      tell({
        type: 'line',
        level,
        text: text.slice(0, LONGEST_LINE),
        ...(facts === undefined ? {} : { facts }),
      })
  return {
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    progress: (fraction, text) =>
      tell({
        type: 'progress',
        fraction: Math.min(1, Math.max(0, fraction)),
        ...(text === undefined ? {} : { text: text.slice(0, LONGEST_LINE) }),
      }),
  }
}
