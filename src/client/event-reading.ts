import type { Connection } from '../nats/connection.ts'
import { createEventArchive, type EventScan, type StoredEvent } from '../nats/event-archive.ts'
import type { InstantLike } from './client-options.ts'
import { requireName } from './run-reading.ts'

export interface EventQuery {
  /** As in docs/spec/events.md: `applied`, `missed`, `alarm` and so on; left out: all. */
  readonly types?: readonly string[]
  /** Of its schedules and jobs, and of pauses over it or in it. */
  readonly tenant?: string
  /** Of this schedule, or of this job where it was asked to run by itself. */
  readonly schedule?: string
  /** Of this source. */
  readonly source?: string
  /** Stored from here on; a day ago if left out. */
  readonly since?: InstantLike
  readonly until?: InstantLike
  /** The newest so many; 50 if left out. */
  readonly limit?: number
}

export interface EventPage {
  /** The oldest first. */
  readonly events: readonly StoredEvent[]
  /** Everything since this moment was looked at. */
  readonly reaches: Date
  /** What `followEvents` takes to leave nothing out. */
  readonly next: number
}

export interface FollowEventsOptions extends Pick<EventQuery, 'types' | 'tenant' | 'schedule' | 'source'> {
  /** The sequence to begin with; what comes from now on if left out. */
  readonly from?: number
  readonly onEvent: (event: StoredEvent) => void
}

const DAY_MS = 86_400_000
const LIMIT = 50

export async function readEvents(connection: Connection, query: EventQuery): Promise<EventPage> {
  const { since, until, limit = LIMIT } = query
  const to = until === undefined ? connection.clock.now() : Number(until)
  const { events, reaches, next } = await createEventArchive(connection).newest({
    ...wantedBy(query),
    since: since === undefined ? to - DAY_MS : Number(since),
    until: until === undefined ? Number.POSITIVE_INFINITY : to,
    from: to,
    limit,
  })
  return { events, reaches: new Date(reaches), next }
}

/** Resolves when `signal` aborts. */
export async function followEvents(
  connection: Connection,
  { from, onEvent, ...query }: FollowEventsOptions,
  signal: AbortSignal,
): Promise<void> {
  const archive = createEventArchive(connection)
  const begin =
    from ?? (await readEvents(connection, { ...query, limit: 1, since: connection.clock.now() })).next
  archive.follow(begin, { ...wantedBy(query), onEvent }, signal)
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function wantedBy(query: EventQuery): Pick<EventScan, 'below' | 'isWanted'> {
  const { types, tenant, schedule, source } = query
  for (const [what, name] of Object.entries({ tenant, schedule, source })) requireName(what, name)
  const isWanted = (event: StoredEvent): boolean =>
    (types === undefined || types.includes(event.type)) &&
    (tenant === undefined || event.tenant === tenant || targetTenant(event.target) === tenant)
  if (schedule !== undefined) return { below: `schedule.${tenant ?? '*'}.${schedule}.*`, isWanted }
  return source === undefined ? { isWanted } : { below: `source.${source}.*`, isWanted }
}

/** Of `tenant/billing` and `schedule/billing/report`. */
function targetTenant(target: unknown): string | null {
  return typeof target === 'string' ? (target.split('/')[1] ?? null) : null
}
