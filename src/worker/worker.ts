/**
 * A worker of one adapter.
 *
 * Job: take what the adapter's consumer gives, run it, and stop without losing or doubling anything. Invariants: no more
 * is taken than there is room for; a run is in hand once; `stop` takes nothing new, lets what runs end, and hands back what
 * has not ended at its deadline. On failure of the server it waits and goes on: runs are not interrupted by it.
 */
import { hostname } from 'node:os'
import { BelfryError } from '../core/errors.ts'
import { isName } from '../core/names.ts'
import { SHARED_LANE } from '../core/run/lane.ts'
import type { WorkerHealth } from '../core/run/worker-health.ts'
import { systemClock } from '../lifecycle/clock.ts'
import { readConsumer } from '../nats/adapter-consumer-settings.ts'
import { Connection } from '../nats/connection.ts'
import { readFire } from '../nats/delivered-fire.ts'
import { Deliveries, type Delivery } from '../nats/deliveries.ts'
import { createKeyLocks } from '../nats/key-locks.ts'
import { consumerName } from '../nats/names.ts'
import { Publisher } from '../nats/publisher.ts'
import { createRunHistory } from '../nats/run-history.ts'
import { packageVersion } from '../version.ts'
import { CancelRequests } from './cancel-requests.ts'
import { describeError } from './describe-error.ts'
import { Execution } from './execution.ts'
import { createLineLogger } from './line-logger.ts'
import { RunAborted } from './outcome-errors.ts'
import { createHealthReports, type HealthReports } from './peers.ts'
import { createRegistry } from './registry.ts'
import { environmentSecrets } from './secrets.ts'
import type { ConsumerSettings, WorkerContext } from './worker-context.ts'
import type { WorkerOptions } from './worker-options.ts'

export interface Worker {
  readonly instance: string
  /** Connects, waits until the adapter has been applied, and begins. Throws a BelfryError if it cannot. */
  start(): Promise<void>
  /** Takes nothing new; resolves when nothing runs any more and everything has been told. */
  stop(): Promise<void>
}

const TICK_MS = 20
const IDLE_TICK_MS = 250
const LOOK_AGAIN_MS = 1_000
const SETTINGS_EVERY_MS = 30_000
const WEEK_SECONDS = 7 * 86_400
/** From so long on a run's start is told: shorter ones are told by their end. */
const LASTING_MS = 40

/** Throws `usage` if the options cannot work. */
export function defineWorker(options: WorkerOptions): Worker {
  return new AdapterWorker(options)
}

