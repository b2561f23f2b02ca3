/**
 * The rate limits of adapters, while this instance leads.
 *
 * Job: know the places of every adapter with a limit, and since when its fires have had to wait. Invariants:
 * - Nothing of such an adapter is decided in a term before it is known what was sent to it in the last span, by whomever.
 * - The spells in which fires had to wait are stored while they last, a second behind at most, so that the next leader
 *   does not take waiting for lateness either.
 * On failure of the log or the store: the adapter's fires wait until they can be read; a record that cannot be written
 * is written later.
 */
import { type RateRecord, rateKey } from '../core/plan/rate-record.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { RateLimitSettings } from '../core/trigger/rate-limit.ts'
import type { WaitingSpell } from '../core/trigger/waited.ts'
import type { Clock } from '../ports/clock.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { Store } from '../ports/store.ts'
import type { Logger } from '../ports/telemetry.ts'
import { AdapterPace, type Waiter } from './adapter-pace.ts'

/** A place that is taken; to be given back when it is known what has become of its fire. */
export interface Place {
  /** `isCounted`: `counted` was called for its fire, or nothing can have been stored. */
  readonly end: (isCounted?: boolean) => void
}

export interface RateLimitsOptions {
  readonly log: Pick<FireLog, 'storedOf'>
  /** Left out: what waits is not known to the next leader as waiting. */
  readonly store?: Pick<Store, 'get' | 'put'>
  readonly clock: Clock
  readonly logger: Logger
  readonly mayWrite: () => boolean
  /** What the server's clock reads. */
  readonly serverNow: () => number
  /** The moment that schedules are decided at. */
  readonly now: () => number
  /** Told when a place may have become free, or somebody waits for one. */
  readonly onChange: () => void
}

const RETRY_MS = 1_000
const STORE_MS = 1_000
/** How far the server's clock may be from what is taken for it here. */
const CLOCKS_APART_MS = 500

type Limited = Pick<CompiledTrigger, 'key' | 'adapter' | 'rateLimit'>

interface Known {
  readonly tenant: string
  readonly adapter: string
  readonly pace: AdapterPace
  /** The term in which it was read. */
  state: 'unknown' | 'reading' | 'known'
  /** As it stands in the store. */
  stored: string
}

export class RateLimits {
  readonly #options: RateLimitsOptions
  readonly #known = new Map<string, Known>()
  #signal: AbortSignal = AbortSignal.abort()

  constructor(options: RateLimitsOptions) {
    this.#options = options
  }

  /** A term begins. */
  begin(signal: AbortSignal): void {
    this.#signal = signal
    for (const known of this.#known.values()) {
      known.state = 'unknown'
      known.pace.begin()
    }
  }

  /** When fires of the schedule's adapter had to wait; null: not known yet, to be asked again in a moment. */
  waited(trigger: Limited): readonly WaitingSpell[] | null {
    const pace = this.#paceOf(trigger)
    if (pace === undefined) return []
    return pace === null ? null : pace.spells
  }

  /** A place for the schedule; null: it waits for its turn. One without a limit is not to ask. */
  ask(trigger: Limited, waiter: Waiter): Place | null {
    const { clock, now } = this.#options
    const pace = this.#paceOf(trigger)
    if (pace == null || !pace.ask(waiter, clock.monotonic(), now())) return null
    return this.#place(pace)
  }

