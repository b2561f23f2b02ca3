/** What a client sees of an installation: reads only, joins nothing, makes nothing. */
import type { Identity } from '../core/names.ts'
import { identityOfLiveKey, type LiveEntry, type LiveRecord } from '../core/plan/live-entry.ts'
import { type Standing, standings } from '../core/plan/standing.ts'
import type { Connection } from '../nats/connection.ts'
import { createNatsFireLog } from '../nats/fire-log.ts'
import { createNatsLeaseStore, LEASE_TIMEOUT_MS } from '../nats/lease-store.ts'
import { Publisher } from '../nats/publisher.ts'
import { createNatsStore } from '../nats/store.ts'

export interface ScheduleSight {
  readonly tenant: string
  readonly name: string
  readonly job: string
  readonly timezone: string
  /** `Ready`, or why nothing (or nothing new) fires. */
  readonly condition: Standing['condition']
  readonly message: string
  /** The next nominal time. */
  readonly next: Date | null
  /** The nominal time of its last entry in the log. */
  readonly last: Date | null
}

export interface InstallationSight {
  /** The instance that leads, as far as the lease says; null: nobody. */
  readonly leader: string | null
  /** The soonest first. */
  readonly schedules: readonly ScheduleSight[]
}

export async function lookAt(connection: Connection, tenant: string | null): Promise<InstallationSight> {
  const publisher = new Publisher(connection, { timeoutMs: LEASE_TIMEOUT_MS })
  try {
    const { names, clock } = connection
    const live = new Map<Identity, LiveRecord>()
    const store = createNatsStore({ connection, publisher, bucket: names.live })
    for (const { key, value, revision } of await store.entries()) {
      const identity = identityOfLiveKey(key)
      if (identity !== null) live.set(identity, { identity, entry: JSON.parse(value) as LiveEntry, revision })
    }
    const lease = await createNatsLeaseStore({ connection, publisher }).read()
    const records = await createNatsFireLog({ connection, publisher }).lastOfAll()
    const last = new Map(records.map((record) => [`${record.key.tenant}/${record.key.schedule}`, record]))
    const all = standings(live, clock.now(), (owner, name) => last.get(`${owner}/${name}`) ?? null)
    return {
      leader: lease === null || lease.record.released ? null : lease.record.holder,
      schedules: all
        .filter((standing) => tenant === null || standing.tenant === tenant)
        .map(({ tenant: owner, name, job, timezone, condition, message, next }) => ({
          tenant: owner,
          name,
          job,
          timezone,
          condition,
          message,
          next: dateOf(next),
          last: dateOf(last.get(`${owner}/${name}`)?.nominal ?? null),
        })),
    }
  } finally {
    publisher.close()
  }
}

function dateOf(at: number | null): Date | null {
  return at === null ? null : new Date(at)
}
