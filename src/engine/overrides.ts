/**
 * The operator's pauses as this instance knows them.
 *
 * Job: follow the store of overrides, on the leader and on standbys, and say what is over each schedule. Invariants:
 * - `reached` covers exactly what is answered from: whoever wrote revision r and sees it reached knows that every
 *   decision from then on knows it as well.
 * - A store that is made anew is taken over only when all of it has been told, so that nothing is unpaused meanwhile.
 * - What somebody else wrote and cannot be read changes nothing: the last good record of that target stays.
 * On failure: the watch goes on over reconnects.
 */
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import { type Override, parseOverride, pausesOf, stops } from '../core/trigger/override.ts'
import type { Pause } from '../core/trigger/pause.ts'
import { type PauseTarget, parsePauseTarget } from '../core/trigger/pause-target.ts'
import type { Store, StoreChange } from '../ports/store.ts'
import type { Logger } from '../ports/telemetry.ts'
import { RevisionGate } from './revision-gate.ts'

export interface KnownOverride {
  readonly key: string
  readonly target: PauseTarget
  readonly override: Override
  readonly revision: number
}

export interface OverridesOptions {
  readonly store: Store
  readonly logger: Logger
  /** Told after the change is in force here; null: anything may be different. */
  readonly onChange: (target: PauseTarget | null) => void
}

const NONE: readonly Pause[] = []

export class Overrides {
  readonly #options: OverridesOptions
  #known = new Map<string, KnownOverride>()
  /** Collected while a store that is new to us tells what it holds. */
  #telling: Map<string, KnownOverride> | null = new Map()
  /** Answers, made when they are asked for, that hold as long as nothing changes. */
  #over = new Map<string, readonly Pause[]>()
  #revision = -1
  #seen = 0
  readonly #gate: RevisionGate

  constructor(options: OverridesOptions) {
    this.#options = options
    this.#gate = new RevisionGate(options.store, () => this.#revision)
  }

  /** Begins to follow; see `reached` for when it is current. */
  start(signal: AbortSignal): void {
    this.#options.store.watch(
      {
        onChange: (change) => this.#take(change),
        onCaughtUp: () => this.#takeOver(),
        onReset: () => {
          this.#telling = new Map()
          this.#seen = 0
          this.#revision = -1
          this.#gate.reset()
        },
      },
      signal,
    )
  }

  /** Resolves when all that the store holds now is known here, or `signal` aborts; throws what the store throws. */
  current(signal: AbortSignal): Promise<void> {
    return this.#gate.current(signal)
  }

  /** Resolves when everything up to `revision` is known here, or `signal` aborts. */
  reached(revision: number, signal: AbortSignal): Promise<void> {
    return this.#gate.reached(revision, signal)
  }

  all(): readonly KnownOverride[] {
    return [...this.#known.values()]
  }

  find(key: string): KnownOverride | null {
    return this.#known.get(key) ?? null
  }

  /** What stops, or has stopped, the firing of a schedule. */
  over(trigger: Pick<CompiledTrigger, 'key' | 'job'>): readonly Pause[] {
    if (this.#known.size === 0) return NONE
    const id = `${trigger.key.tenant}.${trigger.key.schedule}.${trigger.job}`
    const found = this.#over.get(id)
    if (found !== undefined) return found
    const pauses = [...this.#known.values()].flatMap(({ target, override }) =>
      stops(target, trigger) ? pausesOf(override) : NONE,
    )
    const over = pauses.length === 0 ? NONE : pauses
    this.#over.set(id, over)
    return over
  }

  #take({ key, value, revision }: StoreChange): void {
    this.#seen = Math.max(this.#seen, revision)
    const target = parsePauseTarget(key.replaceAll('.', '/'))
    const into = this.#telling ?? this.#known
    if (!target.ok) {
      this.#options.logger.warn('an override is over nothing that belfry knows', { key })
    } else if (value === null) {
      into.delete(key)
    } else {
      const override = parseOverride(value)
      if (override.ok) into.set(key, { key, target: target.value, override: override.value, revision })
      else this.#unreadable(key, override.error, into)
    }
    if (this.#telling !== null) return
    this.#changed(target.ok ? target.value : null)
  }

  /** Somebody else's hand: what was in force stays in force. */
  #unreadable(key: string, problem: string, into: Map<string, KnownOverride>): void {
    this.#options.logger.error('an override cannot be read: what was in force stays', { key, problem })
    const known = this.#known.get(key)
    if (known !== undefined) into.set(key, known)
  }

  #takeOver(): void {
    if (this.#telling === null) return
    this.#known = this.#telling
    this.#telling = null
    this.#changed(null)
  }

  #changed(target: PauseTarget | null): void {
    this.#over = new Map()
    this.#revision = this.#seen
    this.#options.onChange(target)
    this.#gate.advanced()
  }
}
