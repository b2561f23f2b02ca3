/**
 * Asks the leader from another process.
 *
 * Job: find the leader, send it a request or a tree, wait as long as it says that it is at work. On failure every error
 * says whether anything can have happened: `no-leader` means nothing, `leader-lost` means that it is not known; the same
 * again is right where doing it twice changes nothing, as with a tree, a pause, and whatever carries a key.
 */
import { createInbox, errors, type Msg } from '@nats-io/nats-core'
import type { ErrorCode } from '../core/error-codes.ts'
import { ERROR_CODES } from '../core/error-codes.ts'
import { BelfryError } from '../core/errors.ts'
import type { ApplyReply, ApplyRequest, ControlName, ReplyOf, RequestOf } from '../ports/control.ts'
import { errorFromClient } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { encodeTree } from './control-tree.ts'
import {
  type BeginAnswer,
  type BeginRequest,
  type CallMessage,
  type LeaderAnswer,
  leaderSubject,
  type RequestError,
  WIRE_VERSION,
  type WorkAnswer,
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
  /** Asks the leader one thing. Throws what it refuses with. */
  ask<N extends ControlName>(name: N, request: RequestOf<N>, signal: AbortSignal): Promise<ReplyOf<N>>
}

/** A take-over takes about a second. */
const LEADER_WAIT_MS = 5_000
const ASK_MS = 500
const REQUEST_MS = 5_000
const CHUNKS_AT_ONCE = 4
/** Room for headers in a message of the server's largest size. */
const MARGIN_BYTES = 4_096

export function createControlClient(options: ControlClientOptions): ControlClient {
  const { connection, leaderWaitMs = LEADER_WAIT_MS } = options
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
      const work = { subject: `${subject}.commit.${upload}`, payload: '', lost: APPLY_LOST }
      return awaitWork<ApplyReply>(options, work, signal)
    },

    async ask(name, request, signal) {
      const message: CallMessage = { version: WIRE_VERSION, request }
      const payload = JSON.stringify(message)
      const { clock, maxPayload } = connection
      if (Buffer.byteLength(payload) > maxPayload - MARGIN_BYTES) {
        const room = `more than a message of this server holds (${maxPayload} bytes)`
        throw new BelfryError('too-large', `the request is too large: ${room}`)
      }
      const end = clock.monotonic() + leaderWaitMs
      for (;;) {
        const { subject } = await findLeader(options, signal)
        try {
          const work = { subject: `${subject}.call.${name}`, payload, lost: CALL_LOST }
          return await awaitWork(options, work, signal)
        } catch (error) {
          // Whoever led when it was asked for may lead no more: nothing was changed, so that the next one is asked.
          const again = error instanceof BelfryError && error.code === 'no-leader'
          if (!again || clock.monotonic() >= end || !(await clock.sleep(ASK_MS, signal))) throw error
        }
      }
    },
  }
}

interface Work {
  readonly subject: string
  readonly payload: string
  /** What is to be known and done when the leader falls silent. */
  readonly lost: string
}

const APPLY_LOST =
  'the leader went away while it applied the tree; whether it was applied is not known: apply it again, which changes nothing that was applied already'
const CALL_LOST =
  'the leader went away while it worked on the request; whether it was done is not known: look, or do the same again'

async function findLeader(options: ControlClientOptions, signal: AbortSignal): Promise<LeaderAnswer> {
  const { connection, leaderWaitMs = LEADER_WAIT_MS } = options
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
  throw noLeader(
    somebodyIsThere
      ? `no instance of belfry leads at ${connection.server} now; nothing was changed: try again in a moment`
      : `no belfry runs at ${connection.server} with the prefix "${names.prefix}"; nothing was changed: start \`belfry serve\``,
  )
}

/** Starts work and waits for its end, as long as the leader gives a sign every now and then. */
async function awaitWork<Reply>(
  options: ControlClientOptions,
  work: Work,
  signal: AbortSignal,
): Promise<Reply> {
  const { connection, silenceMs = 5_000 } = options
  const { clock, nc } = connection
  const inbox = createInbox(connection.inboxPrefix)
  const ended = new AbortController()
  let heardAt = clock.monotonic()
  let heard = false
  let answer: { readonly reply: Reply } | RequestError | null = null
  let gone = false
  const subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      if (error !== null) return
      heardAt = clock.monotonic()
      gone = isNoResponders(message)
      if (!gone) {
        heard = true
        const told = message.json<WorkAnswer<Reply>>()
        if (!('working' in told)) answer = told
      }
      if (gone || answer !== null) ended.abort()
    },
  })
  try {
    nc.publish(work.subject, work.payload, { reply: inbox })
    const waiting = AbortSignal.any([signal, ended.signal])
    while (clock.monotonic() - heardAt < silenceMs) {
      if (!(await clock.sleep(Math.min(silenceMs, 250), waiting))) break
    }
    const told = answer as { readonly reply: Reply } | RequestError | null
    if (told !== null && 'reply' in told) return told.reply
    if (told !== null) throw errorFrom(told)
    signal.throwIfAborted()
    // Nobody was there to take it: the same again, of whoever leads now, is the first time.
    if (gone && !heard) throw noLeader('the leader has just gone; nothing was changed: try again in a moment')
    throw new BelfryError('leader-lost', work.lost, { retryable: true })
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
  throw errorFrom(answer)
}

function errorFrom({ error: { code, message } }: RequestError): BelfryError {
  const known = isErrorCode(code) ? code : 'internal'
  return new BelfryError(known, message, { retryable: known === 'no-leader' || known === 'leader-lost' })
}

function noLeader(message: string): BelfryError {
  return new BelfryError('no-leader', message, { retryable: true })
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
