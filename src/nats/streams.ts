import type { StreamInfo } from '@nats-io/jetstream'
import { err, ok } from '../core/result.ts'
import { API, errorFromApi } from './api-errors.ts'
import type { Connection } from './connection.ts'

/** A stream as the server describes it, with the server's clock at that moment. */
export type StreamState = StreamInfo & { readonly ts: string }

/** A stored message, read from the leader of its stream. */
export interface StoredMessage {
  readonly subject: string
  readonly sequence: number
  /** Epoch milliseconds. */
  readonly storedAt: number
  readonly headers: ReadonlyMap<string, string>
  readonly payload: Buffer
}

/** null if there is no such stream. */
export async function streamState(
  connection: Connection,
  stream: string,
  timeoutMs?: number,
): Promise<StreamState | null> {
  const doing = `asking for the stream ${stream}`
  const answer = await connection.request<StreamState>(
    `$JS.API.STREAM.INFO.${stream}`,
    null,
    doing,
    timeoutMs,
  )
  if (answer.ok) return answer.value
  if (answer.error.code === API.streamNotFound) return null
  throw errorFromApi(doing, answer.error)
}

interface MessageAnswer {
  readonly message: {
    readonly subject: string
    readonly seq: number
    readonly time: string
    readonly hdrs?: string
    readonly data?: string
  }
}

/**
 * The newest message whose subject matches (wildcards allowed), or null. Only the leader of the stream answers this
 * request, so that it never shows a stale replica.
 */
export function lastMessage(
  connection: Connection,
  stream: string,
  subject: string,
  timeoutMs?: number,
): Promise<StoredMessage | null> {
  const doing = `reading the last message of ${subject}`
  return getMessage(connection, { stream, request: { last_by_subj: subject }, doing, timeoutMs })
}

/** The message with this sequence, or null; from the leader of the stream, too. */
export function messageAt(
  connection: Connection,
  stream: string,
  sequence: number,
  timeoutMs?: number,
): Promise<StoredMessage | null> {
  const doing = `reading message ${sequence} of ${stream}`
  return getMessage(connection, { stream, request: { seq: sequence }, doing, timeoutMs })
}

interface Getting {
  readonly stream: string
  readonly request: { readonly last_by_subj: string } | { readonly seq: number }
  readonly doing: string
  readonly timeoutMs: number | undefined
}

async function getMessage(
  connection: Connection,
  { stream, request, doing, timeoutMs }: Getting,
): Promise<StoredMessage | null> {
  const answer = await connection.request<MessageAnswer>(
    `$JS.API.STREAM.MSG.GET.${stream}`,
    request,
    doing,
    timeoutMs,
  )
  const found = answer.ok ? ok(answer.value.message) : err(answer.error)
  if (!found.ok) {
    if (found.error.code === API.noMessageFound) return null
    throw errorFromApi(doing, found.error)
  }
  const { subject: stored, seq, time, hdrs, data } = found.value
  return {
    subject: stored,
    sequence: seq,
    storedAt: Date.parse(time),
    headers: parseHeaders(hdrs),
    payload: Buffer.from(data ?? '', 'base64'),
  }
}

/** The header block of a message in base64, as names and values. */
function parseHeaders(block: string | undefined): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  if (block === undefined) return headers
  const [, ...lines] = Buffer.from(block, 'base64').toString('utf8').split('\r\n')
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return headers
}
