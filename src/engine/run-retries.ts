/**
 * Sends the next attempts that workers leave to the leader.
 *
 * Job: at its time, store a one-off that goes on with the run. Invariants: an attempt has one one-off, by the run's id and
 * the attempt's number, so that a leader who does not know of it stores nothing; the message is the run's own, as it was.
 * On failure: the run stays as it is, and is tried again; if the log has forgotten its fire, the run is dead.
 */
import type { FireId } from '../core/names.ts'
import type { OpenRun } from '../core/run/open-run.ts'
import { buildOneOff } from '../core/trigger/one-off.ts'
import type { Clock } from '../ports/clock.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { RunJournal } from '../ports/run-journal.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { OneOffWriter } from './one-off-writer.ts'
import type { OpenRuns } from './open-runs.ts'

export interface RunRetriesOptions {
  readonly log: FireLog
  readonly oneOffs: OneOffWriter
  readonly journal: RunJournal
  readonly clock: Clock
  readonly logger: Logger
  readonly instance: string
  readonly term: number
}

const LONGEST_REST_MS = 30_000
const RETRY_MS = 1_000

export class RunRetries {
  readonly #options: RunRetriesOptions
  /** Stored in this term; the log has not told of them yet. By the event that asked for them. */
  readonly #sent = new Map<FireId, number>()

  constructor(options: RunRetriesOptions) {
    this.#options = options
  }

  /** Sends what is due. Returns for how long nothing more will be, milliseconds. */
  async work(open: OpenRuns, signal: AbortSignal): Promise<number> {
    const { clock, logger } = this.#options
    let restMs = LONGEST_REST_MS
    for (const run of open.failed()) {
      const { retry } = run
      if (signal.aborted) break
      if (retry === null || retry.by !== 'leader' || this.#sent.get(run.run) === run.eventSequence) continue
      const leftMs = retry.at - clock.now()
      if (leftMs > 0) {
        restMs = Math.min(restMs, leftMs)
        continue
      }
      try {
        if (!(await this.#send(run, signal))) return RETRY_MS
      } catch (error) {
        logger.warn('the next attempt of a run cannot be sent now', { run: run.run, error: String(error) })
        restMs = Math.min(restMs, RETRY_MS)
      }
    }
    return restMs
  }

  async #send(run: OpenRun, signal: AbortSignal): Promise<boolean> {
    const { log, oneOffs, journal, clock, instance, term } = this.#options
    const fire = await log.fire(run.sequence)
    if (fire === null) {
      const at = new Date(clock.now()).toISOString()
      const error = { name: 'FireExpired', message: 'the log has forgotten its fire before its next attempt' }
      const { attempt, sequence, eventSequence } = run
      const facts = { run: run.run, attempt, at, instance, sequence, delivery: 0, startedAt: null }
      await journal.append(run, { type: 'dead', ...facts, reason: 'expired', error }, eventSequence)
      return true
    }
    const stored = await oneOffs.write(
      buildOneOff({
        tenant: run.tenant,
        base: run.schedule,
        asking: { reason: 'retry', run: run.run, attempt: run.attempt + 1, notOn: run.retry?.notOn ?? null },
        nominal: fire.nominal,
        term,
        template: fire,
      }),
      signal,
    )
    if (stored === null) return false
    this.#sent.set(run.run, run.eventSequence)
    return true
  }
}
