/**
 * The newest entries of the log, kept to store them again should the log lose them.
 *
 * Job: remember what was stored in the last three minutes, whether written here or told by the log. A server that loses
 * its power has acknowledged up to two minutes (its default) of what its disk never saw. Invariants: entries of one
 * schedule stand in their order in the log; memory is bounded, and above the bound the oldest go first, whatever their
 * age. While nothing new is stored nothing is forgotten: an outage of any length costs no entry. What has expired by the
 * server's clock, which may have jumped, is not missing. An entry that can stand in another log than those before it, or
 * in the place of one that is lost, is in doubt from its acknowledgement until the log was looked at.
 */
import type { ScheduleKey } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogRecord, StoredContent } from '../ports/fire-log.ts'
import { idOf, inOrder, isSame, markOf, type Sent, type TailEntry, type TailMark } from './tail-entry.ts'

export const TAIL_MS = 180_000
const MOST_BYTES = 96 * 1024 ** 2
/** What an entry that was written here takes; its payload is shared with the trigger. */
const ENTRY_BYTES = 400

interface Kept extends TailEntry {
  sequence: number
  readonly size: number
  /** Server time until which the log itself keeps it. */
  readonly expiresAt: number
  at: number
  /** The log has it no more; its sequence may be another's. */
  isLost: boolean
  /** Acknowledged in a place that was another entry's. */
  replaces: boolean
  /** Should the log turn out to be another one, it was in the newest for certain. */
  isOfNewest: boolean
  /** Perhaps it was in a log that is gone: where it does not stand, it is not missing either. */
  mayBeForeign: boolean
}

/** What is known of an entry beside itself. */
interface Known {
  readonly storedAt: number
  readonly size: number
  /** null: the log told it, and so it stands there. */
  readonly sent: Sent | null
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
  #highest = 0
  readonly #doubted = new Set<Kept>()
  #firm: TailMark | null = null

  /** `serverNow`: the server's clock as far as it is known, for what is written here. */
  constructor(clock: Clock, serverNow: () => number, mostBytes = MOST_BYTES) {
    this.#clock = clock
    this.#serverNow = serverNow
    this.#mostBytes = mostBytes
  }

  /** null: nothing is known. `expiresAt`: server time until which the log itself keeps it. */
  get newest(): (TailEntry & { readonly expiresAt: number }) | null {
    return this.#newest
  }

