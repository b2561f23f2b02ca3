import type { RunEvent } from '../../src/core/run/run-event.ts'
import type { Connection } from '../../src/nats/connection.ts'
import { followStream } from '../../src/nats/feed.ts'
import { decodeRunEvent } from '../../src/nats/run-encoding.ts'
import { Recorder } from './recorder.ts'

/** Everything that workers have told of runs, and tell until `signal` aborts. */
export function followRunEvents(connection: Connection, signal: AbortSignal): Recorder<RunEvent> {
  const events = new Recorder<RunEvent>()
  followStream(
    {
      connection,
      stream: connection.names.runs,
      filter: connection.names.runSubjects,
      from: 1,
      headersOnly: false,
      onMessage: ({ message }) => {
        const event = decodeRunEvent(message.string())
        if (event !== null) events.push(event)
      },
    },
    signal,
  )
  return events
}
