/**
 * What belfry has said of itself: the audit trail, for people who look.
 *
 * Job: the newest events, and those to come. Reads only, and needs no leader. Invariant: what `newest` tells and what `follow`
 * tells from its `next` on leave nothing out and repeat nothing. On failure: `newest` throws retryable; `follow` goes on by
 * itself.
 */
import type { Connection } from './connection.ts'
import { type FeedMessage, followStream, readStream } from './feed.ts'
import { stretchesBack } from './look-back.ts'
import { requireStream } from './set-up.ts'

/** An event as it is stored: `type`, and what that type has besides (docs/spec/events.md). */
export interface StoredEvent {
  /** In the stream of events. */
  readonly sequence: number
  /** ISO 8601, by the clock of whoever told it. */
  readonly at: string
  readonly type: string
  readonly [field: string]: unknown
}

export interface EventScan {
  /** Epoch milliseconds. */
  readonly since: number
  /** The present, or before: from here it looks back. */
  readonly from: number
  /** Nothing from here on; infinite: also what is stored meanwhile. */
  readonly until: number
  readonly limit: number
  /** The subject's tokens below `event`; left out: all. */
  readonly below?: string
  readonly isWanted: (event: StoredEvent) => boolean
}

export interface FoundEvents {
  /** The oldest first. */
  readonly events: readonly StoredEvent[]
  /** Everything since this moment was looked at, epoch milliseconds. */
  readonly reaches: number
  /** From where `follow` goes on. */
  readonly next: number
}

export interface EventArchive {
  newest(scan: EventScan): Promise<FoundEvents>
  /** Tells what is stored from this sequence on, until `signal` aborts. */
  follow(from: number, follower: EventFollower, signal: AbortSignal): void
}

export interface EventFollower extends Pick<EventScan, 'below' | 'isWanted'> {
  readonly onEvent: (event: StoredEvent) => void
}

const TIMEOUT_MS = 10_000

export function createEventArchive(connection: Connection): EventArchive {
  const { names } = connection
  const filterOf = (below = '>') => `${names.prefix}.event.${below}`

  return {
    async newest(scan) {
      const { state } = await requireStream(connection, names.events)
      const last = state.last_seq
      const oldest = state.messages === 0 ? scan.from : Math.min(scan.from, Date.parse(state.first_ts))
      const floor = Math.max(scan.since, oldest)
      let events: readonly StoredEvent[] = []
      let reaches = scan.from
      for (const { from, to } of stretchesBack({ since: floor, until: scan.from })) {
        const found: StoredEvent[] = []
        await readStream(
          {
            connection,
            stream: names.events,
            filter: filterOf(scan.below),
            from: { storedSince: from },
            headersOnly: false,
            onMessage(message) {
              const { sequence, storedAt } = message
              if (storedAt >= to || storedAt >= scan.until || sequence > last) return
              const event = eventOf(message)
              if (event !== null && scan.isWanted(event)) found.push(event)
            },
            onReset: () => found.splice(0),
            isEnough: ({ sequence, storedAt }) => storedAt >= to || sequence >= last,
          },
          TIMEOUT_MS,
        )
        events = [...found, ...events]
        reaches = from <= floor ? scan.since : from
        if (events.length >= scan.limit) break
      }
      return { events: events.slice(-scan.limit), reaches, next: last + 1 }
    },

    follow(from, { below, isWanted, onEvent }, signal) {
      followStream(
        {
          connection,
          stream: names.events,
          filter: filterOf(below),
          from,
          headersOnly: false,
          onMessage(message) {
            const event = eventOf(message)
            if (event !== null && isWanted(event)) onEvent(event)
          },
        },
        signal,
      )
    },
  }
}

function eventOf({ sequence, message }: FeedMessage): StoredEvent | null {
  try {
    const event = JSON.parse(message.string()) as Partial<StoredEvent> | null
    const isOne = typeof event?.type === 'string' && typeof event.at === 'string'
    return isOne ? ({ ...event, sequence } as StoredEvent) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
