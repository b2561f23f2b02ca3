/**
 * The circuits of adapters, while this instance leads.
 *
 * Job: fold the events of runs into each adapter's circuit, and have its consumer held and narrowed accordingly.
 * Invariants:
 * - A circuit that opens or closes is stored before it is told and before its consumer changes, so that the next leader
 *   finds it as it is.
 * - A consumer is narrowed to one run before it is held, and the hold ends by itself: also while nobody leads, no more
 *   than one run is tried when the time is over.
 * - The consumer is never written from here: that is done by whoever knows of all that may hold it (adapter-pauses.ts).
 * On failure of the store: what changed stays to be stored, and is tried again.
 */
import type { AdapterSpec } from '../core/kinds.ts'
import { adapterOfCircuitKey, type CircuitRecord, circuitKey } from '../core/plan/circuit-record.ts'
import { type Circuit, CLOSED, circuitAfter, circuitSettings } from '../core/run/circuit.ts'
import type { ToldEvent } from '../core/run/open-run.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'

export interface CircuitsOptions {
  readonly store: Pick<Store, 'entries' | 'put'>
  readonly adapter: (tenant: string, name: string) => AdapterSpec | undefined
  readonly clock: Clock
  readonly events: EventSink
  readonly logger: Logger
  readonly mayWrite: () => boolean
  /** The moment, never far from the server's clock. */
  readonly now: () => number
  /** Has consumers compared with what they must be. Throws retryable. */
  readonly keepConsumers: (signal: AbortSignal) => Promise<void>
}

const RETRY_MS = 1_000
const LONGEST_REST_MS = 30_000

interface Known {
  readonly tenant: string
  readonly adapter: string
  circuit: Circuit
  /** What the store has of it is older. */
  isUnstored: boolean
  /** That its time is over has been told. */
  isHalfOpenTold: boolean
}

export class Circuits {
  readonly #options: CircuitsOptions
  #known = new Map<string, Known>()
  #loaded: Promise<void> = Promise.resolve()
  /** The newest event that is in the circuits: events are told again when runs are followed anew. */
  #folded = { sequence: 0, storedAt: 0 }
  #wake = new AbortController()

  constructor(options: CircuitsOptions) {
    this.#options = options
  }

  /** Until when nothing is delivered to the adapter; null: its circuit does not keep anything from it. */
  openUntil(tenant: string, adapter: string, spec: AdapterSpec): number | null {
    const circuit = this.#of(tenant, adapter, spec)
    return circuit.state === 'open' && circuit.until > this.#options.now() ? circuit.until : null
  }

  /** Whether no more than one run may be in flight. */
  isNarrow(tenant: string, adapter: string, spec: AdapterSpec): boolean {
    return this.#of(tenant, adapter, spec).state === 'open'
  }

  get isAnyOpen(): boolean {
    return [...this.#known.values()].some(({ circuit }) => circuit.state === 'open')
  }

  /** A term begins: resolves when what the last one knew of circuits is known here, or `signal` aborts. */
  begin(signal: AbortSignal): Promise<void> {
    this.#loaded = this.#load(signal)
    return this.#loaded
  }

  /** Resolves when circuits are known in this term: before that nothing may be let go on that one may hold. */
  loaded(): Promise<void> {
    return this.#loaded
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (!signal.aborted) {
      try {
        await this.#read()
        return
      } catch (error) {
        logger.warn('the circuits of adapters cannot be read now', { error: String(error) })
        await clock.sleep(RETRY_MS, signal)
      }
    }
  }

  async #read(): Promise<void> {
    const known = new Map<string, Known>()
    for (const { key, value } of await this.#options.store.entries()) {
      const place = adapterOfCircuitKey(key)
      if (place === null) continue
      const circuit = JSON.parse(value) as CircuitRecord
      known.set(`${place.tenant}/${place.adapter}`, {
        ...place,
        circuit,
        isUnstored: false,
        isHalfOpenTold: false,
      })
    }
    this.#known = known
    this.#folded = { sequence: 0, storedAt: 0 }
  }

  /** Something of a run was told. */
  told({ place, event, storedAt: at, sequence }: ToldEvent): void {
    const { tenant, adapter } = place
    if (sequence <= this.#folded.sequence && at <= this.#folded.storedAt) return
    this.#folded = { sequence, storedAt: at }
    const settings = circuitSettings(this.#options.adapter(tenant, adapter)?.circuitBreaker)
    if (settings === null) return
    const id = `${tenant}/${adapter}`
    const known = this.#known.get(id) ?? newlyKnown(tenant, adapter)
    const before = known.circuit
    known.circuit = circuitAfter(before, event, { at, settings })
    if (known.circuit === before) return
    this.#known.set(id, known)
    if (before.state === 'closed' && known.circuit.state === 'closed') return
    known.isUnstored = true
    known.isHalfOpenTold = false
    this.#wake.abort()
  }

  /** Stores, tells and enforces what has changed, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, keepConsumers } = this.#options
    const wakeUp = () => this.#wake.abort()
    signal.addEventListener('abort', wakeUp, { once: true })
    while (!signal.aborted) {
      this.#wake = new AbortController()
      let restMs = this.#restMs()
      try {
        if (await this.#store()) await keepConsumers(signal)
        else restMs = RETRY_MS
      } catch (error) {
        logger.warn('the circuits of adapters cannot be kept now', { error: String(error) })
        restMs = RETRY_MS
      }
      await clock.sleep(restMs, this.#wake.signal)
    }
    signal.removeEventListener('abort', wakeUp)
  }

  async #store(): Promise<boolean> {
    const { store, events, mayWrite, now } = this.#options
    for (const known of this.#known.values()) {
      const { tenant, adapter, circuit } = known
      if (known.isUnstored) {
        if (!mayWrite()) return false
        const record: CircuitRecord = circuit
        await store.put(circuitKey(tenant, adapter), JSON.stringify(record))
        // Meanwhile it may have changed again.
        if (known.circuit === circuit) known.isUnstored = false
        this.#tell(known, circuit)
      }
      if (circuit.state !== 'open' || circuit.until > now() || known.isHalfOpenTold) continue
      known.isHalfOpenTold = true
      events.emit({ type: 'circuit-half-open', tenant, adapter, facts: {} })
    }
    return true
  }

  #tell({ tenant, adapter }: Known, circuit: Circuit): void {
    const { events, logger } = this.#options
    if (circuit.state === 'closed') {
      events.emit({ type: 'circuit-closed', tenant, adapter, facts: {} })
      return
    }
    const until = new Date(circuit.until).toISOString()
    logger.warn('attempts fail one after the other: delivery stops for a while', { tenant, adapter, until })
    events.emit({ type: 'circuit-opened', tenant, adapter, facts: { until, because: circuit.because } })
  }

  #restMs(): number {
    const now = this.#options.now()
    const ends = [...this.#known.values()].flatMap(({ circuit }) =>
      circuit.state === 'open' && circuit.until > now ? [circuit.until - now] : [],
    )
    return Math.max(1, Math.min(LONGEST_REST_MS, ...ends))
  }

  /** Without a breaker in its manifest an adapter has no circuit that could keep anything from it. */
  #of(tenant: string, adapter: string, { circuitBreaker }: AdapterSpec): Circuit {
    if (circuitBreaker === undefined) return CLOSED
    return this.#known.get(`${tenant}/${adapter}`)?.circuit ?? CLOSED
  }
}

function newlyKnown(tenant: string, adapter: string): Known {
  return { tenant, adapter, circuit: CLOSED, isUnstored: false, isHalfOpenTold: false }
}