  /** As many places as are free, `most` at most, past everybody who waits: for an edit, which waits for nobody. */
  free(trigger: Limited): number {
    const pace = this.#paceOf(trigger)
    return pace == null ? 0 : Math.max(0, pace.free(this.#options.clock.monotonic()) - pace.waiting)
  }

  take(trigger: Limited): Place {
    const pace = this.#paceOf(trigger)
    if (pace == null) return { end: () => undefined }
    pace.take()
    return this.#place(pace)
  }

  /** Something was stored for the adapter that asks for no place. */
  counted(tenant: string, adapter: string): void {
    this.#known.get(`${tenant}/${adapter}`)?.pace.count(this.#options.clock.monotonic())
  }

  /** Wakes those for whom there is a place now. */
  admit(isOwing: boolean): void {
    const { clock, now } = this.#options
    for (const { pace, state } of this.#known.values()) {
      if (state !== 'known') continue
      pace.look(clock.monotonic(), { now: now(), isOwing })
      pace.admit(clock.monotonic())
    }
  }

  /** How long nobody gets a place. */
  restMs(): number {
    let rest = Number.POSITIVE_INFINITY
    for (const { pace } of this.#known.values())
      rest = Math.min(rest, pace.restMs(this.#options.clock.monotonic()))
    return Math.ceil(rest)
  }

  /** Stores since when fires wait, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (await clock.sleep(STORE_MS, signal)) {
      try {
        await this.#store()
      } catch (error) {
        logger.warn('since when fires wait for their place cannot be stored now', { error: String(error) })
      }
    }
  }

  async #store(): Promise<void> {
    const { store, mayWrite, clock, now } = this.#options
    if (store === undefined) return
    for (const known of this.#known.values()) {
      const { tenant, adapter, pace } = known
      if (known.state !== 'known') continue
      pace.look(clock.monotonic(), { now: now(), isOwing: true })
      const record: RateRecord = { spells: pace.spells, waiting: pace.waiting }
      const text = JSON.stringify(record)
      if (text === known.stored) continue
      if (!mayWrite()) return
      await store.put(rateKey(tenant, adapter), text)
      known.stored = text
    }
  }

  #place(pace: AdapterPace): Place {
    return {
      end: (isCounted = false) => {
        pace.answered(this.#options.clock.monotonic(), isCounted)
        if (pace.waiting > 0) this.#options.onChange()
      },
    }
  }

  /** undefined: no limit; null: not known yet. */
  #paceOf({ key: { tenant }, adapter, rateLimit }: Limited): AdapterPace | undefined | null {
    if (rateLimit === undefined) return undefined
    const id = `${tenant}/${adapter}`
    let known = this.#known.get(id)
    if (known === undefined) {
      known = { tenant, adapter, pace: new AdapterPace(rateLimit), state: 'unknown', stored: EMPTY }
      this.#known.set(id, known)
    }
    if (known.pace.settings !== rateLimit) this.#resettle(known, rateLimit)
    if (known.state === 'unknown') void this.#read(known, this.#signal)
    return known.state === 'known' ? known.pace : null
  }

  /** The limit may be another one than before: of a longer span more is to be known. */
  #resettle(known: Known, settings: RateLimitSettings): void {
    if (settings.perMs > known.pace.settings.perMs && known.state === 'known') known.state = 'unknown'
    known.pace.settings = settings
  }

  async #read(known: Known, signal: AbortSignal): Promise<void> {
    const { log, store, clock, logger, serverNow, onChange } = this.#options
    const { tenant, adapter, pace } = known
    known.state = 'reading'
    while (!signal.aborted) {
      try {
        const until = clock.monotonic()
        const origin = serverNow() - until
        const { perMs } = pace.settings
        const stored = await log.storedOf(known, origin + until - perMs - 2 * CLOCKS_APART_MS)
        const record = await store?.get(rateKey(tenant, adapter))
        const text = record?.value ?? EMPTY
        if (signal.aborted || known.state !== 'reading') return
        const times = stored.map((at) => Math.min(until, at - origin + CLOCKS_APART_MS))
        pace.know(times, until, (JSON.parse(text) as RateRecord).spells)
        known.stored = text
        known.state = 'known'
        onChange()
        return
      } catch (error) {
        logger.warn('what was sent to an adapter cannot be read now: its fires wait', {
          tenant,
          adapter,
          error: String(error),
        })
        await clock.sleep(RETRY_MS, signal)
      }
    }
  }
}

const EMPTY = JSON.stringify({ spells: [], waiting: 0 })
