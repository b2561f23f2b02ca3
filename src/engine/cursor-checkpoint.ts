/**
 * Writes where the schedules stand to the cursor store, for fast starts and for people to look at.
 *
 * Job: every half minute, and at a clean stop, store the positions that changed, then the checkpoint that says up to
 * which sequence they are complete. Invariant: the checkpoint is written after the cursors it speaks of; what the log
 * says is never contradicted, because a start reads the log after the checkpoint. On failure: the next round writes
 * again; nothing is lost, a start only reads more of the log.
 */
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { Logger } from '../ports/telemetry.ts'
import type { LogPosition } from './fire-writer.ts'
import { CHECKPOINT_KEY, type LogPositions } from './log-positions.ts'

const EVERY_MS = 30_000
const WRITES_AT_ONCE = 128

export interface CursorCheckpointOptions {
  readonly cursors: Store
  readonly positions: LogPositions
  readonly clock: Clock
  readonly logger: Logger
  /** Resolves when every entry that was in flight has been answered. */
  readonly answered: () => Promise<void>
}

export class CursorCheckpoint {
  readonly #options: CursorCheckpointOptions
  readonly #unwritten = new Map<string, LogPosition>()

  constructor(options: CursorCheckpointOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (await clock.sleep(EVERY_MS, signal)) {
      try {
        await this.write()
      } catch (error) {
        logger.warn('the cursors cannot be stored now', { error: String(error) })
      }
    }
  }

  /** Stores what changed since the last time. Throws what the store throws; nothing is then forgotten. */
  async write(): Promise<void> {
    const { cursors, positions, answered } = this.#options
    // What was told so far may have gaps of entries in flight; once those are answered it has none.
    const { highest } = positions
    await answered()
    positions.included(highest)
    const checkpoint = positions.checkpoint()
    for (const [id, position] of positions.takeChanged()) this.#unwritten.set(id, position)
    if (this.#unwritten.size === 0) return
    const batch = [...this.#unwritten]
    for (let from = 0; from < batch.length; from += WRITES_AT_ONCE) {
      await Promise.all(
        batch.slice(from, from + WRITES_AT_ONCE).map(async ([id, position]) => {
          await cursors.put(id, JSON.stringify(position))
          if (this.#unwritten.get(id) === position) this.#unwritten.delete(id)
        }),
      )
    }
    await cursors.put(CHECKPOINT_KEY, JSON.stringify(checkpoint))
  }
}
