import type { RunAborted } from './outcome-errors.ts'

/**
 * A run's wish to end. Most handlers never look at their signal, and making one costs more than the rest of a short run:
 * it is made when it is first asked for.
 */
export class AbortOnDemand {
  #controller: AbortController | null = null
  #reason: RunAborted | null = null
  #onAbort: (() => void) | null = null

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#reason !== null) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Why it shall end; null as long as it may go on. */
  get reason(): RunAborted | null {
    return this.#reason
  }

  /** The first reason counts. */
  abort(reason: RunAborted): void {
    if (this.#reason !== null) return
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#onAbort?.()
  }

  /** Told when it aborts, in place of whoever was to be told before; null: nobody. Not told of what has happened. */
  tell(onAbort: (() => void) | null): void {
    this.#onAbort = onAbort
  }
}