class AdapterWorker implements Worker {
  readonly instance: string
  readonly #options: WorkerOptions
  readonly #registry
  readonly #tenant: string
  readonly #stopping = new AbortController()
  readonly #givingUp = new AbortController()
  readonly #still = new AbortController()
  readonly #active = new Map<string, Execution>()
  readonly #counts = { handled: 0, failed: 0 }
  readonly #idle = new Set<() => void>()
  #settings: ConsumerSettings = { ackWaitMs: 60_000, concurrency: 1, lanes: [], leaderRetries: false }
  #connection: Connection | null = null
  /** By lane. */
  readonly #deliveries = new Map<string, Deliveries>()
  #health: HealthReports | null = null
  #context: WorkerContext | null = null
  #startedAt = ''
  #lasting: readonly Promise<unknown>[] = []
  #started: Promise<void> | null = null
  #stopped: Promise<void> | null = null

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#tenant = options.tenant ?? 'default'
    this.#registry = createRegistry(options.handlers)
    this.instance = options.instance ?? `${hostname().replace(/[^A-Za-z0-9_-]+/g, '-')}-${process.pid}`
    const problems = [
      ...(isName(options.adapter) ? [] : [`"${options.adapter}" is not the name of an adapter`]),
      ...(isName(this.#tenant) ? [] : [`"${this.#tenant}" is not the name of a tenant`]),
      ...(/^[A-Za-z0-9_-]{1,80}$/.test(this.instance)
        ? []
        : [`"${this.instance}" is not a name of letters, digits, - and _`]),
      ...(options.concurrency === undefined || options.concurrency >= 1
        ? []
        : ['concurrency is less than 1']),
    ]
    if (problems.length > 0)
      throw new BelfryError('usage', `this worker cannot start: ${problems.join('; ')}`)
  }

  start(): Promise<void> {
    if (this.#started !== null || this.#stopped !== null) {
      throw new BelfryError('internal', 'a worker was started a second time or after its stop')
    }
    this.#started = this.#begin()
    return this.#started
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end()
    return this.#stopped
  }

  async #begin(): Promise<void> {
    const { nats = {}, logger, adapter, secrets, idempotencyKey } = this.#options
    const { servers = 'nats://127.0.0.1:4222', ...access } = nats
    const clock = systemClock
    const connection = await Connection.open({
      ...access,
      servers: typeof servers === 'string' ? servers.split(',') : servers,
      clock,
      logger: logger ?? createLineLogger((line) => void process.stderr.write(line), { adapter }),
      name: `belfry worker ${this.#tenant}/${adapter} ${this.instance}`,
      asksJetStream: false,
    })
    this.#connection = connection
    try {
      if (!(await this.#untilApplied(connection))) return
    } catch (error) {
      await connection.close()
      throw error
    }
    const publisher = new Publisher(connection)
    const cancels = new CancelRequests(connection, { tenant: this.#tenant, adapter, instance: this.instance })
    this.#startedAt = new Date(clock.now()).toISOString()
    const health = createHealthReports({ connection, publisher }, () => this.#report())
    this.#health = health
    this.#context = {
      connection,
      tenant: this.#tenant,
      adapter,
      instance: this.instance,
      registry: this.#registry,
      history: createRunHistory(connection, publisher),
      locks: createKeyLocks(connection, publisher),
      peers: health,
      secrets: secrets ?? environmentSecrets(process.env),
      idempotencyKey: idempotencyKey ?? null,
      rememberSeconds: this.#options.rememberFor ?? WEEK_SECONDS,
      lastingMs: LASTING_MS,
      abortGraceMs: this.#options.abortGraceMs ?? 5_000,
      giveUp: this.#givingUp.signal,
      settings: () => this.#settings,
      cancelled: (run) => cancels.find(run),
      count: (what) => {
        this.#counts[what] += 1
      },
    }
    cancels.listen((run) => {
      const execution = [...this.#active.values()].find((each) => each.run === run)
      execution?.abort(new RunAborted('cancelled', 'the run was cancelled'))
      return execution !== undefined
    }, this.#still.signal)
    this.#lasting = [health.run(this.#stopping.signal), this.#tick(), this.#keepSettings()]
    this.#pull()
  }

  /** Takes from every lane that there is now. */
  #pull(): void {
    const connection = this.#connection!
    const { lanes } = this.#settings
    for (const lane of lanes) {
      if (this.#deliveries.has(lane) || this.#stopping.signal.aborted) continue
      const deliveries = new Deliveries({
        connection,
        consumer: consumerName(this.#tenant, this.#options.adapter, lane),
        // A partition gives one at a time anyhow; to leave one out would be to let its runs wait for this instance.
        room: lane === SHARED_LANE ? () => this.#room : () => 1 - this.#inHand(lane),
        onDelivery: (delivery) => this.#take(delivery),
      })
      this.#deliveries.set(lane, deliveries)
      deliveries.start()
    }
    for (const [lane, deliveries] of this.#deliveries) {
      if (lanes.includes(lane)) continue
      this.#deliveries.delete(lane)
      void deliveries.stop()
    }
  }

  #inHand(lane: string): number {
    let count = 0
    for (const execution of this.#active.values()) if (execution.lane === lane) count += 1
    return count
  }

  get #room(): number {
    const limit = Math.min(this.#options.concurrency ?? Number.POSITIVE_INFINITY, this.#settings.concurrency)
    const shared = this.#settings.lanes.length === 1 ? this.#active.size : this.#inHand(SHARED_LANE)
    return Math.max(0, limit - shared)
  }

  #refill(): void {
    for (const deliveries of this.#deliveries.values()) deliveries.refill()
  }

  /** Waits for the adapter's consumer: a worker may be deployed before its manifest. False: stopped meanwhile. */
  async #untilApplied(connection: Connection): Promise<boolean> {
    const { adapter } = this.#options
    for (let told = false; ; told = true) {
      const settings = await readConsumer(connection, this.#tenant, adapter)
      if (settings !== null) {
        this.#settings = settings
        return true
      }
      if (!told) connection.logger.warn('waiting: no Adapter of this name has been applied', { adapter })
      if (!(await connection.clock.sleep(LOOK_AGAIN_MS, this.#stopping.signal))) return false
    }
  }

  #take(delivery: Delivery): void {
    const context = this.#context!
    const fire = readFire(delivery)
    if (fire === null) {
      delivery.term('unreadable: this is not a fire of belfry')
      return
    }
    const known = this.#active.get(fire.run)
    if (known !== undefined) {
      known.adopt(delivery)
      return
    }
    const execution = new Execution(context, fire, delivery)
    this.#active.set(fire.run, execution)
    if (this.#stopping.signal.aborted) execution.abort(new RunAborted('stopping', 'the worker stops'))
    void execution.execute().then(() => {
      this.#active.delete(fire.run)
      this.#deliveries.get(execution.lane)?.refill()
      if (this.#active.size === 0) for (const wake of [...this.#idle]) wake()
    })
  }

  async #tick(): Promise<void> {
    const { clock } = this.#connection!
    do {
      const now = clock.monotonic()
      for (const execution of this.#active.values()) execution.tick(now)
      this.#refill()
    } while (await clock.sleep(this.#active.size > 0 ? TICK_MS : IDLE_TICK_MS, this.#still.signal))
  }

  /** An edit of the adapter reaches workers that run. */
  async #keepSettings(): Promise<void> {
    const connection = this.#connection!
    while (await connection.clock.sleep(SETTINGS_EVERY_MS, this.#stopping.signal)) {
      try {
        this.#settings =
          (await readConsumer(connection, this.#tenant, this.#options.adapter)) ?? this.#settings
        this.#pull()
      } catch (error) {
        connection.logger.debug('the adapter cannot be read now', { error: describeError(error).message })
      }
    }
  }

  async #end(): Promise<void> {
    this.#stopping.abort()
    // A start that failed has closed what it opened, and told its caller.
    await this.#started?.catch(() => undefined)
    const connection = this.#connection
    if (connection === null) return
    const { drainMs = 25_000, abortGraceMs = 5_000 } = this.#options
    await this.#health?.report()
    await Promise.all([...this.#deliveries.values()].map((deliveries) => deliveries.stop()))
    if (!(await this.#emptied(drainMs))) {
      for (const execution of this.#active.values()) {
        execution.abort(new RunAborted('stopping', 'the worker stops and its time to drain is over'))
      }
      // Handlers get their moment to end, and what is to be told gets a little more.
      if (!(await this.#emptied(abortGraceMs + 2_000))) {
        this.#givingUp.abort()
        await this.#emptied(1_000)
      }
    }
    this.#givingUp.abort()
    this.#still.abort()
    await Promise.all(this.#lasting)
    await this.#health?.report()
    await connection.close()
  }

  /** Whether nothing is in hand any more before `ms` have passed. */
  async #emptied(ms: number): Promise<boolean> {
    if (this.#active.size === 0) return true
    const empty = new AbortController()
    const wake = () => empty.abort()
    this.#idle.add(wake)
    await this.#connection!.clock.sleep(ms, empty.signal)
    this.#idle.delete(wake)
    return this.#active.size === 0
  }

  #report(): WorkerHealth {
    const state = this.#still.signal.aborted
      ? 'stopped'
      : this.#stopping.signal.aborted
        ? 'stopping'
        : 'working'
    return {
      tenant: this.#tenant,
      adapter: this.#options.adapter,
      instance: this.instance,
      host: hostname(),
      pid: process.pid,
      version: packageVersion,
      state,
      startedAt: this.#startedAt,
      reportedAt: new Date(systemClock.now()).toISOString(),
      memoryBytes: process.memoryUsage.rss(),
      inHand: this.#active.size,
      ...this.#counts,
      messages: [...this.#registry.keys()],
    }
  }
}
