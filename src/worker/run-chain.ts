/**
 * A run's events as this instance tells them.
 *
 * Job: append one after the other, and read the newest. Invariants: every event expects the one before; after one that was
 * not stored none follows but a new start. On failure of the server: asked again, until it answers or the worker gives up.
 */
import { isFinal, type RunEvent } from '../core/run/run-event.ts'
import { createBackoff } from '../lifecycle/backoff.ts'
import type { DeliveredFire } from '../nats/delivered-fire.ts'
import type { AppendResult, NewestEvent } from '../nats/run-history.ts'
import { runSubject } from '../nats/run-subjects.ts'
import { describeError } from './describe-error.ts'
import type { WorkerContext } from './worker-context.ts'

export class RunChain {
  readonly #context: WorkerContext
  readonly #run: string
  readonly #subject: string
  #sequence = 0
  /** Appends under way; null: none, and the last one was stored. */
  #pending: Promise<boolean> | null = null

  constructor(context: WorkerContext, { run, job }: DeliveredFire) {
    const { tenant, adapter, connection } = context
    this.#context = context
    this.#run = run
    this.#subject = runSubject(connection.names, { tenant, adapter, job, run })
  }

  /** What follows is appended behind it. Throws when the worker gives up. */
  async newest(): Promise<NewestEvent | null> {
    const { connection, history, giveUp } = this.#context
    const backoff = createBackoff({ initialMs: 50, maxMs: 2_000 })
    for (;;) {
      try {
        const newest = await history.newest(this.#subject)
        this.#sequence = newest?.sequence ?? 0
        return newest
      } catch (error) {
        connection.logger.warn('the history of a run cannot be read now', {
          run: this.#run,
          error: describeError(error).message,
        })
        if (!(await connection.clock.sleep(backoff.next(), giveUp))) throw error
      }
    }
  }

  /** False: the chain went on without us, or the worker's deadline came first. */
  append(event: RunEvent): Promise<boolean> {
    const before = this.#pending
    const appended =
      before === null
        ? this.#send(event)
        : before.then((stored) => (stored || event.type === 'started' ? this.#send(event) : false))
    // Nothing comes behind an end.
    if (!isFinal(event)) this.#pending = appended
    return appended
  }

  #send(event: RunEvent): Promise<boolean> {
    const { history, giveUp } = this.#context
    return history
      .append(this.#subject, event, this.#sequence, giveUp)
      .then((result) => this.#appended(event, result))
  }

  #appended(event: RunEvent, result: AppendResult): boolean {
    if (result.kind === 'stored') {
      this.#sequence = result.sequence
      return true
    }
    this.#context.connection.logger.warn('a run has gone on without this instance', {
      run: this.#run,
      event: event.type,
    })
    return false
  }
}
