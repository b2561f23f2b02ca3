/**
 * Stores one-offs: fires that no schedule's times ask for.
 *
 * Job: bring one one-off to a known end. Invariants:
 * - A token is stored once: the first entry of its identity wins, whoever asks, and however often.
 * - What is resent is the same entry with the same expectation, until the log says stored or names what is there.
 * - Nothing is sent without leadership that is still trusted.
 * On failure: a full or unreachable log makes the one-off late; whoever asked learns it when `signal` aborts or
 * leadership ends, and asks again: that finds what was stored.
 */
import { BelfryError } from '../core/errors.ts'
import { type FireId, idOfFire } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { AppendOutcome, FireLog, LogRecord } from '../ports/fire-log.ts'
import type { Sent } from './tail-entry.ts'

export interface StoredOneOff {
  readonly fireId: FireId
  readonly sequence: number
  /** Asked for before: nothing was stored now. */
  readonly already: boolean
  /** Epoch milliseconds. */
  readonly nominal: number
  /** What stands in the log: a fire, or the decision that there is none. */
  readonly kind: LogEntry['kind']
}

export interface OneOffWriterOptions {
  readonly log: FireLog
  readonly clock: Clock
  readonly mayWrite: () => boolean
  readonly onAlarm: (
    name: 'log-refuses' | 'log-silent',
    facts: Readonly<Record<string, string | number>>,
  ) => void
  /** The highest sequence that is known of the log. Left out: nothing is. */
  readonly reached?: () => number
  /** Told of each that is stored now, also where only the refusal of its next send says so. */
  readonly onStored?: (entry: LogEntry, sequence: number, sent: Sent) => void
}

const FIRST_WAIT_MS = 2
const MOST_WAIT_MS = 1_000
const REFUSED_MS = 1_000
const SILENT_AFTER = 5

export class OneOffWriter {
  readonly #options: OneOffWriterOptions
  /** An identity has one write under way; who asks for the same meanwhile shares its end. */
  readonly #underWay = new Map<string, Promise<StoredOneOff | null>>()
  #sending = 0
  readonly #waiting: (() => void)[] = []

  constructor(options: OneOffWriterOptions) {
    this.#options = options
  }

  /** null: leadership was lost or `signal` aborted, and whether it is stored is not known. */
  write(fire: LogEntry, signal: AbortSignal): Promise<StoredOneOff | null> {
    const name = `${fire.key.tenant}/${fire.key.schedule}`
    const before = this.#underWay.get(name)
    if (before !== undefined) return before.then((stored) => stored && { ...stored, already: true })
    const writing = this.#write(fire, signal).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, writing)
    return writing
  }

  /** Resolves when nothing that was sent here awaits its answer. */
  async answered(): Promise<void> {
    while (this.#sending > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The same for whoever has no way to go on without: throws `leader-lost`, retryable. */
  async writeOrThrow(fire: LogEntry, signal: AbortSignal): Promise<StoredOneOff> {
    const stored = await this.write(fire, signal)
    if (stored !== null) return stored
    throw new BelfryError('leader-lost', 'leadership moved meanwhile; ask again', { retryable: true })
  }

  async #write(fire: LogEntry, signal: AbortSignal): Promise<StoredOneOff | null> {
    const { clock, mayWrite, onAlarm, reached = () => 0 } = this.#options
    const reachedFirst = reached()
    let waitMs = FIRST_WAIT_MS
    let silences = 0
    while (mayWrite() && !signal.aborted) {
      const reachedNow = reached()
      const answer = await this.#send(fire)
      if (answer.kind === 'stored') return this.#stored(fire, answer.sequence, reachedNow)
      if (answer.kind === 'conflict') {
        const found = await this.#found(fire)
        // What is there may be what an earlier send stored whose answer was lost.
        if (found !== null && silences > 0 && found.nominal === fire.nominal && found.kind === fire.kind)
          return this.#stored(fire, found.sequence, reachedFirst)
        // Between the refusal and the look it may have expired: then it is not there, and is stored anew.
        if (found !== null) return storedBefore(found, fire)
      }
      if (answer.kind === 'refused') onAlarm('log-refuses', { code: answer.code, message: answer.message })
      if (answer.kind === 'unknown' && ++silences === SILENT_AFTER)
        onAlarm('log-silent', { cause: answer.cause })
      await clock.sleep(answer.kind === 'refused' ? REFUSED_MS : waitMs, signal)
      waitMs = Math.min(2 * waitMs, MOST_WAIT_MS)
    }
    return null
  }

  #stored(fire: LogEntry, sequence: number, reached: number): StoredOneOff {
    this.#options.onStored?.(fire, sequence, { reached, isFirst: true })
    const { key, nominal, kind } = fire
    return { fireId: idOfFire(key, nominal), sequence, already: false, nominal, kind }
  }

  async #send(fire: LogEntry): Promise<AppendOutcome> {
    this.#sending += 1
    try {
      return await this.#options.log.append(fire, 0)
    } finally {
      this.#sending -= 1
      if (this.#sending === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** null: nothing is there, or the log does not answer now; the same send decides again. */
  async #found(fire: LogEntry): Promise<LogRecord | null> {
    try {
      return await this.#options.log.last(fire.key)
    } catch (error) {
      this.#options.onAlarm('log-silent', { cause: String(error) })
      return null
    }
  }
}

function storedBefore({ sequence, nominal, fireId, kind }: LogRecord, fire: LogEntry): StoredOneOff {
  return { fireId: fireId ?? idOfFire(fire.key, nominal), sequence, already: true, nominal, kind }
}
