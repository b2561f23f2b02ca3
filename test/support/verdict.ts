import type { LogRecord } from '../../src/ports/fire-log.ts'

/** All that one schedule owes within the period looked at. */
export interface Owed {
  readonly schedule: string
  /** Every nominal time, epoch milliseconds, in order. */
  readonly nominals: readonly number[]
  /** Reasons for which a marker may stand in place of its fires. */
  readonly markers: readonly string[]
  /** A time at most this late is fired, never settled as a misfire. */
  readonly misfireAfterMs: number
  /** Every time that a calendar closes, in order, also some after the last that is owed. Left out: none. */
  readonly closed?: readonly number[]
}

/** One line of the audit trail: `count` times from `first` to `last`, epoch milliseconds, did not fire. */
export interface Told {
  readonly schedule: string
  readonly first: number
  readonly last: number
  readonly count: number
  readonly because: readonly string[]
}

export interface Evidence {
  /** Every entry that was ever seen in the log, also those that an operator then destroyed. */
  readonly seen: readonly LogRecord[]
  /** The whole log as it is at the end. */
  readonly surviving: readonly LogRecord[]
  /** Fires, `schedule@epoch ms`, of which the server was heard to say that it has stored them. */
  readonly confirmed: ReadonlySet<string>
  /** When the log was deleted or replaced by an older one. */
  readonly destructions: readonly number[]
  /** Left out: what is closed is not looked at. */
  readonly trail?: Trail
}

/** What the audit trail says of times that did not fire. */
export interface Trail {
  /** All that it ever held. */
  readonly told: readonly Told[]
  /** Whoever leads has had time to tell what is closed up to here, epoch milliseconds. */
  readonly toldTo: number
  /** When the whole store, and the audit trail with it, was replaced by an older one. */
  readonly restorations: readonly number[]
}

export interface Judgement {
  /** Different nominal times that fired. */
  readonly fired: number
  /** Neither fired nor settled by a marker. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Fires at times that nobody asked for. */
  readonly foreign: readonly string[]
  /**
   * Markers that must not be: for another reason than may be, or a misfire of what was not late. Closed times that the
   * audit trail does not tell of, and what it tells without being so.
   */
  readonly unexplained: readonly string[]
  /** Confirmed or seen, and no longer there although nobody destroyed anything. */
  readonly vanished: readonly string[]
  /** Entries whose nominal time lies before that of an earlier one of the same schedule. */
  readonly disorderly: readonly string[]
  /** Nominal times that markers settled, by reason. */
  readonly settled: ReadonlyMap<string, number>
  /** Closed times that the audit trail explains. */
  readonly closed: number
  /** Closed times whose explanation may have gone with a store that an operator replaced. */
  readonly forgotten: number
  /** Fires that only the destroyed logs held. */
  readonly destroyed: number
  /** Fires that were destroyed and stored again. */
  readonly restored: number
  /** Stored time minus nominal of all fires, in order. */
  readonly latenessMs: readonly number[]
}

/** Clocks of the test and of the server are one machine's; only the order of a few moments may be unclear. */
const UNCLEAR_MS = 2_000
/** Closed times are gathered for up to a minute before they are told, and then some. */
const TELLING_MS = 120_000

