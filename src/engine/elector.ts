/**
 * Elects one leader among the instances of one installation.
 *
 * Job: hold or win the lease, count terms, and say at any moment whether this instance may start new work.
 * Invariants:
 * - No wall clock is compared. A standby measures silence by its own monotonic clock, and only between two reads that
 *   the store answered: silence of the store is not silence of the leader.
 * - A holder trusts itself only for `TRUST_MS` from the moment at which its last successful renewal was *sent*, which is
 *   shorter than the silence after which a standby may take over.
 * - Each taking draws a new nonce, so that an own write whose answer was lost is recognised when it is read back.
 * On failure: while the store does not answer, a holder loses trust (and does nothing new) but keeps trying; it steps
 * down only when it reads that somebody else holds the lease. The lease saves work; the log's compare-and-set protects.
 */
import type { Clock } from '../ports/clock.ts'
import type { HeldLease, LeaseRecord, LeaseStore } from '../ports/lease.ts'
import type { Logger } from '../ports/telemetry.ts'

export const RENEW_MS = 250
/** A standby reads at half of this and at the whole of it after the last change it saw. */
export const SILENCE_MS = 900
export const TRUST_MS = 800
const FIRST_READ_MS = SILENCE_MS / 2
const RETRY_MS = 100
/** A wait that took this much longer than asked was no wait but a standstill. */
const FREEZE_MS = 1_000

export interface ElectorOptions {
  readonly lease: LeaseStore
  readonly clock: Clock
  readonly instance: string
  /** A fresh unguessable token per call. */
  readonly drawNonce: () => string
  readonly logger: Logger
  /** May be withheld, for example while the own clock is far off or the live state is newer than this version knows. */
  readonly mayLead: () => boolean
  readonly onElected: (term: number) => void
  readonly onDeposed: (term: number, successor: string | null) => void
}

interface Leadership {
  readonly term: number
  readonly nonce: string
  revision: number
  /** Monotonic time at which the newest successful renewal was sent. */
  trustedFrom: number
}

/** What a standby last learned of the lease, and when by its own clock. */
interface Sighting {
  readonly revision: number | null
  /** The lease as it was given back; null: it was not. */
  readonly released: HeldLease | null
  since: number
}

export class Elector {
  readonly #options: ElectorOptions
  #leadership: Leadership | null = null
  #sighting: Sighting | null = null
  #wake: AbortController | null = null

  constructor(options: ElectorOptions) {
    this.#options = options
  }

  /** The term that this instance leads, or null. */
  get term(): number | null {
    return this.#leadership?.term ?? null
  }

  /** Whether a write may be started right now. To be asked immediately before each one. */
  trusted(): boolean {
    const led = this.#leadership
    return led !== null && this.#options.clock.monotonic() - led.trustedFrom < TRUST_MS
  }

  /** Takes part until `signal` aborts; returns when nothing is under way any more. Does not release: see `release`. */
  async run(signal: AbortSignal): Promise<void> {
    this.#options.lease.watch((held) => this.#see(held), signal)
    signal.addEventListener('abort', () => this.#wake?.abort(), { once: true })
    while (!signal.aborted) {
      await (this.#leadership === null ? this.#stand(signal) : this.#renew(this.#leadership, signal))
    }
  }

  /** Gives the lease up so that a standby takes it at once. At a clean stop after everything is drained. */
  async release(): Promise<boolean> {
    const led = this.#leadership
    if (led === null) return false
    this.#leadership = null
    this.#sighting = null
    const answer = await this.#options.lease.write({ ...this.#record(led), released: true }, led.revision)
    return answer.kind === 'written'
  }

  #record(led: { term: number; nonce: string }): LeaseRecord {
    const { clock, instance } = this.#options
    return { holder: instance, nonce: led.nonce, term: led.term, renewedAt: clock.now(), released: false }
  }

  async #renew(led: Leadership, signal: AbortSignal): Promise<void> {
    const { clock, lease, logger, mayLead, onDeposed } = this.#options
    if (!mayLead()) {
      // Others may be able to. What is in flight here is protected by the log.
      logger.warn('this instance gives the lease up: it must not lead now', { term: led.term })
      await this.release()
      onDeposed(led.term, null)
      return
    }
    const sentAt = clock.monotonic()
    const answer = await lease.write(this.#record(led), led.revision)
    if (answer.kind === 'written') {
      led.revision = answer.revision
      led.trustedFrom = sentAt
      await clock.sleep(Math.max(0, RENEW_MS - (clock.monotonic() - sentAt)), signal)
      return
    }
    // Refused or unanswered: what is there now decides. An own write whose answer was lost carries the own nonce.
    const held = await this.#read()
    if (held === undefined) {
      await clock.sleep(RETRY_MS, signal)
    } else if (held !== null && held.record.nonce === led.nonce && !held.record.released) {
      // When that write was sent is not known here, so that trust waits for the next renewal, which is sent at once.
      led.revision = held.revision
    } else {
      this.#depose(led, held)
    }
  }

  #depose(led: Leadership, held: HeldLease | null): void {
    this.#leadership = null
    this.#sighting = null
    this.#options.onDeposed(led.term, held?.record.holder ?? null)
  }

