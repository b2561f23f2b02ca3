/**
 * Where every schedule stands in the log.
 *
 * Job: be as current as the log allows, on the leader (which tells its own writes) and on standbys (which follow).
 * Invariants: a position never goes back within one incarnation of the log; when the log was recreated, sequences are
 * void but the nominal times stay, so that nothing settled is fired again. A stale position costs one refused write
 * (the compare-and-set repairs it), never a double or a lost fire.
 * On failure: loading throws what the stores throw, and the caller starts over.
 */
import { isOneOff, type ScheduleKey } from '../core/names.ts'
import type { FireLog, LogInfo, LogRecord } from '../ports/fire-log.ts'
import type { Store } from '../ports/store.ts'
import { type LogPosition, positionOf } from './fire-writer.ts'
import type { LogTail } from './log-tail.ts'
import { markOf, type TailMark } from './tail-entry.ts'

export const NOWHERE: LogPosition = { lastSequence: 0, lastNominal: 0, count: 0 }
export const CHECKPOINT_KEY = 'checkpoint'

/** Written after the cursors it speaks of: they include everything up to `sequence` of this incarnation. */
export interface Checkpoint {
  readonly sequence: number
  readonly incarnation: string
  /** What stands at that sequence: another entry there means that the log has lost it. Older versions wrote none. */
  readonly mark?: TailMark | null
  /** What was older than a crash can take when this was written; null: nothing is known to be. */
  readonly firm?: TailMark | null
}

/**
 * How the log was found at a start, compared with the cursors: `crashed` has lost some of its last minutes, `restored`
 * more than a crash can take.
 */
export type FoundLog = 'whole' | 'new' | 'crashed' | 'restored'

/** Entries that are read for the tail at a start, where nothing says which are older than a crash can take. */
const TAIL_GUESS = 10_000

export function positionKey({ tenant, schedule }: ScheduleKey): string {
  return `${tenant}.${schedule}`
}

export class LogPositions {
  readonly #log: FireLog
  readonly #tail: LogTail
  readonly #positions = new Map<string, LogPosition>()
  readonly #changed = new Set<string>()
  #sequence = 0
  #highest = 0
  #incarnation = ''
  #mark: TailMark | null = null
  /** Where the tail begins, which may be before what the cursors leave to read. */
  #followFrom = Number.POSITIVE_INFINITY

  constructor(log: FireLog, tail: LogTail) {
    this.#log = log
    this.#tail = tail
  }

  /** The newest sequence that is known to be included. */
  get sequence(): number {
    return this.#sequence
  }

  get incarnation(): string {
    return this.#incarnation
  }

  of(key: ScheduleKey): LogPosition {
    return this.#positions.get(positionKey(key)) ?? NOWHERE
  }

