/**
 * One run on this instance, from its delivery to its last answer.
 *
 * Job: find out which attempt this is and whether it may begin, call the handler, tell the history, answer the message.
 * Invariants:
 * - The message is answered only after the event that explains the answer is stored.
 * - Every event expects the one before: an attempt that was taken over cannot end the run.
 * - What was given back was told as such; so a delivery that nobody told of was an attempt.
 * - A handler that does not end when it is told to keeps its keys until their time to live is over.
 * On failure of the server: what was promised waits and is asked again; at the worker's deadline it is left to the next
 * delivery.
 */
import {
  attemptOf,
  type DeathReason,
  type HandBackReason,
  isFinal,
  type RunError,
  type RunEvent,
} from '../core/run/run-event.ts'
import { createBackoff } from '../lifecycle/backoff.ts'
import type { DeliveredFire } from '../nats/delivered-fire.ts'
import type { Delivery } from '../nats/deliveries.ts'
import type { NewestEvent } from '../nats/run-history.ts'
import { runSubject } from '../nats/run-subjects.ts'
import { describeError } from './describe-error.ts'
import { type HeldKeys, NO_KEYS, takeKeys } from './keys.ts'
import { RunAborted } from './outcome-errors.ts'
import { handlerOf } from './registry.ts'
import { maxAttemptsOf, planRetry } from './retry-plan.ts'
import type { Run } from './run.ts'
import { runLog } from './run-log.ts'
import { withSecrets } from './secrets.ts'
import type { WorkerContext } from './worker-context.ts'

/** How long a run that waits for a key is held before it is given back. */
const WAIT_FOR_KEY_MS = 60_000
/** After it was given back for a reason that may pass soon. */
const COME_BACK_MS = 2_000
const RESULT_LIMIT = 8_192

export class Execution {
  readonly #context: WorkerContext
  readonly #fire: DeliveredFire
  readonly #subject: string
  readonly #abort = new AbortController()
  #delivery: Delivery
  #attempt = 1
  #sequence = 0
  /** Of appends: each expects the sequence of the one before. */
  #appends: Promise<boolean> = Promise.resolve(true)
  #startedAt: number | null = null
  #begunAt = 0
  #toldStart = false
  /** The handler's part is over: what is told from now on is its end, which nothing may follow. */
  #ended = false
  #signOfLifeAt: number
  #renewedAt = 0
  #renewing = false
  #keys: HeldKeys = NO_KEYS
  #settled = false

  constructor(context: WorkerContext, fire: DeliveredFire, delivery: Delivery) {
    const { tenant, adapter, connection } = context
    this.#context = context
    this.#fire = fire
    this.#delivery = delivery
    this.#signOfLifeAt = connection.clock.monotonic()
    this.#subject = runSubject(connection.names, { tenant, adapter, job: fire.job, run: fire.run })
  }

  get run(): string {
    return this.#fire.run
  }

  /** The server lost patience and delivered the run again, to the instance that has it: answers go there now. */
  adopt(delivery: Delivery): void {
    this.#delivery = delivery
  }

