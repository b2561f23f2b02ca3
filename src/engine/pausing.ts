/**
 * Pauses and resumes, on the leader.
 *
 * Job: write the operator's will by compare-and-set, answer when it is in force, keep the records short. Invariants:
 * - `pause` returns only when the loop knows of it, what was in flight has been answered, and this instance still leads:
 *   whoever leads next reads the overrides before it fires anything.
 * - What an ended pause held back stays on record until every schedule that it was over has settled it.
 * - Reconciles and deploys never come here: what an operator said holds until an operator or its own end says otherwise.
 * On failure of the store: the request fails and may be made again, which changes nothing that was done.
 */
import { BelfryError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { formatInstant } from '../core/time/instant.ts'
import {
  ended,
  expired,
  holdingPause,
  type OperatorPause,
  overrideKey,
  paused,
  settled,
  stops,
} from '../core/trigger/override.ts'
import type { PauseMissed } from '../core/trigger/pause.ts'
import { formatPauseTarget, type PauseTarget } from '../core/trigger/pause-target.ts'
import type { Clock } from '../ports/clock.ts'
import type { PauseReply, ResumeReply } from '../ports/control.ts'
import type { EventSink, Logger } from '../ports/telemetry.ts'
import type { AdapterPauses } from './adapter-pauses.ts'
import type { LiveState } from './live-state.ts'
import type { OverrideWriter } from './override-writer.ts'
import type { Overrides } from './overrides.ts'
import type { TriggerLoop } from './trigger-loop.ts'

export interface PausingOptions {
  readonly writer: OverrideWriter
  readonly overrides: Overrides
  readonly live: LiveState
  readonly loop: TriggerLoop
  readonly adapters: AdapterPauses
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
  /** The moment of something that is done now, on a clock that all instances share; null while it is not known. */
  readonly now: () => number | null
  /** Whether leadership is trusted right now. */
  readonly mayWrite: () => boolean
}

const KEEP_EVERY_MS = 10_000
const KEEP_SOON_MS = 500
/** How long entries that were already on their way are waited for. */
const IN_FLIGHT_MS = 10_000

export class Pausing {
  readonly #options: PausingOptions
  #wake = new AbortController()

  constructor(options: PausingOptions) {
    this.#options = options
  }

  async pause(
    target: PauseTarget,
    wanted: Omit<OperatorPause, 'at'>,
    signal: AbortSignal,
  ): Promise<PauseReply> {
    const now = this.#now()
    if (wanted.until !== null && wanted.until <= now) {
      throw new BelfryError('invalid-request', `until ${formatInstant(wanted.until)} is over already`)
    }
    const { writer } = this.#options
    const { before, after } = await writer.change(
      target,
      (override) => {
        // Asked when it is this request's turn: a rename may have come before it.
        this.#mustExist(target)
        return paused(override, wanted, now)
      },
      signal,
    )
    await this.#inForce(target, signal)
    const was = holdingPause(before, now)
    const at = after.pause?.at ?? now
    if (was !== null && isSame(was, wanted)) return { outcome: 'unchanged', at }
    const { by, reason, missed } = wanted
    const until = wanted.until === null ? null : formatInstant(wanted.until)
    this.#event('paused', target, { by, reason, until, missed })
    return { outcome: was === null ? 'paused' : 'changed', at }
  }

  async resume(
    target: PauseTarget,
    { by, missed }: { readonly by: string; readonly missed: PauseMissed | null },
    signal: AbortSignal,
  ): Promise<ResumeReply> {
    const now = this.#now()
    const { writer } = this.#options
    const { before } = await writer.change(target, (override) => ended(override, missed, now), signal)
    const was = holdingPause(before, now)
    await this.#options.adapters.keep(signal)
    this.#wake.abort()
    const stillPausedBy = this.#options.overrides
      .all()
      .filter((each) => holdingPause(each.override, now) !== null && isAround(each.target, target))
      .map((each) => formatPauseTarget(each.target))
    if (was === null) return { outcome: 'not-paused', stillPausedBy }
    this.#event('resumed', target, { by, since: formatInstant(was.at), missed: missed ?? was.missed })
    return { outcome: 'resumed', stillPausedBy }
  }

  /** While this instance leads: records what ended by itself, and forgets what everybody has settled. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, adapters } = this.#options
    const wakeUp = () => this.#wake.abort()
    signal.addEventListener('abort', wakeUp, { once: true })
    while (!signal.aborted) {
      this.#wake = new AbortController()
      try {
        await this.#tidy(signal)
        await adapters.keep(signal)
      } catch (error) {
        logger.warn('overrides cannot be kept now', { error: String(error) })
      }
      await clock.sleep(this.#restMs(), this.#wake.signal)
    }
    signal.removeEventListener('abort', wakeUp)
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    const now = this.#options.now()
    if (now === null) return
    for (const { target, override } of this.#options.overrides.all()) {
      const over = override.pause !== null && expired(override, now) !== override ? override.pause : null
      if (over === null && override.ended.length === 0) continue
      const settledTo = () => this.#options.loop.settledTo((trigger) => stops(target, trigger))
      if (over === null && settled(override, settledTo()) === override) continue
      if (!this.#options.mayWrite()) return
      await this.#options.writer.change(
        target,
        (current) => settled(expired(current, now), settledTo()),
        signal,
      )
      if (over !== null) {
        this.#event('resumed', target, {
          by: 'until',
          since: formatInstant(over.at),
          missed: over.missed,
        })
      }
    }
  }

  #restMs(): number {
    const now = this.#options.now() ?? 0
    let restMs = KEEP_EVERY_MS
    for (const { override } of this.#options.overrides.all()) {
      if (override.ended.length > 0) restMs = Math.min(restMs, KEEP_SOON_MS)
      const until = override.pause?.until ?? null
      if (until !== null) restMs = Math.min(restMs, Math.max(1, until - now))
    }
    return restMs
  }

  /** Nothing more of what is paused goes out, or it is an error that says so. */
  async #inForce(target: PauseTarget, signal: AbortSignal): Promise<void> {
    const { loop, clock, adapters } = this.#options
    await adapters.keep(signal)
    const answered = new AbortController()
    const inFlight = loop.answered((trigger) => stops(target, trigger)).finally(() => answered.abort())
    const waited = await clock.sleep(IN_FLIGHT_MS, AbortSignal.any([signal, answered.signal]))
    if (waited) {
      throw new BelfryError(
        'timeout',
        `${formatPauseTarget(target)} is paused, but the log has not answered for what was on its way already: that may still be stored`,
      )
    }
    if (!signal.aborted) await inFlight
    this.#options.writer.mustLead(signal)
    this.#wake.abort()
  }

  #now(): number {
    const { now, clock } = this.#options
    // While the server's time is not known the clock here must do: a pause does not wait.
    return now() ?? clock.now()
  }

  #mustExist(target: PauseTarget): void {
    const { live } = this.#options
    if (target.kind === 'everything') return
    const names = [...live.snapshot.keys()].flatMap((identity) => {
      const [kind = '', tenant = '', name = ''] = identity.split('/')
      if (target.kind === 'tenant') return [tenant]
      return kind.toLowerCase() === target.kind && tenant === target.tenant ? [name] : []
    })
    const wanted = target.kind === 'tenant' ? target.tenant : target.name
    if (names.includes(wanted)) return
    const meant = nearest(wanted, [...new Set(names)])
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new BelfryError('unknown-object', `nothing live is ${formatPauseTarget(target)}${hint}`)
  }

  #event(
    type: 'paused' | 'resumed',
    target: PauseTarget,
    facts: Readonly<Record<string, string | null>>,
  ): void {
    this.#options.logger.info(type === 'paused' ? 'paused by an operator' : 'resumed', {
      target: formatPauseTarget(target),
      ...facts,
    })
    this.#options.events.emit({ type, target: formatPauseTarget(target), facts })
  }
}

function isSame(a: OperatorPause, b: Omit<OperatorPause, 'at'>): boolean {
  return a.by === b.by && a.reason === b.reason && a.until === b.until && a.missed === b.missed
}

/** Whether a pause of `outer` also stops something of `inner`. */
function isAround(outer: PauseTarget, inner: PauseTarget): boolean {
  if (outer.kind === 'everything' || inner.kind === 'everything') return outer.kind === 'everything'
  if (outer.tenant !== inner.tenant) return false
  if (outer.kind === 'tenant') return true
  return inner.kind !== 'tenant' && overrideKey(outer) === overrideKey(inner)
}