  /** What the writer just stored or read from the log's leader: nothing is newer, even if its sequence is smaller. */
  advance(key: ScheduleKey, position: LogPosition): void {
    const id = positionKey(key)
    const lastNominal = Math.max(position.lastNominal, this.#positions.get(id)?.lastNominal ?? 0)
    this.#positions.set(id, { ...position, lastNominal })
    this.#changed.add(id)
    this.#highest = Math.max(this.#highest, position.lastSequence)
  }

  /**
   * Starts from the cursors and the log after them; from the last entry of every schedule if the log is not the one
   * that the cursors speak of.
   *
   * Cursors may be ahead of a log that lost its newest entries. What a crash can have taken is decided by the log: it is
   * not there, and so it fires again. What is gone beyond that somebody has taken away, and it stays settled.
   */
  async load(cursors: Store): Promise<FoundLog> {
    const info = await this.#log.info()
    this.#incarnation = info.incarnation
    let checkpoint: Checkpoint | null = null
    for (const { key, value } of await cursors.entries()) {
      if (key === CHECKPOINT_KEY) checkpoint = JSON.parse(value) as Checkpoint
      else this.#positions.set(key, JSON.parse(value) as LogPosition)
    }
    const found = checkpoint === null ? 'new' : await this.#compare(checkpoint, info)
    if (checkpoint !== null && found === 'whole') {
      this.#sequence = checkpoint.sequence
      this.#mark = checkpoint.mark ?? null
      this.#tail.begin(checkpoint.firm ?? null)
      this.#followFrom = tailFrom(checkpoint.firm ?? null, checkpoint.sequence)
      // Cursors that were stored before a checkpoint of their own could be are no beginning of the log.
      if (![...this.#positions.values()].some(({ lastSequence }) => lastSequence > checkpoint.sequence))
        return found
    }
    const firm = found === 'restored' || found === 'new' ? null : (checkpoint?.firm ?? null)
    if (found === 'crashed' || found === 'whole')
      this.#drop(found === 'whole' ? this.#sequence : (firm?.sequence ?? 0))
    else this.#forgetSequences()
    for (const record of await this.#log.lastOfAll()) this.#take(record)
    if (found === 'whole') return found
    this.#sequence = info.lastSequence
    this.#tail.begin(firm)
    this.#followFrom = tailFrom(firm, info.lastSequence)
    return found
  }

  async #compare(checkpoint: Checkpoint, info: LogInfo): Promise<FoundLog> {
    const { incarnation, sequence, mark = null, firm } = checkpoint
    if (incarnation !== info.incarnation) return 'new'
    if (sequence <= info.lastSequence && (await this.#stands(mark)) !== false) return 'whole'
    // A checkpoint of an older version does not say what a crash can take.
    if (firm === undefined) return 'restored'
    if (firm === null) return 'crashed'
    return firm.sequence <= info.lastSequence && (await this.#stands(firm)) !== false ? 'crashed' : 'restored'
  }

  /** Whether it still stands in the log; null: unknown, because there is nothing at its place, which may be its age. */
  async #stands(mark: TailMark | null): Promise<boolean | null> {
    const record = mark === null ? null : await this.#log.at(mark.sequence)
    return record === null ? null : markOf(record) === mark?.entry
  }

  /** For the cursor store, after the positions. */
  checkpoint(): Checkpoint {
    const sequence = this.#sequence
    const known = this.#mark?.sequence === sequence ? this.#mark : null
    this.#mark = this.#tail.markAt(sequence) ?? known
    return { sequence, incarnation: this.#incarnation, mark: this.#mark, firm: this.#tail.firm }
  }

  /** Follows the log from what is known until `signal` aborts. */
  follow(signal: AbortSignal, onProgress: () => void): void {
    const from = Math.min(this.#followFrom, this.#sequence + 1)
    this.#followFrom = Number.POSITIVE_INFINITY
    this.#log.follow(
      from,
      {
        onRecord: (record, content) => {
          this.#tail.told(record, content)
          this.#take(record)
          this.#sequence = Math.max(this.#sequence, record.sequence)
          onProgress()
        },
        onReset: (incarnation) => this.#begin(incarnation),
        onLoss: (lastSequence) => {
          const firm = this.#tail.firm?.sequence ?? 0
          const kept = firm <= lastSequence ? firm : 0
          this.#tail.lose(kept)
          this.lose(kept)
          return kept + 1
        },
      },
      signal,
    )
  }

  /** The log holds nothing any more of what it held after `sequence`; what was settled stays settled. */
  lose(sequence: number): void {
    this.#sequence = Math.min(this.#sequence, sequence)
    this.#highest = Math.min(this.#highest, sequence)
    for (const [id, position] of this.#positions)
      if (position.lastSequence > sequence) this.#positions.set(id, { ...position, lastSequence: 0 })
  }

  /**
   * Compares the log with the one that the positions speak of. False: it was made anew while nobody followed it here, and
   * is to be followed from its start. Sequences of two logs must never meet: one of the old might be the last of the new.
   */
  recognise({ incarnation }: LogInfo): boolean {
    if (incarnation === this.#incarnation) return true
    this.#begin(incarnation)
    return false
  }

  /** The highest sequence that is known of this log, one-offs included. */
  get reached(): number {
    return Math.max(this.#sequence, this.#highest, this.#tail.highest)
  }

  /** The highest sequence that the writer has told; others below it may still be on their way. */
  get highest(): number {
    return this.#highest
  }

  /** Everything up to here is included: told by the writer, without being followed. */
  included(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence)
  }

  /** The positions that changed since the last call, for the checkpoint. */
  takeChanged(): ReadonlyMap<string, LogPosition> {
    const changed = new Map<string, LogPosition>()
    for (const id of this.#changed) {
      const position = this.#positions.get(id)
      if (position !== undefined) changed.set(id, position)
    }
    this.#changed.clear()
    return changed
  }

  #take(record: LogRecord): void {
    // A one-off is no schedule: it has no cursor, and there may be millions.
    if (isOneOff(record.key)) return
    const id = positionKey(record.key)
    const known = this.#positions.get(id)
    if (known !== undefined && known.lastSequence >= record.sequence) return
    const position = positionOf(record)
    // A log that was recreated may begin before what the cursors know: settled stays settled.
    const lastNominal = Math.max(position.lastNominal, known?.lastNominal ?? 0)
    this.#positions.set(id, { ...position, lastNominal })
    this.#changed.add(id)
  }

  /** Forgets what is said to stand after `sequence`. */
  #drop(sequence: number): void {
    for (const [id, { lastSequence }] of this.#positions)
      if (lastSequence > sequence) this.#positions.delete(id)
  }

  #begin(incarnation: string): void {
    // The same log that is told from its start has lost something.
    if (incarnation === this.#incarnation) this.#tail.lose(0)
    else this.#tail.renew()
    this.#incarnation = incarnation
    this.#sequence = 0
    this.#highest = 0
    this.#forgetSequences()
  }

  #forgetSequences(): void {
    for (const [id, position] of this.#positions) this.#positions.set(id, { ...position, lastSequence: 0 })
  }
}

/** Where to begin to read for the tail: after what is firm, or at a guess that is soon read. */
function tailFrom(firm: TailMark | null, sequence: number): number {
  return firm === null ? Math.max(1, sequence - TAIL_GUESS) : firm.sequence + 1
}
