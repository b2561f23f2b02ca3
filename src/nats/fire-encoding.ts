/**
 * Fires and markers as messages: CloudEvents in binary mode. A frozen wire format, described in docs/spec/wire.md and
 * held by golden files: workers in other languages read it, and a log outlives the version that wrote it.
 */
import type { Msg } from '@nats-io/nats-core'
import { type FireId, idOfFire, isOneOff, type ScheduleKey, secondsText } from '../core/names.ts'
import type { Fire, FireReason, LogEntry, Marker } from '../core/trigger/log-entry.ts'
import { baseOf } from '../core/trigger/one-off.ts'
import type { LogRecord, StoredContent } from '../ports/fire-log.ts'
import { readPolicy } from './delivered-fire.ts'
import {
  decodeHeaderValue,
  encodeHeaderValue,
  type HeaderReader,
  headerLines,
  RawHeaders,
} from './headers.ts'
import { addressOf, type Names, parseFireSubject, patternOf } from './names.ts'
import type { Message } from './publisher.ts'

const NOTHING = new Uint8Array(0)

/**
 * The message of an entry, fenced by the sequence of the schedule's last entry (0: none). `more` are header lines that
 * are no part of the entry, each ended by CRLF: those of a batch.
 */
export function encodeEntry(names: Names, entry: LogEntry, expectedSequence: number, more = ''): Message {
  const { subject, pattern } = addressOf(names, entry)
  const fence =
    `Nats-Expected-Last-Subject-Sequence: ${expectedSequence}\r\n` +
    `Nats-Expected-Last-Subject-Sequence-Subject: ${pattern}\r\n` +
    `Nats-TTL: ${entry.ttlSeconds}\r\n`
  const own = entry.kind === 'fire' ? cloudEvent(names, entry) + fireHeaders(entry) : markerHeaders(entry)
  const headers = RawHeaders.of(`${more}${fence}${own}${commonHeaders(entry)}`)
  const payload = entry.kind === 'fire' ? Buffer.from(entry.payload, 'utf8') : NOTHING
  return { subject, headers, payload }
}

/** What is kept of a message that the log told, to store it again if the log loses it. */
export interface NatsContent extends StoredContent {
  readonly message: Msg
}

const HEADERS_SIZE = 800

export function contentOf(message: Msg, header: HeaderReader): NatsContent {
  return {
    size: HEADERS_SIZE + message.data.length,
    ttlSeconds: numberOf(header('Nats-TTL')),
    message,
  }
}

/** The same message once more, byte for byte but for its fence and for what made it a member of a batch. */
export function encodeAgain(names: Names, key: ScheduleKey, again: Again): Message {
  const { message } = again.content
  const rest = headerLines(message).replace(/^Nats-(Expected|Batch)-[^\r]*\r\n/gm, '')
  const fence =
    `Nats-Expected-Last-Subject-Sequence: ${again.expectedSequence}\r\n` +
    `Nats-Expected-Last-Subject-Sequence-Subject: ${patternOf(names, key)}\r\n`
  return {
    subject: message.subject,
    headers: RawHeaders.of(`${again.batch ?? ''}${fence}${rest}`),
    payload: message.data,
  }
}

export interface Again {
  readonly content: NatsContent
  readonly expectedSequence: number
  readonly batch?: string
}

function cloudEvent(names: Names, fire: Fire): string {
  const { tenant, schedule } = fire.key
  const id = idOfFire(fire.key, fire.nominal)
  return (
    'ce-specversion: 1.0\r\n' +
    `ce-id: ${id}\r\n` +
    `ce-type: ${encodeHeaderValue(fire.message)}\r\n` +
    `ce-source: /${names.prefix}/${tenant}/${baseOf(schedule)}\r\n` +
    `ce-subject: ${fire.job}\r\n` +
    `ce-time: ${secondsText(fire.nominal)}\r\n` +
    'ce-datacontenttype: application/json\r\n'
  )
}

function fireHeaders(fire: Fire): string {
  const { calendars, asked, missedCount, cause } = fire
  return (
    `belfry-job-version: ${fire.jobVersion}\r\n` +
    `belfry-tz: ${encodeHeaderValue(fire.tz)}\r\n` +
    (calendars.length > 0 ? `belfry-calendars: ${encodeHeaderValue(calendars.join(','))}\r\n` : '') +
    (asked === undefined ? '' : `belfry-asked: ${encodeHeaderValue(asked)}\r\n`) +
    (missedCount === undefined ? '' : `belfry-missed-count: ${missedCount}\r\n`) +
    (cause === undefined ? '' : `belfry-cause: ${encodeHeaderValue(cause)}\r\n`) +
    retryHeaders(fire) +
    policyHeaders(fire)
  )
}

