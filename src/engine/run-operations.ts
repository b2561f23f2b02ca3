/**
 * What operators ask of runs: to stop one, to run one that has ended once more, to see to a dead letter.
 *
 * Job: turn a request into what stores it. Invariants:
 * - Running again is a one-off whose identity is the run and the caller's key, or the dead letter: asked twice it is stored
 *   once, whoever leads.
 * - What runs again is the message as it was: its data, its nominal time, its policy. A later edit has no say in it.
 * - A dead letter goes only after what it asked for is stored.
 * On failure: what was stored stays stored, and the same request finds it.
 */
import { BelfryError } from '../core/errors.ts'
import { type FireId, idOfFire, type ScheduleKey, scheduleOfRun } from '../core/names.ts'
import type { RunPlace, ToldEvent } from '../core/run/open-run.ts'
import { isFinal } from '../core/run/run-event.ts'
import type { Fire } from '../core/trigger/log-entry.ts'
import { type Asking, buildOneOff, oneOffKey } from '../core/trigger/one-off.ts'
import { templateOfFire } from '../core/trigger/one-off-template.ts'
import type {
  CancelReply,
  CancelRequest,
  DiscardReply,
  DiscardRequest,
  RequeueReply,
  RequeueRequest,
  RetryReply,
  RetryRequest,
} from '../ports/control.ts'
import type { DeadLetter, DeadLetters } from '../ports/dead-letters.ts'
import type { FireLog } from '../ports/fire-log.ts'
import type { RunJournal } from '../ports/run-journal.ts'
import type { EventSink } from '../ports/telemetry.ts'
import { heldRun, type ResolveOptions } from './one-off-resolve.ts'
import type { OneOffWriter } from './one-off-writer.ts'
import type { OneOffTerm } from './one-offs.ts'
import type { PlannedRuns } from './planned-runs.ts'
import type { RunKeeper } from './run-keeper.ts'

export interface RunOperationsOptions extends ResolveOptions {
  readonly keeper: RunKeeper
  /** null where none can be planned. */
  readonly plannedRuns: Pick<PlannedRuns, 'cancel'> | null
  readonly journal: RunJournal
  readonly deadLetters: DeadLetters
  readonly writer: OneOffWriter
  readonly log: FireLog
  readonly events: EventSink
  /** The moment, never far from the server's clock. null: that is not known just now. */
  readonly now: () => number | null
}

interface Again {
  readonly fire: Fire
  readonly asking: Asking
  readonly force: boolean
}

export class RunOperations {
  readonly #options: RunOperationsOptions

  constructor(options: RunOperationsOptions) {
    this.#options = options
  }

  async cancel({ run, author, reason }: CancelRequest): Promise<CancelReply> {
    const { keeper, journal, events, plannedRuns } = this.#options
    if ((await plannedRuns?.cancel(run)) === true) {
      const facts = { run, by: author, reason, outcome: 'cancelled' }
      events.emit({ type: 'run-cancelled', ...keyOf(run), facts })
      return { outcome: 'cancelled', state: 'planned' }
    }
    if (keeper.open === null) {
      const message =
        'the leader has just begun and does not know the runs yet; nothing was changed: ask again'
      throw new BelfryError('no-leader', message, { retryable: true })
    }
    const outcome = await keeper.cancel(run, { by: author, reason })
    if (outcome === 'not-open') {
      const told = await journal.find(run)
      if (told === null) throw unknownRun(run)
      return { outcome: 'ended', state: told.event.type }
    }
    events.emit({ type: 'run-cancelled', ...keyOf(run), facts: { run, by: author, reason, outcome } })
    return { outcome, state: null }
  }

  /** Runs once more what has ended. */
  async retry(request: RetryRequest, term: OneOffTerm): Promise<RetryReply> {
    const { run, key, author, force } = request
    const { journal, keeper, events } = this.#options
    const told = await journal.find(run)
    if (told === null) {
      if (keeper.open?.get(run) === undefined) throw unknownRun(run)
      throw notEnded(run, 'waits for a worker')
    }
    const { type } = told.event
    if (!isFinal(told.event) && !(type === 'lost' && force)) {
      const hint = type === 'lost' ? ', and may still be going on somewhere: force runs it all the same' : ''
      throw notEnded(run, `is ${type === 'started' ? 'running' : type}${hint}`)
    }
    const asking: Asking = { reason: 'manual', key: `run/${run}/${key}`, again: run }
    const stored = await this.#again({ asking, force, fire: await this.#fireOf(told) }, term)
    const facts = { run: stored.run, of: run, by: author, forced: force }
    if (!stored.already) events.emit({ type: 'retried', ...keyOf(run), facts })
    return stored
  }

