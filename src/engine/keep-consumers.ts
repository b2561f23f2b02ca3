/**
 * Keeps the consumers of adapters as their manifests say.
 *
 * Job: make what is missing, change what differs, and tell what another hand did. Level-triggered: what is found is
 * compared with what must be, whoever changed it. Invariants:
 * - The consumer of an adapter that was live already begins, when it must be made again, with the oldest fire whose run
 *   has not ended: what was waiting or under way is delivered again, and nothing is given up.
 * - A consumer that is as it must be is not written.
 * On failure: throws, and the same again is harmless. A consumer of this name that belfry did not make is an error.
 */
import type { Facts } from '../core/events.ts'
import type { AdapterManifest, AdapterSpec } from '../core/kinds.ts'
import { DEFAULT_ACK_WAIT_MS } from '../core/manifest/adapter-defaults.ts'
import { type Identity, partsOf } from '../core/names.ts'
import type { LiveEntry, LiveSnapshot } from '../core/plan/live-entry.ts'
import type { Plan } from '../core/plan/plan-tree.ts'
import { parseDuration } from '../core/time/duration.ts'
import type { AdapterConsumer, AdapterConsumers, KnownConsumer } from '../ports/adapter-consumers.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'

export interface KeepConsumersOptions {
  readonly consumers: AdapterConsumers
  readonly events: EventSink
  readonly logger: Logger
  /** Whether an operator's pause or its circuit holds the delivery of an adapter. */
  readonly isAdapterPaused: (tenant: string, name: string, spec: AdapterSpec) => boolean
  /** How many runs of an adapter may be in flight: fewer than its manifest says while its circuit is not closed. */
  readonly concurrencyOf: (tenant: string, name: string, spec: AdapterSpec) => number
  /** The oldest fire of an adapter whose run has not ended; null: there is none. `unknown`: ask again in a moment. */
  readonly oldestOpen: (tenant: string, name: string) => number | null | 'unknown'
}

interface Wanted {
  readonly identity: Identity
  readonly manifest: AdapterManifest
  readonly digest: string
  /** As it is live already; null: it is being applied now. */
  readonly live: LiveEntry | null
}

/** Those of all adapters that are live. False: not all could be kept yet. */
export function keepConsumers(live: LiveSnapshot, options: KeepConsumersOptions): Promise<boolean> {
  const wanted = [...live.values()].flatMap(({ identity, entry }) =>
    isAdapter(identity) ? [wantedFrom(identity, entry, entry)] : [],
  )
  return ensureAll(wanted, options)
}

/** Those of all adapters that a plan leaves live, before any schedule of the plan publishes to them. */
export function prepareConsumers({ actions }: Plan, options: KeepConsumersOptions): Promise<boolean> {
  const wanted = actions.flatMap((action) => {
    const { identity } = action
    if (!isAdapter(identity) || action.action === 'delete' || action.action === 'unmanaged') return []
    return action.action === 'unchanged'
      ? [wantedFrom(identity, action.live.entry, action.live.entry)]
      : [wantedFrom(identity, action.document, null)]
  })
  return ensureAll(wanted, options)
}

/** An adapter that leaves keeps what is pending for its return; one without anything pending goes. */
export async function retireConsumers({ actions }: Plan, consumers: AdapterConsumers): Promise<void> {
  for (const { action, identity } of actions) {
    if (action !== 'delete' || !isAdapter(identity)) continue
    const { tenant, name } = partsOf(identity)
    if (!(await consumers.removeIfDrained(tenant, name))) await consumers.retire(tenant, name)
  }
}

async function ensureAll(wanted: readonly Wanted[], options: KeepConsumersOptions): Promise<boolean> {
  if (wanted.length === 0) return true
  const found = new Map(
    (await options.consumers.list()).map((consumer) => [`${consumer.tenant}/${consumer.adapter}`, consumer]),
  )
  let whole = true
  for (const each of wanted) {
    const { tenant, name } = partsOf(each.identity)
    if (!(await ensureOne(each, found.get(`${tenant}/${name}`) ?? null, options))) whole = false
  }
  return whole
}

async function ensureOne(
  { identity, manifest, digest, live }: Wanted,
  found: KnownConsumer | null,
  options: KeepConsumersOptions,
): Promise<boolean> {
  const { consumers, isAdapterPaused, concurrencyOf, oldestOpen } = options
  const { tenant, name } = partsOf(identity)
  const { spec } = manifest
  const ackWait = spec.ackWait === undefined ? null : parseDuration(spec.ackWait)
  const wanted: AdapterConsumer = {
    tenant,
    adapter: name,
    concurrency: concurrencyOf(tenant, name, spec),
    ...(spec.partitions === undefined ? {} : { partitions: spec.partitions }),
    ackWaitMs: ackWait?.ok === true ? ackWait.value : DEFAULT_ACK_WAIT_MS,
    paused: spec.suspend === true || isAdapterPaused(tenant, name, spec),
    digest,
  }
  if (found === null) {
    const oldest = live === null ? null : oldestOpen(tenant, name)
    if (oldest === 'unknown') return false
    await consumers.ensure(oldest === null ? wanted : { ...wanted, after: oldest - 1 })
    if (live !== null) tell(identity, live, { what: 'removed', fields: [] }, options)
    return true
  }
  const fields = alteredFields(wanted, found)
  if (found.digest === digest && found.paused === wanted.paused && fields.length === 0) return true
  await consumers.ensure(wanted)
  // Of another digest it is the one of another version, which an apply has left that did not end; and a circuit that
  // opens or closes just now changes how many may be in flight.
  const told = fields.filter((field) => field !== 'concurrency' || spec.circuitBreaker === undefined)
  if (live !== null && found.digest === digest && told.length > 0)
    tell(identity, live, { what: 'changed', fields: told }, options)
  return true
}

/** What another hand has changed in a consumer of this manifest. */
function alteredFields(wanted: AdapterConsumer, found: KnownConsumer): readonly string[] {
  return [
    ...(wanted.concurrency === found.concurrency ? [] : ['concurrency']),
    ...(wanted.ackWaitMs === found.ackWaitMs ? [] : ['ackWait']),
    ...found.altered,
  ]
}

function tell(
  identity: Identity,
  { source, revision }: LiveEntry,
  { what, fields }: { readonly what: 'removed' | 'changed'; readonly fields: readonly string[] },
  { events, logger }: KeepConsumersOptions,
): void {
  const facts: Facts = { object: `consumer of ${identity}`, what, fields, writtenAs: 0 }
  logger.warn('the consumer of an adapter was changed by another hand: it is put back', { source, ...facts })
  events.emit({ type: 'drifted', source, revision, facts })
}

function wantedFrom(
  identity: Identity,
  { manifest, digest }: Pick<LiveEntry, 'manifest' | 'digest'>,
  live: LiveEntry | null,
): Wanted {
  return { identity, manifest: manifest as AdapterManifest, digest, live }
}

function isAdapter(identity: Identity): boolean {
  return partsOf(identity).kind === 'Adapter'
}
