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
import { Append } from './append.ts'
import { Appender, type AppenderOptions } from './appender.ts'
import { keepsExpectationsApart } from './batch-versions.ts'
import type { Connection } from './connection.ts'
import { type FeedMessage, followStream, readStream } from './feed.ts'
import {
  contentOf,
  decodeFire,
  decodeRecord,
  encodeAgain,
  encodeEntry,
  type NatsContent,
} from './fire-encoding.ts'
import { readRange, readStored } from './fire-range.ts'
import { headerReader } from './headers.ts'
import { patternOf } from './names.ts'
import type { Answer, Message } from './publisher.ts'
import { lastMessage, messageAt, type StreamState, streamState } from './streams.ts'

export interface NatsFireLogOptions extends AppenderOptions {
  /** How long `lastOfAll` may go without progress. */
  readonly timeoutMs?: number
}

export function createNatsFireLog(options: NatsFireLogOptions): FireLog {
  const { connection } = options
  const { names } = connection
  const appender = new Appender(options)
  const inFlight = new IdentitiesInFlight()

  // No async function here: this runs tens of thousands of times a second.
  const append = (key: ScheduleKey, make: (batch: string) => Message): Promise<AppendOutcome> =>
    new Promise((resolve, reject) => {
      if (!inFlight.enter(key)) {
        const name = `${key.tenant}.${key.schedule}`
        reject(new BelfryError('internal', `the schedule ${name} has two appends in flight`))
        return
      }
      const settled = (sent: Append, answer: Answer): void => {
        inFlight.leave(key)
        if (sent.single) appender.answered()
        resolve(outcomeOf(answer))
      }
      appender.add(new Append(make, settled))
    })

  return {
    append: (entry, expectedSequence) =>
      append(entry.key, (batch) => encodeEntry(names, entry, expectedSequence, batch)),

    restore: (key, content, expectedSequence) =>
      append(key, (batch) =>
        encodeAgain(names, key, { content: content as NatsContent, expectedSequence, batch }),
      ),

    async at(sequence) {
      const message = await messageAt(connection, names.fires, sequence)
      if (message === null) return null
      const { subject, storedAt, headers } = message
      return decodeRecord({ subject, sequence, storedAt, header: (name) => headers.get(name) })
    },

    async fire(sequence) {
      const message = await messageAt(connection, names.fires, sequence)
      if (message === null) return null
      const { subject, storedAt, headers, payload } = message
      const header = (name: string) => headers.get(name)
      return decodeFire({ subject, sequence, storedAt, header }, payload.toString('utf8'))
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

    range: (key, range) => readRange(options, key, range),

    storedOf: (place, since) => readStored(options, place, since),

    async info() {
      const state = await readState(connection)
      // The answer is the leader's, and so is the version in it.
      appender.allowBatches(
        state.config.allow_atomic === true && keepsExpectationsApart(state.config.metadata?.['_nats.ver']),
      )
      return infoOf(state)
    },

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

/** The schedules that have an append in flight: their names are strings that exist already. */
class IdentitiesInFlight {
  readonly #ofTenant = new Map<string, Set<string>>()

  /** False if it is in already. */
  enter({ tenant, schedule }: ScheduleKey): boolean {
    let schedules = this.#ofTenant.get(tenant)
    if (schedules === undefined) {
      schedules = new Set()
      this.#ofTenant.set(tenant, schedules)
    }
    const before = schedules.size
    return schedules.add(schedule).size > before
  }

  leave({ tenant, schedule }: ScheduleKey): void {
    const schedules = this.#ofTenant.get(tenant)
    schedules?.delete(schedule)
    if (schedules?.size === 0) this.#ofTenant.delete(tenant)
  }
}

async function readState(connection: Connection): Promise<StreamState> {
  const state = await streamState(connection, connection.names.fires)
  if (state !== null) return state
  throw new BelfryError('nats-unavailable', `the stream ${connection.names.fires} is not there`, {
    retryable: true,
  })
}

function infoOf(state: StreamState): LogInfo {
  const { first_seq, last_seq, bytes } = state.state
  const limit = state.config.max_bytes
  return {
    incarnation: state.created,
    madeAt: Date.parse(state.created),
    firstSequence: first_seq,
    lastSequence: last_seq,
    serverTime: Date.parse(state.ts),
    fill: limit > 0 ? bytes / limit : 0,
  }
}
