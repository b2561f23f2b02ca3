/**
 * Ends runs whose workers say nothing but an acknowledgement.
 *
 * Job: turn what the server says of a delivery into an event of the run, if its worker has told none, and end what was
 * tried often enough. Invariants: a worker
 * with the SDK stores the end of a run before it acknowledges, so that whoever reads the run's newest event after the
 * acknowledgement sees that end; the event is fenced by the one before, so that a run ends once. On failure: a notice that
 * could not be seen to stays, and the snapshot does not go beyond it.
 */
import type { OpenRun } from '../core/run/open-run.ts'
import { isFinal, type RunEvent } from '../core/run/run-event.ts'
import type { Clock } from '../ports/clock.ts'
import type { DeliveryNotice, RunJournal, ToldNotice } from '../ports/run-journal.ts'
import type { Logger } from '../ports/telemetry.ts'

export interface RunNoticesOptions {
  readonly journal: RunJournal
  readonly clock: Clock
  readonly logger: Logger
  readonly instance: string
  readonly mayWrite: () => boolean
  /** Attempts in all that a run may have. */
  readonly maxAttemptsOf: (run: OpenRun) => number
}

interface Waiting {
  readonly run: OpenRun
  readonly notice: DeliveryNotice | Missing
  /** Of the notice; null: there is none. */
  readonly sequence: number | null
}

/** An acknowledgement that is known only by the consumer's having gone on. */
interface Missing {
  readonly kind: 'acknowledged'
  readonly deliveries: number
}

const AT_ONCE = 64

export class RunNotices {
  readonly #options: RunNoticesOptions
  #waiting: Waiting[] = []

  constructor(options: RunNoticesOptions) {
    this.#options = options
  }

  /** The sequence of the oldest notice that was not seen to; null: all were. */
  get oldest(): number | null {
    return this.#waiting.find(({ sequence }) => sequence !== null)?.sequence ?? null
  }

  add(run: OpenRun, { notice, sequence }: ToldNotice): void {
    this.#waiting.push({ run, notice, sequence })
  }

  /** A run of whose acknowledgement no notice came. How often it was delivered is not known. */
  addMissing(run: OpenRun): void {
    this.#waiting.push({ run, notice: { kind: 'acknowledged', deliveries: 1 }, sequence: null })
  }

  /** Sees to what waits. False: some of it must be tried again. */
  async work(signal: AbortSignal): Promise<boolean> {
    const { logger, mayWrite } = this.#options
    while (this.#waiting.length > 0 && !signal.aborted) {
      if (!mayWrite()) return false
      const some = this.#waiting.slice(0, AT_ONCE)
      try {
        await Promise.all(some.map((waiting) => this.#one(waiting)))
      } catch (error) {
        logger.warn('the end of a run cannot be told now', { error: String(error) })
        return false
      }
      this.#waiting = this.#waiting.slice(some.length)
    }
    return true
  }

  async #one({ run, notice }: Waiting): Promise<void> {
    const { journal } = this.#options
    if (notice.kind === 'returned') return this.#returned(run, notice)
    // A run that nobody has told of is the plain subscriber's usual one: no need to look.
    if (run.eventSequence === 0) {
      const attempt = run.attempt + notice.deliveries
      if ((await journal.append(run, this.#eventOf(run, { notice, attempt }), 0)) !== 'conflict') return
    }
    const last = await journal.last(run, run.run)
    if (last !== null && (isFinal(last.event) || isLeaders(last.event))) return
    const attempt = Math.max(last?.event.attempt ?? run.attempt, 1)
    await journal.append(run, this.#eventOf(run, { notice, attempt }), last?.sequence ?? 0)
  }

  /**
   * Workers with the SDK tell of what they give back, before they do, and count their attempts themselves. Of the others
   * every delivery is an attempt. The server ends the deliveries first: a crash then leaves a notice of that behind.
   */
  async #returned(run: OpenRun, notice: DeliveryNotice): Promise<void> {
    const { journal, maxAttemptsOf } = this.#options
    if (run.eventSequence !== 0 || notice.deliveries < maxAttemptsOf(run)) return
    if ((await journal.last(run, run.run)) !== null) return
    await journal.terminate(notice, 'attempts: given back as often as its job allows')
    await journal.append(run, this.#eventOf(run, { notice, attempt: notice.deliveries }), 0)
  }

  #eventOf(
    { run, sequence }: OpenRun,
    { notice, attempt }: { readonly notice: Waiting['notice']; readonly attempt: number },
  ): RunEvent {
    const { clock, instance } = this.#options
    const { kind, deliveries: delivery } = notice
    const at = new Date(clock.now()).toISOString()
    const facts = { run, attempt, at, instance, sequence, delivery, startedAt: null }
    switch (kind) {
      case 'acknowledged':
        return { type: 'succeeded', ...facts }
      case 'terminated': {
        const error = { name: 'Terminated', message: 'its worker said that it must not be delivered again' }
        return { type: 'dead', ...facts, reason: 'terminated', error }
      }
      case 'returned': {
        const message = `given back ${delivery} times`
        return { type: 'dead', ...facts, reason: 'attempts', error: { name: 'NotAcknowledged', message } }
      }
      case 'exhausted': {
        const message = `delivered ${delivery} times, and never acknowledged`
        return { type: 'dead', ...facts, reason: 'attempts', error: { name: 'NotAcknowledged', message } }
      }
    }
  }
}

/** Acknowledged because the leader sends the next attempt: that is no end. */
function isLeaders(event: RunEvent): boolean {
  return event.type === 'failed' && event.retryBy === 'leader'
}