  /** Asks the handler to end. The first reason counts. */
  abort(reason: RunAborted): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(reason)
  }

  async execute(): Promise<void> {
    const { connection } = this.#context
    try {
      const mayBegin = await this.#prepare()
      if (mayBegin) await this.#attend()
    } catch (error) {
      // Nothing that happened is lost: the message comes again when the server misses our signs of life.
      connection.logger.error('a run was left to its next delivery', {
        run: this.#fire.run,
        error: describeError(error).message,
      })
    } finally {
      this.#settled = true
    }
  }

  /** Called often: signs of life, renewals, the start of runs that last, the timeout. */
  tick(now: number): void {
    if (this.#settled) return
    const { ackWaitMs } = this.#context.settings()
    const { timeoutMs } = this.#fire.policy
    if (now - this.#signOfLifeAt >= ackWaitMs / 3) {
      this.#signOfLifeAt = now
      this.#delivery.working()
    }
    if (this.#startedAt === null) return
    if (!this.#ended) this.#watch(now - this.#begunAt, timeoutMs)
    if (this.#keys !== NO_KEYS && now - this.#renewedAt >= ackWaitMs / 3) {
      this.#renewedAt = now
      void this.#renew()
    }
  }

  #watch(ranMs: number, timeoutMs: number | undefined): void {
    if (!this.#toldStart && ranMs >= this.#context.lastingMs) this.#tellStart()
    if (timeoutMs !== undefined && ranMs >= timeoutMs) {
      this.abort(new RunAborted('timeout', `the run took longer than its timeout of ${timeoutMs} ms`))
    }
  }

  /** Whether the handler may begin; if not, everything has been answered. */
  async #prepare(): Promise<boolean> {
    const { connection, registry, cancelled, instance, peers } = this.#context
    const { policy, firstAttempt } = this.#fire
    const isFirst = this.#delivery.count === 1 && firstAttempt === 1
    for (;;) {
      const newest = isFirst ? null : await this.#newest()
      const last = newest?.event ?? null
      this.#sequence = newest?.sequence ?? 0
      if (last !== null && isFinal(last)) {
        this.#delivery.ack()
        return false
      }
      this.#attempt = attemptOf(last, {
        sequence: this.#delivery.sequence,
        delivery: this.#delivery.count,
        first: firstAttempt,
      })
      const wait = last === null ? 0 : delayLeft(last, connection.clock.now())
      if (wait > 0) return this.#handBack('not-yet', { delayMs: wait, last })
      const notOn = last !== null && 'notOn' in last ? last.notOn : this.#fire.notOn
      if (notOn === instance && peers.hasOther())
        return this.#handBack('not-here', { delayMs: COME_BACK_MS, last })
      const request = cancelled(this.#fire.run)
      if (request !== null)
        return this.#endUnbegun({ type: 'cancelled', by: request.by, reason: request.reason })
      if (policy.startWithinMs !== undefined && this.#attempt === 1 && last === null) {
        if (connection.clock.now() - this.#delivery.storedAt > policy.startWithinMs) {
          return this.#endUnbegun({ type: 'expired' })
        }
      }
      if (this.#attempt > maxAttemptsOf(policy)) {
        const error = { name: 'WorkerLost', message: 'its worker died or fell silent in every attempt' }
        return this.#endUnbegun({ type: 'dead', reason: 'attempts', error })
      }
      if (handlerOf(registry, this.#fire.message) === undefined) {
        const error = { name: 'NoHandler', message: `the worker has no handler for ${this.#fire.message}` }
        return this.#endUnbegun({ type: 'dead', reason: 'no-handler', error })
      }
      // Where something may have happened before, the start is a claim that must be stored.
      if (isFirst || (await this.#append({ type: 'started', ...this.#facts() }))) {
        this.#toldStart = !isFirst
        return true
      }
    }
  }

  /** The handler and what follows on it. */
  async #attend(): Promise<void> {
    const { connection, registry } = this.#context
    const run = await this.#read()
    if (run === null || !(await this.#takeKeys(run))) return
    const { clock } = connection
    this.#startedAt = clock.now()
    this.#begunAt = clock.monotonic()
    this.#renewedAt = this.#begunAt
    const handler = handlerOf(registry, this.#fire.message)!
    let outcome: Outcome
    try {
      this.#abort.signal.throwIfAborted()
      let value = handler(run)
      if (typeof value === 'function') value = (value as (given: Run) => unknown)(run)
      outcome = value instanceof Promise ? await this.#outcomeOf(value) : { value }
    } catch (error) {
      outcome = { error }
    }
    this.#ended = true
    const done = 'value' in outcome ? await this.#succeed(outcome.value) : await this.#fail(outcome.error)
    await this.#letGo(done)
  }

  /** What the handler is given; null: the message cannot be read, which has been answered. */
  async #read(): Promise<Run | null> {
    try {
      return await this.#runFor()
    } catch (error) {
      if (error instanceof SyntaxError) {
        await this.#end({ type: 'dead', reason: 'unreadable', error: describeError(error) })
      } else await this.#fail(error)
      return null
    }
  }

  /** Waits for the handler; one that was told to end gets a moment for it, and is then no longer waited for. */
  async #outcomeOf(work: Promise<unknown>): Promise<Outcome> {
    const { connection, abortGraceMs } = this.#context
    const { signal } = this.#abort
    const settled: Promise<Outcome> = work.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    const onAbort = new AbortController()
    const given = new Promise<Outcome>((resolve) => {
      signal.addEventListener(
        'abort',
        () => {
          void connection.clock.sleep(abortGraceMs, onAbort.signal).then((passed) => {
            if (passed) this.#keys = NO_KEYS
            resolve({ error: signal.reason })
          })
        },
        { once: true, signal: onAbort.signal },
      )
    })
    const outcome = await Promise.race([settled, given])
    onAbort.abort()
    if (!signal.aborted) return outcome
    // Done is done, unless the run must count as failed: its time was over, or it is no longer ours.
    const reason = (signal.reason as RunAborted).reason
    return 'value' in outcome && (reason === 'stopping' || reason === 'cancelled')
      ? outcome
      : { error: signal.reason }
  }

  /** Whether the run has its keys now; if not, the message has been answered. */
  async #takeKeys(run: Run): Promise<boolean> {
    const { connection, idempotencyKey, locks, tenant, adapter, instance, settings, rememberSeconds } =
      this.#context
    const concurrencyKey = this.#fire.policy.key ?? null
    if (concurrencyKey === null && idempotencyKey === null) return true
    let asked: string | null
    try {
      asked = idempotencyKey?.(run) ?? null
    } catch (error) {
      await this.#fail(error)
      return false
    }
    try {
      const outcome = await takeKeys(
        {
          locks,
          tenant,
          adapter,
          holder: { run: this.#fire.run, instance },
          concurrencyKey,
          idempotencyKey: asked,
          ttlSeconds: Math.max(1, Math.ceil(settings().ackWaitMs / 1000)),
          rememberSeconds,
          waitMs: WAIT_FOR_KEY_MS,
          now: () => connection.clock.monotonic(),
        },
        this.#abort.signal,
      )
      if (outcome.kind === 'held') {
        this.#keys = outcome.keys
        return true
      }
      if (outcome.kind === 'duplicate') {
        await this.#end({ type: 'succeeded', duplicateOf: outcome.of })
        return false
      }
    } catch (error) {
      connection.logger.warn('a key could not be taken', { run: run.id, error: describeError(error).message })
    }
    if (this.#abort.signal.aborted) await this.#fail(this.#abort.signal.reason)
    else await this.#handBack('key-taken', { delayMs: COME_BACK_MS, last: null })
    return false
  }

  async #runFor(): Promise<Run> {
    const { secrets, tenant } = this.#context
    const { run, message, job, jobVersion, nominal, reason, policy, header } = this.#fire
    const text = this.#delivery.message.string()
    const data: unknown = text === '' ? {} : JSON.parse(text)
    const keys = (): HeldKeys => this.#keys
    return {
      id: run,
      attempt: this.#attempt,
      maxAttempts: maxAttemptsOf(policy),
      nominalTime: new Date(nominal),
      message,
      job,
      jobVersion,
      tenant,
      reason,
      data: text.includes('"secretRef"') ? await withSecrets(data, secrets) : data,
      signal: this.#abort.signal,
      // Read when it is known: keys are taken after the data has been read.
      get fence() {
        return keys().fence
      },
      header,
      ...runLog(this.#context, { run, attempt: this.#attempt }),
    }
  }

  /** Whether the work is done as far as the history knows. */
  async #succeed(value: unknown): Promise<boolean> {
    const result = resultOf(value)
    if (result === TOO_LARGE) {
      this.#context.connection.logger.warn('a result is too large for the history and was left out', {
        run: this.#fire.run,
        limit: RESULT_LIMIT,
      })
    }
    const kept = result === TOO_LARGE || result === undefined ? {} : { result }
    return this.#end({ type: 'succeeded', ...kept })
  }

  /** Tells of a failure, answers the message. Always false: the work is not done. */
  async #fail(error: unknown): Promise<false> {
    const { connection, settings, instance, cancelled } = this.#context
    const { signal } = this.#abort
    const aborted = signal.aborted && signal.reason instanceof RunAborted ? signal.reason : null
    if (aborted?.reason === 'superseded' || aborted?.reason === 'lock-lost') {
      // Somebody else may be at it: our sign of life ends, and whatever is to come, comes by the next delivery.
      await this.#handBack('key-taken', { delayMs: COME_BACK_MS, last: null })
      return false
    }
    if (aborted?.reason === 'stopping') {
      await this.#handBack('stopping', { delayMs: 0, last: null })
      return false
    }
    if (aborted?.reason === 'cancelled') {
      const request = cancelled(this.#fire.run) ?? { by: 'unknown', reason: aborted.message }
      await this.#end({ type: 'cancelled', by: request.by, reason: request.reason })
      return false
    }
    const { policy } = this.#fire
    const plan = planRetry({ error, attempt: this.#attempt, policy, leaderRetries: settings().leaderRetries })
    const described = describeError(error)
    if (plan.kind === 'dead') {
      await this.#end({ type: 'dead', reason: plan.reason, error: described })
      return false
    }
    const retryAt = new Date(connection.clock.now() + plan.delayMs).toISOString()
    const stored = await this.#append({
      type: 'failed',
      ...this.#endFacts(),
      error: described,
      retryAt,
      retryBy: plan.by,
      ...(plan.elsewhere ? { notOn: instance } : {}),
    })
    this.#context.count('failed')
    if (!stored) return false
    if (plan.by === 'leader') this.#delivery.ack()
    else this.#delivery.nak(plan.delayMs)
    return false
  }

  async #endUnbegun(event: FinalEvent): Promise<false> {
    await this.#end(event)
    return false
  }

  /** Stores a last event and answers the message. Whether it was stored. */
  async #end(event: FinalEvent): Promise<boolean> {
    const stored = await this.#append({ ...this.#endFacts(), ...event } as RunEvent)
    if (event.type === 'succeeded') this.#context.count('handled')
    if (event.type === 'dead') this.#context.count('failed')
    if (!stored) return false
    if (event.type === 'dead')
      this.#delivery.term(`${event.reason}: ${event.error.message}`.replace(/[\r\n]+/g, ' '))
    else this.#delivery.ack()
    return true
  }

  /** Asked until the server answers or the worker gives up. */
  async #newest(): Promise<NewestEvent | null> {
    const { connection, history, giveUp } = this.#context
    const backoff = createBackoff({ initialMs: 50, maxMs: 2_000 })
    for (;;) {
      try {
        return await history.newest(this.#subject)
      } catch (error) {
        connection.logger.warn('the history of a run cannot be read now', {
          run: this.#fire.run,
          error: describeError(error).message,
        })
        if (!(await connection.clock.sleep(backoff.next(), giveUp))) throw error
      }
    }
  }

  /** Gives the message back, which is no attempt. Always false. */
  async #handBack(
    reason: HandBackReason,
    { delayMs, last }: { readonly delayMs: number; readonly last: RunEvent | null },
  ): Promise<false> {
    const carried = last !== null && (last.type === 'failed' || last.type === 'handed-back') ? last : null
    const stored = await this.#append({
      type: 'handed-back',
      ...this.#facts(),
      attempt: this.#attempt - 1,
      reason,
      ...(carried?.retryAt === undefined ? {} : { retryAt: carried.retryAt }),
      ...(carried?.notOn === undefined ? {} : { notOn: carried.notOn }),
    })
    if (stored) this.#delivery.nak(delayMs)
    return false
  }

  async #letGo(succeeded: boolean): Promise<void> {
    const keys = this.#keys
    if (keys === NO_KEYS) return
    this.#keys = NO_KEYS
    try {
      await (succeeded ? keys.finish() : keys.release())
    } catch (error) {
      this.#context.connection.logger.warn('a key stays locked until its time to live is over', {
        run: this.#fire.run,
        error: describeError(error).message,
      })
    }
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return
    this.#renewing = true
    try {
      if (!(await this.#keys.renew())) {
        this.abort(new RunAborted('lock-lost', 'another run has the concurrency or idempotency key now'))
      }
    } catch (error) {
      this.#context.connection.logger.warn('a key could not be renewed', {
        run: this.#fire.run,
        error: describeError(error).message,
      })
    } finally {
      this.#renewing = false
    }
  }

  #tellStart(): void {
    this.#toldStart = true
    void this.#append({ type: 'started', ...this.#facts() }).then((stored) => {
      if (!stored) this.abort(new RunAborted('superseded', 'another instance has the run now'))
    })
  }

  /** One event after the other. False: the chain went on without us, or the worker's deadline came first. */
  #append(event: RunEvent): Promise<boolean> {
    const { history, giveUp, connection } = this.#context
    const append = async (before: boolean): Promise<boolean> => {
      if (!before && event.type !== 'started') return false
      const result = await history.append(this.#subject, event, this.#sequence, giveUp)
      if (result.kind === 'stored') {
        this.#sequence = result.sequence
        return true
      }
      connection.logger.warn('a run has gone on without this instance', {
        run: this.#fire.run,
        event: event.type,
      })
      return false
    }
    this.#appends = this.#appends.then(append)
    return this.#appends
  }

  #facts() {
    const { connection, instance } = this.#context
    return {
      run: this.#fire.run,
      attempt: this.#attempt,
      at: new Date(connection.clock.now()).toISOString(),
      instance,
      sequence: this.#delivery.sequence,
      delivery: this.#delivery.count,
    }
  }

  #endFacts() {
    const startedAt = this.#startedAt === null ? null : new Date(this.#startedAt).toISOString()
    return { ...this.#facts(), startedAt }
  }
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

type FinalEvent =
  | { readonly type: 'succeeded'; readonly result?: unknown; readonly duplicateOf?: string }
  | { readonly type: 'cancelled'; readonly by: string; readonly reason: string }
  | { readonly type: 'expired' }
  | {
      readonly type: 'dead'
      readonly reason: DeathReason
      readonly error: RunError
    }

const TOO_LARGE = Symbol('too large')

/** What is told of a result: JSON that is small, or nothing. */
function resultOf(value: unknown): unknown {
  if (value === undefined) return undefined
  try {
    const text = JSON.stringify(value)
    if (text === undefined) return undefined
    return text.length > RESULT_LIMIT ? TOO_LARGE : value
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** How long until the newest event lets the next attempt begin. */
function delayLeft(last: RunEvent, now: number): number {
  if (last.type !== 'failed' && last.type !== 'handed-back') return 0
  if (last.retryAt === undefined) return 0
  // Below this the clocks of two machines differ anyhow.
  const left = Date.parse(last.retryAt) - now
  return left > 500 ? left : 0
}
