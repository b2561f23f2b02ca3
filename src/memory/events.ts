import type { BelfryEvent } from '../core/events.ts'
import type { EventSink } from '../ports/telemetry.ts'

/** Keeps events in memory, in order. */
export class MemoryEvents implements EventSink {
  readonly #events: BelfryEvent[] = []

  get all(): readonly BelfryEvent[] {
    return this.#events
  }

  emit(event: BelfryEvent): void {
    this.#events.push(event)
  }

  async flush(): Promise<void> {
    // Nothing is ever under way.
  }
}
