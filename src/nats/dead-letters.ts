/**
 * Dead letters on their stream: each a copy of the fire's message, with headers that say why it died.
 *
 * Job: the `DeadLetters` port. Invariants: one subject a fire, and the first letter on it wins, so that a fire dies once
 * however often it is buried; the payload is the fire's own, byte for byte. On failure: throws; again is harmless.
 */
import { BelfryError } from '../core/errors.ts'
import type { FireId } from '../core/names.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import type { DeadLetter, DeadLetterFilter, DeadLetterPlace, DeadLetters } from '../ports/dead-letters.ts'
import { API, errorFromApi, meaningOf } from './api-errors.ts'
import type { Connection } from './connection.ts'
import { readStream } from './feed.ts'
import { decodeFire } from './fire-encoding.ts'
import { decodeHeaderValue, encodeHeaderValue, headerReader, RawHeaders } from './headers.ts'
import type { Names } from './names.ts'
import type { Publisher } from './publisher.ts'
import { deadSubject } from './run-subjects.ts'
import { lastMessage, messageAt, type StoredMessage } from './streams.ts'

export interface NatsDeadLettersOptions {
  readonly connection: Connection
  readonly publisher: Publisher
  /** How long a list may go without progress. */
  readonly timeoutMs?: number
}

const LONGEST_ERROR = 2_000

export function createNatsDeadLetters(options: NatsDeadLettersOptions): DeadLetters {
  const { connection, publisher, timeoutMs = 10_000 } = options
  const { names } = connection

  const list = async ({ tenant = '*', adapter = '*' }: DeadLetterFilter): Promise<readonly DeadLetter[]> => {
    const letters: DeadLetter[] = []
    await readStream(
      {
        connection,
        stream: names.dead,
        filter: `${names.prefix}.dead.${tenant}.${adapter}.*`,
        from: 1,
        headersOnly: true,
        onMessage({ subject, message }) {
          const letter = letterFrom(subject, headerReader(message))
          if (letter !== null) letters.push(letter)
        },
        onReset: () => letters.splice(0),
      },
      timeoutMs,
    )
    return letters
  }

  const subjectOf = ({ tenant, adapter, fireSequence }: DeadLetterPlace) =>
    deadSubject(names, { tenant, adapter, sequence: fireSequence })

  return {
    list,

    async bury(letter) {
      const fire = await messageAt(connection, names.fires, letter.fireSequence)
      if (fire === null) return 'fire-is-gone'
      const subject = deadSubject(names, { ...letter, sequence: letter.fireSequence })
      const headers = RawHeaders.of(
        `Nats-Expected-Last-Subject-Sequence: 0\r\n${originalHeaders(fire)}${deathHeaders(letter)}`,
      )
      const answer = await publisher.publish(() => ({ subject, headers, payload: fire.payload }))
      const doing = `burying the run ${letter.run}`
      switch (answer.kind) {
        case 'stored':
          return 'buried'
        case 'silent':
          throw new BelfryError('timeout', `${doing}: ${answer.cause}`, { retryable: true })
        case 'failed':
          if (meaningOf(answer.error) === 'conflict') return 'already'
          throw errorFromApi(doing, answer.error)
      }
    },

    async find(run: FireId) {
      const tenant = run.slice(0, run.indexOf('/'))
      return (await list({ tenant })).findLast((letter) => letter.run === run) ?? null
    },

    async read(place) {
      const subject = subjectOf(place)
      const message = await lastMessage(connection, names.dead, subject)
      return message === null ? null : letterFrom(subject, (name) => message.headers.get(name))
    },

    async fire(place) {
      const message = await lastMessage(connection, names.dead, subjectOf(place))
      return message === null ? null : fireOf(names, place, message)
    },

    async discard(place) {
      const subject = subjectOf(place)
      const message = await lastMessage(connection, names.dead, subject)
      if (message === null) return false
      const doing = `discarding ${subject}`
      const request = { seq: message.sequence, no_erase: true }
      const answer = await connection.request(`$JS.API.STREAM.MSG.DELETE.${names.dead}`, request, doing)
      if (answer.ok) return true
      if (answer.error.code === API.noMessageFound) return false
      throw errorFromApi(doing, answer.error)
    },
  }
}

/** The fire's own headers, as they are; those of the server are about its storing, and not its content. */
function originalHeaders({ headers }: StoredMessage): string {
  return [...headers]
    .filter(([name]) => !name.startsWith('Nats-'))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

/** Its headers are its own, but for the subject that it was stored under; of its lane nothing is kept. */
function fireOf(names: Names, { tenant, adapter }: DeadLetterPlace, message: StoredMessage): Fire | null {
  const { headers, sequence, storedAt, payload } = message
  const header = (name: string) => headers.get(name)
  const token = /^[^/]+\/([^@]+)/.exec(decodeHeaderValue(header('ce-id') ?? ''))?.[1]
  const job = header('ce-subject')
  if (token === undefined || job === undefined) return null
  const subject = `${names.prefix}.fire.${tenant}.${token}.${job}.${adapter}.0`
  return decodeFire({ subject, sequence, storedAt, header }, payload.toString('utf8'))
}

function deathHeaders({ run, reason, attempts, error, diedAt }: DeadLetter): string {
  return (
    `belfry-dead-run: ${encodeHeaderValue(run)}\r\n` +
    `belfry-dead-reason: ${encodeHeaderValue(reason)}\r\n` +
    `belfry-dead-attempts: ${attempts}\r\n` +
    `belfry-dead-error: ${encodeHeaderValue(shortened(error))}\r\n` +
    `belfry-dead-at: ${diedAt}\r\n`
  )
}

/** Never half a character. */
function shortened(error: string): string {
  return error.slice(0, LONGEST_ERROR).replace(/[\uD800-\uDBFF]$/, '')
}

function letterFrom(subject: string, header: (name: string) => string | undefined): DeadLetter | null {
  const [, dead, tenant, adapter, sequence] = subject.split('.')
  if (dead !== 'dead' || !tenant || !adapter || !sequence) return null
  const text = (name: string) => decodeHeaderValue(header(name) ?? '')
  return {
    tenant,
    adapter,
    fireSequence: Number(sequence),
    run: text('belfry-dead-run') as FireId,
    job: text('ce-subject'),
    reason: text('belfry-dead-reason'),
    attempts: Number(header('belfry-dead-attempts') ?? 0),
    error: text('belfry-dead-error'),
    diedAt: Number(header('belfry-dead-at') ?? 0),
  }
}
