import type pc from 'picocolors'
import type { Sight } from '../app/look.ts'
import type { AttemptRecord } from '../core/plan/live-entry.ts'
import type { Standing } from '../core/plan/standing.ts'
import { formatDuration } from '../core/time/duration.ts'
import { formatInstant } from '../core/time/instant.ts'
import type { LogRecord } from '../ports/fire-log.ts'
import type { HeldLease } from '../ports/lease.ts'
import { inColumns } from './columns.ts'
import { problemJson } from './problem-formats.ts'
import { plain } from './problem-text.ts'

export interface StatusFacts {
  readonly sight: Sight
  readonly standings: readonly Standing[]
  /** Schedules in all. */
  readonly total: number
  /** Schedules asked for but beyond the limit. */
  readonly hidden: number
  /** The last entry of each schedule, by `tenant/name`. */
  readonly last: ReadonlyMap<string, LogRecord>
}

type Colors = ReturnType<typeof pc.createColors>
type Health = 'healthy' | 'late' | 'lost'

const LATE_AFTER_MS = 15_000
const LOST_AFTER_MS = 60_000

export function statusText({ sight, standings, total, hidden, last }: StatusFacts, colors: Colors): string {
  const {
    at,
    lease,
    applied,
    attempted,
    instances,
    pauses,
    circuits,
    waits,
    chains,
    eventWaits,
    log,
    live,
    strange,
  } = sight
  const ago = (instant: number): string =>
    `${formatDuration(Math.max(0, Math.round((at - instant) / 1000) * 1000))} ago`
  const lines: string[] = []
  if (lease === null || lease.record.released)
    lines.push(colors.red('leader     nobody leads: nothing fires'))
  else
    lines.push(
      `leader     ${lease.record.holder} (term ${lease.record.term}), renewed ${ago(lease.record.renewedAt)}`,
    )
  for (const [source, record] of applied) {
    lines.push(`source     ${source}: revision ${record.revision} applied ${ago(record.appliedAt)}`)
  }
  for (const [source, attempt] of attempted) {
    if (attempt.outcome === 'applied') continue
    lines.push(
      colors.red(
        `           ${source}: ${conditionOf(attempt)} since ${ago(attempt.observedAt)}, the last good tree keeps firing`,
      ),
    )
    lines.push(
      colors.red(
        `           ${attempt.message}${attempt.problemCount > 1 ? ` (and ${attempt.problemCount - 1} more)` : ''}`,
      ),
    )
  }
  for (const pause of pauses) {
    const end = pause.until === null ? '' : `, until ${formatInstant(pause.until)}`
    lines.push(
      colors.yellow(
        `paused     ${pause.target} by ${plain(pause.by)} since ${formatInstant(pause.at)}${end}, because ${plain(pause.reason)}`,
      ),
    )
  }
  if (strange.length > 0) {
    const more = strange.length > 5 ? ` and ${strange.length - 5} more` : ''
    lines.push(
      colors.red(`           Drifted: another hand has written ${strange.slice(0, 5).join(', ')}${more}`),
    )
  }
  for (const { tenant, adapter, since, until, because } of circuits) {
    const now = until > at ? `open until ${formatInstant(until)}` : 'half open, one run at a time'
    lines.push(
      colors.yellow(
        `circuit    of the adapter ${tenant}/${adapter}: ${now}, since ${ago(since)}: ${plain(because)}`,
      ),
    )
  }
  for (const { tenant, adapter, waiting, since } of waits) {
    lines.push(
      colors.yellow(
        `waiting    ${waiting} for a place under the rate limit of the adapter ${tenant}/${adapter}, since ${ago(since)}`,
      ),
    )
  }
  for (const { schedule, stopped } of chains) {
    lines.push(
      colors.yellow(
        `stopped    the chain before ${schedule.tenant}/${schedule.schedule}, ${ago(stopped.at)}: ${stopped.run} ${plain(stopped.because)}`,
      ),
    )
  }
  for (const { tenant, schedule, waitsFor } of eventWaits)
    lines.push(colors.yellow(`in vain    ${tenant}/${schedule} waits for messages: ${plain(waitsFor)}`))
  lines.push(`log        ${log.lastSequence} entries so far, ${Math.round(log.fill * 1000) / 10} % full`)
  lines.push(`objects    ${live.size}, ${total} schedules`, '')
  lines.push(
    ...inColumns([
      ['instance', 'role', 'health', 'version', 'schedules', 'tz', 'clock'],
      ...instances.map((each) => [
        each.instance,
        roleOf(each, lease),
        health(at - each.seenAt),
        each.version,
        String(each.schedules),
        each.tz,
        each.skewMs === null ? '' : `${Math.round(each.skewMs)} ms off`,
      ]),
    ]),
    '',
  )
  const rows = standings.map((standing) => {
    const entry = last.get(`${standing.tenant}/${standing.name}`)
    const when =
      standing.next === null
        ? '-'
        : `${standing.nextLocal ?? ''} (in ${formatDuration(Math.max(0, Math.round((standing.next - at) / 1000) * 1000))})`
    return [
      `${standing.tenant}/${standing.name}`,
      standing.condition,
      when,
      entry === undefined ? '-' : `${new Date(entry.nominal).toISOString().slice(0, 19)}Z ${entry.reason}`,
      `${standing.file}:${standing.line}`,
      standing.message,
    ]
  })
  lines.push(...inColumns([['schedule', 'condition', 'next', 'last entry', 'written in', ''], ...rows]))
  if (hidden > 0) lines.push(`and ${hidden} more (--limit)`)
  return `${lines.join('\n')}\n`
}

