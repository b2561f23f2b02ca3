/**
 * Checks an installation, from the server up, and says what to do about whatever is not as it should be.
 *
 * Job: one finding for each thing that can be wrong. Invariant: it only looks; nothing is made or changed. On failure of
 * one step what depends on it is left out: whoever cannot connect learns nothing about replicas.
 */
import { BelfryError } from '../core/errors.ts'
import { partsOf } from '../core/names.ts'
import { LATE_AFTER_MS } from '../engine/instance-record.ts'
import { SKEW_ALARM_MS, SKEW_LEAD_MS } from '../engine/server-time.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { Connection } from '../nats/connection.ts'
import { type LayoutFinding, surveyLayout } from '../nats/layout.ts'
import { streamState } from '../nats/streams.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { NatsAccess } from './belfry.ts'
import { readSight, type Sight } from './look.ts'

export interface Finding {
  readonly check:
    | 'server'
    | 'layout'
    | 'replicas'
    | 'room'
    | 'clock'
    | 'leader'
    | 'instances'
    | 'sources'
    | 'drift'
    | 'sync'
    | 'tree'
  readonly verdict: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** null: nothing is to be done. */
  readonly cure: string | null
}

export interface ExamineOptions {
  readonly nats: NatsAccess
  /** The monitoring address of a nats-server, such as `http://nats-0:8222`; null: what only it tells is left out. */
  readonly monitor: string | null
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** A leader renews four times a second: whoever has not within this long does not lead. */
const RENEWAL_MS = 2_000
const FULL = 0.8

const CURES: Readonly<Record<string, string>> = {
  'nats-unreachable': 'start the server, or correct --nats',
  'nats-unauthorized': 'correct the credentials; belfry nats-permissions prints what a user needs',
  'nats-server-too-old': 'upgrade the NATS server',
  'nats-no-jetstream':
    'add a jetstream block to the configuration of the server, or enable it for the account',
}

export async function examine(options: ExamineOptions): Promise<readonly Finding[]> {
  const { nats, logger, signal, monitor } = options
  const findings: Finding[] = []
  let connection: Connection
  try {
    connection = await Connection.open({ ...nats, clock: systemClock, logger, name: 'belfry doctor' })
  } catch (error) {
    if (!(error instanceof BelfryError)) throw error
    return [fail('server', error.message, CURES[error.code] ?? 'see docs/errors.md')]
  }
  try {
    findings.push(
      ok('server', `${connection.server} is version ${connection.nc.info?.version}, with JetStream`),
    )
    if (monitor !== null) findings.push(await syncFinding(monitor, signal))
    const layout = await surveyLayout(connection)
    const missing = layout.filter(({ state }) => state === null).map(({ object }) => object)
    findings.push(layoutFinding(layout, missing))
    if (missing.length > 0) return findings
    findings.push(replicaFinding(layout))
    const first = await readSight(nats, logger)
    await systemClock.sleep(RENEWAL_MS, signal)
    const second = await readSight(nats, logger)
    findings.push(
      roomFinding(second),
      clockFinding(await skewOf(connection)),
      leaderFinding(first, second),
      instanceFinding(second),
      ...sourceFindings(second),
      driftFinding(second),
    )
    return findings
  } finally {
    await connection.close()
  }
}

/** Only the monitoring port of the server says when it writes to disk. */
async function syncFinding(monitor: string, signal: AbortSignal): Promise<Finding> {
  let seen: { jetstream?: { config?: { sync_interval?: number; sync_always?: boolean } } }
  try {
    const answer = await fetch(new URL('/varz', monitor), { signal })
    seen = (await answer.json()) as typeof seen
  } catch (error) {
    return warn(
      'sync',
      `${monitor} does not answer: ${String(error)}`,
      'correct --monitor (http_port of the server)',
    )
  }
  const { sync_interval = 0, sync_always = false } = seen.jetstream?.config ?? {}
  if (sync_always) return ok('sync', 'the server writes to disk before it acknowledges')
  return warn(
    'sync',
    `the server writes to disk up to ${sync_interval / 1e9} s after it acknowledges: a loss of power loses that much`,
    'set sync_interval: always, unless docs/guides/production.md says that you need not',
  )
}

function layoutFinding(layout: readonly LayoutFinding[], missing: readonly string[]): Finding {
  if (missing.length === layout.length)
    return fail('layout', 'nothing of belfry is there', 'start belfry serve')
  if (missing.length > 0) {
    return fail(
      'layout',
      `missing: ${missing.join(', ')}`,
      'start an instance of belfry serve anew: it makes them',
    )
  }
  const wrong = layout.filter((each) => each.wrong.length > 0)
  if (wrong.length === 0) return ok('layout', `${layout.length} streams and buckets are as they must be`)
  const fields = wrong.map(({ object, wrong: names }) => `${object} (${names.join(', ')})`)
  return fail(
    'layout',
    `not as they must be: ${fields.join('; ')}`,
    'start an instance of belfry serve anew: it mends what can be mended, and names the rest',
  )
}

function replicaFinding(layout: readonly LayoutFinding[]): Finding {
  const states = layout.flatMap(({ object, state }) => (state === null ? [] : [{ object, state }]))
  const numbers = [...new Set(states.map(({ state }) => state.config.num_replicas))]
  const leaderless = states.filter(({ state }) => state.cluster !== undefined && !state.cluster.leader)
  const behind = states.filter(({ state }) =>
    state.cluster?.replicas?.some(({ current, offline }) => !current || offline === true),
  )
  const names = (some: typeof states) => some.map(({ object }) => object).join(', ')
  if (leaderless.length > 0)
    return fail('replicas', `without a leader: ${names(leaderless)}`, 'bring the nodes of NATS back')
  if (behind.length > 0) {
    return warn(
      'replicas',
      `a replica is away or behind: ${names(behind)}`,
      'bring the node back before another goes',
    )
  }
  if (numbers.length > 1) {
    return warn(
      'replicas',
      `streams have ${numbers.join(' and ')} replicas`,
      'start belfry serve with --replicas',
    )
  }
  if (numbers[0] === 1) {
    return warn(
      'replicas',
      'one copy of everything: a lost disk loses it',
      'use three NATS nodes and --replicas 3',
    )
  }
  return ok('replicas', `${numbers[0]} of everything, all of them whole`)
}

function roomFinding({ log }: Sight): Finding {
  const message = `the log is ${Math.round(log.fill * 100)} % full`
  return log.fill < FULL
    ? ok('room', message)
    : warn('room', message, 'start belfry serve with a larger --log-size')
}

/** Local clock minus server clock, milliseconds. */
async function skewOf(connection: Connection): Promise<number> {
  const before = systemClock.now()
  const state = await streamState(connection, connection.names.fires)
  const middle = (before + systemClock.now()) / 2
  return state === null ? 0 : middle - Date.parse(state.ts)
}

function clockFinding(skewMs: number): Finding {
  const message = `this machine is ${Math.round(skewMs)} ms off the server's clock`
  if (Math.abs(skewMs) > SKEW_LEAD_MS)
    return fail('clock', message, 'run NTP on both: no instance leads like this')
  return Math.abs(skewMs) > SKEW_ALARM_MS ? warn('clock', message, 'run NTP on both') : ok('clock', message)
}

/** By the store's own order of writes, not by any clock: a leader has renewed between two looks. */
function leaderFinding(first: Sight, second: Sight): Finding {
  const { lease } = second
  if (lease === null || lease.record.released)
    return fail('leader', 'nobody leads: nothing fires', 'start belfry serve')
  const { holder, term } = lease.record
  if (first.lease?.revision === lease.revision) {
    return fail(
      'leader',
      `${holder} leads by its last word, but has not renewed for ${RENEWAL_MS} ms`,
      'start belfry serve',
    )
  }
  return ok('leader', `${holder} leads, term ${term}`)
}

function instanceFinding({ instances, at }: Sight): Finding {
  const here = instances.filter(({ seenAt }) => at - seenAt <= LATE_AFTER_MS)
  if (here.length < 2) {
    return warn(
      'instances',
      `${here.length} of ${instances.length} instances are there: none stands by`,
      'start another belfry serve',
    )
  }
  for (const field of ['version', 'tz'] as const) {
    const values = [...new Set(here.map((each) => each[field]))]
    if (values.length > 1) {
      return warn(
        'instances',
        `instances differ in ${field}: ${values.join(', ')}`,
        'finish the upgrade of belfry and Node.js',
      )
    }
  }
  const unusable = here.filter((each) => each.unusable > 0)
  if (unusable.length > 0) {
    const names = unusable.map(({ instance }) => instance).join(', ')
    return warn('instances', `${names} cannot compile schedules that are live`, 'upgrade these instances')
  }
  return ok('instances', `${here.length} are there, of the same version`)
}

function sourceFindings({ attempted }: Sight): readonly Finding[] {
  const stalled = [...attempted].filter(([, { outcome }]) => outcome !== 'applied')
  if (stalled.length === 0) return [ok('sources', `${attempted.size} applied as they are`)]
  return stalled.map(([source, { outcome, message }]) =>
    fail('sources', `${source} is ${outcome}: ${message}`, 'mend the tree; the last good one keeps firing'),
  )
}

/** What another hand has changed, and whoever leads has not put back yet or leaves alone. */
function driftFinding({ strange, live, consumers }: Sight): Finding {
  const known = new Map(consumers.map((each) => [`${each.tenant}/${each.adapter}`, each]))
  const altered = [...live.keys()].flatMap((identity) => {
    const { kind, tenant, name } = partsOf(identity)
    if (kind !== 'Adapter') return []
    const consumer = known.get(`${tenant}/${name}`)
    if (consumer === undefined) return [`the consumer of ${identity} is gone`]
    return consumer.altered.length === 0
      ? []
      : [`the consumer of ${identity} (${consumer.altered.join(', ')})`]
  })
  const foreign = [...strange.map((identity) => `the live entry ${identity}`), ...altered]
  if (foreign.length === 0) return ok('drift', 'live state and consumers are as belfry left them')
  const more = foreign.length > 5 ? ` and ${foreign.length - 5} more` : ''
  return warn(
    'drift',
    `changed by another hand: ${foreign.slice(0, 5).join('; ')}${more}`,
    'the leader puts back what was applied within five minutes; take out of the bucket what nobody applied, with nats kv del',
  )
}

function ok(check: Finding['check'], message: string): Finding {
  return { check, verdict: 'ok', message, cure: null }
}

function warn(check: Finding['check'], message: string, cure: string): Finding {
  return { check, verdict: 'warn', message, cure }
}

function fail(check: Finding['check'], message: string, cure: string): Finding {
  return { check, verdict: 'fail', message, cure }
}
