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

export const NOWHERE: LogPosition = { lastSequence: 0, lastNominal: 0, count: 0 }
export const CHECKPOINT_KEY = 'checkpoint'

/** Written after the cursors it speaks of: they include everything up to `sequence` of this incarnation. */
export interface Checkpoint {
  readonly sequence: number
  readonly incarnation: string
}

export function positionKey({ tenant, schedule }: ScheduleKey): string {
  return `${tenant}.${schedule}`
}

export class LogPositions {
  readonly #log: FireLog
  readonly #positions = new Map<string, LogPosition>()
  readonly #changed = new Set<string>()
  #sequence = 0
  #highest = 0
  #incarnation = ''

  constructor(log: FireLog) {
    this.#log = log
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
   */
  async load(cursors: Store): Promise<void> {
    const info = await this.#log.info()
    this.#incarnation = info.incarnation
    let checkpoint: Checkpoint | null = null
    for (const { key, value } of await cursors.entries()) {
      if (key === CHECKPOINT_KEY) checkpoint = JSON.parse(value) as Checkpoint
      else this.#positions.set(key, JSON.parse(value) as LogPosition)
    }
    if (
      checkpoint !== null &&
      checkpoint.incarnation === info.incarnation &&
      checkpoint.sequence <= info.lastSequence
    ) {
      this.#sequence = checkpoint.sequence
      return
    }
    this.#forgetSequences()
    for (const record of await this.#log.lastOfAll()) this.#take(record)
    this.#sequence = info.lastSequence
  }

  /** Follows the log from what is known until `signal` aborts. */
  follow(signal: AbortSignal, onProgress: () => void): void {
    this.#log.follow(
      this.#sequence + 1,
      {
        onRecord: (record) => {
          this.#take(record)
          this.#sequence = Math.max(this.#sequence, record.sequence)
          onProgress()
        },
        onReset: (incarnation) => this.#begin(incarnation),
      },
      signal,
    )
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

  #begin(incarnation: string): void {
    this.#incarnation = incarnation
    this.#sequence = 0
    this.#highest = 0
    this.#forgetSequences()
  }

  #forgetSequences(): void {
    for (const [id, position] of this.#positions) this.#positions.set(id, { ...position, lastSequence: 0 })
  }
}