/** Sync and health apart: what became of the tree that was looked at last. */
function conditionOf({ outcome }: AttemptRecord): string {
  return { applied: 'Ready', invalid: 'Stalled (not valid)', refused: 'Stalled (refused)', behind: 'Behind' }[
    outcome
  ]
}

/** The lease says who leads; an instance that was killed would call itself the leader in its last words. */
function roleOf({ instance }: { readonly instance: string }, lease: HeldLease | null): 'leader' | 'standby' {
  return lease !== null && !lease.record.released && lease.record.holder === instance ? 'leader' : 'standby'
}

function health(ageMs: number): Health {
  return ageMs > LOST_AFTER_MS ? 'lost' : ageMs > LATE_AFTER_MS ? 'late' : 'healthy'
}

/** The stable form of `--format json`. Instants are ISO 8601 UTC. */
export function statusJson({
  sight,
  standings,
  total,
  last,
}: StatusFacts): Readonly<Record<string, unknown>> {
  const {
    at,
    lease,
    applied,
    attempted,
    instances,
    consumers,
    pauses,
    circuits,
    waits,
    chains,
    eventWaits,
    log,
    live,
    strange,
  } = sight
  const instant = (value: number | null): string | null =>
    value === null ? null : new Date(value).toISOString()
  return {
    at: instant(at),
    leader:
      lease === null || lease.record.released
        ? null
        : { instance: lease.record.holder, term: lease.record.term },
    sources: [...new Set([...applied.keys(), ...attempted.keys()])].map((source) => {
      const done = applied.get(source)
      const tried = attempted.get(source)
      return {
        source,
        applied:
          done === undefined
            ? null
            : {
                revision: done.revision,
                digest: done.digest,
                at: instant(done.appliedAt),
                counts: done.counts,
              },
        attempted:
          tried === undefined
            ? null
            : {
                outcome: tried.outcome,
                digest: tried.digest,
                message: tried.message,
                observedAt: instant(tried.observedAt),
                problemCount: tried.problemCount,
                problems: tried.problems.map(problemJson),
              },
      }
    }),
    instances: instances.map(({ seenAt, startedAt, nextDue, ...rest }) => ({
      ...rest,
      role: roleOf(rest, lease),
      health: health(at - seenAt),
      seenAt: instant(seenAt),
      startedAt: instant(startedAt),
      nextDue: instant(nextDue),
    })),
    adapters: consumers,
    pauses: pauses.map(({ at: since, until, ...rest }) => ({
      ...rest,
      since: instant(since),
      until: instant(until),
    })),
    waits: waits.map(({ since, ...rest }) => ({ ...rest, since: instant(since) })),
    circuits: circuits.map(({ since, until, ...rest }) => ({
      ...rest,
      state: until > at ? 'open' : 'half-open',
      since: instant(since),
      until: instant(until),
    })),
    stoppedChains: chains.map(({ schedule, stopped }) => ({
      schedule: `${schedule.tenant}/${schedule.schedule}`,
      run: stopped.run,
      at: instant(stopped.at),
      because: stopped.because,
    })),
    waitsInVain: eventWaits.map(({ tenant, schedule, stream, waitsFor }) => ({
      schedule: `${tenant}/${schedule}`,
      stream,
      because: waitsFor,
    })),
    log: { firstSequence: log.firstSequence, lastSequence: log.lastSequence, fill: log.fill },
    drifted: strange,
    objects: live.size,
    scheduleCount: total,
    schedules: standings.map(({ tenant, name, identity: _, next, ...rest }) => {
      const entry = last.get(`${tenant}/${name}`)
      return {
        schedule: `${tenant}/${name}`,
        ...rest,
        next: instant(next),
        last:
          entry === undefined
            ? null
            : {
                kind: entry.kind,
                reason: entry.reason,
                nominal: instant(entry.nominal),
                sequence: entry.sequence,
                count: entry.count,
              },
      }
    }),
  }
}
