/**
 * Fires of schedules that come up beside their times.
 *
 * Job: decide about each with what is going on now, and have it, or the decision that it does not fire, stored in its
 * place in the log. Invariants:
 * - What asks for it is its identity: of fire and marker the first one is stored, whoever leads, and however often.
 * - Where runs must not overlap, nothing else of the schedule is decided between the decision and the store: a schedule
 *   that is being worked on is waited for, and what is on its way here counts as going.
 * - What waits keeps its place, in the order in which it came up.
 * On failure: nothing is known of the store; whoever asked asks again, also of another leader.
 */
import type { ScheduleKey } from '../core/names.ts'
import type { Result } from '../core/result.ts'
import { type ComingDecision, decideComing } from '../core/trigger/coming-up.ts'
import type { CompiledTrigger } from '../core/trigger/compiled-trigger.ts'
import type { RunsGoing } from '../core/trigger/decision.ts'
import { type Asking, buildOneOff, buildOneOffMarker, oneOffKey } from '../core/trigger/one-off.ts'
import { type RunContent, templateOfSchedule } from '../core/trigger/one-off-template.ts'
import type { Pause } from '../core/trigger/pause.ts'
import type { FireLog } from '../ports/fire-log.ts'
import { positionKey } from './log-positions.ts'
import type { OneOffWriter } from './one-off-writer.ts'
import type { OneOffTerm } from './one-offs.ts'
import type { Place, RateLimits } from './rate-limits.ts'
import type { TriggerLoop } from './trigger-loop.ts'

export interface ComingFiresOptions {
  readonly log: Pick<FireLog, 'last'>
  readonly writer: OneOffWriter
  readonly loop: Pick<TriggerLoop, 'isDeciding' | 'answered' | 'runsChanged'>
  /** The runs of a schedule that are going; null: not known yet. */
  readonly runsOf: (key: ScheduleKey) => RunsGoing | null
  readonly pausesOver: (trigger: CompiledTrigger) => readonly Pause[]
  readonly cancelAll: (key: ScheduleKey, reason: string) => void
  readonly now: () => number
  readonly tz: string
  readonly rateLimits: Pick<RateLimits, 'waited' | 'ask'>
  /** Has what waits come up again at once. */
  readonly wake: () => void
}

export interface Coming {
  readonly trigger: CompiledTrigger
  readonly asking: Asking
  /** When it came up, epoch milliseconds. */
  readonly at: number
  /** What came up at or before it is not the schedule's to fire; left out: at or before this version began. */
  readonly since?: number
  /** What the run carries if not what all of the schedule carry; an error: why there can be none. */
  readonly carried?: Result<RunContent, string>
}

export type ComingOutcome =
  | { readonly kind: 'fired' }
  /** `because` is null if it was decided before, by this leader or another one. */
  | { readonly kind: 'not-fired'; readonly because: string | null }
  /** For a run to end: to be asked again. */
  | { readonly kind: 'waits' }
  /** Leadership was lost on the way. */
  | { readonly kind: 'unknown' }

/** Whoever waits with something asks again every second. */
const TURN_MS = 3_000

export class ComingFires {
  readonly #options: ComingFiresOptions
  /** Those that wait, of each schedule, in order: their identities in the log. */
  readonly #waiting = new Map<string, Set<string>>()
  /** Of each schedule how many are on their way into the log. */
  readonly #sending = new Map<string, number>()

  constructor(options: ComingFiresOptions) {
    this.#options = options
  }

  /** A term begins: what waits will come up again. */
  begin(): void {
    this.#waiting.clear()
  }

  /** Another version of the schedule is there, or none: what waits comes up again, if it still does. */
  forget(key: ScheduleKey): void {
    this.#waiting.delete(positionKey(key))
  }

  /** Fires that are on their way: the run tracker does not know of them yet. */
  sending(key: ScheduleKey): number {
    return this.#sending.get(positionKey(key)) ?? 0
  }

