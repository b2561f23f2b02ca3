/**
 * Looking at an installation without taking part in it: reads only, joins nothing, makes nothing.
 */

import { BelfryError } from '../core/errors.ts'
import { type Identity, identityOf, type ScheduleKey } from '../core/names.ts'
import { type ChainRecord, scheduleOfChainKey } from '../core/plan/chain-record.ts'
import { adapterOfCircuitKey, type CircuitRecord } from '../core/plan/circuit-record.ts'
import { type EventRecord, GONE, isEventKey } from '../core/plan/event-record.ts'
import type { AppliedRecord, AttemptRecord, LiveSnapshot } from '../core/plan/live-entry.ts'
import { adapterOfRateKey, type RateRecord } from '../core/plan/rate-record.ts'
import { holdingPause, type OperatorPause, parseOverride } from '../core/trigger/override.ts'
import { readAttempt } from '../engine/applied-records.ts'
import type { InstanceRecord } from '../engine/instance-record.ts'
import { LiveRecords } from '../engine/live-records.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { createNatsAdapterConsumers } from '../nats/adapter-consumers.ts'
import { Connection } from '../nats/connection.ts'
import { createNatsFireLog } from '../nats/fire-log.ts'
import { createNatsLeaseStore, LEASE_TIMEOUT_MS } from '../nats/lease-store.ts'
import { bucketStream } from '../nats/names.ts'
import { Publisher } from '../nats/publisher.ts'
import { createNatsStore } from '../nats/store.ts'
import { streamState } from '../nats/streams.ts'
import type { KnownConsumer } from '../ports/adapter-consumers.ts'
import type { LogInfo, LogRecord } from '../ports/fire-log.ts'
import type { HeldLease } from '../ports/lease.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { NatsAccess } from './belfry.ts'

/** Everything that is known of an installation at one moment. */
export interface Sight {
  readonly live: LiveSnapshot
  readonly applied: ReadonlyMap<string, AppliedRecord>
  readonly attempted: ReadonlyMap<string, AttemptRecord>
  /** Keys of live state that hold what belfry did not write. */
  readonly strange: readonly Identity[]
  readonly lease: HeldLease | null
  readonly instances: readonly InstanceRecord[]
  readonly consumers: readonly KnownConsumer[]
  readonly pauses: readonly PausedTarget[]
  /** Circuits of adapters that are not closed. */
  readonly circuits: readonly OpenCircuit[]
  /** Adapters whose fires wait for their place under a rate limit. */
  readonly waits: readonly WaitingAdapter[]
  /** Chains that stand as stopped, the newest first. */
  readonly chains: readonly StoppedChain[]
  /** The streams that live schedules wait on in vain. */
  readonly eventWaits: readonly VainWait[]
  readonly log: LogInfo
  /** The last entry of every schedule in the log. */
  readonly last: readonly LogRecord[]
  /** The local clock when this was read, epoch milliseconds. */
  readonly at: number
  readonly server: string
}

/** What a schedule's stream lacks. */
export type VainWait = Pick<EventRecord, 'tenant' | 'schedule' | 'stream'> & { readonly waitsFor: string }

/** A schedule before which a chain has stopped. */
export interface StoppedChain {
  readonly schedule: ScheduleKey
  readonly stopped: NonNullable<ChainRecord['stopped']>
}

/** An adapter whose attempts have failed one after the other. */
export interface OpenCircuit {
  readonly tenant: string
  readonly adapter: string
  readonly since: number
  /** Nothing is delivered until then, and one run at a time from then on. Epoch milliseconds. */
  readonly until: number
  readonly because: string
}

/** An adapter with a rate limit that more is due for. */
export interface WaitingAdapter {
  readonly tenant: string
  readonly adapter: string
  /** Schedules, and runs that follow on others, that wait. */
  readonly waiting: number
  /** Epoch milliseconds. */
  readonly since: number
}

/** An operator's pause as the store has it. */
export interface PausedTarget extends OperatorPause {
  readonly target: string
}

/** Reads live state alone, for a plan. Empty where nothing was ever applied. */
export async function readLive(nats: NatsAccess, logger: Logger): Promise<LiveSnapshot> {
  return looking(nats, logger, async ({ connection, store }) => {
    if (!(await isSetUp(connection))) return new Map()
    return (await liveState(store, connection.names.live)).live
  })
}

