/** Says every few seconds that this instance is there. Decides nothing; a heartbeat that cannot be stored is left out. */
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { Logger } from '../ports/telemetry.ts'
import { HEARTBEAT_MS, type InstanceRecord } from './instance-record.ts'

export interface HeartbeatOptions {
  readonly instances: Store
  readonly instance: string
  readonly clock: Clock
  readonly logger: Logger
  readonly record: () => InstanceRecord
}

/** Until `signal` aborts. */
export async function beat(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { instances, instance, clock, logger, record } = options
  do {
    try {
      await instances.put(instance, JSON.stringify(record()))
    } catch (error) {
      logger.debug('the heartbeat cannot be stored now', { error: String(error) })
    }
  } while (await clock.sleep(HEARTBEAT_MS, signal))
}