function policyHeaders({ policy }: Fire): string {
  if (policy === undefined) return ''
  const { maxAttempts, backoff, target, timeoutMs, startWithinMs, key } = policy
  return (
    (maxAttempts === undefined ? '' : `belfry-max-attempts: ${maxAttempts}\r\n`) +
    (backoff === undefined
      ? ''
      : `belfry-backoff: ${backoff.initialMs},${backoff.factor},${backoff.maxMs}\r\n`) +
    (target === undefined ? '' : `belfry-retry-target: ${target}\r\n`) +
    (timeoutMs === undefined ? '' : `belfry-timeout: ${timeoutMs}\r\n`) +
    (startWithinMs === undefined ? '' : `belfry-start-within: ${startWithinMs}\r\n`) +
    (key === undefined ? '' : `belfry-key: ${encodeHeaderValue(key)}\r\n`)
  )
}

function retryHeaders({ retry }: Fire): string {
  if (retry === undefined) return ''
  const { run, attempt, notOn } = retry
  return (
    `belfry-run: ${run}\r\n` +
    `belfry-attempt: ${attempt}\r\n` +
    (notOn === undefined ? '' : `belfry-not-on: ${encodeHeaderValue(notOn)}\r\n`)
  )
}

function markerHeaders(marker: Marker): string {
  return marker.settledCount === undefined ? '' : `belfry-settled-count: ${marker.settledCount}\r\n`
}

function commonHeaders(entry: LogEntry): string {
  return (
    `belfry-nominal: ${entry.nominal}\r\n` +
    `belfry-reason: ${entry.reason}\r\n` +
    `belfry-count: ${entry.count}\r\n` +
    `belfry-term: ${entry.term}\r\n` +
    `belfry-revision: ${encodeHeaderValue(entry.revision)}\r\n` +
    `belfry-generation: ${entry.generation}\r\n`
  )
}

export interface StoredHeaders {
  readonly subject: string
  readonly sequence: number
  readonly storedAt: number
  /** undefined or empty: there is no such header. */
  header(name: string): string | undefined
}

/**
 * What the log remembers of a message; null if its subject is not one of the log's two shapes. A message without
 * belfry's headers (published by somebody else) is older than every fire: it fences, but settles nothing.
 */
export function decodeRecord(stored: StoredHeaders): LogRecord | null {
  const parsed = parseFireSubject(stored.subject)
  if (parsed === null) return null
  const { sequence, storedAt } = stored
  const fireId = stored.header('ce-id')
  const run = isOneOff(parsed.key) ? stored.header('belfry-run') : undefined
  return {
    sequence,
    storedAt,
    key: parsed.key,
    kind: parsed.kind,
    nominal: numberOf(stored.header('belfry-nominal')),
    fireId: parsed.kind === 'fire' && fireId ? (decodeHeaderValue(fireId) as FireId) : null,
    reason: stored.header('belfry-reason') || 'unknown',
    count: numberOf(stored.header('belfry-count')),
    target: parsed.target,
    retry: run ? { run: run as FireId, attempt: numberOf(stored.header('belfry-attempt')) } : null,
  }
}

/** The whole fire; null if it is none, or was not written by belfry. */
export function decodeFire(stored: StoredHeaders, payload: string): Fire | null {
  const record = decodeRecord(stored)
  if (record === null || record.target === null || record.fireId === null) return null
  const text = (name: string) => decodeHeaderValue(stored.header(name) ?? '')
  const number = (name: string) => numberOf(stored.header(name))
  const optional = (name: string) => (stored.header(name) ? text(name) : null)
  const [asked, cause, notOn] = [
    optional('belfry-asked'),
    optional('belfry-cause'),
    optional('belfry-not-on'),
  ]
  const missedCount = number('belfry-missed-count')
  const calendars = optional('belfry-calendars')
  const policy = readPolicy((name) => optional(name) ?? undefined)
  return {
    kind: 'fire',
    key: record.key,
    nominal: record.nominal,
    count: record.count,
    reason: record.reason as FireReason,
    term: number('belfry-term'),
    revision: text('belfry-revision'),
    generation: number('belfry-generation'),
    ttlSeconds: number('Nats-TTL'),
    ...record.target,
    message: text('ce-type'),
    jobVersion: number('belfry-job-version'),
    payload,
    calendars: calendars === null ? [] : calendars.split(','),
    tz: text('belfry-tz'),
    ...(Object.keys(policy).length === 0 ? {} : { policy }),
    ...(asked === null ? {} : { asked }),
    ...(missedCount === 0 ? {} : { missedCount }),
    ...(cause === null ? {} : { cause }),
    ...(record.retry === null ? {} : { retry: notOn === null ? record.retry : { ...record.retry, notOn } }),
  }
}

function numberOf(text: string | undefined): number {
  const value = Number(text || 0)
  return Number.isFinite(value) ? value : 0
}
