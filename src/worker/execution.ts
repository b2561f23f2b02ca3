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
import { SHARED_LANE } from '../core/run/lane.ts'
import type { HandBackReason, RunEvent } from '../core/run/run-event.ts'
import type { DeliveredFire } from '../nats/delivered-fire.ts'
import type { Delivery } from '../nats/deliveries.ts'
import { AbortOnDemand } from './abort-on-demand.ts'
import { admissionOf, COME_BACK_MS } from './admission.ts'
import { describeError } from './describe-error.ts'
import { HandledRun } from './handled-run.ts'
import { callHandler } from './handler-call.ts'
import { instantText } from './instant-text.ts'
import { type HeldKeys, NO_KEYS, takeKeys } from './keys.ts'
import { RunAborted } from './outcome-errors.ts'
import { handlerOf } from './registry.ts'
import { planRetry } from './retry-plan.ts'
import type { Run } from './run.ts'
import { RunChain } from './run-chain.ts'
import { type FinalEvent, RESULT_LIMIT, resultOf, TOO_LARGE } from './run-end.ts'
import { withSecrets } from './secrets.ts'
import type { WorkerContext } from './worker-context.ts'

/** How long a run that waits for a key is held before it is given back. */
const WAIT_FOR_KEY_MS = 60_000

export class Execution {
  readonly #context: WorkerContext
  readonly #fire: DeliveredFire
  readonly #chain: RunChain
  readonly #abort = new AbortOnDemand()
  #delivery: Delivery
  #attempt = 1
  #startedAt: number | null = null
  #begunAt = 0
  #handling = false
  #toldStart = false
  #signOfLifeAt: number
  #renewedAt = 0
  #renewing = false
  #keys: HeldKeys = NO_KEYS
  #settled = false

  constructor(context: WorkerContext, fire: DeliveredFire, delivery: Delivery) {
    this.#context = context
    this.#fire = fire
    this.#delivery = delivery
    this.#signOfLifeAt = context.connection.clock.monotonic()
    this.#chain = new RunChain(context, fire)
  }

  get lane(): string {
    return this.#fire.lane
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
    this.#abort.abort(reason)
  }

