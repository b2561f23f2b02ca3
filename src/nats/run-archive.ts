/**
 * What is stored of runs, for people who look: the fires of the log, the events of runs, and their lines.
 *
 * Job: find runs, newest first, and tell all of one. Reads only, and needs no leader. Invariants: a run is told whole or
 * not at all, because its events are never older than its fire; reading goes back in windows that grow, so that the newest
 * few cost little however long the log is. On failure: throws retryable.
 */
import { type FireId, isOneOff, type ScheduleKey, scheduleOfRun } from '../core/names.ts'
import { type StoredFire, storedFireOf, type ToldEvent } from '../core/run/open-run.ts'
import { nominalOf, type RunRecord, runRecordOf } from '../core/run/run-record.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import { oneOffKey } from '../core/trigger/one-off.ts'
import type { FireLog, LogRecord } from '../ports/fire-log.ts'
import type { Connection } from './connection.ts'
import { type FeedMessage, readStream } from './feed.ts'
import { decodeRecord } from './fire-encoding.ts'
import { headerReader } from './headers.ts'
import { stretchesBack } from './look-back.ts'
import { toldEventOf } from './run-journal.ts'
import { eventsOfRun, logSubject } from './run-subjects.ts'
import { requireStream } from './set-up.ts'

export interface RunScan {
  readonly tenant?: string
  readonly schedule?: string
  readonly job?: string
  readonly adapter?: string
  /** Of when the fire was stored, epoch milliseconds; `since` included, `until` excluded. */
  readonly since: number
  readonly until: number
  readonly limit: number
  readonly isWanted: (record: RunRecord) => boolean
}

export interface FoundRuns {
  /** The newest first. */
  readonly runs: readonly RunRecord[]
  /** Everything since this moment was looked at, epoch milliseconds. */
  readonly reaches: number
  /** Why it looked no further back. */
  readonly ended: 'limit' | 'since' | 'too-many'
}

export interface WholeRun {
  readonly record: RunRecord
  /** null where the log has forgotten it. */
  readonly fire: Fire | null
  /** The one-off that stands for its dead letter. */
  readonly requeuedAs: FireId | null
  readonly lines: readonly RunLine[]
}

/** One line, or the progress told; best effort, and kept for an hour. */
export interface RunLine {
  readonly at: string
  readonly attempt: number
  readonly type: 'line' | 'progress'
  readonly level?: string
  readonly text?: string
  readonly facts?: Readonly<Record<string, unknown>>
  readonly fraction?: number
}

export interface RunArchive {
  newest(scan: RunScan): Promise<FoundRuns>
  /** null: nothing is stored of such a run. */
  whole(run: FireId): Promise<WholeRun | null>
}

/** Of one window; beyond it whoever asks must ask for less. */
const MOST_MESSAGES = 300_000
const TIMEOUT_MS = 10_000
/** Attempts sent by the leader that are looked for at once. */
const ATTEMPTS_AT_ONCE = 8

export function createRunArchive({
  connection,
  log,
}: {
  readonly connection: Connection
  readonly log: FireLog
}): RunArchive {
  return {
    newest: (scan) => newestRuns(connection, scan),
    whole: (run) => wholeRun(connection, log, run),
  }
}

/** What is known of the runs of one reading, while older windows may know more. */
class Traces {
  readonly fires = new Map<FireId, StoredFire[]>()
  readonly events = new Map<FireId, ToldEvent[]>()

  of(run: FireId): RunRecord | null {
    return runRecordOf({ fires: this.fires.get(run) ?? [], events: this.events.get(run) ?? [] })
  }

  add(window: { readonly fires: readonly StoredFire[]; readonly events: readonly ToldEvent[] }): void {
    for (const fire of window.fires) addTo(this.fires, fire.run, fire)
    for (const told of window.events) addTo(this.events, told.event.run, told)
  }

  forget(run: FireId): void {
    this.fires.delete(run)
    this.events.delete(run)
  }
}

