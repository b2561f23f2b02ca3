import { BelfryError } from '../core/errors.ts'
import type { ScheduleKey } from '../core/names.ts'
import type { LogEntry } from '../core/trigger/log-entry.ts'
import type { AppendOutcome, FireLog } from '../ports/fire-log.ts'
import { exchange, type MemoryPortOptions } from './faults.ts'
import type { MemoryContent, MemoryLogStream } from './log-stream.ts'

export interface MemoryFireLogOptions extends MemoryPortOptions {
  /** The server's clock minus the clock here, milliseconds. */
  readonly serverAheadMs?: number
}

/** A handle on a log in memory. Several instances share the stream, each with its own faults. */
export function createMemoryFireLog(stream: MemoryLogStream, options: MemoryFireLogOptions): FireLog {
  const { clock, faults, serverAheadMs = 0 } = options
  const inFlight = new Set<string>()
  const serverTime = () => clock.now() + serverAheadMs

  const read = async <T>(name: string, key: string, effect: () => T): Promise<T> => {
    const answer = await exchange(options, faults?.({ port: 'log', name, key }) ?? null, effect)
    if (answer.answered) return answer.value
    throw new BelfryError('timeout', `the log did not answer: ${name} ${key}`, { retryable: true })
  }

  const append = async (entry: LogEntry, expectedSequence: number): Promise<AppendOutcome> => {
    const name = nameOf(entry.key)
    if (inFlight.has(name)) {
      throw new BelfryError('internal', `${name} has two appends in flight`)
    }
    inFlight.add(name)
    try {
      const fault = faults?.({ port: 'log', name: 'append', key: name }) ?? null
      if (fault?.kind === 'busy') return { kind: 'busy' }
      if (fault?.kind === 'refuse') return { kind: 'refused', code: fault.code, message: fault.message }
      const answer = await exchange(options, fault, () =>
        stream.append(entry, expectedSequence, serverTime()),
      )
      return outcomeOf(answer.answered ? answer.value : undefined)
    } finally {
      inFlight.delete(name)
    }
  }

  return {
    append,
    restore: (_key, content, expectedSequence) => append((content as MemoryContent).entry, expectedSequence),
    at: (sequence) => read('at', `${sequence}`, () => stream.at(sequence, serverTime())),
    onReturn: (listener, signal) => stream.onReturn(listener, signal),
    last: (key) => read('last', nameOf(key), () => stream.last(key, serverTime())),
    lastOfAll: () => read('lastOfAll', '', () => stream.lastOfAll(serverTime())),
    fire: (sequence) => read('fire', `${sequence}`, () => stream.fire(sequence, serverTime())),
    range: (key, range) =>
      read('range', nameOf(key), () => ({
        records: stream.range(key, range, serverTime()),
        madeAt: stream.madeAt,
      })),
    storedOf: (place, since) =>
      read('storedOf', `${place.tenant}/${place.adapter}`, () => stream.storedOf(place, since, serverTime())),
    info: () =>
      read('info', '', () => ({
        incarnation: stream.incarnation,
        madeAt: stream.madeAt,
        firstSequence: stream.firstSequence(serverTime()),
        lastSequence: stream.lastSequence,
        serverTime: serverTime(),
        fill: 0,
      })),
    follow: (fromSequence, follower, signal) => stream.follow(fromSequence, follower, signal),
  }
}

function outcomeOf(sequence: number | null | undefined): AppendOutcome {
  if (sequence === undefined) return { kind: 'unknown', cause: 'no answer in time' }
  return sequence === null ? { kind: 'conflict' } : { kind: 'stored', sequence }
}

function nameOf(key: ScheduleKey): string {
  return `${key.tenant}/${key.schedule}`
}
