/**
 * Stores again what the log has lost.
 *
 * Job: while this instance leads, find out after every outage (and every ten seconds, and whenever an answer says so)
 * whether the log still holds the newest entry that is known to be stored; if not, walk back to the newest that it does
 * hold, and store those after it again, each schedule's in order. Invariants:
 * - From the first suspicion until all is stored again nothing new is sent (`isSuspicious`): a sequence that was known
 *   may be another entry's now, and a newer time in the log would close it to the older ones.
 * - Everything goes through the fence after the schedule's last entry was read from the log's leader: what another
 *   leader has stored meanwhile, again or anew, is never doubled.
 * - A log that was deleted and made anew has lost nothing by accident: nothing goes from one log to the next. But what was
 *   stored in the new one before that was noticed is kept like anything else.
 * - What has expired by the server's clock is not missing, however soon a jump of that clock came.
 * - What is gone and older than the tail is not made up for; it stays settled, and is told as an alarm.
 * On failure: without an answer it tries again; when leadership ends, the next leader does it from its own tail.
 */
import { isOneOff, type ScheduleKey } from '../core/names.ts'
import type { Clock } from '../ports/clock.ts'
import type { FireLog, LogInfo, LogRecord } from '../ports/fire-log.ts'
import type { Logger } from '../ports/telemetry.ts'
import { type FireWriter, positionOf } from './fire-writer.ts'
import { type LogPositions, NOWHERE } from './log-positions.ts'
import type { LogTail } from './log-tail.ts'
import { markOf, type Sent, type TailEntry } from './tail-entry.ts'

const EVERY_MS = 10_000
/** In a cluster the leader that answers may not have applied yet what is stored: a loss is believed when seen twice. */
const DOUBT_MS = 300
const RETRY_MS = 200
const AT_ONCE = 128

export interface LostTailOptions {
  readonly log: FireLog
  readonly tail: LogTail
  readonly positions: LogPositions
  readonly clock: Clock
  readonly logger: Logger
  /** Sends although nothing else may be sent now; asks for trusted leadership all the same. */
  readonly writer: FireWriter
  /** Resolves when nothing of this instance awaits the log's answer. */
  readonly answered: () => Promise<void>
  readonly onLoss: (facts: { readonly lastKept: number; readonly storedAgain: number }) => void
}

export class LostTail {
  readonly #options: LostTailOptions
  #isSuspicious = false
  #examining: { readonly signal: AbortSignal; readonly done: Promise<void> } | null = null
  /** How often the log came back into reach: what was read before the last time proves nothing. */
  #returns = 0
  #wake = new AbortController()

  constructor(options: LostTailOptions) {
    this.#options = options
  }

  /** Nothing new may be sent. */
  get isSuspicious(): boolean {
    return this.#isSuspicious
  }

  /** Looks after every outage and every ten seconds, until `signal` (the end of the term) aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    log.onReturn(() => this.#suspect(), signal)
    const onAbort = (): void => this.#wake.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    while (!signal.aborted) {
      if (!this.#isSuspicious) await clock.sleep(EVERY_MS, this.#wake.signal)
      this.#wake = new AbortController()
      if (signal.aborted) break
      await this.examine(signal)
    }
    signal.removeEventListener('abort', onAbort)
  }

  /** Told of everything that is stored: an acknowledgement may betray that the log is not what it was. */
  acknowledged(sequence: number, { reached }: Sent): void {
    // Nothing was known of the log, which therefore shows no difference to another one: it is looked at.
    if (reached === 0) this.#wake.abort()
    else if (sequence <= reached) this.#suspect()
  }

