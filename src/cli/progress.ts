import { systemClock } from '../lifecycle/clock.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommandIo } from './io.ts'

const PATIENCE_MS = 2_000
const BETWEEN_MS = 5_000

/** Tells on standard error how far long work is, once it is longer than people wait without a word. */
export class Progress {
  readonly #io: CommandIo
  readonly #clock: Pick<Clock, 'monotonic'>
  #tellAt: number

  constructor(io: CommandIo, clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#io = io
    this.#clock = clock
    this.#tellAt = clock.monotonic() + PATIENCE_MS
  }

  /** Called as often as one likes; `line` is asked for only when it is time to tell. */
  at(line: () => string): void {
    const now = this.#clock.monotonic()
    if (now < this.#tellAt) return
    this.#io.stderr(`${line()}\n`)
    this.#tellAt = now + BETWEEN_MS
  }
}
