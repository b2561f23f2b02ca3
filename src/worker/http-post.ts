/**
 * An HTTP endpoint as handler: each run is one POST, a CloudEvent in binary mode.
 *
 * Job: send the data, and read from the answer what became of it. Invariant: the URL is the worker's own, never a
 * message's. On failure to reach it the attempt fails.
 */
import { createHmac } from 'node:crypto'
import { systemClock } from '../lifecycle/clock.ts'
import { PermanentError, RetryLater } from './outcome-errors.ts'
import type { Handler, Run } from './run.ts'

export interface HttpOptions {
  readonly url: string
  /** Signs each request, if given. */
  readonly secret?: string
}

const CLOUD_EVENT = ['specversion', 'id', 'type', 'source', 'subject', 'time']
/** Refusals of the moment among the 4xx: time-out, too early, too many. */
const PASSING = [408, 425, 429]

export function httpHandler({ url, secret }: HttpOptions): Handler {
  return async (run: Run) => {
    const body = JSON.stringify(run.data)
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: headersOf(run, { body, secret }),
      signal: run.signal,
      redirect: 'manual',
    })
    const text = await answer.text()
    const { status } = answer
    if (answer.ok) return resultOf(answer.headers.get('content-type'), text)
    const message = `${new URL(url).host} answered ${status}`
    const wait = status === 429 || status === 503 ? retryAfterMs(answer.headers.get('retry-after')) : null
    if (wait !== null) throw new RetryLater(wait, message)
    if (status >= 400 && status < 500 && !PASSING.includes(status)) throw new PermanentError(message)
    throw new Error(message)
  }
}

function headersOf(
  run: Run,
  { body, secret }: { readonly body: string; readonly secret: string | undefined },
) {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  for (const name of CLOUD_EVENT) {
    const value = run.header(`ce-${name}`)
    if (value !== undefined) headers[`ce-${name}`] = encodeURI(value)
  }
  // The run's id over all attempts; a retry by the leader is a message with an id of its own.
  headers['ce-id'] = encodeURI(run.id)
  headers['belfry-attempt'] = String(run.attempt)
  headers['belfry-fence'] = String(run.fence)
  if (secret !== undefined) {
    const at = String(Math.floor(systemClock.now() / 1000))
    headers['belfry-timestamp'] = at
    headers['belfry-signature'] =
      `sha256=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
  }
  return headers
}

function resultOf(type: string | null, text: string): unknown {
  if (text === '' || type === null || !/\bjson\b/.test(type)) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    // Done is done, whatever the answer's text is.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Seconds or an HTTP date, as milliseconds from now; null: not given or not readable. */
function retryAfterMs(text: string | null): number | null {
  if (text === null) return null
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - systemClock.now())
}
