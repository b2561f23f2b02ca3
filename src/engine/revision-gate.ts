/**
 * Lets those who wait for a revision of a store through once it is known here.
 *
 * Job: what everything that follows a store needs for "wait until I have seen that". Invariant: whoever waits for a
 * revision of a store that is then made anew waits for all that the new one holds, because its revisions begin again. On
 * failure to read the newest revision: throws what the store throws, and nobody waits.
 */
import type { Store } from '../ports/store.ts'

export class RevisionGate {
  readonly #store: Pick<Store, 'lastRevision'>
  readonly #known: () => number
  readonly #waiters = new Set<{ revision: number; readonly resolve: () => void }>()
  /** How often the store was found made anew, and its revisions began again. */
  #resets = 0

  /** `known`: up to which revision everything is known; below 0 while that is nothing yet. */
  constructor(store: Pick<Store, 'lastRevision'>, known: () => number) {
    this.#store = store
    this.#known = known
  }

  /**
   * Resolves when all that the store holds now is known, or `signal` aborts. A revision that was read before the store was
   * made anew may never come again, and is asked for again.
   */
  async current(signal: AbortSignal): Promise<void> {
    let revision = 0
    let resets: number
    do {
      resets = this.#resets
      revision = await this.#store.lastRevision()
    } while (resets !== this.#resets && !signal.aborted)
    await this.reached(revision, signal)
  }

  /** Resolves when everything up to `revision` is known, or `signal` aborts. */
  async reached(revision: number, signal: AbortSignal): Promise<void> {
    if (this.#known() >= revision || signal.aborted) return
    await new Promise<void>((resolve) => {
      // A term waits many times on one signal: what has been answered leaves nothing behind on either side.
      const settle = (): void => {
        signal.removeEventListener('abort', settle)
        this.#waiters.delete(waiter)
        resolve()
      }
      const waiter = { revision, resolve: settle }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', settle, { once: true })
    })
  }

  /** More is known than before. */
  advanced(): void {
    const known = this.#known()
    for (const { revision, resolve } of [...this.#waiters]) if (revision <= known) resolve()
  }

  /** The store was made anew. */
  reset(): void {
    this.#resets += 1
    for (const waiter of this.#waiters) waiter.revision = 0
  }
}