async function newestRuns(connection: Connection, scan: RunScan): Promise<FoundRuns> {
  const { since, limit, isWanted } = scan
  const traces = new Traces()
  const runs: RunRecord[] = []
  const floor = Math.max(since, await oldestSign(connection, scan.until))
  for (const { from, to } of stretchesBack({ since: floor, until: scan.until })) {
    const window = await readWindow(connection, scan, { from, to })
    if (window === null) return { runs, reaches: Math.min(to, scan.until), ended: 'too-many' }
    traces.add(window)
    const found: RunRecord[] = []
    for (const { run, attempt, storedAt } of window.fires) {
      if (attempt !== 1 || storedAt >= scan.until) continue
      const record = traces.of(run)
      traces.forget(run)
      if (record !== null && isWanted(record)) found.push(record)
    }
    runs.push(...newestFirst(found))
    if (runs.length >= limit) return { runs: runs.slice(0, limit), reaches: from, ended: 'limit' }
  }
  // What is left began before, or the log has forgotten its fire; only a schedule's own time tells which.
  const forgotten = [...traces.events.keys()].flatMap((run) => {
    const nominal = nominalOf(run)
    const record = nominal === null || nominal < since || nominal >= scan.until ? null : traces.of(run)
    return record !== null && isWanted(record) ? [record] : []
  })
  return { runs: [...runs, ...newestFirst(forgotten)].slice(0, limit), reaches: since, ended: 'since' }
}

/** Before this moment nothing is stored, so that nobody need look. */
async function oldestSign(connection: Connection, until: number): Promise<number> {
  const { fires, runs } = connection.names
  const states = await Promise.all([requireStream(connection, fires), requireStream(connection, runs)])
  const firsts = states.flatMap(({ state }) => (state.messages === 0 ? [] : [Date.parse(state.first_ts)]))
  return Math.min(until, ...firsts)
}

/** What was stored in a stretch of time; null: too much to look through. */
async function readWindow(
  connection: Connection,
  { tenant = '*', schedule, job = '*', adapter = '*' }: RunScan,
  { from, to }: { readonly from: number; readonly to: number },
) {
  const { names } = connection
  const fires: StoredFire[] = []
  const events: ToldEvent[] = []
  let count = 0
  const read = async <T>(
    { stream, filter, headersOnly }: { stream: string; filter: string; headersOnly: boolean },
    { into, decode }: { into: T[]; decode: (message: FeedMessage) => T | null },
  ): Promise<void> => {
    await readStream(
      {
        connection,
        stream,
        filter,
        headersOnly,
        from: { storedSince: from },
        onMessage(message) {
          count += 1
          if (message.storedAt >= to) return
          const decoded = decode(message)
          if (decoded !== null) into.push(decoded)
        },
        onReset: () => into.splice(0),
        isEnough: ({ storedAt }) => storedAt >= to || count > MOST_MESSAGES,
      },
      TIMEOUT_MS,
    )
  }
  // Fires after events: what is told of a fire then never lacks it.
  await read(
    {
      stream: names.runs,
      filter: `${names.prefix}.run.${tenant}.${schedule ?? '*'}.${job}.${adapter}.*`,
      headersOnly: false,
    },
    { into: events, decode: toldEventOf },
  )
  await read(
    {
      stream: names.fires,
      filter: `${names.prefix}.fire.${tenant}.*.${job}.${adapter}.*`,
      headersOnly: true,
    },
    {
      into: fires,
      decode(message) {
        const record = recordFrom(message)
        const fire = record === null ? null : storedFireOf(record)
        return fire !== null && (schedule === undefined || fire.schedule === schedule) ? fire : null
      },
    },
  )
  return count > MOST_MESSAGES ? null : { fires, events }
}