  async #stand(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const seen = this.#sighting
    const silent = seen === null ? 0 : clock.monotonic() - seen.since
    if (seen !== null && seen.released === null && seen.revision !== null && silent < FIRST_READ_MS) {
      await this.#rest(FIRST_READ_MS - silent, signal)
      return
    }
    if (seen !== null && seen.released !== null) {
      // Taken as it was seen: if another one was faster, the compare-and-set says so.
      await this.#take(seen.released, signal)
      return
    }
    const held = await this.#read()
    if (signal.aborted) return
    if (held === undefined) {
      // Silence of the store proves nothing about the leader: the count starts again with the next answer.
      this.#sighting = null
      await clock.sleep(RETRY_MS, signal)
      return
    }
    const revision = held?.revision ?? null
    if (held === null || held.record.released) {
      await this.#take(held, signal)
      return
    }
    if (seen === null || seen.revision !== revision) {
      this.#sighting = { revision, released: null, since: clock.monotonic() }
      return
    }
    const now = clock.monotonic()
    if (now - seen.since < SILENCE_MS) {
      await this.#rest(SILENCE_MS - (now - seen.since), signal)
      const again = await this.#read()
      if (signal.aborted || again === undefined || again?.revision !== revision || this.#sighting !== seen)
        return
      const waited = clock.monotonic() - seen.since
      if (waited >= SILENCE_MS && waited < SILENCE_MS + FREEZE_MS) {
        await this.#take(again, signal)
        return
      }
    }
    // A read that comes this late says that this process stood still, perhaps with the leader: the count starts anew.
    this.#sighting = { revision, released: null, since: clock.monotonic() }
  }

  /** Takes a lease that was never held, was released, or whose holder was silent. */
  async #take(held: HeldLease | null, signal: AbortSignal): Promise<void> {
    const { clock, lease, mayLead, drawNonce, logger } = this.#options
    this.#sighting = null
    if (!mayLead()) {
      await clock.sleep(SILENCE_MS, signal)
      return
    }
    const taken = { term: (held?.record.term ?? 0) + 1, nonce: drawNonce() }
    const sentAt = clock.monotonic()
    const answer = await lease.write(this.#record(taken), held?.revision ?? null)
    let revision = answer.kind === 'written' ? answer.revision : null
    if (revision === null) {
      const now = await this.#read()
      if (now?.record.nonce === taken.nonce) revision = now.revision
    }
    if (revision === null) {
      logger.debug('the lease went to another instance', { term: taken.term })
      return
    }
    this.#leadership = { ...taken, revision, trustedFrom: sentAt }
    this.#options.onElected(taken.term)
  }

  #see(held: HeldLease): void {
    if (this.#leadership !== null) return
    const { revision } = held
    if (this.#sighting?.revision === revision) return
    const released = held.record.released ? held : null
    this.#sighting = { revision, released, since: this.#options.clock.monotonic() }
    if (held.record.released) this.#wake?.abort()
  }

  /** Sleeps, but not past a release that the watch has seen. */
  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#sighting?.released != null) return
    this.#wake = new AbortController()
    await this.#options.clock.sleep(ms, this.#wake.signal)
    this.#wake = null
  }

  /** undefined: the store did not answer. */
  async #read(): Promise<HeldLease | null | undefined> {
    try {
      return await this.#options.lease.read()
    } catch (error) {
      this.#options.logger.debug('the lease cannot be read now', { error: String(error) })
      return undefined
    }
  }
}
