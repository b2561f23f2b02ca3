/**
 * Requests to cancel runs.
 *
 * Job: hear them, answer for the runs that this instance has, and remember the others for a while: their message may be on
 * its way here. Whoever asks repeats the request until the run has ended.
 */
import type { Connection } from '../nats/connection.ts'
import { cancelSubjects } from '../nats/run-subjects.ts'
import type { CancelRequest } from './worker-context.ts'

const REMEMBERED_MS = 60_000

interface Heard extends CancelRequest {
  readonly at: number
}

export class CancelRequests {
  readonly #connection: Connection
  readonly #place: { readonly tenant: string; readonly adapter: string; readonly instance: string }
  readonly #heard = new Map<string, Heard>()

  constructor(
    connection: Connection,
    place: { readonly tenant: string; readonly adapter: string; readonly instance: string },
  ) {
    this.#connection = connection
    this.#place = place
  }

  /** `onRequest` says whether the run is here. */
  listen(onRequest: (run: string) => boolean, signal: AbortSignal): void {
    const { nc, names, clock, logger } = this.#connection
    const { tenant, adapter, instance } = this.#place
    const subscription = nc.subscribe(cancelSubjects(names, tenant, adapter), {
      callback: (error, message) => {
        if (error !== null) return
        const request = readRequest(message.string())
        if (request === null) {
          logger.warn('a request to cancel cannot be read', { subject: message.subject })
          return
        }
        const { run, by, reason } = request
        this.#forgetOld()
        this.#heard.set(run, { by, reason, at: clock.monotonic() })
        if (onRequest(run)) message.respond(JSON.stringify({ run, instance }))
      },
    })
    signal.addEventListener('abort', () => !nc.isClosed() && subscription.unsubscribe(), { once: true })
  }

  find(run: string): CancelRequest | null {
    return this.#heard.get(run) ?? null
  }

  #forgetOld(): void {
    const now = this.#connection.clock.monotonic()
    for (const [run, { at }] of this.#heard) if (now - at > REMEMBERED_MS) this.#heard.delete(run)
  }
}

function readRequest(text: string): (CancelRequest & { readonly run: string }) | null {
  try {
    const { run, by = 'unknown', reason = '' } = JSON.parse(text) as Partial<CancelRequest & { run: string }>
    return typeof run === 'string' ? { run, by: String(by), reason: String(reason) } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