  #suspect(): void {
    this.#returns += 1
    this.#isSuspicious = true
    this.#wake.abort()
  }

  /**
   * Resolves when it is known that nothing is missing, or what was is stored again, or `signal` aborts. Calls of one term
   * share what is under way; another term's looks for itself.
   */
  async examine(signal: AbortSignal): Promise<void> {
    while (this.#examining !== null && this.#examining.signal !== signal) await this.#examining.done
    this.#examining ??= {
      signal,
      done: this.#examine(signal).finally(() => {
        this.#examining = null
      }),
    }
    await this.#examining.done
  }

  async #examine(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (!signal.aborted) {
      const returns = this.#returns
      try {
        if (((await this.#isWhole(signal)) || (await this.#mend(signal))) && returns === this.#returns) break
      } catch (error) {
        logger.debug('the end of the log cannot be read now', { error: String(error) })
      }
      await clock.sleep(RETRY_MS, signal)
    }
    // Where the term has ended, the next one looks before its first decision.
    this.#isSuspicious = false
  }

  async #isWhole(signal: AbortSignal): Promise<boolean> {
    const { tail, log, positions, clock } = this.#options
    if (tail.lost.length > 0 || tail.hasReplaced) return false
    const doubts = tail.doubts()
    const isThere = async (): Promise<boolean> => {
      // What is stored while the log is asked may be missing in its answer.
      const { newest } = tail
      const reached = Math.max(positions.highest, positions.sequence)
      const info = await log.info()
      if (info.incarnation !== positions.incarnation) return false
      return newest === null || newest.expiresAt <= info.serverTime
        ? info.lastSequence >= reached
        : this.#holds(newest, info.lastSequence)
    }
    const isWhole = (await isThere()) || ((await clock.sleep(DOUBT_MS, signal)) && (await isThere()))
    if (isWhole) tail.trust(doubts)
    return isWhole
  }

  async #holds(entry: TailEntry, lastSequence: number): Promise<boolean> {
    if (entry.sequence > lastSequence) return false
    const found = await this.#options.log.at(entry.sequence)
    // Nothing in its place: it was there and was removed, by its age or by somebody. A crash gives the place to others.
    return found === null || markOf(found) === markOf(entry)
  }

  /** False: not to its end, and it is to be tried again. */
  async #mend(signal: AbortSignal): Promise<boolean> {
    const { tail, log, positions, logger, answered, onLoss } = this.#options
    this.#isSuspicious = true
    await answered()
    tail.fear()
    const info = await log.info()
    const isNew = !positions.recognise(info)
    if (isNew) logger.warn('the log was deleted and made anew: what it held is gone')
    const lastKept = await this.#lastKept(info)
    tail.lose(lastKept)
    positions.lose(lastKept)
    const { lost } = tail
    let storedAgain = 0
    for (let from = 0; from < lost.length; from += AT_ONCE) {
      const counts = await allOf(
        lost.slice(from, from + AT_ONCE).map((key) => this.#storeAgain(key, info.serverTime, signal)),
      )
      for (const count of counts) {
        if (count === null) return false
        storedAgain += count
      }
    }
    tail.forgetLost()
    if (isNew && storedAgain === 0) return true
    logger.error('the log had lost what it had acknowledged', { lastKept, storedAgain })
    onLoss({ lastKept, storedAgain })
    return true
  }

  /** The sequence of the newest entry of the tail that the log still holds. What it holds is a beginning of the tail. */
  async #lastKept({ lastSequence, serverTime }: LogInfo): Promise<number> {
    const { tail } = this.#options
    const standing = tail.standing(serverTime)
    let low = 0
    let high = standing.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (await this.#holds(standing[middle] as TailEntry, lastSequence)) low = middle + 1
      else high = middle
    }
    const kept = standing[low - 1]
    const next = standing[low]
    if (next === undefined) return Math.max(kept?.sequence ?? 0, lastSequence)
    // Others may stand between the two; of those nothing is known but that they are not after the loss.
    return Math.min(kept?.sequence ?? next.sequence - 1, lastSequence)
  }

  /** How many entries of one schedule were stored again; null: leadership is not trusted now. */
  async #storeAgain(key: ScheduleKey, serverTime: number, signal: AbortSignal): Promise<number | null> {
    const { log, tail, positions, writer } = this.#options
    const last: LogRecord | null = await log.last(key)
    if (last !== null) tail.found(last)
    let position = last === null ? NOWHERE : positionOf(last)
    const missing = tail.missingAfter(key, last, serverTime)
    let stored = 0
    for (const entry of missing) {
      const outcome = await writer.bring(entry, position, signal)
      if (outcome.kind === 'stopped') return null
      if (outcome.kind === 'stored') stored += 1
      position = outcome.position
    }
    // Without an entry the sequence is 0 already, and the rest stays as it was.
    if (position !== NOWHERE && !isOneOff(key)) positions.advance(key, position)
    return stored
  }
}

/** All of them have ended, also where one has failed: of each identity one send is under way at most. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
