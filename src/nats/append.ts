import type { Answer, Message, Sending } from './publisher.ts'

/** One entry on its way into the log, as a message of its own or as a member of a batch. */
export class Append implements Sending {
  deadline = 0
  /** Sent as a message of its own, also after a batch that was refused. */
  single = false
  readonly #make: (batchHeaders: string) => Message
  readonly #settled: (append: Append, answer: Answer) => void

  constructor(make: (batchHeaders: string) => Message, settled: (append: Append, answer: Answer) => void) {
    this.#make = make
    this.#settled = settled
  }

  prepare(): Message {
    return this.#make('')
  }

  prepareMember(batchHeaders: string): Message {
    return this.#make(batchHeaders)
  }

  settle(answer: Answer): void {
    this.#settled(this, answer)
  }
}
