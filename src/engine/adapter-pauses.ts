/**
 * Holds the delivery of adapters that an operator has paused, or whose circuit is open, and narrows that of those whose
 * circuit has not closed again.
 *
 * Job: make every consumer paused or not, and as wide, as manifests, overrides and circuits together say.
 * Level-triggered: what it finds is compared with what must be, so that what a crash left half done is put right by
 * whoever leads next. Invariants:
 * - One comparison at a time: an older one never undoes a newer one.
 * - A consumer is narrowed before it is held, and held no longer than its circuit is open: the end goes to the server with
 *   the hold, and comes also while nobody leads.
 * On failure: throws, and the same again is harmless.
 */
import type { AdapterManifest, AdapterSpec } from '../core/kinds.ts'
import { DEFAULT_CONCURRENCY } from '../core/manifest/adapter-defaults.ts'
import { partsOf } from '../core/names.ts'
import { holdingPause, overrideKey } from '../core/trigger/override.ts'
import type { AdapterConsumers, KnownConsumer } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { Circuits } from './circuits.ts'
import type { LiveState } from './live-state.ts'
import type { Overrides } from './overrides.ts'

export interface AdapterPausesOptions {
  readonly overrides: Overrides
  readonly live: LiveState
  readonly consumers: AdapterConsumers
  readonly clock: Clock
  readonly now: () => number | null
  /** null: nobody keeps runs, and no circuit opens. */
  readonly circuits: () => Pick<Circuits, 'openUntil' | 'isNarrow' | 'isAnyOpen' | 'loaded'> | null
}

export class AdapterPauses {
  readonly #options: AdapterPausesOptions
  /** Something may be held, or may have been when this term began. */
  #isConcerned = true
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: AdapterPausesOptions) {
    this.#options = options
  }

  /** A term begins: what others left behind is not known. */
  begin(): void {
    this.#isConcerned = true
  }

  /** Whether something beside its manifest holds the adapter's delivery now: an operator's pause, or its circuit. */
  isPaused(tenant: string, name: string, spec: AdapterSpec): boolean {
    return this.#pauseOf(tenant, name) !== null || this.#openUntil(tenant, name, spec) !== null
  }

  /** How many of the adapter's runs may be in flight at once. */
  concurrencyOf(tenant: string, name: string, spec: AdapterSpec): number {
    const isNarrow = this.#options.circuits()?.isNarrow(tenant, name, spec) === true
    return isNarrow ? 1 : (spec.concurrency ?? DEFAULT_CONCURRENCY)
  }

  keep(signal: AbortSignal): Promise<void> {
    const kept = this.#queue.then(() => this.#keep(signal))
    this.#queue = kept.catch((error: unknown) => error)
    return kept
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { overrides, live, consumers, circuits } = this.#options
    const holdsAny = () =>
      overrides.all().some(({ target }) => target.kind === 'adapter') || circuits()?.isAnyOpen === true
    if (signal.aborted || (!this.#isConcerned && !holdsAny())) return
    await circuits()?.loaded()
    // What ends while this goes on is looked at once more.
    const isConcerned = holdsAny()
    const known = new Map(
      (await consumers.list()).map((consumer) => [`${consumer.tenant}/${consumer.adapter}`, consumer]),
    )
    for (const { identity, entry } of live.snapshot.values()) {
      const { kind, tenant, name } = partsOf(identity)
      const found = kind === 'Adapter' ? known.get(`${tenant}/${name}`) : undefined
      if (found === undefined || signal.aborted) continue
      await this.#keepOne(found, (entry.manifest as AdapterManifest).spec)
    }
    this.#isConcerned = isConcerned
  }

  async #keepOne(found: KnownConsumer, spec: AdapterSpec): Promise<void> {
    const { consumers } = this.#options
    const { tenant, adapter: name } = found
    const concurrency = this.concurrencyOf(tenant, name, spec)
    const isNarrowed = concurrency < found.concurrency
    if (isNarrowed) await consumers.limit(tenant, name, concurrency)
    const hold = this.#holdOf(tenant, name, spec)
    const isAsWanted = found.paused === (hold !== null) && found.pausedUntil === (hold?.until ?? null)
    if (!isAsWanted) await consumers.hold(tenant, name, hold)
    if (!isNarrowed && concurrency !== found.concurrency) await consumers.limit(tenant, name, concurrency)
  }

  /** null: nothing holds it. Of several holds the longest counts. */
  #holdOf(tenant: string, name: string, spec: AdapterSpec): { readonly until: number | null } | null {
    if (spec.suspend === true) return { until: null }
    const pause = this.#pauseOf(tenant, name)
    const openUntil = this.#openUntil(tenant, name, spec)
    if (pause === null) return openUntil === null ? null : { until: openUntil }
    return { until: pause.until === null ? null : Math.max(pause.until, openUntil ?? 0) }
  }

  #openUntil(tenant: string, name: string, spec: AdapterSpec): number | null {
    return this.#options.circuits()?.openUntil(tenant, name, spec) ?? null
  }

  #pauseOf(tenant: string, name: string) {
    const { overrides, clock, now } = this.#options
    const found = overrides.find(overrideKey({ kind: 'adapter', tenant, name }))
    return found === null ? null : holdingPause(found.override, now() ?? clock.now())
  }
}
