/**
 * The events of runs, as their workers write them.
 *
 * Job: append to a run's chain, and read its newest event. Invariants: an event is stored only behind the one that was
 * expected; one whose answer was lost is recognised as one's own. On failure: the same again until it is stored, is
 * refused by the chain, or `signal` aborts.
 */
import { isFinal, type RunEvent } from '../core/run/run-event.ts'
import { createBackoff } from '../lifecycle/backoff.ts'
import { meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { newestOf } from './direct-get.ts'
import { RawHeaders } from './headers.ts'
import type { Answer, Message, Publisher } from './publisher.ts'
import { decodeRunEvent, encodeRunEvent } from './run-encoding.ts'

export interface NewestEvent {
  readonly sequence: number
  /** null: something that this version does not know. */
  readonly event: RunEvent | null
}

export type AppendResult =
  | { readonly kind: 'stored'; readonly sequence: number }
  /** The chain has gone on without us. */
  | { readonly kind: 'superseded' }
  /** Given up because `signal` aborted: whether it is stored is unknown. */
  | { readonly kind: 'unknown' }

export interface RunHistory {
  append(subject: string, event: RunEvent, expected: number, signal: AbortSignal): Promise<AppendResult>
  /** Throws retryable. */
  newest(subject: string): Promise<NewestEvent | null>
}

const FIRST = expecting(0)

export function createRunHistory(connection: Connection, publisher: Publisher): RunHistory {
  const newest = async (subject: string): Promise<NewestEvent | null> => {
    const found = await newestOf(connection, connection.names.runs, subject)
    return found === null ? null : { sequence: found.sequence, event: decodeRunEvent(found.payload) }
  }

  return {
    newest,

    append(subject, event, expected, signal) {
      const payload = Buffer.from(encodeRunEvent(event), 'utf8')
      const message = { subject, headers: expected === 0 ? FIRST : expecting(expected), payload }
      // Nearly every event is stored at once.
      return publisher
        .publish(() => message)
        .then((answer) => (answer.kind === 'stored' ? answer : insist(message, event, { answer, signal })))
    },
  }

  /** The same again until it is known what became of it. */
  async function insist(
    message: Message,
    event: RunEvent,
    { answer, signal }: { readonly answer: Answer; readonly signal: AbortSignal },
  ): Promise<AppendResult> {
    const backoff = createBackoff({ initialMs: 20, maxMs: 2_000 })
    let doubtful = false
    let last = answer
    for (;;) {
      if (last.kind === 'stored') return last
      if (last.kind === 'failed' && meaningOf(last.error) === 'conflict') {
        const stored = doubtful ? await ownEvent(message.subject, event) : null
        return stored ?? { kind: 'superseded' }
      }
      doubtful ||= last.kind === 'silent'
      const { subject } = message
      const reason = last.kind === 'failed' ? last.error.description : last.cause
      connection.logger.warn('an event of a run is not stored yet', { subject, type: event.type, reason })
      if (!(await connection.clock.sleep(backoff.next(), signal))) return { kind: 'unknown' }
      last = await publisher.publish(() => message)
    }
  }

  /** The event that we wrote ourselves although no answer came, if it is the newest. */
  async function ownEvent(subject: string, event: RunEvent): Promise<AppendResult | null> {
    const found = await newest(subject)
    const own =
      found?.event !== null &&
      found?.event !== undefined &&
      encodeRunEvent(found.event) === encodeRunEvent(event)
    return own ? { kind: 'stored', sequence: found.sequence } : null
  }
}

/** Whether a run with this newest event has ended. */
export function hasEnded(newest: NewestEvent | null): boolean {
  return newest?.event !== null && newest?.event !== undefined && isFinal(newest.event)
}

function expecting(sequence: number): RawHeaders {
  return RawHeaders.of(`Nats-Expected-Last-Subject-Sequence: ${sequence}\r\n`)
}
