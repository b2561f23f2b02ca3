import type { FireId } from '../core/names.ts'
import type { DeliveredFire } from '../nats/delivered-fire.ts'
import type { AbortOnDemand } from './abort-on-demand.ts'
import { maxAttemptsOf } from './retry-plan.ts'
import type { Run, RunLog } from './run.ts'
import { runLog } from './run-log.ts'
import type { WorkerContext } from './worker-context.ts'

export interface HandledRunFacts {
  readonly context: WorkerContext
  readonly fire: DeliveredFire
  readonly attempt: number
  readonly data: unknown
  readonly abort: AbortOnDemand
  /** Asked when the handler asks: keys are taken after the data has been read. */
  readonly fence: () => number
}

/** What a handler is given. What few handlers look at is made when they do. */
export class HandledRun implements Run {
  readonly id: FireId
  readonly attempt: number
  readonly message: string
  readonly job: string
  readonly jobVersion: number
  readonly tenant: string
  readonly reason: string
  readonly data: unknown
  readonly #facts: HandledRunFacts
  #told: Pick<Run, 'log' | 'progress'> | null = null

  constructor(facts: HandledRunFacts) {
    const { context, fire, attempt, data } = facts
    this.id = fire.run
    this.attempt = attempt
    this.message = fire.message
    this.job = fire.job
    this.jobVersion = fire.jobVersion
    this.tenant = context.tenant
    this.reason = fire.reason
    this.data = data
    this.#facts = facts
  }

  get maxAttempts(): number {
    return maxAttemptsOf(this.#facts.fire.policy)
  }

  get nominalTime(): Date {
    return new Date(this.#facts.fire.nominal)
  }

  get signal(): AbortSignal {
    return this.#facts.abort.signal
  }

  get fence(): number {
    return this.#facts.fence()
  }

  get log(): RunLog {
    return this.#telling.log
  }

  // Functions that need no `this`: handlers take them out of the run.
  get progress(): Run['progress'] {
    return this.#telling.progress
  }

  get header(): Run['header'] {
    return this.#facts.fire.header
  }

  get #telling(): Pick<Run, 'log' | 'progress'> {
    const { context, fire, attempt } = this.#facts
    this.#told ??= runLog(context, { run: fire.run, attempt })
    return this.#told
  }
}
