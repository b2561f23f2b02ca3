/**
 * The newest entries of the log, kept to store them again should the log lose them.
 *
 * Job: remember what was stored in the last three minutes, whether written here or told by the log. A server that loses
 * its power has acknowledged up to two minutes (its default) of what its disk never saw. Invariants: entries of one
 * schedule stand in their order in the log; memory is bounded, and above the bound the oldest go first, whatever their
 * age. While nothing new is stored nothing is forgotten: an outage of any length costs no entry. What has expired by the
 * server's clock, which may have jumped, is not missing.
 */
import type { ScheduleKey } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogRecord, StoredContent } from '../ports/fire-log.ts'

export const TAIL_MS = 180_000
const MOST_BYTES = 96 * 1024 ** 2
/** What an entry that was written here takes; its payload is shared with the trigger. */
const ENTRY_BYTES = 400

export interface TailEntry {
  readonly sequence: number
  readonly key: ScheduleKey
  readonly kind: 'fire' | 'marker'
  readonly nominal: number
  readonly count: number
  /** As it was written here, or as the log told it. */
  readonly content: LogEntry | StoredContent
}

interface Kept extends TailEntry {
  readonly size: number
  /** Server time until which the log itself keeps it. */
  readonly expiresAt: number
  at: number
  /** The log has it no more; its sequence may be another's. */
  isLost: boolean
}

/** An entry by its place and what stands there. */
export interface TailMark {
  readonly sequence: number
  /** `tenant.schedule kind nominal` */
  readonly entry: string
}

export class LogTail {
  readonly #clock: Clock
  readonly #serverNow: () => number
  readonly #mostBytes: number
  #queue: Kept[] = []
  #start = 0
  readonly #ofSchedule = new Map<string, Kept[]>()
  #bytes = 0
  /** Whether any entry may be lost: while none is, nothing of a schedule's entries is searched. */
  #mayBeLost = false
  #newest: Kept | null = null
  #firm: TailMark | null = null

  /** `serverNow`: the server's clock as far as it is known, for what is written here. */
  constructor(clock: Clock, serverNow: () => number, mostBytes = MOST_BYTES) {
    this.#clock = clock
    this.#serverNow = serverNow
    this.#mostBytes = mostBytes
  }

  /** null: it has expired, or nothing is known. */
  newest(serverTime: number): TailEntry | null {
    const newest = this.#newest
    return newest !== null && newest.expiresAt > serverTime ? newest : null
  }

  /** The newest entry that is older than what a crash can take; null if none is known. */
  get firm(): TailMark | null {
    return this.#firm
  }

  /** What is known of the time before this tail begins. */
  begin(firm: TailMark | null): void {
    this.#firm = firm
  }

  /** An entry that was just stored here. */
  wrote(entry: LogEntry, sequence: number): void {
    const { key, kind, nominal, count } = entry
    const entryHere = { sequence, key, kind, nominal, count, content: entry }
    this.#keep(entryHere, this.#serverNow(), ENTRY_BYTES)
  }

  /** An entry that was stored again. */
  brought({ key, kind, nominal, count, content }: Omit<TailEntry, 'sequence'>, sequence: number): void {
    const size = 'kind' in content ? ENTRY_BYTES : content.size
    this.#keep({ sequence, key, kind, nominal, count, content }, this.#serverNow(), size)
  }

  /** An entry that the log told. */
  told(record: LogRecord, content: StoredContent): void {
    const { sequence, key, kind, nominal, count } = record
    this.#keep({ sequence, key, kind, nominal, count, content }, record.storedAt, content.size)
  }

