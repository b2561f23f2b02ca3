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
import type { Fire } from '../core/trigger/log-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { FireLog, LogRecord } from '../ports/fire-log.ts'

export interface StoredOneOff {
  readonly fireId: FireId
  readonly sequence: number
  /** Asked for before: nothing was stored now. */
  readonly already: boolean
  /** Epoch milliseconds. */
  readonly nominal: number
}

export interface OneOffWriterOptions {
  readonly log: FireLog
  readonly clock: Clock
  readonly mayWrite: () => boolean
  readonly onAlarm: (
    name: 'log-refuses' | 'log-silent',
    facts: Readonly<Record<string, string | number>>,
  ) => void
  /** Told of each that is stored now. */
  readonly onStored?: (fire: Fire, sequence: number) => void
}

const FIRST_WAIT_MS = 2
const MOST_WAIT_MS = 1_000
const REFUSED_MS = 1_000
const SILENT_AFTER = 5

export class OneOffWriter {
  readonly #options: OneOffWriterOptions
  /** An identity has one write under way; who asks for the same meanwhile shares its end. */
  readonly #underWay = new Map<string, Promise<StoredOneOff | null>>()

  constructor(options: OneOffWriterOptions) {
    this.#options = options
  }

  /** null: leadership was lost or `signal` aborted, and whether it is stored is not known. */
  write(fire: Fire, signal: AbortSignal): Promise<StoredOneOff | null> {
    const name = `${fire.key.tenant}/${fire.key.schedule}`
    const before = this.#underWay.get(name)
    if (before !== undefined) return before.then((stored) => stored && { ...stored, already: true })
    const writing = this.#write(fire, signal).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, writing)
    return writing
  }

  /** The same for whoever has no way to go on without: throws `leader-lost`, retryable. */
  async writeOrThrow(fire: Fire, signal: AbortSignal): Promise<StoredOneOff> {
    const stored = await this.write(fire, signal)
    if (stored !== null) return stored
    throw new BelfryError('leader-lost', 'leadership moved meanwhile; ask again', { retryable: true })
  }

  async #write(fire: Fire, signal: AbortSignal): Promise<StoredOneOff | null> {
    const { log, clock, mayWrite, onAlarm } = this.#options
    const { nominal } = fire
    let waitMs = FIRST_WAIT_MS
    let silences = 0
    while (mayWrite() && !signal.aborted) {
      const answer = await log.append(fire, 0)
      if (answer.kind === 'stored') {
        this.#options.onStored?.(fire, answer.sequence)
        return { fireId: idOfFire(fire.key, nominal), sequence: answer.sequence, already: false, nominal }
      }
      if (answer.kind === 'conflict') {
        const found = await this.#found(fire)
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

  /** null: nothing is there, or the log does not answer now; the same send decides again. */
  async #found(fire: Fire): Promise<LogRecord | null> {
    try {
      return await this.#options.log.last(fire.key)
    } catch (error) {
      this.#options.onAlarm('log-silent', { cause: String(error) })
      return null
    }
  }
}

function storedBefore({ sequence, nominal, fireId }: LogRecord, fire: Fire): StoredOneOff {
  return { fireId: fireId ?? idOfFire(fire.key, nominal), sequence, already: true, nominal }
}
