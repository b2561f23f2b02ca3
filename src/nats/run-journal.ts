/**
 * Events of runs, and what the server says of deliveries, over their streams.
 *
 * Job: the `RunJournal` port. Invariants: an event carries the sequence of the run's event before it as its expectation,
 * so that a run has one chain of events and one end; what cannot be read is left out, never guessed. On failure: throws;
 * nothing is resent here.
 */
import { BelfryError } from '../core/errors.ts'
import type { RunPlace, ToldEvent } from '../core/run/open-run.ts'
import type { JournalFollower, RunJournal, ToldNotice } from '../ports/run-journal.ts'
import { errorFromApi, errorFromClient, meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { noticeFrom } from './delivery-notices.ts'
import { type FeedMessage, followStream } from './feed.ts'
import { RawHeaders } from './headers.ts'
import type { Publisher } from './publisher.ts'
import { decodeRunEvent, encodeRunEvent } from './run-encoding.ts'
import { cancelSubject, eventsOfRun, runSubject } from './run-subjects.ts'
import { lastMessage, streamState } from './streams.ts'

const TERMINATE_MS = 5_000

export interface NatsRunJournalOptions {
  readonly connection: Connection
  readonly publisher: Publisher
}

export function createNatsRunJournal({ connection, publisher }: NatsRunJournalOptions): RunJournal {
  const { names } = connection

  const newest = async (stream: string): Promise<number> => {
    const state = await streamState(connection, stream)
    // Where everything has expired nothing more is told.
    if (state !== null) return state.state.messages === 0 ? 0 : state.state.last_seq
    throw new BelfryError('nats-unavailable', `the stream ${stream} is not there`, { retryable: true })
  }

  const follow = <T>(
    given: { readonly stream: string; readonly filter: string; readonly from: number },
    {
      follower,
      read,
    }: { readonly follower: JournalFollower<T>; readonly read: (message: FeedMessage) => T | null },
    signal: AbortSignal,
  ): void => {
    followStream(
      {
        connection,
        ...given,
        headersOnly: false,
        onMessage(message) {
          const told = read(message)
          if (told !== null) follower.onTold(told)
        },
        onReset: () => follower.onReset(),
      },
      signal,
    )
  }

  return {
    async append(place, event, expectedSequence) {
      const subject = runSubject(names, { ...place, run: event.run })
      const headers = RawHeaders.of(`Nats-Expected-Last-Subject-Sequence: ${expectedSequence}\r\n`)
      const payload = Buffer.from(encodeRunEvent(event), 'utf8')
      const answer = await publisher.publish(() => ({ subject, headers, payload }))
      const doing = `telling of the run ${event.run}`
      switch (answer.kind) {
        case 'stored':
          return answer.sequence
        case 'silent':
          throw new BelfryError('timeout', `${doing}: ${answer.cause}`, { retryable: true })
        case 'failed':
          if (meaningOf(answer.error) === 'conflict') return 'conflict'
          throw errorFromApi(doing, answer.error)
      }
    },

    async last(place, run) {
      const message = await lastMessage(connection, names.runs, runSubject(names, { ...place, run }))
      if (message === null) return null
      const event = decodeRunEvent(message.payload.toString('utf8'))
      return event && { place, event, sequence: message.sequence, storedAt: message.storedAt }
    },

    async find(run) {
      const message = await lastMessage(connection, names.runs, eventsOfRun(names, run))
      if (message === null) return null
      const place = placeOf(message.subject)
      const event = decodeRunEvent(message.payload.toString('utf8'))
      if (place === null || event === null) return null
      return { place, event, sequence: message.sequence, storedAt: message.storedAt }
    },

    async positions() {
      const [events, notices] = await Promise.all([newest(names.runs), newest(names.advisories)])
      return { events, notices }
    },

    followEvents(from, follower, signal) {
      follow({ stream: names.runs, filter: names.runSubjects, from }, { follower, read: toldEventOf }, signal)
    },

    followNotices(from, follower, signal) {
      follow({ stream: names.advisories, filter: '>', from }, { follower, read: toldNotice }, signal)
    },

    async terminate({ consumer, fireSequence, consumerSequence, deliveries }, reason) {
      // The server answers for a delivery by its numbers; the rest of the subject it does not look at.
      const delivery = `${deliveries}.${fireSequence}.${consumerSequence}.0.0`
      const subject = `$JS.ACK.${names.fires}.${consumer}.${delivery}`
      try {
        await connection.nc.request(subject, `+TERM ${reason}`, { timeout: TERMINATE_MS })
      } catch (error) {
        throw errorFromClient(`ending the deliveries of message ${fireSequence}`, error)
      }
    },

    askToStop({ tenant, adapter }, run, request) {
      connection.nc.publish(
        cancelSubject(names, { tenant, adapter, run }),
        JSON.stringify({ run, ...request }),
      )
    },
  }
}

/** null: nothing that this version knows. */
export function toldEventOf({ subject, sequence, storedAt, message }: FeedMessage): ToldEvent | null {
  const place = placeOf(subject)
  const event = decodeRunEvent(message.string())
  return place === null || event === null ? null : { place, event, sequence, storedAt }
}

/** What the subject of an event says: `<prefix>.run.<tenant>.<schedule>.<job>.<adapter>.<token>`. */
function placeOf(subject: string): RunPlace | null {
  const [, run, tenant, schedule, job, adapter, token, more] = subject.split('.')
  if (run !== 'run' || !tenant || !schedule || !job || !adapter || !token || more !== undefined) return null
  return { tenant, schedule, job, adapter }
}

function toldNotice({ subject, sequence, storedAt, message }: FeedMessage): ToldNotice | null {
  const notice = noticeFrom(subject, message.string())
  return notice === null ? null : { notice, sequence, storedAt }
}