  async execute(): Promise<void> {
    // Where something may have happened before, the start is a claim that must be stored.
    const isFirst = this.#delivery.count === 1 && this.#fire.firstAttempt === 1
    try {
      if (isFirst ? await this.#admit(null) : await this.#claim()) await this.#attend()
    } catch (error) {
      // Nothing that happened is lost: the message comes again when the server misses our signs of life.
      this.#context.connection.logger.error('a run was left to its next delivery', {
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
    // Once its handler has ended, nothing may be told of a run but its end, however long that takes to store.
    if (this.#handling) {
      if (!this.#toldStart && now - this.#begunAt >= this.#context.lastingMs) this.#tellStart()
      if (timeoutMs !== undefined && now - this.#begunAt >= timeoutMs) {
        this.abort(new RunAborted('timeout', `the run took longer than its timeout of ${timeoutMs} ms`))
      }
    }
    if (this.#keys !== NO_KEYS && now - this.#renewedAt >= ackWaitMs / 3) {
      this.#renewedAt = now
      void this.#renew()
    }
  }

  async #claim(): Promise<boolean> {
    for (;;) {
      const newest = await this.#chain.newest()
      if (!(await this.#admit(newest?.event ?? null))) return false
      if (await this.#chain.append({ type: 'started', ...this.#facts() })) {
        this.#toldStart = true
        return true
      }
    }
  }

  /** Whether the handler may begin; if not, everything has been answered. */
  #admit(last: RunEvent | null): true | Promise<false> | false {
    const given = { fire: this.#fire, delivery: this.#delivery, last }
    const admission = admissionOf(this.#context, given)
    if (admission.kind === 'ended') {
      this.#delivery.ack()
      return false
    }
    this.#attempt = admission.attempt
    switch (admission.kind) {
      case 'begin':
        return true
      case 'hand-back':
        return this.#handBack(admission.reason, { delayMs: admission.delayMs, last })
      case 'end':
        return this.#end(admission.event).then(() => false)
    }
  }

  /** The handler and what follows on it. */
  async #attend(): Promise<void> {
    const { connection, registry, idempotencyKey, abortGraceMs } = this.#context
    const run = await this.#read()
    if (run === null) return
    const needsKeys = this.#fire.policy.key !== undefined || idempotencyKey !== null
    if (needsKeys && !(await this.#takeKeys(run))) return
    const { clock } = connection
    this.#startedAt = clock.now()
    this.#begunAt = clock.monotonic()
    this.#renewedAt = this.#begunAt
    this.#handling = true
    const outcome = await callHandler({
      handler: handlerOf(registry, this.#fire.message)!,
      run,
      abort: this.#abort,
      clock,
      abortGraceMs,
      // It keeps its keys until their time to live is over.
      onAbandoned: () => {
        this.#keys = NO_KEYS
      },
    })
    this.#handling = false
    const done = await ('value' in outcome ? this.#succeed(outcome.value) : this.#fail(outcome.error))
    if (this.#keys !== NO_KEYS) await this.#letGo(done)
  }

  /** What the handler is given; null: the message cannot be read, which has been answered. */
  async #read(): Promise<Run | null> {
    try {
      const text = this.#delivery.message.string()
      const data: unknown = text === '' ? {} : JSON.parse(text)
      return new HandledRun({
        context: this.#context,
        fire: this.#fire,
        attempt: this.#attempt,
        data: text.includes('"secretRef"') ? await withSecrets(data, this.#context.secrets) : data,
        abort: this.#abort,
        fence: () => this.#keys.fence,
      })
    } catch (error) {
      if (error instanceof SyntaxError) {
        await this.#end({ type: 'dead', reason: 'unreadable', error: describeError(error) })
      } else await this.#fail(error)
      return null
    }
  }

  /** Whether the run has its keys now; if not, the message has been answered. */
  async #takeKeys(run: Run): Promise<boolean> {
    const { connection, idempotencyKey, locks, tenant, adapter, instance, settings, rememberSeconds } =
      this.#context
    const concurrencyKey = this.#fire.policy.key ?? null
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
    if (this.#abort.reason !== null) await this.#fail(this.#abort.reason)
    else await this.#handBack('key-taken', { delayMs: COME_BACK_MS, last: null })
    return false
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
    const aborted = this.#abort.reason
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
    // In a partition a failed run stays where it is: those behind it wait for it.
    const leaderRetries = settings().leaderRetries && this.lane === SHARED_LANE
    const plan = planRetry({ error, attempt: this.#attempt, policy, leaderRetries })
    const described = describeError(error)
    if (plan.kind === 'dead') {
      await this.#end({ type: 'dead', reason: plan.reason, error: described })
      return false
    }
    const retryAt = instantText(connection.clock.now() + plan.delayMs)
    const stored = await this.#chain.append({
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

  /** Stores a last event and answers the message. Whether it was stored. */
  async #end(event: FinalEvent): Promise<boolean> {
    const stored = await this.#chain.append({ ...this.#endFacts(), ...event } as RunEvent)
    if (event.type === 'succeeded') this.#context.count('handled')
    if (event.type === 'dead') this.#context.count('failed')
    if (!stored) return false
    if (event.type === 'dead')
      this.#delivery.term(`${event.reason}: ${event.error.message}`.replace(/[\r\n]+/g, ' '))
    else this.#delivery.ack()
    return true
  }

  /** Gives the message back, which is no attempt. Always false. */
  async #handBack(
    reason: HandBackReason,
    { delayMs, last }: { readonly delayMs: number; readonly last: RunEvent | null },
  ): Promise<false> {
    const carried = last !== null && (last.type === 'failed' || last.type === 'handed-back') ? last : null
    const stored = await this.#chain.append({
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
    void this.#chain.append({ type: 'started', ...this.#facts() }).then((stored) => {
      if (!stored) this.abort(new RunAborted('superseded', 'another instance has the run now'))
    })
  }

  #facts() {
    const { connection, instance } = this.#context
    return {
      run: this.#fire.run,
      attempt: this.#attempt,
      at: instantText(connection.clock.now()),
      instance,
      sequence: this.#delivery.sequence,
      delivery: this.#delivery.count,
    }
  }

  #endFacts() {
    const startedAt = this.#startedAt === null ? null : instantText(this.#startedAt)
    return { ...this.#facts(), startedAt }
  }
}