  /** The entries that stand in the log as far as is known, in the order of their sequences. */
  standing(serverTime: number): readonly TailEntry[] {
    const standing = this.#queue
      .slice(this.#start)
      .filter(({ isLost, expiresAt }) => !isLost && expiresAt > serverTime)
    return standing.sort((a, b) => a.sequence - b.sequence)
  }

  /** Everything after `sequence` is lost. */
  lose(sequence: number): void {
    const now = this.#clock.monotonic()
    this.#mayBeLost = true
    this.#newest = null
    for (let index = this.#start; index < this.#queue.length; index++) {
      const kept = this.#queue[index] as Kept
      if (kept.sequence > sequence) kept.isLost = true
      // So long it is kept for whoever leads next.
      if (kept.isLost) kept.at = now
      else if (kept.sequence > (this.#newest?.sequence ?? 0)) this.#newest = kept
    }
    if (this.#firm !== null && this.#firm.sequence > sequence) this.#firm = null
  }

  /** The schedules of which something is lost. */
  get lost(): readonly ScheduleKey[] {
    const keys = new Map<string, ScheduleKey>()
    for (let index = this.#start; index < this.#queue.length; index++) {
      const { isLost, key } = this.#queue[index] as Kept
      if (isLost) keys.set(idOf(key), key)
    }
    return [...keys.values()]
  }

  /** What is lost of a schedule after its last entry in the log, in order; each once, however often it was lost. */
  missingAfter(key: ScheduleKey, last: LogRecord | null, serverTime: number): readonly TailEntry[] {
    const lost = (this.#ofSchedule.get(idOf(key)) ?? []).filter(
      ({ isLost, expiresAt }) => isLost && expiresAt > serverTime,
    )
    const missing: TailEntry[] = []
    let reached: Placed | null = last
    for (const entry of lost.sort(inOrder)) {
      if (reached !== null && inOrder(entry, reached) <= 0) continue
      missing.push(entry)
      reached = entry
    }
    return missing
  }

  /** What was lost is stored again, or never will be. */
  forgetLost(): void {
    this.#mayBeLost = false
    this.#queue = this.#queue.slice(this.#start).filter(({ isLost }) => !isLost)
    this.#start = 0
    this.#bytes = this.#queue.reduce((sum, { size }) => sum + size, 0)
    for (const [id, entries] of this.#ofSchedule) {
      const left = entries.filter(({ isLost }) => !isLost)
      if (left.length === 0) this.#ofSchedule.delete(id)
      else if (left.length < entries.length) this.#ofSchedule.set(id, left)
    }
  }

  /** The log is another one: nothing of this was ever in it. */
  clear(): void {
    this.#mayBeLost = false
    this.#queue = []
    this.#start = 0
    this.#ofSchedule.clear()
    this.#bytes = 0
    this.#newest = null
    this.#firm = null
  }

  /** What stands at this sequence, as far as is known. */
  markAt(sequence: number): TailMark | null {
    for (let index = this.#queue.length - 1; index >= this.#start; index--) {
      const kept = this.#queue[index] as Kept
      if (!kept.isLost && kept.sequence === sequence) return { sequence, entry: markOf(kept) }
    }
    return this.#firm?.sequence === sequence ? this.#firm : null
  }

  #keep(entry: TailEntry, storedAt: number, size: number): void {
    const ttlMs = entry.content.ttlSeconds * 1_000
    const now = this.#clock.monotonic()
    this.#forget(now)
    // What expires by itself so soon would be taken for lost.
    if (ttlMs <= TAIL_MS) return
    const id = idOf(entry.key)
    const entries = this.#ofSchedule.get(id)
    const again = this.#mayBeLost
      ? entries?.find(({ isLost, sequence }) => isLost && sequence === entry.sequence)
      : undefined
    if (again !== undefined && markOf(again) === markOf(entry)) {
      // It was feared lost with others, and is not.
      again.isLost = false
      if (entry.sequence > (this.#newest?.sequence ?? 0)) this.#newest = again
      return
    }
    const last = entries?.findLast(({ isLost }) => !isLost)
    // Told after it was written here, or told again.
    if (last !== undefined && last.sequence >= entry.sequence) return
    const kept: Kept = { ...entry, size, at: now, expiresAt: storedAt + ttlMs, isLost: false }
    if (entries === undefined) this.#ofSchedule.set(id, [kept])
    else entries.push(kept)
    this.#queue.push(kept)
    this.#bytes += size
    if (entry.sequence > (this.#newest?.sequence ?? 0)) this.#newest = kept
  }

  #forget(now: number): void {
    while (this.#start < this.#queue.length) {
      const oldest = this.#queue[this.#start] as Kept
      if (now - oldest.at <= TAIL_MS && this.#bytes <= this.#mostBytes) break
      this.#start += 1
      this.#bytes -= oldest.size
      const id = idOf(oldest.key)
      const entries = this.#ofSchedule.get(id)
      if (entries?.length === 1) this.#ofSchedule.delete(id)
      else entries?.splice(entries.indexOf(oldest), 1)
      if (!oldest.isLost && oldest.sequence > (this.#firm?.sequence ?? 0))
        this.#firm = { sequence: oldest.sequence, entry: markOf(oldest) }
    }
    if (this.#start > 8_192) {
      this.#queue.splice(0, this.#start)
      this.#start = 0
    }
  }
}

/** What stands in the log at some place: equal for an entry and for what the log tells of it. */
export function markOf({ key, kind, nominal }: Pick<LogRecord, 'key' | 'kind' | 'nominal'>): string {
  return `${idOf(key)} ${kind} ${nominal}`
}

function idOf({ tenant, schedule }: ScheduleKey): string {
  return `${tenant}.${schedule}`
}

type Placed = Pick<LogRecord, 'kind' | 'nominal'>

/** How the entries of one schedule follow each other: a cut may stand at the time of the fire before it. */
function inOrder(a: Placed, b: Placed): number {
  return a.nominal - b.nominal || Number(a.kind === 'marker') - Number(b.kind === 'marker')
}
