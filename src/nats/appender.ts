/**
 * Sends entries into the log, one by one or in atomic batches, whichever is cheaper on this server.
 *
 * Job: hold back what the server could not take yet anyway, and decide at the last moment how it goes. Invariants:
 * - Every entry gets exactly one answer. An identity is in here at most once (the log asserts it), so that no two
 *   expectations of one batch, and of nothing else under way, are of the same identity: the server would store both.
 * - Batches are used only while the leader of the log is known to have the fix of nats-server #8376 (`allowBatches`):
 *   before it, the expectations of one batch could be taken for each other.
 * On failure: a refused batch has stored nothing that its members do not fence themselves against; each goes again as a
 * single and gets its own answer. A batch without an answer is `silent` for each member. What waits here while there is
 * no connection is given to the publisher, which ends it in time.
 */
import { nuid } from '@nats-io/nats-core'
import { type ApiError, meaningOf } from './api-errors.ts'
import type { Append } from './append.ts'
import { BatchChoice, type Way } from './batch-choice.ts'
import type { Connection } from './connection.ts'
import type { Answer, Message, Publisher } from './publisher.ts'

/** How entries go: `measured` is for life, the others are for tests and for the bench. */
export type BatchMode = 'measured' | 'always' | 'never'

export interface AppenderOptions {
  readonly connection: Connection
  readonly publisher: Publisher
  readonly batches?: BatchMode
  /** Members of a batch at most; the server takes 1000. */
  readonly batchSize?: number
}

/** Less than the publisher's window, so that what else it carries never waits behind a burst. */
const SINGLES_AT_ONCE = 1_536
/** Until it is known which way is cheaper: what is under way when the way changes is paid for all the same. */
const SINGLES_ON_TRIAL = 512
/** So much of it at most, as far as is known what a single costs. */
const ON_TRIAL_MS = 50
/** The pipe stays full until it is refilled. */
const SINGLES_AT_LEAST = 128
const REFILL = 0.75
const BATCHES_AT_ONCE = 4
const BATCH_SIZE = 500
/** Fewer are sent as singles. */
const SMALLEST_BATCH = 8
/** A pipe with at least so many under way is full: what it passes is what the server can do. */
const FULL_PIPE = 64
const SAMPLE = 256
/** Where each answer waits for a disk, fewer tell as much. */
const SAMPLE_MS = 15
const SMALLEST_SAMPLE = 16

export class Appender {
  readonly #connection: Connection
  readonly #publisher: Publisher
  readonly #mode: BatchMode
  readonly #batchSize: number
  readonly #choice: BatchChoice
  readonly #batchName = nuid.next()
  #batchCount = 0
  #allowed = false
  #queue: Append[] = []
  #queueStart = 0
  #willFlush = false
  #flushing = false
  #singles = 0
  #batches = 0
  #sampleFrom = 0
  #sampled = 0
  /** By the last sample of singles. */
  #msEach = Number.POSITIVE_INFINITY
  #lastBatchAt = 0

  constructor(options: AppenderOptions) {
    const { connection, publisher, batches = 'measured', batchSize = BATCH_SIZE } = options
    this.#connection = connection
    this.#publisher = publisher
    this.#mode = batches
    this.#batchSize = batchSize
    this.#choice = new BatchChoice(connection.clock)
    connection.onChange((connected) => {
      // Another server may lead the log now.
      this.#allowed = false
      if (!connected) this.#flush()
    }, connection.closed)
  }

  /** What the log's leader was last seen to be. */
  allowBatches(allowed: boolean): void {
    this.#allowed = allowed
    if (!allowed) this.#choice.withoutBatches()
  }

