/**
 * The instances of one adapter, as they see each other.
 *
 * Job: tell this instance's health, and know which others are healthy, by listening to what they tell. Invariant: an
 * instance that has said nothing for a while is not counted on. On failure to store: the next report comes soon.
 */
import { LATE_AFTER_MS, REPORT_EVERY_MS, type WorkerHealth } from '../core/run/worker-health.ts'
import type { Connection } from '../nats/connection.ts'
import { RawHeaders } from '../nats/headers.ts'
import { keySubject } from '../nats/names.ts'
import type { Publisher } from '../nats/publisher.ts'
import { workerKey } from '../nats/run-subjects.ts'

export interface Peers {
  /** Whether another instance is healthy, as far as has been heard. */
  hasOther(): boolean
}

const NO_HEADERS = RawHeaders.of('')

export interface HealthReports extends Peers {
  /** Tells once, and then every few seconds until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
  report(): Promise<void>
}

export function createHealthReports(
  { connection, publisher }: { readonly connection: Connection; readonly publisher: Publisher },
  health: () => WorkerHealth,
): HealthReports {
  const { clock, names, logger } = connection
  const heard = new Map<string, number>()
  const report = async (): Promise<void> => {
    const now = health()
    const subject = keySubject(names.workers, workerKey(now.tenant, now.adapter, now.instance))
    const payload = Buffer.from(JSON.stringify(now), 'utf8')
    const answer = await publisher.publish(() => ({ subject, headers: NO_HEADERS, payload }))
    if (answer.kind === 'failed') logger.warn('the health of this worker is not stored', { ...answer.error })
  }
  return {
    report,
    hasOther: () => [...heard.values()].some((at) => clock.monotonic() - at < LATE_AFTER_MS),
    async run(signal) {
      const { tenant, adapter, instance } = health()
      const own = keySubject(names.workers, workerKey(tenant, adapter, instance))
      const subscription = connection.nc.subscribe(
        keySubject(names.workers, workerKey(tenant, adapter, '*')),
        {
          callback: (error, message) => {
            if (error !== null || message.subject === own) return
            const { state } = JSON.parse(message.string()) as WorkerHealth
            if (state === 'working') heard.set(message.subject, clock.monotonic())
            else heard.delete(message.subject)
          },
        },
      )
      do await report()
      while (await clock.sleep(REPORT_EVERY_MS, signal))
      if (!connection.nc.isClosed()) subscription.unsubscribe()
    },
  }
}