  /** The highest sequence that was told or acknowledged. */
  get highest(): number {
    return this.#highest
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
  wrote(entry: LogEntry, sequence: number, sent: Sent): void {
    const { key, kind, nominal, count } = entry
    const entryHere = { sequence, key, kind, nominal, count, content: entry }
    this.#keep(entryHere, { storedAt: this.#serverNow(), size: ENTRY_BYTES, sent })
  }

  /** An entry that was stored again. */
  brought(entry: Omit<TailEntry, 'sequence'>, sequence: number, sent: Sent): void {
    const { key, kind, nominal, count, content } = entry
    const size = 'kind' in content ? ENTRY_BYTES : content.size
    const entryHere = { sequence, key, kind, nominal, count, content }
    this.#keep(entryHere, { storedAt: this.#serverNow(), size, sent })
  }

  /** An entry that the log told. */
  told(record: LogRecord, content: StoredContent): void {
    const { sequence, key, kind, nominal, count } = record
    const entryThere = { sequence, key, kind, nominal, count, content }
    this.#keep(entryThere, { storedAt: record.storedAt, size: content.size, sent: null })
  }

  /** The entries that stand in the log as far as is known, in the order of their sequences. */
  standing(serverTime: number): readonly TailEntry[] {
    const standing = this.#queue
      .slice(this.#start)
      .filter(({ isLost, expiresAt }) => !isLost && expiresAt > serverTime)
    return standing.sort((a, b) => a.sequence - b.sequence)
  }

  /** What is in doubt now, for `trust`. */
  doubts(): ReadonlySet<TailEntry> {
    return new Set(this.#doubted)
  }

  /** The log was looked at after these were acknowledged: it is the same, and whole. */
  trust(doubts: ReadonlySet<TailEntry>): void {
    for (const kept of this.#doubted) if (doubts.has(kept)) this.#doubted.delete(kept)
  }

  /** Whether something was acknowledged in a place that was another entry's. */
  get hasReplaced(): boolean {
    for (const { replaces } of this.#doubted) if (replaces) return true
    return false
  }

  /** What may stand in a place that was another's says nothing of how far the log goes: lost, until it is found there. */
  fear(): void {
    for (const kept of this.#doubted) if (kept.isOfNewest) this.#fear(kept)
  }

  #fear(kept: Kept): void {
    this.#mayBeLost = true
    kept.isLost = true
    kept.at = this.#clock.monotonic()
  }

  /** The last entry of a schedule, as the log has it: if it was taken for lost, it is not, nor is what it came after. */
  found(last: LogRecord): void {
    const entries = this.#ofSchedule.get(idOf(last.key)) ?? []
    const there = entries.find((one) => isSame(one, last) && one.sequence === last.sequence)
    const kept = there ?? entries.find((one) => isSame(one, last))
    if (kept === undefined || !kept.isLost) return
    if (kept.sequence === last.sequence) {
      for (const one of entries) if (this.#doubted.has(one) && one.sequence < last.sequence) this.#stands(one)
    }
    kept.sequence = last.sequence
    this.#stands(kept)
    moveBehind(entries, kept)
  }

  /** Everything after `sequence` is lost. */
  lose(sequence: number): void {
    const now = this.#clock.monotonic()
    this.fear()
    this.#mayBeLost = true
    this.#newest = null
    this.#highest = sequence
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

  /**
   * What is lost of a schedule after its last entry in the log, in order; each once, however often it was lost. Of
   * markers at one time, such as the cut and the end of what is renamed, each says something else.
   */
  missingAfter(key: ScheduleKey, last: LogRecord | null, serverTime: number): readonly TailEntry[] {
    const known = this.#ofSchedule.get(idOf(key)) ?? []
    const reached = last === null ? -1 : known.findLastIndex((entry) => isSame(entry, last))
    const isAfterLast = (entry: Kept): boolean => {
      const order = last === null ? 1 : inOrder(entry, last)
      return order > 0 || (order === 0 && reached >= 0 && known.indexOf(entry) > reached)
    }
    const lost = known.filter(
      ({ isLost, mayBeForeign, expiresAt }) => isLost && !mayBeForeign && expiresAt > serverTime,
    )
    const missing: TailEntry[] = []
    for (const entry of lost.sort(inOrder)) {
      const isKnown = missing.findLast((one) => inOrder(one, entry) !== 0 || isSame(one, entry))
      if (!isAfterLast(entry) || (isKnown !== undefined && isSame(isKnown, entry))) continue
      missing.push(entry)
    }
    return missing
  }

  /** What was lost is stored again, or never will be. */
  forgetLost(): void {
    this.#mayBeLost = false
    this.#retain(({ isLost }) => !isLost)
  }

  /**
   * The log is another one, and nothing goes from one to the next. Only what is in doubt may have been stored in the new
   * one, unnoticed, and is to be looked for there.
   */
  renew(): void {
    this.#retain((kept) => this.#doubted.has(kept))
    for (const kept of this.#doubted) {
      this.#fear(kept)
      kept.mayBeForeign = !kept.isOfNewest
      // Of a log that comes after this one it is not.
      kept.isOfNewest = false
    }
    this.#newest = null
    this.#highest = 0
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

  #keep(entry: TailEntry, { storedAt, size, sent }: Known): void {
    const ttlMs = entry.content.ttlSeconds * 1_000
    const now = this.#clock.monotonic()
    this.#forget(now)
    this.#highest = Math.max(this.#highest, entry.sequence)
    // What expires by itself so soon would be taken for lost.
    if (ttlMs <= TAIL_MS) return
    const id = idOf(entry.key)
    const entries = this.#ofSchedule.get(id)
    const again = this.#mayBeLost
      ? entries?.find(({ isLost, sequence }) => isLost && sequence === entry.sequence)
      : undefined
    const standing = again !== undefined && markOf(again) === markOf(entry) ? again : undefined
    // It was feared lost with others, and is not.
    if (standing !== undefined) {
      this.#stands(standing)
      moveBehind(entries!, standing)
    }
    if (standing !== undefined && sent === null) return
    const last = entries?.findLast((one) => !one.isLost && one !== standing)
    const replaces = sent !== null && sent.reached > 0 && entry.sequence <= sent.reached
    // Told after it was written here, or told again.
    if (last !== undefined && last.sequence >= entry.sequence && !replaces) return
    const before = last !== undefined && this.#doubted.has(last) ? last : null
    // What it was sent to come after stands in the same log.
    const isOfNewest = replaces || sent?.reached === 0 || (sent !== null && before?.isOfNewest === true)
    const isDoubted = sent !== null && (isOfNewest || sent.isFirst || before !== null)
    if (standing !== undefined) {
      // Acknowledged in the same place, which may be another log's.
      Object.assign(standing, { replaces, isOfNewest })
      if (isDoubted) this.#doubted.add(standing)
      return
    }
    const fate = { isLost: false, replaces, isOfNewest, mayBeForeign: false }
    const kept: Kept = { ...entry, size, at: now, expiresAt: storedAt + ttlMs, ...fate }
    if (entries === undefined) this.#ofSchedule.set(id, [kept])
    else entries.push(kept)
    this.#queue.push(kept)
    this.#bytes += size
    if (isDoubted) this.#doubted.add(kept)
    if (entry.sequence > (this.#newest?.sequence ?? 0)) this.#newest = kept
  }

  #stands(kept: Kept): void {
    kept.isLost = false
    kept.mayBeForeign = false
    this.#doubted.delete(kept)
    this.#highest = Math.max(this.#highest, kept.sequence)
    if (kept.sequence > (this.#newest?.sequence ?? 0)) this.#newest = kept
  }

  #retain(isKept: (kept: Kept) => boolean): void {
    for (const kept of this.#doubted) if (!isKept(kept)) this.#doubted.delete(kept)
    this.#queue = this.#queue.slice(this.#start).filter(isKept)
    this.#start = 0
    this.#bytes = this.#queue.reduce((sum, { size }) => sum + size, 0)
    for (const [id, entries] of this.#ofSchedule) {
      const left = entries.filter(isKept)
      if (left.length === 0) this.#ofSchedule.delete(id)
      else if (left.length < entries.length) this.#ofSchedule.set(id, left)
    }
  }

  #forget(now: number): void {
    while (this.#start < this.#queue.length) {
      const oldest = this.#queue[this.#start] as Kept
      if (now - oldest.at <= TAIL_MS && this.#bytes <= this.#mostBytes) break
      this.#start += 1
      this.#bytes -= oldest.size
      this.#doubted.delete(oldest)
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

/** An entry that keeps its place in the log comes after those that were stored again before it. */
function moveBehind(entries: Kept[], kept: Kept): void {
  const at = entries.indexOf(kept)
  const behind = entries.findLastIndex(({ isLost, sequence }) => !isLost && sequence < kept.sequence)
  if (behind > at) entries.splice(behind, 0, ...entries.splice(at, 1))
}
