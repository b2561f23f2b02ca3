/**
 * The log of fires and markers over its stream.
 *
 * Job: the `FireLog` port. Invariants: every write carries the expectation of its schedule's last sequence, over the one
 * pattern of `addressOf`; a schedule has at most one write under way here; no message carries `Nats-Msg-Id` (its table
 * would swallow a fire whose first copy has expired). On failure: the answer says what is known; nothing is resent here.
 */
import { BelfryError } from '../core/errors.ts'
import { isOneOff, type ScheduleKey } from '../core/names.ts'
import type { AppendOutcome, FireLog, LogFollower, LogInfo, LogRecord } from '../ports/fire-log.ts'
import { meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { type FeedMessage, followStream, readStream } from './feed.ts'
import { contentOf, decodeRecord, encodeAgain, encodeEntry, type NatsContent } from './fire-encoding.ts'
import { headerReader } from './headers.ts'
import { patternOf } from './names.ts'
import type { Answer, Message, Publisher } from './publisher.ts'
import { lastMessage, messageAt, streamState } from './streams.ts'

export interface NatsFireLogOptions {
  readonly connection: Connection
  readonly publisher: Publisher
  /** How long `lastOfAll` may go without progress. */
  readonly timeoutMs?: number
}

export function createNatsFireLog(options: NatsFireLogOptions): FireLog {
  const { connection, publisher } = options
  const { names } = connection
  const inFlight = new Set<string>()

  // No async function here: this runs tens of thousands of times a second.
  const publish = (key: ScheduleKey, prepare: () => Message): Promise<AppendOutcome> => {
    const identity = `${key.tenant}.${key.schedule}`
    if (inFlight.has(identity)) {
      return Promise.reject(new BelfryError('internal', `the schedule ${identity} has two appends in flight`))
    }
    inFlight.add(identity)
    return publisher.publish(prepare).then((answer) => {
      inFlight.delete(identity)
      return outcomeOf(answer)
    })
  }

  return {
    append: (entry, expectedSequence) =>
      publish(entry.key, () => encodeEntry(names, entry, expectedSequence)),

    restore: (key, content, expectedSequence) =>
      publish(key, () => encodeAgain(names, key, { content: content as NatsContent, expectedSequence })),

    async at(sequence) {
      const message = await messageAt(connection, names.fires, sequence)
      if (message === null) return null
      const { subject, storedAt, headers } = message
      return decodeRecord({ subject, sequence, storedAt, header: (name) => headers.get(name) })
    },

    onReturn(listener, signal) {
      connection.onChange((connected) => connected && listener(), signal)
    },

    async last(key: ScheduleKey) {
      const message = await lastMessage(connection, names.fires, patternOf(names, key))
      if (message === null) return null
      const { subject, sequence, storedAt, headers } = message
      const record = decodeRecord({ subject, sequence, storedAt, header: (name) => headers.get(name) })
      if (record !== null) return record
      throw new BelfryError(
        'internal',
        `the log holds a message with the subject ${subject}, which is not a fire's`,
      )
    },

    lastOfAll: () => readLastOfAll(options),

    info: () => readInfo(connection),

    follow(fromSequence, follower, signal) {
      followStream(
        {
          connection,
          stream: names.fires,
          filter: names.fireSubjects,
          from: fromSequence,
          headersOnly: false,
          onMessage: (message) => tell(follower, message),
          onReset: (incarnation) => follower.onReset(incarnation),
          ...(follower.onLoss === undefined
            ? {}
            : { onLoss: (lastSequence: number) => follower.onLoss?.(lastSequence) ?? 1 }),
        },
        signal,
      )
    },
  }
}

function outcomeOf(answer: Answer): AppendOutcome {
  switch (answer.kind) {
    case 'stored':
      return answer
    case 'silent':
      return { kind: 'unknown', cause: answer.cause }
    case 'failed': {
      const { code, description } = answer.error
      switch (meaningOf(answer.error)) {
        case 'conflict':
          return { kind: 'conflict' }
        case 'busy':
          return { kind: 'busy' }
        case 'unknown':
          return { kind: 'unknown', cause: description }
        case 'refused':
          return { kind: 'refused', code, message: description }
      }
    }
  }
}

function recordFrom({ subject, sequence, storedAt, message }: FeedMessage): LogRecord | null {
  return decodeRecord({ subject, sequence, storedAt, header: headerReader(message) })
}

function tell(follower: LogFollower, message: FeedMessage): void {
  const { subject, sequence, storedAt } = message
  const header = headerReader(message.message)
  const record = decodeRecord({ subject, sequence, storedAt, header })
  if (record !== null) follower.onRecord(record, contentOf(message.message, header))
}

/** The last message of each subject; a schedule has several, one for each job, adapter and lane that it ever had. */
async function readLastOfAll(options: NatsFireLogOptions): Promise<readonly LogRecord[]> {
  const { connection, timeoutMs = 10_000 } = options
  const { names } = connection
  const records = new Map<string, LogRecord>()
  await readStream(
    {
      connection,
      stream: names.fires,
      filter: names.fireSubjects,
      from: 'last-per-subject',
      headersOnly: true,
      onMessage: (message) => {
        const record = recordFrom(message)
        // They come in the order of their sequences, so that a later one of the same schedule is the newer.
        if (record !== null && !isOneOff(record.key))
          records.set(`${record.key.tenant}.${record.key.schedule}`, record)
      },
      onReset: () => records.clear(),
    },
    timeoutMs,
  )
  return [...records.values()]
}

async function readInfo(connection: Connection): Promise<LogInfo> {
  const state = await streamState(connection, connection.names.fires)
  if (state === null) {
    throw new BelfryError('nats-unavailable', `the stream ${connection.names.fires} is not there`, {
      retryable: true,
    })
  }
  const { first_seq, last_seq, bytes } = state.state
  const limit = state.config.max_bytes
  return {
    incarnation: state.created,
    firstSequence: first_seq,
    lastSequence: last_seq,
    serverTime: Date.parse(state.ts),
    fill: limit > 0 ? bytes / limit : 0,
  }
}
