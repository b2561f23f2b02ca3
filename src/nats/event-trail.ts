import type { BelfryEvent } from '../core/events.ts'
import type { EventTrail, ToldRange } from '../ports/telemetry.ts'
import type { Connection } from './connection.ts'
import { readStream } from './feed.ts'

const TIMEOUT_MS = 10_000

/** Reads the audit trail from the stream of events. */
export function createNatsEventTrail(connection: Connection): EventTrail {
  const { events, prefix } = connection.names
  return {
    async notFiredSince(since) {
      const told: ToldRange[] = []
      await readStream(
        {
          connection,
          stream: events,
          filter: `${prefix}.event.schedule.*.*.not-fired`,
          from: { storedSince: since },
          headersOnly: false,
          onMessage: ({ message }) => {
            const event = message.json<BelfryEvent>()
            if (event.type !== 'not-fired') return
            const { tenant, schedule, facts } = event
            told.push({ tenant, schedule, first: Date.parse(facts.first), last: Date.parse(facts.last) })
          },
          onReset: () => told.splice(0),
        },
        TIMEOUT_MS,
      )
      return told
    },
  }
}