  async come(coming: Coming, term: OneOffTerm): Promise<ComingOutcome> {
    const { loop } = this.#options
    const { trigger, at } = coming
    const { tenant, schedule: base } = trigger.key
    const nominal = Math.floor(at / 1000) * 1000
    const identity = oneOffKey(tenant, base, { asking: coming.asking, nominal }).schedule
    if (await this.#cameBefore(coming, nominal)) return { kind: 'not-fired', because: null }
    const isAlone = (trigger.overlap?.policy ?? 'allow') !== 'allow'
    while (isAlone && loop.isDeciding(trigger.key) && !term.signal.aborted) {
      await loop.answered(({ key }) => key.tenant === tenant && key.schedule === base)
    }
    const decision = this.#decide(coming, identity, isAlone)
    if (decision === null || decision.kind === 'wait') {
      if (decision !== null) this.#wait(trigger.key, identity)
      if (decision?.cancel === true) this.#options.cancelAll(trigger.key, 'the next run is due')
      return { kind: 'waits' }
    }
    const place = decision.kind === 'fire' ? this.#placeOf(trigger, { identity, nominal }) : null
    if (place === 'none') return { kind: 'waits' }
    this.#leave(trigger.key, identity)
    const { carried } = coming
    const template = templateOfSchedule(trigger, this.#options.tz, carried?.ok ? carried.value : undefined)
    const asked = { tenant, base, asking: coming.asking, nominal, term: term.term, template }
    const entry = decision.kind === 'fire' ? buildOneOff(asked) : buildOneOffMarker(asked, decision.reason)
    const write = () => this.#options.writer.write(entry, term.signal)
    const stored = await this.#store(trigger.key, write).finally(() => place?.end(true))
    if (stored === null) return { kind: 'unknown' }
    if (stored.kind === 'fire') return { kind: 'fired' }
    return {
      kind: 'not-fired',
      because: stored.already || decision.kind === 'fire' ? null : decision.because,
    }
  }

  /** A place under the adapter's rate limit, kept for a while for whose turn it is. */
  #placeOf(
    trigger: CompiledTrigger,
    { identity, nominal }: { readonly identity: string; readonly nominal: number },
  ): Place | 'none' | null {
    const { rateLimits, wake } = this.#options
    if (trigger.rateLimit === undefined) return null
    if (rateLimits.waited(trigger) === null) return 'none'
    const id = `${trigger.key.tenant}/${identity}`
    let wokenAt: number | null = null
    const again = (at: number): boolean => {
      if (wokenAt === null) {
        wokenAt = at
        wake()
      }
      // Who has not asked again by then, or what it waited for is gone, loses its turn.
      return at - wokenAt < TURN_MS
    }
    return rateLimits.ask(trigger, { id, nominal, wake: again }) ?? 'none'
  }

  /** What was decided under a name that the schedule had before stays decided. */
  async #cameBefore({ trigger, asking }: Coming, nominal: number): Promise<boolean> {
    const { key, formerNames = [] } = trigger
    for (const name of formerNames) {
      const before = await this.#options.log.last(oneOffKey(key.tenant, name, { asking, nominal }))
      if (before !== null) return true
    }
    return false
  }

  #decide(coming: Coming, identity: string, isAlone: boolean): ComingDecision | null {
    const { trigger, at, since, carried } = coming
    if (carried?.ok === false) return { kind: 'not-fired', reason: 'refused', because: carried.error }
    const { runsOf, pausesOver, now } = this.#options
    const runs = isAlone ? runsOf(trigger.key) : { open: 0, freeSince: 0 }
    if (runs === null) return null
    const queue = this.#waiting.get(positionKey(trigger.key))
    const first = queue?.values().next().value
    const place = queue?.has(identity) !== true ? 'none' : first === identity ? 'first' : 'behind'
    return decideComing(since === undefined ? trigger : { ...trigger, activeFrom: since }, {
      at,
      now: now(),
      pauses: pausesOver(trigger),
      runs,
      queue: { waiting: queue?.size ?? 0, place },
    })
  }

  async #store<T>(key: ScheduleKey, write: () => Promise<T>): Promise<T> {
    const id = positionKey(key)
    this.#sending.set(id, this.sending(key) + 1)
    try {
      return await write()
    } finally {
      const left = this.sending(key) - 1
      if (left > 0) this.#sending.set(id, left)
      else this.#sending.delete(id)
      this.#options.loop.runsChanged(key)
    }
  }

  #wait(key: ScheduleKey, identity: string): void {
    const id = positionKey(key)
    const queue = this.#waiting.get(id)
    if (queue === undefined) this.#waiting.set(id, new Set([identity]))
    else queue.add(identity)
  }

  #leave(key: ScheduleKey, identity: string): void {
    const id = positionKey(key)
    const queue = this.#waiting.get(id)
    if (queue?.delete(identity) === true && queue.size === 0) this.#waiting.delete(id)
  }
}