  /** Makes a run of a dead letter, once, and takes the letter away. */
  async requeue({ run, author, force }: RequeueRequest, term: OneOffTerm): Promise<RequeueReply> {
    const { deadLetters, log, events } = this.#options
    const letter = await this.#letterOf(run)
    if (letter === null) {
      const before = await this.#requeuedBefore(run)
      if (before === null) throw noLetter(run)
      return { run: before.fireId, already: true }
    }
    const fire = (await log.fire(letter.fireSequence)) ?? (await deadLetters.fire(letter))
    if (fire === null) throw noLetter(run)
    const asking: Asking = { reason: 'requeue', run, deadSequence: letter.fireSequence }
    const stored = await this.#again({ asking, fire, force }, term)
    await deadLetters.discard(letter)
    if (!stored.already)
      events.emit({ type: 'requeued', ...keyOf(run), facts: { run: stored.run, of: run, by: author } })
    return stored
  }

  /** Takes a dead letter away: nobody sees to it any more. */
  async discard({ run, author }: DiscardRequest): Promise<DiscardReply> {
    const { deadLetters, events } = this.#options
    const letter = await this.#letterOf(run)
    if (letter === null || !(await deadLetters.discard(letter))) throw noLetter(run)
    const { reason, error, attempts } = letter
    events.emit({ type: 'discarded', ...keyOf(run), facts: { run, by: author, reason, error, attempts } })
    return { removed: letter }
  }

  async #again({ fire, asking, force }: Again, { term, signal }: OneOffTerm) {
    const { log, writer } = this.#options
    const base = scheduleOfRun(idOfFire(fire.key, fire.nominal))
    const { tenant } = fire.key
    const refusal = this.#refusalOf({ tenant, schedule: base, job: fire.job, adapter: fire.adapter }, force)
    if (refusal !== null) {
      // What was stored when nothing stood in its way is still the answer to the same request.
      const before = await log.last(oneOffKey(tenant, base, { asking, nominal: fire.nominal }))
      if (before === null) throw refusal
      return { run: idOfFire(before.key, before.nominal), already: true }
    }
    const template = templateOfFire(fire)
    const { nominal } = fire
    const stored = await writer.writeOrThrow(
      buildOneOff({ tenant, base, asking, nominal, term, template }),
      signal,
    )
    return { run: stored.fireId, already: stored.already }
  }

  #refusalOf(place: RunPlace, force: boolean): BelfryError | null {
    const { live, now } = this.#options
    const { tenant, adapter } = place
    if (live.find('Adapter', tenant, adapter) === undefined) {
      const message = `the tenant ${tenant} has no adapter "${adapter}" any more, so that nobody would take the run; nothing was stored`
      return new BelfryError('unknown-object', message)
    }
    const moment = now()
    if (moment === null) {
      const message = 'the time of the server is not known just now: ask again'
      return new BelfryError('nats-unavailable', message, { retryable: true })
    }
    const held = force ? null : heldRun(place, moment, this.#options)
    if (held === null) return null
    return new BelfryError('held-back', `${held}; nothing was stored: force runs it all the same`)
  }

  async #fireOf({ event, place }: ToldEvent): Promise<Fire> {
    const { log, deadLetters } = this.#options
    const { tenant, adapter } = place
    const fire =
      (await log.fire(event.sequence)) ??
      (await deadLetters.fire({ tenant, adapter, fireSequence: event.sequence }))
    if (fire !== null) return fire
    const message = `the log has forgotten the message of ${event.run}: trigger its schedule or job, or backfill its time`
    throw new BelfryError('run-forgotten', message)
  }

  /** The history says where the letter is; where it has expired, all letters of the tenant are looked through. */
  async #letterOf(run: FireId): Promise<DeadLetter | null> {
    const { journal, deadLetters } = this.#options
    const told = await journal.find(run)
    if (told?.event.type !== 'dead') return told === null ? deadLetters.find(run) : null
    const { tenant, adapter } = told.place
    return deadLetters.read({ tenant, adapter, fireSequence: told.event.sequence })
  }

  async #requeuedBefore(run: FireId): Promise<{ readonly fireId: FireId } | null> {
    const { journal, log } = this.#options
    const told = await journal.find(run)
    if (told?.event.type !== 'dead') return null
    const asking: Asking = { reason: 'requeue', run, deadSequence: told.event.sequence }
    const found = await log.last(oneOffKey(told.place.tenant, told.place.schedule, { asking, nominal: 0 }))
    return found === null ? null : { fireId: idOfFire(found.key, found.nominal) }
  }
}

function keyOf(run: FireId): ScheduleKey {
  return { tenant: run.slice(0, run.indexOf('/')), schedule: scheduleOfRun(run) }
}

function unknownRun(run: FireId): BelfryError {
  return new BelfryError('unknown-run', `nothing is known of a run ${run}; nothing was changed`)
}

function notEnded(run: FireId, state: string): BelfryError {
  return new BelfryError('run-not-ended', `${run} ${state}; nothing was stored`)
}

function noLetter(run: FireId): BelfryError {
  return new BelfryError('unknown-run', `${run} has no dead letter; nothing was changed`)
}