/** Reads everything that `belfry status` shows. */
export async function readSight(nats: NatsAccess, logger: Logger): Promise<Sight> {
  return looking(nats, logger, async ({ connection, publisher, store }) => {
    if (!(await isSetUp(connection))) {
      const { prefix } = connection.names
      const message = `nothing of belfry is on ${connection.server} under the prefix "${prefix}": belfry serve or belfry apply sets it up`
      throw new BelfryError('nats-layout', message)
    }
    const log = createNatsFireLog({ connection, publisher })
    const lease = createNatsLeaseStore({ connection, publisher })
    const instances = await store(connection.names.instances).entries()
    const state = await liveState(store, connection.names.live)
    const at = systemClock.now()
    return {
      ...state,
      pauses: await pausesIn(store(connection.names.overrides), at),
      circuits: (await circuitsIn(store(connection.names.tracker))).filter(({ tenant, adapter }) => {
        const manifest = state.live.get(identityOf('Adapter', tenant, adapter))?.entry.manifest
        return manifest?.kind === 'Adapter' && manifest.spec.circuitBreaker !== undefined
      }),
      waits: (await waitsIn(store(connection.names.tracker))).filter(({ tenant, adapter }) => {
        const manifest = state.live.get(identityOf('Adapter', tenant, adapter))?.entry.manifest
        return manifest?.kind === 'Adapter' && manifest.spec.rateLimit !== undefined
      }),
      chains: (await chainsIn(store(connection.names.tracker))).filter(({ schedule }) =>
        state.live.has(identityOf('Schedule', schedule.tenant, schedule.schedule)),
      ),
      eventWaits: await eventWaitsIn(store(connection.names.tracker)),
      lease: await lease.read(),
      instances: instances.map(({ value }) => JSON.parse(value) as InstanceRecord),
      consumers: await createNatsAdapterConsumers({ connection }).list(),
      log: await log.info(),
      last: await log.lastOfAll(),
      at,
      server: connection.server,
    }
  })
}

/** Whether belfry has ever been here: looking makes nothing, and waits for nothing that is not there. */
async function isSetUp(connection: Connection): Promise<boolean> {
  return (await streamState(connection, bucketStream(connection.names.live))) !== null
}

interface Looking {
  readonly connection: Connection
  readonly publisher: Publisher
  readonly store: (bucket: string) => ReturnType<typeof createNatsStore>
}

async function looking<T>(
  nats: NatsAccess,
  logger: Logger,
  work: (looking: Looking) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open({ ...nats, clock: systemClock, logger, name: 'belfry cli' })
  const publisher = new Publisher(connection, { timeoutMs: LEASE_TIMEOUT_MS })
  try {
    return await work({
      connection,
      publisher,
      store: (bucket) => createNatsStore({ connection, publisher, bucket }),
    })
  } finally {
    publisher.close()
    await connection.close()
  }
}

async function pausesIn(store: ReturnType<Looking['store']>, at: number): Promise<readonly PausedTarget[]> {
  const pauses: PausedTarget[] = []
  for (const { key, value } of await store.entries()) {
    const override = parseOverride(value)
    const pause = override.ok ? holdingPause(override.value, at) : null
    if (pause !== null) pauses.push({ target: key.replaceAll('.', '/'), ...pause })
  }
  return pauses
}

async function circuitsIn(store: ReturnType<Looking['store']>): Promise<readonly OpenCircuit[]> {
  return (await store.entries()).flatMap(({ key, value }) => {
    const place = adapterOfCircuitKey(key)
    const circuit = place === null ? null : (JSON.parse(value) as CircuitRecord)
    return place === null || circuit?.state !== 'open' ? [] : [{ ...place, ...circuit }]
  })
}

async function eventWaitsIn(store: ReturnType<Looking['store']>): Promise<readonly VainWait[]> {
  const records = (await store.entries()).filter(({ key, value }) => isEventKey(key) && value !== GONE)
  return records.flatMap(({ value }) => {
    const { tenant, schedule, stream, waitsFor } = JSON.parse(value) as EventRecord
    return waitsFor === null ? [] : [{ tenant, schedule, stream, waitsFor }]
  })
}

async function waitsIn(store: ReturnType<Looking['store']>): Promise<readonly WaitingAdapter[]> {
  return (await store.entries()).flatMap(({ key, value }) => {
    const place = adapterOfRateKey(key)
    if (place === null) return []
    const { spells, waiting } = JSON.parse(value) as RateRecord
    const current = spells.at(-1)
    return waiting === 0 || current === undefined ? [] : [{ ...place, waiting, since: current.since }]
  })
}

async function chainsIn(store: ReturnType<Looking['store']>): Promise<readonly StoppedChain[]> {
  const chains: StoppedChain[] = []
  for (const { key, value } of await store.entries()) {
    const schedule = scheduleOfChainKey(key)
    const { stopped } = schedule === null ? { stopped: null } : (JSON.parse(value) as ChainRecord)
    if (schedule !== null && stopped !== null) chains.push({ schedule, stopped })
  }
  return chains.sort((a, b) => b.stopped.at - a.stopped.at)
}

async function liveState(store: Looking['store'], bucket: string) {
  const records = new LiveRecords()
  const attempted = new Map<string, AttemptRecord>()
  for (const { key, value, revision } of await store(bucket).entries()) {
    records.take({ key, value, revision })
    const [what, source = ''] = key.split('.')
    const attempt = what === 'attempted' ? readAttempt(value) : null
    if (attempt !== null) attempted.set(source, attempt)
  }
  const { all: live, strange } = records
  const { applied } = records.bySource
  return { live, applied, attempted, strange: [...strange.keys()] }
}
