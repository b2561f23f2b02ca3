/**
 * The messages of one event trigger, while this instance leads.
 *
 * Job: ask for a run for each message, and acknowledge it when the fire, or the decision that there is none, is stored.
 * Invariants:
 * - A message is never acknowledged before that: a crash in between brings it again, and its token finds what is stored.
 * - Where runs must not overlap, messages are asked for one after the other, in their order; what waits for a run is held
 *   and asked again.
 * - What is not done when the term ends is given back, for the next leader.
 * On failure of the log: the message is held, and asked for again.
 */
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { EventWait } from '../core/trigger/event-waits.ts'
import type { Clock } from '../ports/clock.ts'
import type { EventFeed, EventMessage, EventSources, EventWatch } from '../ports/event-sources.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import type { ComingFires } from './coming-fires.ts'
import type { OneOffTerm } from './one-offs.ts'

export interface EventFeedWorkOptions {
  readonly sources: EventSources
  readonly comings: ComingFires
  readonly clock: Clock
  readonly events: EventSink
  readonly logger: Logger
  readonly watch: EventWatch
  readonly created: string
  /** As it is live now; null: it is not any more. */
  readonly current: () => { readonly trigger: CompiledTrigger; readonly waits: readonly EventWait[] } | null
}

const MOST_HELD = 256
const AT_ONCE = 32
const AGAIN_MS = 500
/** Well below the wait for an acknowledgement. */
const WORKING_MS = 3_000

export class EventFeedWork {
  readonly #options: EventFeedWorkOptions
  /** Those that came and are not done, in their order. */
  readonly #held = new Map<number, EventMessage>()
  /** Of them those that were not asked for yet. */
  readonly #fresh: number[] = []
  #wake = new AbortController()

  constructor(options: EventFeedWorkOptions) {
    this.#options = options
  }

  get created(): string {
    return this.#options.created
  }

  /** Returns when `signal` aborts and nothing is under way. */
  async run(term: OneOffTerm): Promise<void> {
    const { sources, watch, created, clock } = this.#options
    const feed = sources.open(watch, created, {
      room: () => MOST_HELD - this.#held.size,
      onMessage: (message) => this.#arrived(message),
    })
    let toldAt = clock.monotonic()
    let lookedAt = toldAt
    while (!term.signal.aborted) {
      await this.#askFresh(feed, term)
      if (clock.monotonic() - lookedAt >= AGAIN_MS) {
        lookedAt = clock.monotonic()
        // In their order, one after the other: the first is the next to run.
        for (const message of [...this.#held.values()]) await this.#askOne(message, term)
      }
      if (clock.monotonic() - toldAt >= WORKING_MS) {
        toldAt = clock.monotonic()
        for (const message of this.#held.values()) message.working()
      }
      feed.refill()
      if (this.#fresh.length === 0) await this.#rest(term.signal)
    }
    await feed.stop()
    for (const message of this.#held.values()) message.giveBack()
  }

  #arrived(message: EventMessage): void {
    const isKnown = this.#held.has(message.sequence)
    // The newest delivery is the one whose acknowledgement counts.
    this.#held.set(message.sequence, message)
    if (!isKnown) this.#fresh.push(message.sequence)
    this.#wake.abort()
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const wake = new AbortController()
    this.#wake = wake
    const onAbort = () => wake.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    if (this.#fresh.length === 0 && !signal.aborted) await this.#options.clock.sleep(AGAIN_MS, wake.signal)
    signal.removeEventListener('abort', onAbort)
  }

  async #askFresh(feed: EventFeed, term: OneOffTerm): Promise<void> {
    const current = this.#options.current()
    const isAlone = (current?.trigger.overlap?.policy ?? 'allow') !== 'allow'
    const some = this.#fresh.splice(0, isAlone ? 1 : AT_ONCE)
    await Promise.all(some.map((sequence) => this.#askOne(this.#held.get(sequence), term)))
    if (some.length > 0) feed.refill()
  }

  async #askOne(message: EventMessage | undefined, term: OneOffTerm): Promise<void> {
    if (message === undefined || term.signal.aborted) return
    const { logger, watch } = this.#options
    const { stream } = watch
    const { sequence } = message
    try {
      if (!(await this.#ask(message, term))) return
    } catch (error) {
      logger.warn('a message cannot start its run now', { stream, sequence, error: String(error) })
      return
    }
    const newest = this.#held.get(sequence) ?? message
    this.#held.delete(sequence)
    newest.ack()
  }

  /** Whether all is done that the message asks for. Throws retryable. */
  async #ask(message: EventMessage, term: OneOffTerm): Promise<boolean> {
    const { comings, watch, created, events } = this.#options
    const current = this.#options.current()
    if (current === null) return false
    const { trigger, waits } = current
    const { stream } = watch
    const { sequence, storedAt: at } = message
    const received = { ...message, stream }
    const carried = waits.map((wait) => wait.carried(received)).find((each) => each !== null)
    if (carried === undefined) return true
    const asking = { reason: 'event', stream, created, sequence } as const
    const since = trigger.events?.since ?? Number.NEGATIVE_INFINITY
    const outcome = await comings.come({ trigger, asking, at, since, carried }, term)
    if (outcome.kind === 'waits' || outcome.kind === 'unknown') return false
    if (outcome.kind === 'not-fired' && outcome.because !== null) {
      const time = new Date(at).toISOString()
      const because = [`message ${sequence} of the stream ${stream}: ${outcome.because}`]
      const facts = { first: time, last: time, count: 1, because }
      events.emit({ type: 'not-fired', ...trigger.key, facts })
    }
    return true
  }
}
