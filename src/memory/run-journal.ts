import type { FireId } from '../core/names.ts'
import type { RunPlace, ToldEvent } from '../core/run/open-run.ts'
import type { RunEvent } from '../core/run/run-event.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import type { DeadLetter, DeadLetterPlace, DeadLetters } from '../ports/dead-letters.ts'
import type { DeliveryNotice, JournalFollower, RunJournal, ToldNotice } from '../ports/run-journal.ts'
import type { MemoryLogStream } from './log-stream.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What was told of runs, in memory; several instances share it. Tells followers in order, never inside a call. */
export class MemoryRunJournal implements RunJournal {
  readonly #clock: Pick<VirtualClock, 'now'>
  readonly #events = new Told<ToldEvent>()
  readonly #notices = new Told<ToldNotice>()
  readonly #terminated: number[] = []
  readonly #asked: { readonly run: FireId; readonly by: string }[] = []

  constructor(clock: Pick<VirtualClock, 'now'>) {
    this.#clock = clock
  }

  get events(): readonly ToldEvent[] {
    return this.#events.all
  }

  /** Runs that somebody was asked to stop. */
  get asked(): readonly { readonly run: FireId; readonly by: string }[] {
    return this.#asked
  }

  async append(place: RunPlace, event: RunEvent, expectedSequence: number): Promise<number | 'conflict'> {
    if (((await this.last(place, event.run))?.sequence ?? 0) !== expectedSequence) return 'conflict'
    const { tenant, schedule, job, adapter } = place
    const sequence = this.#events.all.length + 1
    this.#events.add({
      place: { tenant, schedule, job, adapter },
      event,
      sequence,
      storedAt: this.#clock.now(),
    })
    return sequence
  }

  /** What a server would say by itself. */
  notice(notice: DeliveryNotice): void {
    this.#notices.add({ notice, sequence: this.#notices.all.length + 1, storedAt: this.#clock.now() })
  }

  async last(_place: RunPlace, run: FireId): Promise<ToldEvent | null> {
    return this.find(run)
  }

  find(run: FireId): Promise<ToldEvent | null> {
    return Promise.resolve(this.#events.all.findLast(({ event }) => event.run === run) ?? null)
  }

  async positions() {
    return { events: this.#events.all.length, notices: this.#notices.all.length }
  }

  followEvents(from: number, follower: JournalFollower<ToldEvent>, signal: AbortSignal): void {
    this.#events.follow(from, follower, signal)
  }

  followNotices(from: number, follower: JournalFollower<ToldNotice>, signal: AbortSignal): void {
    this.#notices.follow(from, follower, signal)
  }

  /** In the log, the messages that are delivered no more. */
  get terminated(): readonly number[] {
    return this.#terminated
  }

  async terminate(notice: DeliveryNotice): Promise<void> {
    this.#terminated.push(notice.fireSequence)
    this.notice({ ...notice, kind: 'terminated' })
  }

  askToStop(_place: RunPlace, run: FireId, { by }: { readonly by: string; readonly reason: string }): void {
    this.#asked.push({ run, by })
  }
}

class Told<T extends { readonly sequence: number }> {
  readonly #all: T[] = []
  readonly #tails = new Set<(told: T) => void>()

  get all(): readonly T[] {
    return this.#all
  }

  add(told: T): void {
    this.#all.push(told)
    for (const tail of this.#tails) tail(told)
  }

  follow(from: number, follower: JournalFollower<T>, signal: AbortSignal): void {
    let before = Promise.resolve()
    const tail = (told: T): void => {
      before = before.then(() => {
        if (!signal.aborted) follower.onTold(told)
      })
    }
    for (const told of this.#all) if (told.sequence >= from) tail(told)
    this.#tails.add(tail)
    signal.addEventListener('abort', () => this.#tails.delete(tail), { once: true })
  }
}

/** Dead letters in memory. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #stream: MemoryLogStream
  readonly #clock: Pick<VirtualClock, 'now'>
  readonly #letters = new Map<string, DeadLetter>()

  constructor(stream: MemoryLogStream, clock: Pick<VirtualClock, 'now'>) {
    this.#stream = stream
    this.#clock = clock
  }

  async bury(letter: DeadLetter): Promise<'buried' | 'already' | 'fire-is-gone'> {
    const key = keyOf(letter)
    if (this.#letters.has(key)) return 'already'
    if (this.#stream.fire(letter.fireSequence, this.#clock.now()) === null) return 'fire-is-gone'
    this.#letters.set(key, letter)
    return 'buried'
  }

  async list({ tenant, adapter }: { readonly tenant?: string; readonly adapter?: string }) {
    return [...this.#letters.values()].filter(
      (letter) =>
        (tenant ?? letter.tenant) === letter.tenant && (adapter ?? letter.adapter) === letter.adapter,
    )
  }

  async find(run: FireId): Promise<DeadLetter | null> {
    return [...this.#letters.values()].findLast((letter) => letter.run === run) ?? null
  }

  async read(place: DeadLetterPlace): Promise<DeadLetter | null> {
    return this.#letters.get(keyOf(place)) ?? null
  }

  async fire(place: DeadLetterPlace): Promise<Fire | null> {
    return this.#letters.has(keyOf(place)) ? this.#stream.fire(place.fireSequence, this.#clock.now()) : null
  }

  async discard(letter: DeadLetterPlace): Promise<boolean> {
    return this.#letters.delete(keyOf(letter))
  }
}

function keyOf({ tenant, adapter, fireSequence }: DeadLetterPlace) {
  return `${tenant}/${adapter}/${fireSequence}`
}