  get way(): Way {
    if (this.#mode !== 'measured') return this.#mode === 'always' ? 'batches' : 'singles'
    return this.#allowed ? this.#choice.way : 'singles'
  }

  add(append: Append): void {
    this.#queue.push(append)
    if (this.way === 'singles') {
      if (this.#singles < this.#window) this.#flush()
    } else if (!this.#willFlush) {
      // Everything that is decided in one go goes together.
      this.#willFlush = true
      queueMicrotask(() => {
        this.#willFlush = false
        this.#flush()
      })
    }
  }

  /** To be called with each answer to a single. */
  answered(): void {
    this.#singles -= 1
    if (this.#singles + 1 >= FULL_PIPE && this.#batches === 0) this.#sample()
    else this.#sampled = 0
    if (this.#queue.length > 0 && this.#singles <= this.#window * REFILL) this.#flush()
  }

  get #window(): number {
    if (!this.#allowed || this.#choice.isSettled) return SINGLES_AT_ONCE
    return Math.max(SINGLES_AT_LEAST, Math.min(SINGLES_ON_TRIAL, ON_TRIAL_MS / this.#msEach))
  }

  #flush(): void {
    // What cannot be sent at all is answered at once, in the middle of this.
    if (this.#flushing) return
    this.#flushing = true
    this.#pass()
    this.#flushing = false
    if (this.#queueStart === this.#queue.length) {
      this.#queue.length = 0
      this.#queueStart = 0
    } else if (this.#queueStart > 8_192) {
      this.#queue.splice(0, this.#queueStart)
      this.#queueStart = 0
    }
  }

  #pass(): void {
    while (this.#queueStart < this.#queue.length) {
      const waiting = this.#queue.length - this.#queueStart
      if (!this.#connection.connected) this.#sendSingle()
      else if (this.way === 'batches' && waiting >= SMALLEST_BATCH) {
        if (this.#batches >= BATCHES_AT_ONCE) break
        this.#sendBatch(this.#take(Math.min(waiting, this.#batchSize)))
      } else {
        if (this.#singles >= this.#window) break
        this.#sendSingle()
      }
    }
  }

  #take(count: number): readonly Append[] {
    const taken = this.#queue.slice(this.#queueStart, this.#queueStart + count)
    this.#queueStart += count
    return taken
  }

  #sendSingle(): void {
    const append = this.#queue[this.#queueStart] as Append
    this.#queueStart += 1
    this.#single(append)
  }

  #single(append: Append): void {
    this.#singles += 1
    append.single = true
    this.#publisher.send(append)
  }

  /**
   * All members go out in one go, and only the last one asks for an answer: without it the server forgets the others.
   * They are made when the publisher sends, so that a batch is never begun on a connection that does not end it.
   */
  #sendBatch(members: readonly Append[]): void {
    const { clock, nc } = this.#connection
    this.#batches += 1
    this.#batchCount += 1
    const id = `Nats-Batch-Id: ${this.#batchName}${this.#batchCount}\r\n`
    let sentAt = 0
    const prepare = (): Message => {
      sentAt = clock.monotonic()
      const last = members.length - 1
      for (let index = 0; index < last; index += 1) {
        const { subject, headers, payload } = (members[index] as Append).prepareMember(
          `${id}Nats-Batch-Sequence: ${index + 1}\r\n`,
        )
        nc.publish(subject, payload, { headers: headers.forClient() })
      }
      return (members[last] as Append).prepareMember(
        `${id}Nats-Batch-Sequence: ${last + 1}\r\nNats-Batch-Commit: 1\r\n`,
      )
    }
    const settle = (answer: Answer): void => {
      this.#batches -= 1
      this.#settleBatch(members, answer, sentAt)
      this.#flush()
    }
    this.#publisher.send({ prepare, settle, deadline: 0 })
  }

  #settleBatch(members: readonly Append[], answer: Answer, sentAt: number): void {
    switch (answer.kind) {
      case 'stored': {
        const now = this.#connection.clock.monotonic()
        if (members.length >= FULL_PIPE)
          this.#choice.measured('batches', members.length, now - Math.max(sentAt, this.#lastBatchAt))
        this.#lastBatchAt = now
        const first = answer.sequence - members.length + 1
        members.forEach((append, index) => {
          append.settle({ kind: 'stored', sequence: first + index })
        })
        break
      }
      case 'silent':
        for (const append of members) append.settle(answer)
        break
      case 'failed':
        if (!speaksOfMembers(answer.error)) this.#choice.withoutBatches()
        for (const append of members) this.#single(append)
        break
      default:
        answer satisfies never
    }
  }

  #sample(): void {
    const now = this.#connection.clock.monotonic()
    const elapsedMs = now - this.#sampleFrom
    if (this.#sampled === 0) this.#sampleFrom = now
    else if (this.#sampled >= SAMPLE || (this.#sampled >= SMALLEST_SAMPLE && elapsedMs >= SAMPLE_MS)) {
      this.#msEach = elapsedMs / this.#sampled
      this.#choice.measured('singles', this.#sampled, elapsedMs)
      this.#sampleFrom = now
      this.#sampled = 0
    }
    this.#sampled += 1
  }
}

/** Whether the same members, each alone, may meet the same refusal: it says nothing against batches. */
function speaksOfMembers(error: ApiError): boolean {
  const meaning = meaningOf(error)
  return meaning === 'conflict' || meaning === 'busy'
}
