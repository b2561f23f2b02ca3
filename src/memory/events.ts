import type { BelfryEvent } from '../core/events.ts'
import type { EventSink, EventTrail, ToldRange } from '../ports/telemetry.ts'

/** Keeps events in memory, in order. */
export class MemoryEvents implements EventSink, EventTrail {
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

  /** All of them: these know no moment of storing. */
  async notFiredSince(): Promise<readonly ToldRange[]> {
    return this.#events.flatMap((event) => {
      if (event.type !== 'not-fired') return []
      const { tenant, schedule, facts } = event
      return [{ tenant, schedule, first: Date.parse(facts.first), last: Date.parse(facts.last) }]
    })
  }
}
