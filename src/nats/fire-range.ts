import { BelfryError } from '../core/errors.ts'
import type { ScheduleKey } from '../core/names.ts'
import type { AdapterPlace, LogRange, LogRecord, NominalRange } from '../ports/fire-log.ts'
import type { Connection } from './connection.ts'
import { type FeedMessage, readStream } from './feed.ts'
import { decodeRecord } from './fire-encoding.ts'
import { headerReader } from './headers.ts'
import { adapterFires, patternOf } from './names.ts'
import { lastMessage, streamState } from './streams.ts'

export interface ReadRangeOptions {
  readonly connection: Connection
  /** How long it may go without progress. */
  readonly timeoutMs?: number
}

/** A fire is stored at its nominal time at the earliest, but for what clocks may be apart. */
const EARLY_MS = 10_000

/** The entries of one schedule with nominal times in a range. They are stored in the order of those. */
export async function readRange(
  { connection, timeoutMs = 10_000 }: ReadRangeOptions,
  key: ScheduleKey,
  { from, to }: NominalRange,
): Promise<LogRange> {
  const stream = connection.names.fires
  const state = await streamState(connection, stream)
  if (state === null) throw unavailable(`the stream ${stream} is not there`)
  const pattern = patternOf(connection.names, key)
  const newest = await lastMessage(connection, stream, pattern)
  const records: LogRecord[] = []
  let isPast = false
  let sequence = 0
  await readStream(
    {
      connection,
      stream,
      filter: pattern,
      from: { storedSince: from - EARLY_MS },
      headersOnly: true,
      onMessage: (message) => {
        sequence = message.sequence
        const record = recordOf(message)
        if (record === null) return
        isPast = record.nominal >= to
        if (record.nominal >= from && !isPast) records.push(record)
      },
      onReset: () => {
        records.length = 0
        sequence = 0
      },
      isEnough: () => isPast,
    },
    timeoutMs,
  )
  // A replica that is behind may have answered; the newest entry is the leader's word. One stored before the range began is not read.
  const isMissing = newest !== null && newest.sequence > sequence && newest.storedAt >= from - EARLY_MS
  if (isMissing && !isPast) throw unavailable('the log was read from a replica that is behind')
  return { records, madeAt: Date.parse(state.created) }
}

/** When the fires of one adapter were stored, from a moment on. */
export async function readStored(
  { connection, timeoutMs = 10_000 }: ReadRangeOptions,
  { tenant, adapter }: AdapterPlace,
  since: number,
): Promise<readonly number[]> {
  const stream = connection.names.fires
  const filter = adapterFires(connection.names, tenant, adapter)
  const newest = await lastMessage(connection, stream, filter)
  if (newest === null || newest.storedAt < since) return []
  const stored: number[] = []
  let reached = 0
  await readStream(
    {
      connection,
      stream,
      filter,
      from: { storedSince: since },
      headersOnly: true,
      onMessage: ({ sequence, storedAt }) => {
        reached = sequence
        stored.push(storedAt)
      },
      onReset: () => {
        stored.length = 0
        reached = 0
      },
    },
    timeoutMs,
  )
  // It may have expired meanwhile, but not within the time that anybody asks for.
  if (reached < newest.sequence) throw unavailable('the log was read from a replica that is behind')
  return stored
}

function recordOf({ subject, sequence, storedAt, message }: FeedMessage): LogRecord | null {
  return decodeRecord({ subject, sequence, storedAt, header: headerReader(message) })
}

function unavailable(message: string): BelfryError {
  return new BelfryError('nats-unavailable', message, { retryable: true })
}
