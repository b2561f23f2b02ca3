/**
 * Writes overrides, on the leader.
 *
 * Job: read one record, change it, write it by compare-and-set, and wait until the change is known here. Invariants:
 * - Of one record one change is made at a time, in the order of asking; whoever holds it makes the only ones.
 * - What was asked for while somebody else wrote is made of what that left.
 * On failure of the store: throws what it throws, and the same may be asked for again.
 */
import { BelfryError } from '../core/errors.ts'
import { isEmpty, NO_OVERRIDE, type Override, overrideKey, parseOverride } from '../core/trigger/override.ts'
import type { PauseTarget } from '../core/trigger/pause-target.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { Overrides } from './overrides.ts'

export interface OverrideWriterOptions {
  readonly store: Store
  readonly overrides: Overrides
  readonly clock: Clock
  /** Whether leadership is trusted right now. */
  readonly mayWrite: () => boolean
}

export interface OverrideChange {
  readonly before: Override
  readonly after: Override
}

/** The only hand on some records, until they are let go. */
export interface HeldOverrides {
  change(
    target: PauseTarget,
    how: (override: Override) => Override,
    signal: AbortSignal,
  ): Promise<OverrideChange>
  letGo(): void
}

const MOST_TRIES = 20

export class OverrideWriter {
  readonly #options: OverrideWriterOptions
  /** By key what is under way, until it is done. */
  readonly #busy = new Map<string, Promise<void>>()

  constructor(options: OverrideWriterOptions) {
    this.#options = options
  }

  async change(
    target: PauseTarget,
    how: (override: Override) => Override,
    signal: AbortSignal,
  ): Promise<OverrideChange> {
    const held = await this.hold([target])
    try {
      return await held.change(target, how, signal)
    } finally {
      held.letGo()
    }
  }

  /** Resolves when nobody else changes these any more; others wait until they are let go. */
  async hold(targets: readonly PauseTarget[]): Promise<HeldOverrides> {
    let letGo: () => void = () => undefined
    const free = new Promise<void>((resolve) => {
      letGo = resolve
    })
    // In one order for everybody, so that no two wait for each other.
    for (const key of [...new Set(targets.map(overrideKey))].sort()) {
      const before = this.#busy.get(key)
      const after = (before ?? Promise.resolve()).then(() => free)
      this.#busy.set(key, after)
      void after.then(() => {
        if (this.#busy.get(key) === after) this.#busy.delete(key)
      })
      await before
    }
    return { change: (target, how, signal) => this.#change(target, how, signal), letGo }
  }

  /** Throws unless this instance still leads. */
  mustLead(signal: AbortSignal): void {
    if (signal.aborted || !this.#options.mayWrite()) throw lost()
  }

  async #change(
    target: PauseTarget,
    how: (override: Override) => Override,
    signal: AbortSignal,
  ): Promise<OverrideChange> {
    const { store, overrides, clock } = this.#options
    const key = overrideKey(target)
    for (let tries = 0; tries < MOST_TRIES && !signal.aborted; tries++) {
      const entry = await store.get(key)
      const read = entry === null ? null : parseOverride(entry.value)
      const before = read?.ok === true ? read.value : NO_OVERRIDE
      const after = how(before)
      if (JSON.stringify(after) === JSON.stringify(before) && read?.ok !== false) {
        await overrides.current(signal)
        return { before, after }
      }
      const written = await this.#write(key, after, entry?.revision ?? null)
      if (written) {
        await overrides.current(signal)
        this.mustLead(signal)
        return { before, after }
      }
      await clock.sleep(tries, signal)
    }
    throw lost()
  }

  /** False: somebody else wrote. */
  async #write(key: string, override: Override, revision: number | null): Promise<boolean> {
    const { store } = this.#options
    if (isEmpty(override)) return revision === null || (await store.remove(key, revision)).ok
    const value = JSON.stringify(override)
    const written =
      revision === null ? await store.create(key, value) : await store.update(key, value, revision)
    return written.ok
  }
}

function lost(): BelfryError {
  const message = 'leadership moved meanwhile; do the same again, which changes nothing that was done'
  return new BelfryError('leader-lost', message, { retryable: true })
}
