/**
 * Asks the leader from another process.
 *
 * Job: find the leader, send it a tree, wait as long as it says that it is at work. On failure every error says whether
 * anything can have happened: `no-leader` means nothing, `leader-lost` means that the same apply again is right, because
 * applying the same tree twice changes nothing.
 */
import { createInbox, errors, type Msg } from '@nats-io/nats-core'
import type { ErrorCode } from '../core/error-codes.ts'
import { ERROR_CODES } from '../core/error-codes.ts'
import { BelfryError } from '../core/errors.ts'
import type { ApplyReply, ApplyRequest } from '../ports/control.ts'
import { errorFromClient } from './api-errors.ts'
import type { Connection } from './connection.ts'
import {
  type BeginAnswer,
  type BeginRequest,
  type CommitAnswer,
  encodeTree,
  type LeaderAnswer,
  leaderSubject,
  type RequestError,
  WIRE_VERSION,
} from './control-wire.ts'

export interface ControlClientOptions {
  readonly connection: Connection
  /** How long to look for a leader: a take-over takes about a second. */
  readonly leaderWaitMs?: number
  /** How long the leader may say nothing while it works. */
  readonly silenceMs?: number
}

export interface ControlClient {
  apply(request: ApplyRequest, signal: AbortSignal): Promise<ApplyReply>
}

const ASK_MS = 500
const REQUEST_MS = 5_000
const CHUNKS_AT_ONCE = 4
/** Room for headers in a message of the server's largest size. */
const MARGIN_BYTES = 4_096

export function createControlClient(options: ControlClientOptions): ControlClient {
  const { connection } = options
  return {
    async apply(request, signal) {
      const bytes = await encodeTree(request.tree)
      const { subject } = await findLeader(options, signal)
      const size = Math.min(connection.maxPayload - MARGIN_BYTES, 512 * 1024)
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      )
      const { source, allowPrune, author } = request
      const begin: BeginRequest = {
        version: WIRE_VERSION,
        source,
        allowPrune,
        author,
        chunks: chunks.length,
        bytes: bytes.length,
      }
      const { upload } = await ask<BeginAnswer>(connection, `${subject}.begin`, JSON.stringify(begin))
      for (let first = 0; first < chunks.length; first += CHUNKS_AT_ONCE) {
        signal.throwIfAborted()
        const some = chunks.slice(first, first + CHUNKS_AT_ONCE)
        await Promise.all(
          some.map((chunk, index) => ask(connection, `${subject}.chunk.${upload}.${first + index}`, chunk)),
        )
      }
      return commit(options, `${subject}.commit.${upload}`, signal)
    },
  }
}

async function findLeader(options: ControlClientOptions, signal: AbortSignal): Promise<LeaderAnswer> {
  const { connection, leaderWaitMs = 5_000 } = options
  const { clock, names, nc } = connection
  const end = clock.monotonic() + leaderWaitMs
  let somebodyIsThere = false
  do {
    try {
      return (await nc.request(leaderSubject(names.prefix), '', { timeout: ASK_MS })).json<LeaderAnswer>()
    } catch (error) {
      if (error instanceof errors.TimeoutError) somebodyIsThere = true
      else if (isNobodyThere(error)) await clock.sleep(ASK_MS, signal)
      else throw errorFromClient('looking for the leader', error)
    }
    signal.throwIfAborted()
  } while (clock.monotonic() < end)
  throw new BelfryError(
    'no-leader',
    somebodyIsThere
      ? `no instance of belfry leads at ${connection.server} now; nothing was changed: try again in a moment`
      : `no belfry runs at ${connection.server} with the prefix "${names.prefix}"; nothing was changed: start \`belfry serve\``,
    { retryable: true },
  )
}

/** Starts the work and waits for its end, as long as the leader gives a sign every now and then. */
async function commit(
  options: ControlClientOptions,
  subject: string,
  signal: AbortSignal,
): Promise<ApplyReply> {
  const { connection, silenceMs = 5_000 } = options
  const { clock, nc } = connection
  const inbox = createInbox(connection.inboxPrefix)
  const ended = new AbortController()
  let heardAt = clock.monotonic()
  let reply: ApplyReply | null = null
  let gone = false
  const subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      if (error !== null) return
      heardAt = clock.monotonic()
      gone = isNoResponders(message)
      const answer = gone ? null : message.json<CommitAnswer>()
      if (answer !== null && 'reply' in answer) reply = answer.reply
      if (gone || reply !== null) ended.abort()
    },
  })
  try {
    nc.publish(subject, '', { reply: inbox })
    const waiting = AbortSignal.any([signal, ended.signal])
    while (clock.monotonic() - heardAt < silenceMs) {
      if (!(await clock.sleep(Math.min(silenceMs, 250), waiting))) break
    }
    if (reply !== null) return reply
    signal.throwIfAborted()
    throw new BelfryError(
      'leader-lost',
      'the leader went away while it applied the tree; whether it was applied is not known: apply it again, which changes nothing that was applied already',
      { retryable: true },
    )
  } finally {
    subscription.unsubscribe()
  }
}

async function ask<T>(connection: Connection, subject: string, payload: string | Uint8Array): Promise<T> {
  let answer: T | RequestError
  try {
    answer = (await connection.nc.request(subject, payload, { timeout: REQUEST_MS })).json()
  } catch (error) {
    if (error instanceof errors.TimeoutError || isNobodyThere(error)) {
      throw new BelfryError(
        'leader-lost',
        'the leader went away before it had the whole tree; nothing was changed: try again',
        {
          retryable: true,
          cause: error,
        },
      )
    }
    throw errorFromClient('talking to the leader', error)
  }
  if (!isRequestError(answer)) return answer
  const { code, message } = answer.error
  throw new BelfryError(isErrorCode(code) ? code : 'internal', message)
}

function isRequestError(answer: unknown): answer is RequestError {
  return answer !== null && typeof answer === 'object' && 'error' in answer
}

function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code)
}

function isNobodyThere(error: unknown): boolean {
  return (
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders())
  )
}

function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503
}
