/**
 * Holds the delivery of adapters that an operator has paused.
 *
 * Job: make every consumer paused or not, as the manifests and the overrides together say. Level-triggered: what it finds
 * is compared with what must be, so that a pause that a crash left half done is put right by whoever leads next.
 * On failure: throws, and the same again is harmless. An end that is known goes to the server with the pause, and holds
 * also while nobody leads.
 */
import type { AdapterManifest } from '../core/kinds.ts'
import { partsOf } from '../core/names.ts'
import { holdingPause, overrideKey } from '../core/trigger/override.ts'
import type { AdapterConsumers } from '../ports/adapter-consumers.ts'
import type { Clock } from '../ports/clock.ts'
import type { LiveState } from './live-state.ts'
import type { Overrides } from './overrides.ts'

export interface AdapterPausesOptions {
  readonly overrides: Overrides
  readonly live: LiveState
  readonly consumers: AdapterConsumers
  readonly clock: Clock
  readonly now: () => number | null
}

export class AdapterPauses {
  readonly #options: AdapterPausesOptions
  /** Something may be paused, or may have been when this term began. */
  #isConcerned = true

  constructor(options: AdapterPausesOptions) {
    this.#options = options
  }

  /** A term begins: what others left behind is not known. */
  begin(): void {
    this.#isConcerned = true
  }

  /** Whether an operator's pause holds the adapter's delivery now. */
  isPaused(tenant: string, name: string): boolean {
    return this.#pauseOf(tenant, name) !== null
  }

  async keep(signal: AbortSignal): Promise<void> {
    const { overrides, live, consumers } = this.#options
    const pausesAny = overrides.all().some(({ target }) => target.kind === 'adapter')
    if (signal.aborted || (!this.#isConcerned && !pausesAny)) return
    const known = new Map(
      (await consumers.list()).map((consumer) => [`${consumer.tenant}/${consumer.adapter}`, consumer]),
    )
    for (const { identity, entry } of live.snapshot.values()) {
      const { kind, tenant, name } = partsOf(identity)
      const found = kind === 'Adapter' ? known.get(`${tenant}/${name}`) : undefined
      if (found === undefined || signal.aborted) continue
      const isSuspended = (entry.manifest as AdapterManifest).spec.suspend === true
      const pause = this.#pauseOf(tenant, name)
      if (found.paused === (isSuspended || pause !== null)) continue
      const until = isSuspended ? null : (pause?.until ?? null)
      await consumers.hold(tenant, name, found.paused ? null : { until })
    }
    this.#isConcerned = pausesAny
  }

  #pauseOf(tenant: string, name: string) {
    const { overrides, clock, now } = this.#options
    const found = overrides.find(overrideKey({ kind: 'adapter', tenant, name }))
    return found === null ? null : holdingPause(found.override, now() ?? clock.now())
  }
}
