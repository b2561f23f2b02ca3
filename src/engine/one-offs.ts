/**
 * Runs that somebody asks for: one now, or the times of a schedule once more.
 *
 * Job: turn a request into one-offs of what is live now, and have each stored. Invariants:
 * - The caller's key, or the nominal time of a backfill, is the one-off's identity in the log: asking again, of whichever
 *   leader, stores nothing twice and finds what is there.
 * - A backfill fires no time that the schedule itself may still decide, and none whose fire the log holds.
 * - Nothing is stored that a tree with the same data would be refused for.
 * On failure: what was stored stays stored; the caller is told, asks the same again, and it goes on from there.
 */
import { BelfryError } from '../core/errors.ts'
import { type FireId, idOfFire } from '../core/names.ts'
import { type Asking, buildOneOff, oneOffKey } from '../core/trigger/one-off.ts'
import { dataOfOneOff, describeDataProblems } from '../core/trigger/one-off-data.ts'
import { contentOf, templateOfJob, templateOfSchedule } from '../core/trigger/one-off-template.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  BackfillOutcome,
  BackfillReply,
  BackfillRequest,
  TriggerReply,
  TriggerRequest,
} from '../ports/control.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { EventSink } from '../ports/telemetry.ts'
import {
  heldBack,
  notesOf,
  type Resolved,
  type ResolvedSchedule,
  type ResolveOptions,
  resolveSchedule,
  resolveTarget,
} from './one-off-resolve.ts'
import type { OneOffWriter, StoredOneOff } from './one-off-writer.ts'

export interface OneOffsOptions extends ResolveOptions {
  readonly writer: OneOffWriter
  readonly log: FireLog
  readonly clock: Clock
  readonly events: EventSink
  /** The moment, never far from the server's clock. null: that is not known just now. */
  readonly now: () => number | null
  readonly tz: string
  /** How long the log keeps every fire at least. */
  readonly retentionSeconds: number
}

/** The leadership on whose behalf is stored. */
export interface OneOffTerm {
  readonly term: number
  readonly signal: AbortSignal
}

/** Nominal times of one answer. */
const TIMES_A_CALL = 500
const AT_ONCE = 32
const SLICE_MS = 10

export class OneOffs {
  readonly #options: OneOffsOptions

  constructor(options: OneOffsOptions) {
    this.#options = options
  }

