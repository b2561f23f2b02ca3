/**
 * What travels between a control client and the leader (docs/spec/wire.md, "Control"). Messages are JSON; a tree is
 * gzipped JSON in chunks that fit a message.
 */
import { BelfryError } from '../core/errors.ts'
import type { ApplyReply } from '../ports/control.ts'
import { messageOf } from './api-errors.ts'

export const WIRE_VERSION = 1

/** Everybody is asked who leads; only the leader answers, with the subject at which it takes requests. */
export interface LeaderAnswer {
  readonly instance: string
  readonly subject: string
}

export interface BeginRequest {
  readonly version: number
  readonly source: string
  readonly allowPrune: boolean
  readonly author: string
  readonly chunks: number
  readonly bytes: number
}

export interface BeginAnswer {
  readonly upload: string
}

/** A request of the table in ports/control.ts; its name stands in the subject. */
export interface CallMessage {
  readonly version: number
  readonly request: unknown
}

/** While work is under way the leader says so again and again; then it gives the reply, or says why there is none. */
export type WorkAnswer<Reply> = { readonly working: true } | { readonly reply: Reply } | RequestError

export type CommitAnswer = WorkAnswer<ApplyReply>

export interface RequestError {
  readonly error: { readonly code: string; readonly message: string }
}

export function leaderSubject(prefix: string): string {
  return `${prefix}.control.leader`
}

export function refusalOf(error: unknown): RequestError {
  const code = error instanceof BelfryError ? error.code : 'internal'
  return { error: { code, message: messageOf(error) } }
}

/** Throws `invalid-request` for what is not an object of this version of the protocol. */
export function versioned(message: { json(): unknown }): Readonly<Record<string, unknown>> {
  let body: unknown
  try {
    body = message.json()
  } catch (error) {
    throw new BelfryError('invalid-request', 'the request is not JSON', { cause: error })
  }
  const { version } = (body ?? {}) as { readonly version?: unknown }
  if (version === WIRE_VERSION) return body as Readonly<Record<string, unknown>>
  throw new BelfryError(
    'invalid-request',
    `the leader speaks version ${WIRE_VERSION} of this protocol, not ${JSON.stringify(version)?.slice(0, 40)}`,
  )
}