async function wholeRun(connection: Connection, log: FireLog, run: FireId): Promise<WholeRun | null> {
  const { names } = connection
  await requireStream(connection, names.runs)
  const events: ToldEvent[] = []
  await readStream(
    {
      connection,
      stream: names.runs,
      filter: eventsOfRun(names, run),
      from: 1,
      headersOnly: false,
      onMessage(message) {
        const told = toldEventOf(message)
        if (told !== null) events.push(told)
      },
      onReset: () => events.splice(0),
    },
    TIMEOUT_MS,
  )
  const first = await firstFireOf(log, run)
  const fires = first === null ? [] : [first, ...(await laterFiresOf(log, run))]
  const record = runRecordOf({ fires: fires.flatMap((each) => storedFireOf(each) ?? []), events })
  if (record === null) return null
  const { last } = record
  const [fire, requeued, lines] = await Promise.all([
    first === null ? null : log.fire(first.sequence),
    last?.type === 'dead' ? log.last(requeueKey(run, last.sequence)) : null,
    linesOf(connection, record),
  ])
  return { record, fire, requeuedAs: requeued?.fireId ?? null, lines }
}

async function firstFireOf(log: FireLog, run: FireId): Promise<LogRecord | null> {
  const key = keyOfRun(run)
  if (isOneOff(key)) return log.last(key)
  const nominal = nominalOf(run)
  if (nominal === null) return null
  const { records } = await log.range(key, { from: nominal, to: nominal + 1 })
  return records.find(({ fireId }) => fireId === run) ?? null
}

/** The messages with which the leader has sent later attempts. */
async function laterFiresOf(log: FireLog, run: FireId): Promise<readonly LogRecord[]> {
  const { tenant } = keyOfRun(run)
  const base = scheduleOfRun(run)
  const found: LogRecord[] = []
  for (let from = 2; ; from += ATTEMPTS_AT_ONCE) {
    const some = Array.from({ length: ATTEMPTS_AT_ONCE }, (_, index) => {
      const asking = { reason: 'retry', run, attempt: from + index, notOn: null } as const
      return log.last(oneOffKey(tenant, base, { asking, nominal: 0 }))
    })
    const records = (await Promise.all(some)).flatMap((record) => record ?? [])
    found.push(...records)
    if (records.length === 0) return found
  }
}

function requeueKey(run: FireId, deadSequence: number): ScheduleKey {
  const asking = { reason: 'requeue', run, deadSequence } as const
  return oneOffKey(keyOfRun(run).tenant, scheduleOfRun(run), { asking, nominal: 0 })
}

async function linesOf(connection: Connection, record: RunRecord): Promise<readonly RunLine[]> {
  const { names } = connection
  const lines: RunLine[] = []
  await readStream(
    {
      connection,
      stream: names.logs,
      filter: logSubject(names, record),
      from: 1,
      headersOnly: false,
      onMessage({ message }) {
        const line = parsed(message.string())
        if (line !== null) lines.push(line)
      },
      onReset: () => lines.splice(0),
    },
    TIMEOUT_MS,
  )
  return lines
}

function parsed(text: string): RunLine | null {
  try {
    const line = JSON.parse(text) as Partial<RunLine> | null
    return typeof line?.at === 'string' && (line.type === 'line' || line.type === 'progress')
      ? (line as RunLine)
      : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function keyOfRun(run: FireId): ScheduleKey {
  const slash = run.indexOf('/')
  const rest = run.slice(slash + 1)
  const at = rest.indexOf('@')
  return { tenant: run.slice(0, slash), schedule: at < 0 ? rest : rest.slice(0, at) }
}

function recordFrom({ subject, sequence, storedAt, message }: FeedMessage): LogRecord | null {
  return decodeRecord({ subject, sequence, storedAt, header: headerReader(message) })
}

function newestFirst(runs: readonly RunRecord[]): readonly RunRecord[] {
  return [...runs].sort((a, b) => b.storedAt - a.storedAt || (b.sequence ?? 0) - (a.sequence ?? 0))
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