  /** `at`: its nominal time, epoch milliseconds; the present if left out. */
  async trigger(request: TriggerRequest, term: OneOffTerm, at?: number): Promise<TriggerReply> {
    const resolved = resolveTarget(request, this.#options)
    const now = this.#now()
    const { kind } = resolved
    const asking: Asking = { reason: 'manual', key: `${kind}/${request.key}` }
    const nominal = Math.floor((at ?? now) / 1000) * 1000
    const { tenant, name: base } = request
    const notes = notesOf(resolved, now, this.#options)
    const refusal = this.#refusalOf(resolved, request, now)
    if (refusal !== null) {
      // What was stored when nothing stood in its way is still the answer to the same request.
      const before = await this.#stored(oneOffKey(tenant, base, { asking, nominal }))
      if (before === null) throw refusal
      return { run: before.fireId, at: before.nominal, already: true, notes }
    }
    const template = this.#templateOf(resolved, request)
    const fire = buildOneOff({ tenant, base, asking, nominal, term: term.term, template })
    const stored = await this.#store(fire, term)
    if (!stored.already) {
      const facts = { run: stored.fireId, kind, by: request.author, forced: request.force }
      this.#options.events.emit({ type: 'triggered', tenant, schedule: base, facts })
    }
    return { run: stored.fireId, at: stored.nominal, already: stored.already, notes }
  }

  /** What a request for an instant to come stands for. Throws what a request for now would, but for what only holds it back. */
  async examine(request: TriggerRequest): Promise<Examined> {
    const resolved = resolveTarget(request, this.#options)
    const now = this.#now()
    const { kind } = resolved
    const refusal = this.#refusalOf(resolved, { ...request, force: true }, now)
    if (refusal !== null) throw refusal
    const asking: Asking = { reason: 'manual', key: `${kind}/${request.key}` }
    const key = oneOffKey(request.tenant, request.name, { asking, nominal: 0 })
    const held = request.force ? null : heldBack(resolved, now, this.#options)
    const notes = held === null ? [] : [`${held}: as long as that is so the run waits`]
    return { kind, run: idOfFire(key, 0), before: await this.#stored(key), notes }
  }

  async backfill(request: BackfillRequest, term: OneOffTerm): Promise<BackfillReply> {
    const { tenant, schedule, dryRun } = request
    const resolved = resolveSchedule({ tenant, schedule }, this.#options)
    const now = this.#now()
    const refusal = request.force ? null : heldBack(resolved, now, this.#options)
    if (refusal !== null) throw heldBackError(refusal)
    const { times, next } = await this.#timesOf(resolved, request, term.signal)
    const first = times[0]
    const last = times.at(-1)
    const { retentionSeconds, log, events } = this.#options
    let logReaches = now - retentionSeconds * 1000
    const inLog = new Set<number>()
    if (first !== undefined && last !== undefined) {
      const { records, madeAt } = await log.range(resolved.key, { from: first, to: last + 1 })
      logReaches = Math.max(logReaches, madeAt)
      for (const { kind, nominal } of records) if (kind === 'fire') inLog.add(nominal)
    }
    const outcomes: { readonly at: number; readonly outcome: BackfillOutcome }[] = []
    for (let from = 0; from < times.length; from += AT_ONCE) {
      if (term.signal.aborted) {
        const message = 'leadership moved meanwhile; ask again: what was stored is found'
        throw new BelfryError('leader-lost', message, { retryable: true })
      }
      const some = times.slice(from, from + AT_ONCE).map(async (at) => ({
        at,
        outcome: await this.#refire(at, { request, resolved, now, inLog, logReaches, term }),
      }))
      outcomes.push(...(await Promise.all(some)))
    }
    const fired = outcomes.filter(({ outcome }) => outcome === 'fired')
    if (fired.length > 0 && !dryRun) {
      const iso = (at: number | undefined) => new Date(at ?? 0).toISOString()
      const facts = {
        first: iso(fired[0]?.at),
        last: iso(fired.at(-1)?.at),
        count: fired.length,
        by: request.author,
        again: request.again !== null,
      }
      events.emit({ type: 'backfilled', tenant, schedule, facts })
    }
    return { times: outcomes, next, logReaches }
  }

  async #refire(at: number, refire: Refire): Promise<BackfillOutcome> {
    const { request, resolved, now, inLog, logReaches, term } = refire
    const { tenant, schedule, again, dryRun } = request
    if (at > Math.min(resolved.cursor, now)) return 'pending'
    if (again === null && inLog.has(at)) return 'in-log'
    const asking: Asking = { reason: 'backfill', again }
    const isUnknown = again === null && at < logReaches && request.beyondLog === 'skip'
    if (dryRun || isUnknown) {
      const key = oneOffKey(tenant, schedule, { asking, nominal: at })
      if ((await this.#stored(key)) !== null) return 'already'
      return isUnknown ? 'beyond-log' : 'fired'
    }
    const template = templateOfSchedule(resolved.trigger, this.#options.tz)
    const fire = buildOneOff({ tenant, base: schedule, asking, nominal: at, term: term.term, template })
    return (await this.#store(fire, term)).already ? 'already' : 'fired'
  }

  /** The nominal times of one answer, and from where the next one goes on. */
  async #timesOf(
    { trigger }: ResolvedSchedule,
    { from, to }: BackfillRequest,
    signal: AbortSignal,
  ): Promise<{ readonly times: readonly number[]; readonly next: number | null }> {
    const { clock } = this.#options
    const times: number[] = []
    let sliceFrom = clock.monotonic()
    for (let at = trigger.compiled.next(from - 1); at !== null && at < to; at = trigger.compiled.next(at)) {
      if (times.length === TIMES_A_CALL) return { times, next: at }
      times.push(at)
      if (clock.monotonic() - sliceFrom <= SLICE_MS) continue
      await clock.sleep(0, signal)
      sliceFrom = clock.monotonic()
    }
    return { times, next: null }
  }

  #refusalOf(resolved: Resolved, { force, data }: TriggerRequest, now: number): BelfryError | null {
    const held = force ? null : heldBack(resolved, now, this.#options)
    if (held !== null) return heldBackError(held)
    const merged = mergedData(resolved, data)
    return merged.ok ? null : new BelfryError('data-refused', describeDataProblems(merged.error))
  }

  #templateOf(resolved: Resolved, { data }: TriggerRequest) {
    const { tz, live } = this.#options
    const merged = mergedData(resolved, data)
    if (!merged.ok) throw new BelfryError('data-refused', describeDataProblems(merged.error))
    const { tenant, manifest } = resolved.job
    const adapter = live.find('Adapter', tenant, manifest.spec.adapter)?.manifest.spec
    const content = contentOf(merged.value, { job: manifest.spec, adapter })
    if (resolved.kind === 'schedule') return templateOfSchedule(resolved.trigger, tz, content)
    const { job, revision, generation } = resolved
    return templateOfJob(job, { revision, generation, tz, content })
  }

  #store(fire: ReturnType<typeof buildOneOff>, { signal }: OneOffTerm): Promise<StoredOneOff> {
    return this.#options.writer.writeOrThrow(fire, signal)
  }

  async #stored(
    key: ReturnType<typeof oneOffKey>,
  ): Promise<{ readonly fireId: FireId; readonly nominal: number } | null> {
    const found = await this.#options.log.last(key)
    return found === null ? null : { fireId: idOfFire(key, found.nominal), nominal: found.nominal }
  }

  #now(): number {
    const now = this.#options.now()
    if (now !== null) return now
    throw new BelfryError('nats-unavailable', 'the time of the server is not known just now: ask again', {
      retryable: true,
    })
  }
}

export interface Examined {
  readonly kind: 'job' | 'schedule'
  /** The id that the run will have. */
  readonly run: FireId
  /** It is stored already. */
  readonly before: { readonly nominal: number } | null
  readonly notes: readonly string[]
}

interface Refire {
  readonly request: BackfillRequest
  readonly resolved: ResolvedSchedule
  readonly now: number
  readonly inLog: ReadonlySet<number>
  readonly logReaches: number
  readonly term: OneOffTerm
}

function mergedData(resolved: Resolved, given: TriggerRequest['data']) {
  const schedule = resolved.kind === 'schedule' ? (resolved.schedule.manifest.spec.data ?? null) : null
  return dataOfOneOff({ job: resolved.job.manifest.spec, schedule, given })
}

function heldBackError(because: string): BelfryError {
  return new BelfryError('held-back', `${because}; nothing was stored: force runs it all the same`)
}
