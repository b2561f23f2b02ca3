import { idOfFire, isOneOff, type ScheduleKey } from '../core/names.ts'
import type { Fire, LogEntry } from '../core/trigger/log-entry.ts'
import type { AdapterPlace, LogFollower, LogRecord, NominalRange, StoredContent } from '../ports/fire-log.ts'

/** One stored message. */
export interface StoredEntry {
  readonly record: LogRecord
  readonly entry: LogEntry
}

/** What a follower keeps to store an entry again. */
export interface MemoryContent extends StoredContent {
  readonly entry: LogEntry
}

/**
 * The shared content of the log: what several instances, each with its own handle, have in common. Entries vanish when
 * their time to live has passed, as they do on a server, so that a schedule's last sequence can become 0 again.
 */
export class MemoryLogStream {
  #generation = 1
  #madeAt = 0
  #sequence = 0
  #entries: StoredEntry[] = []
  #ofSchedule = new Map<string, StoredEntry[]>()
  readonly #tails = new Set<Tail>()
  readonly #returning = new Set<() => void>()

  get incarnation(): string {
    return `memory-${this.#generation}`
  }

  /** When this incarnation was made, epoch milliseconds. */
  get madeAt(): number {
    return this.#madeAt
  }

  get lastSequence(): number {
    return this.#sequence
  }

  /** Of the oldest entry that is stored at `now`; that of the next one if there is none. */
  firstSequence(now: number): number {
    return this.#entries.find((stored) => isAlive(stored, now))?.record.sequence ?? this.#sequence + 1
  }

  /** All that is stored at `now`, in order. */
  stored(now: number): readonly StoredEntry[] {
    return this.#entries.filter((stored) => isAlive(stored, now))
  }

  last(key: ScheduleKey, now: number): LogRecord | null {
    const entries = this.#ofSchedule.get(nameOf(key)) ?? []
    return entries.findLast((stored) => isAlive(stored, now))?.record ?? null
  }

  /** The whole fire at a sequence; null if there is none. */
  fire(sequence: number, now: number): Fire | null {
    const entry = this.stored(now).find(({ record }) => record.sequence === sequence)?.entry
    return entry?.kind === 'fire' ? entry : null
  }

  range(key: ScheduleKey, { from, to }: NominalRange, now: number): readonly LogRecord[] {
    return (this.#ofSchedule.get(nameOf(key)) ?? [])
      .filter((stored) => isAlive(stored, now))
      .map(({ record }) => record)
      .filter(({ nominal }) => nominal >= from && nominal < to)
  }

  /** When the fires of an adapter were stored, from a moment on. */
  storedOf({ tenant, adapter }: AdapterPlace, since: number, now: number): readonly number[] {
    return this.stored(now)
      .map(({ record }) => record)
      .filter(({ key, target }) => key.tenant === tenant && target?.adapter === adapter)
      .map(({ storedAt }) => storedAt)
      .filter((storedAt) => storedAt >= since)
  }

  /** The last entry of every schedule. */
  lastOfAll(now: number): readonly LogRecord[] {
    return [...this.#ofSchedule.values()]
      .flatMap((entries) => entries.findLast((stored) => isAlive(stored, now))?.record ?? [])
      .filter(({ key }) => !isOneOff(key))
  }

  /** The new sequence, or null if the schedule's last entry is not the expected one. */
  append(entry: LogEntry, expectedSequence: number, now: number): number | null {
    if ((this.last(entry.key, now)?.sequence ?? 0) !== expectedSequence) return null
    this.#sequence += 1
    const stored = { record: recordOf(entry, this.#sequence, now), entry }
    this.#entries.push(stored)
    const name = nameOf(entry.key)
    const entries = this.#ofSchedule.get(name)
    if (entries) entries.push(stored)
    else this.#ofSchedule.set(name, [stored])
    for (const tail of this.#tails) tail.tell((follower) => tellOf(follower, stored))
    return this.#sequence
  }

  follow(fromSequence: number, follower: LogFollower, signal: AbortSignal): void {
    if (signal.aborted) return
    const tail = new Tail(follower, signal)
    this.#tails.add(tail)
    signal.addEventListener('abort', () => this.#tails.delete(tail), { once: true })
    for (const stored of this.#entries) {
      if (stored.record.sequence >= fromSequence) tail.tell((told) => tellOf(told, stored))
    }
  }

  /** Deletes and recreates the stream: sequences begin again. */
  recreate(now = 0): void {
    this.#generation += 1
    this.#madeAt = now
    this.#sequence = 0
    this.#entries = []
    this.#ofSchedule = new Map()
    const { incarnation } = this
    for (const tail of this.#tails) tail.tell((follower) => follower.onReset(incarnation))
  }

  at(sequence: number, now: number): LogRecord | null {
    const found = this.#entries.findLast(({ record }) => record.sequence === sequence)
    return found !== undefined && isAlive(found, now) ? found.record : null
  }

  /** Calls `listener` after every crash, until `signal` aborts. */
  onReturn(listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#returning.add(listener)
    signal.addEventListener('abort', () => this.#returning.delete(listener), { once: true })
  }

  /** Forgets everything after `sequence`, as a server does that crashed before its disk had it. */
  loseTail(sequence: number): void {
    this.#forget(sequence)
    const { incarnation, lastSequence } = this
    const kept = [...this.#entries]
    for (const tail of this.#tails) {
      tail.tell((follower) => {
        const from = follower.onLoss?.(lastSequence) ?? 1
        if (follower.onLoss === undefined) follower.onReset(incarnation)
        for (const stored of kept) if (stored.record.sequence >= from) tellOf(follower, stored)
      })
    }
    for (const listener of [...this.#returning]) listener()
  }

  #forget(sequence: number): void {
    this.#entries = this.#entries.filter(({ record }) => record.sequence <= sequence)
    this.#sequence = Math.min(this.#sequence, sequence)
    for (const [name, entries] of this.#ofSchedule) {
      const kept = entries.filter(({ record }) => record.sequence <= sequence)
      if (kept.length > 0) this.#ofSchedule.set(name, kept)
      else this.#ofSchedule.delete(name)
    }
  }
}

/** Tells a follower in order, but never inside the append that stored the entry. */
class Tail {
  readonly #follower: LogFollower
  readonly #signal: AbortSignal
  #told: Promise<void> = Promise.resolve()

  constructor(follower: LogFollower, signal: AbortSignal) {
    this.#follower = follower
    this.#signal = signal
  }

  tell(what: (follower: LogFollower) => void): void {
    this.#told = this.#told.then(() => {
      if (!this.#signal.aborted) what(this.#follower)
    })
  }
}

function tellOf(follower: LogFollower, { record, entry }: StoredEntry): void {
  const content: MemoryContent = { size: 1_000, ttlSeconds: entry.ttlSeconds, entry }
  follower.onRecord(record, content)
}

function recordOf(entry: LogEntry, sequence: number, storedAt: number): LogRecord {
  const { key, kind, nominal, reason, count } = entry
  const facts = { sequence, storedAt, key, kind, nominal, reason, count }
  if (entry.kind === 'marker') return { ...facts, fireId: null, target: null, retry: null }
  const { job, adapter, lane, retry } = entry
  return {
    ...facts,
    fireId: idOfFire(key, nominal),
    target: { job, adapter, lane },
    retry: retry === undefined ? null : { run: retry.run, attempt: retry.attempt },
  }
}

function isAlive({ record, entry }: StoredEntry, now: number): boolean {
  return now < record.storedAt + entry.ttlSeconds * 1000
}

function nameOf(key: ScheduleKey): string {
  return `${key.tenant}.${key.schedule}`
}