/** Compares all that the log ever held with all that was owed. */
export function judge(evidence: Evidence, owed: readonly Owed[]): Judgement {
  const found = {
    fired: 0,
    lost: [] as string[],
    doubled: [] as string[],
    foreign: [] as string[],
    unexplained: [] as string[],
    vanished: [] as string[],
    disorderly: [] as string[],
    settled: new Map<string, number>(),
    closed: 0,
    forgotten: 0,
    destroyed: 0,
    restored: 0,
    latenessMs: [] as number[],
  }
  const kept = new Set(evidence.surviving.map(identify))
  const all = new Map([...evidence.seen, ...evidence.surviving].map((record) => [identify(record), record]))
  const bySchedule = new Map<string, LogRecord[]>()
  for (const record of all.values()) {
    const own = bySchedule.get(record.key.schedule)
    if (own === undefined) bySchedule.set(record.key.schedule, [record])
    else own.push(record)
  }
  const lastDestruction = Math.max(0, ...evidence.destructions)
  for (const each of owed) {
    const { schedule, nominals, markers, misfireAfterMs } = each
    const name = (nominal: number) => `${schedule}@${new Date(nominal).toISOString()}`
    const records = (bySchedule.get(schedule) ?? []).sort(
      (a, b) => a.storedAt - b.storedAt || a.sequence - b.sequence,
    )
    const asked = new Set(nominals)
    const fires = new Map<number, LogRecord[]>()
    const covered = new Map<number, LogRecord>()
    let reached = 0
    for (const record of records) {
      const isKept = kept.has(identify(record))
      if (!isKept && record.storedAt > lastDestruction + UNCLEAR_MS) found.vanished.push(name(record.nominal))
      if (record.kind === 'fire') {
        fires.set(record.nominal, [...(fires.get(record.nominal) ?? []), record])
      } else {
        if (!markers.includes(record.reason))
          found.unexplained.push(`${record.reason} ${name(record.nominal)}`)
        for (const nominal of between(nominals, reached, record.nominal)) covered.set(nominal, record)
      }
      reached = Math.max(reached, record.nominal)
    }
    const inOrder = records
      .filter((record) => kept.has(identify(record)))
      .sort((a, b) => a.sequence - b.sequence)
    for (const [index, { nominal }] of inOrder.slice(1).entries())
      if (nominal < inOrder[index]!.nominal) found.disorderly.push(name(nominal))
    for (const [nominal, stored] of fires) {
      found.fired += 1
      if (!asked.has(nominal)) found.foreign.push(name(nominal))
      const destroyed = stored.filter((record) => !kept.has(identify(record)))
      if (stored.length - destroyed.length > 1) found.doubled.push(name(nominal))
      if (destroyed.length === stored.length) found.destroyed += 1
      else if (destroyed.length > 0) found.restored += 1
      // What an operator destroyed may be stored again after that, and not before.
      for (const [index, record] of stored.slice(1).entries()) {
        const earlier = stored[index]!
        const excuse = evidence.destructions.some(
          (at) => at >= earlier.storedAt - UNCLEAR_MS && at <= record.storedAt + UNCLEAR_MS,
        )
        if (!excuse) found.doubled.push(name(nominal))
      }
      found.latenessMs.push(stored[0]!.storedAt - nominal)
    }
    const { trail } = evidence
    if (trail !== undefined) {
      const untold = untoldOf(each, trail, reached)
      for (const nominal of untold) {
        const mayBeGone = trail.restorations.some((at) => at >= nominal && at <= nominal + TELLING_MS)
        if (mayBeGone) found.forgotten += 1
        else found.unexplained.push(`closed, and nothing is told of it: ${name(nominal)}`)
      }
      const due = between(each.closed ?? [], 0, Math.max(reached, trail.toldTo))
      found.closed += due.length - untold.length
      found.unexplained.push(...untrue(each, trail.told))
    }
    for (const nominal of nominals) {
      if (fires.has(nominal)) continue
      const marker = covered.get(nominal)
      if (marker !== undefined) {
        found.settled.set(marker.reason, (found.settled.get(marker.reason) ?? 0) + 1)
        if (marker.reason === 'misfire' && marker.storedAt - nominal <= misfireAfterMs)
          found.unexplained.push(`misfire ${name(nominal)}`)
      } else if (!evidence.confirmed.has(`${schedule}@${nominal}`)) {
        found.lost.push(name(nominal))
      } else if (evidence.destructions.some((at) => at >= nominal)) {
        found.fired += 1
        found.destroyed += 1
      } else {
        found.vanished.push(name(nominal))
      }
    }
  }
  found.latenessMs.sort((a, b) => a - b)
  return found
}

/**
 * The closed times that must have been told, and were not. What lies before a stored entry is decided, and so is told;
 * what nobody has decided yet has no reason yet.
 */
export function untoldOf(
  { schedule, closed = [] }: Owed,
  { told, toldTo }: Pick<Trail, 'told' | 'toldTo'>,
  reached: number,
): readonly number[] {
  const left = new Set(between(closed, 0, Math.max(reached, toldTo)))
  for (const line of told)
    if (line.schedule === schedule)
      for (const nominal of between(closed, line.first - 1, line.last)) left.delete(nominal)
  return [...left]
}

/** What the audit trail says of a schedule and is not so: another number of times than are closed, or no reason. */
function untrue({ schedule, closed }: Owed, told: readonly Told[]): readonly string[] {
  return told.flatMap(({ first, last, count, because, ...line }) => {
    if (line.schedule !== schedule) return []
    const found = between(closed ?? [], first - 1, last)
    const isSo = found[0] === first && found.at(-1) === last && found.length === count && because.length > 0
    const range = `${new Date(first).toISOString()} to ${new Date(last).toISOString()}`
    return isSo ? [] : [`told ${count} of ${schedule} from ${range}, of which ${found.length} are closed`]
  })
}

/** Whether nothing is wrong. */
export function isClean(judgement: Judgement): boolean {
  const { lost, doubled, foreign, unexplained, vanished, disorderly } = judgement
  return [lost, doubled, foreign, unexplained, vanished, disorderly].every(({ length }) => length === 0)
}

/** The value below which a share of them lies; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** Sequences come again in a log that was replaced; the moment of storing does not. */
function identify({ key, kind, nominal, sequence, storedAt }: LogRecord): string {
  return `${key.schedule} ${kind} ${nominal} ${sequence} ${storedAt}`
}

/** Those in (after, to]. */
function between(sorted: readonly number[], after: number, to: number): readonly number[] {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= after) low = middle + 1
    else high = middle
  }
  let end = low
  while (end < sorted.length && sorted[end]! <= to) end += 1
  return sorted.slice(low, end)
}
